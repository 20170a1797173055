import { createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto'
import type { Agent, Dispatcher } from 'undici'
import { APPID, expect, isAnswer, order } from './orders'
import { PATHS } from './platform'
import type { ClientSetup } from './protocol'

/** As many as this package has under way at once. */
const SIGNING = 8

/**
 * The least that a client on undici can do: one `dispatch`, one signature and one verification. Nothing is checked before it
 * is sent, no error is explained, nothing ends in time, nothing is tried again.
 * @returns what makes the request with this number
 */
export function floorOf({ url, credentials }: ClientSetup, load: NodeJS.Require) {
  const undici = load('undici') as { readonly Agent: typeof Agent }
  const agent = new undici.Agent({ connections: 64, pipelining: 1 })
  const own = createPrivateKey(credentials.privateKey)
  const known = createPublicKey(credentials.platformPublicKey)
  const { mchid, serial, platformId } = credentials
  const { origin } = new URL(url)
  const waiting: (() => void)[] = []
  let [inFlight, signing] = [0, 0]

  const signed = (message: Buffer, done: (signature: Buffer) => void): void => {
    if (inFlight === 1) {
      done(sign('sha256', message, own))
      return
    }
    if (signing === SIGNING) {
      waiting.push(() => signed(message, done))
      return
    }
    signing++
    sign('sha256', message, own, (_, signature) => {
      signing--
      waiting.shift()?.()
      done(signature)
    })
  }

  const isSigned = (headers: Record<string, unknown>, body: Buffer): boolean => {
    const head = `${headers['wechatpay-timestamp']}\n${headers['wechatpay-nonce']}\n`
    const message = Buffer.concat([Buffer.from(head), body, Buffer.from('\n')])
    return verify('sha256', message, known, Buffer.from(String(headers['wechatpay-signature']), 'base64'))
  }

  const sent = (
    options: Dispatcher.DispatchOptions,
    done: (body: Buffer) => void,
    failed: (e: Error) => void,
  ) => {
    const chunks: Buffer[] = []
    let [right, headers]: [boolean, Record<string, unknown>] = [false, {}]
    agent.dispatch(options, {
      onRequestStart: () => {},
      onResponseStart: (_, status, received) => {
        right = status === 200
        headers = received
      },
      onResponseData: (_, chunk) => chunks.push(chunk),
      onResponseEnd: () => {
        const body = Buffer.concat(chunks)
        if (right && isSigned(headers, body)) done(body)
        else failed(new Error('not signed'))
      },
      onResponseError: (_, error) => failed(error),
    })
  }

  const made = (method: 'GET' | 'POST', path: string, body: string | null) =>
    new Promise<Buffer>((resolve, reject) => {
      const [timestamp, nonce] = [Math.floor(Date.now() / 1000), randomBytes(16).toString('hex')]
      signed(Buffer.from(`${method}\n${path}\n${timestamp}\n${nonce}\n${body ?? ''}\n`), (signature) => {
        const authorization = `WECHATPAY2-SHA256-RSA2048 mchid="${mchid}",serial_no="${serial}",timestamp="${timestamp}",nonce_str="${nonce}",signature="${signature.toString('base64')}"`
        const headers = [
          'Accept',
          'application/json',
          'Content-Type',
          'application/json',
          'Wechatpay-Serial',
          platformId,
        ]
        sent(
          { origin, path, method, body, headers: [...headers, 'Authorization', authorization] },
          resolve,
          reject,
        )
      })
    })

  return async (n: number): Promise<void> => {
    inFlight++
    try {
      const body = await (n % 2 === 0
        ? made('POST', PATHS.order, JSON.stringify({ appid: APPID, mchid, ...order(n) }))
        : made('GET', `${PATHS.query}order-${n}?mchid=${mchid}`, null))
      expect(isAnswer(n, JSON.parse(body.toString())))
    } finally {
      inFlight--
    }
  }
}
