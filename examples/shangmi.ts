/** 国密: SM2, SM3 and SM4 in place of RSA, SHA-256 and AES. Wants the package sm-crypto-v2 (and here, for the simulator, sm-crypto). */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Builder, Notifications, sensitive } from 'wechatpay-chain'
import { wechatpay } from 'wechatpay-chain/express'
import { shangmi } from 'wechatpay-chain/shangmi'
import { Simulator } from 'wechatpay-chain/simulator'
import { shangmiSuite } from 'wechatpay-chain/simulator/shangmi'

async function main(): Promise<void> {
  await using simulator = await Simulator.start({ suite: shangmiSuite })
  // Of the platform itself: mchid, serial, the private key, certs: { [serial]: certificate }, apiv3Key.
  const config = shangmi(simulator.credentials)
  await using instance = Builder.factory(config)

  const name = '张三'
  const { data, verified } = await instance.v3.security.echo.post({
    json: { echo_message: '你好', encrypted_echo_message: sensitive(name) },
  })
  const { encrypted_echo_message = '' } = data as { encrypted_echo_message?: string }
  const echo = await Builder.driver(instance).decrypt(encrypted_echo_message)
  console.log(verified, echo === name)

  const notifications = new Notifications(config)
  const server = createServer(wechatpay(notifications, async (event) => console.log(event.data)))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const event = {
    event_type: 'TRANSACTION.SUCCESS',
    original_type: 'transaction',
    data: { out_trade_no: '1' },
  }
  await simulator.notify(`http://127.0.0.1:${port}/`, event)
  server.close()
}

main()
