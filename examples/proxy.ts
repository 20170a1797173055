/** Through a proxy of your own making: any undici Dispatcher takes the place of the connection pool. `proxy` in the config is simpler. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { ProxyAgent } from 'undici'
import { Builder } from 'wechatpay-chain'
import { run } from './support'

run(async (config) => {
  const proxy = await startProxy()
  const dispatcher = new ProxyAgent({ uri: proxy.url, proxyTunnel: true })
  const instance = Builder.factory({ ...config, dispatcher })
  const { status, verified } = await instance.v3.offlineface.faceCollections.get({
    query: { organization_id: 'Ofewewfwefweewf' },
  })
  console.log(status, verified, 'through', proxy.tunnels.length, 'tunnel')
  // A dispatcher of one's own is one's own to close.
  await dispatcher.close()
  proxy.close()
})

/** A proxy of a few lines, so that the example needs none. */
async function startProxy() {
  const tunnels: string[] = []
  const server = createServer().on('connect', (request, client) => {
    const { hostname, port } = new URL(`http://${request.url}`)
    tunnels.push(`${hostname}:${port}`)
    const upstream = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.pipe(client).pipe(upstream)
    })
    upstream.on('error', () => client.destroy())
    client.on('error', () => upstream.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, tunnels, close: () => server.close() }
}
