import { createSign, createVerify, randomBytes } from 'node:crypto'
import { type IncomingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { URL } from 'node:url'
import type { Simulator } from '../../lib/simulator'

/** What a request is signed with; every part can be replaced to make it wrong */
export interface Signing {
  readonly scheme?: string
  readonly mchid?: string
  readonly serial?: string
  readonly timestamp?: string
  readonly nonce?: string
  readonly message?: string
  readonly privateKey?: string
}

export const SCHEME = 'WECHATPAY2-SHA256-RSA2048'

/** The documented rule, written down once more: nothing here comes from the simulator */
export const authorization = (
  simulator: Simulator,
  method: string,
  target: string,
  body: string | Buffer = '',
  signing: Signing = {},
): string => {
  const { credentials } = simulator
  const timestamp = signing.timestamp ?? String(Math.floor(Date.now() / 1000))
  const nonce = signing.nonce ?? randomBytes(16).toString('hex')
  const sign = createSign('RSA-SHA256')
  if (signing.message === undefined)
    sign.update(`${method}\n${target}\n${timestamp}\n${nonce}\n`).update(body).update('\n')
  else sign.update(signing.message)
  const signature = sign.sign(signing.privateKey ?? credentials.privateKey, 'base64')
  const pairs = [
    `mchid="${signing.mchid ?? credentials.mchid}"`,
    `serial_no="${signing.serial ?? credentials.serial}"`,
    `timestamp="${timestamp}"`,
    `nonce_str="${nonce}"`,
    `signature="${signature}"`,
  ]
  return `${signing.scheme ?? SCHEME} ${pairs.join(',')}`
}

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly json: unknown
}

const readJson = (headers: IncomingHttpHeaders, body: Buffer): unknown =>
  headers['content-type']?.startsWith('application/json') ? JSON.parse(body.toString()) : undefined

/** Sends exactly these headers and this body; rejects when the answer does not arrive whole */
export const send = (
  simulator: Simulator,
  method: string,
  path: string,
  headers: Record<string, string>,
  body: string | Buffer = '',
): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const { hostname: host, port } = new URL(simulator.url)
    const outgoing = request({ host, port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const whole = Buffer.concat(chunks)
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: whole,
          json: readJson(response.headers, whole),
        })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })

export interface CallOptions {
  readonly json?: unknown
  readonly body?: string | Buffer
  readonly headers?: Record<string, string>
  readonly signing?: Signing
}

/** Sends a signed request */
export const call = (
  simulator: Simulator,
  method: string,
  target: string,
  { json, body = json === undefined ? '' : JSON.stringify(json), headers, signing }: CallOptions = {},
): Promise<Reply> =>
  send(
    simulator,
    method,
    target,
    {
      'User-Agent': 'spec',
      Accept: 'application/json',
      Authorization: authorization(simulator, method, target, body, signing),
      ...(body.length > 0 && {
        'Content-Type': 'application/json',
        'Content-Length': String(Buffer.byteLength(body)),
      }),
      ...headers,
    },
    body,
  )

const SIGNED_HEADERS = [
  'wechatpay-timestamp',
  'wechatpay-nonce',
  'wechatpay-serial',
  'wechatpay-signature',
  'wechatpay-signature-type',
] as const

/** Whether no header of an answer says that it is signed */
export const isUnsigned = ({ headers }: Reply): boolean =>
  SIGNED_HEADERS.every((name) => headers[name] === undefined)

/** Whether an answer is signed by the published key that it names */
export const isGenuine = ({ credentials }: Simulator, { headers, body }: Reply): boolean => {
  const [timestamp, nonce, serial, signature, type] = SIGNED_HEADERS.map((name) => headers[name])
  const key = credentials.certs[String(serial)]
  if (!key || type !== SCHEME) return false
  return createVerify('RSA-SHA256')
    .update(`${timestamp}\n${nonce}\n`)
    .update(body)
    .update('\n')
    .verify(key, String(signature), 'base64')
}

/** Writes raw bytes and reads until the connection closes; the status, 0 when nothing came back */
export const sendRaw = (
  simulator: Simulator,
  bytes: Buffer,
): Promise<{ readonly status: number; readonly text: string }> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(simulator.url)
    const chunks: Buffer[] = []
    const socket = connect(Number(port), hostname, () => socket.write(bytes))
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => {
      const text = Buffer.concat(chunks).toString('latin1')
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text })
    })
  })

export const order = (simulator: Simulator, out_trade_no: string, more: object = {}): object => ({
  appid: 'wx2b029c08a6233333',
  mchid: simulator.credentials.mchid,
  description: '一本书',
  out_trade_no,
  notify_url: 'https://shop.example/notify',
  amount: { total: 100, currency: 'CNY' },
  ...more,
})
