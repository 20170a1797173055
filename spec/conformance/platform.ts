import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign, verify } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { Agent, Dispatcher } from 'undici'
import { signedBytes } from '../support/form'
import { selfSigned } from './certificate'

/*
 * A WeChat Pay of a few lines, on loopback. It shares no code with the SDK: keys, signatures and comparisons are
 * node:crypto's, so that a wrong signed string cannot confirm itself.
 */

const pem = (key: KeyObject): string =>
  key
    .export(key.type === 'public' ? { type: 'spki', format: 'pem' } : { type: 'pkcs8', format: 'pem' })
    .toString()

const merchant = generateKeyPairSync('rsa', { modulusLength: 2048 })
const platform = generateKeyPairSync('rsa', { modulusLength: 2048 })
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })

const MCHID = '1900000109'
export const MERCHANT_SERIAL = '3775B6A45ACD588826D15E583A95F5DD00000001'
export const PLATFORM_SERIAL = '0132D72750E8B2D9A2E0A9C35C8D3D2100000002'
export const PUBLIC_KEY_ID = 'PUB_KEY_ID_0119000001092024111100000000000003'

export const keys = {
  merchantPrivate: pem(merchant.privateKey),
  merchantPublic: pem(merchant.publicKey),
  platformPublic: pem(platform.publicKey),
  strangerPublic: pem(stranger.publicKey),
  platformCertificate: selfSigned(platform.publicKey, platform.privateKey, PLATFORM_SERIAL, 'platform'),
  merchantCertificate: selfSigned(merchant.publicKey, merchant.privateKey, MERCHANT_SERIAL, 'merchant'),
} as const

/** A complete configuration in certificate mode: the platform's key stands under its certificate's serial. */
export const config = {
  mchid: MCHID,
  serial: MERCHANT_SERIAL,
  privateKey: keys.merchantPrivate,
  certs: { [PLATFORM_SERIAL]: keys.platformPublic },
} as const

/** What came over the wire, and the origin it was meant for. */
export interface Received {
  readonly origin: string
  readonly method: string
  readonly target: string
  /** By lower-case name; repeated fields joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body: Buffer
}

/** The answer to the nth request, counted from 0. */
export type Responder = (n: number) => Answer

/** What every signed answer bears, in the platform's form. */
export const REQUEST_ID = '08F78BB4AF0610D302189F17CDA0-268578817'

/** What is answered when a test does not care. */
export const DEFAULT_BODY = '{"oracle":true}'

/** Header fields on top of the answer's own; `null` takes one away. */
export type Overrides = Readonly<Record<string, string | readonly string[] | null>>

/**
 * An answer signed by the platform. A `Wechatpay-Timestamp` given as an override is the one that is signed, so that
 * nothing but the clock is wrong with it, and so is the first of several nonces; every other override only changes
 * what is sent.
 */
export function signed(body = DEFAULT_BODY, overrides: Overrides = {}, status = 200): Answer {
  const repeated = overrides['Wechatpay-Nonce']
  const nonce = (Array.isArray(repeated) && repeated[0]) || randomBytes(16).toString('hex')
  const given = overrides['Wechatpay-Timestamp']
  const timestamp = typeof given === 'string' ? given : String(Math.floor(Date.now() / 1000))
  const fields: Overrides = {
    'Content-Type': 'application/json',
    'Request-ID': REQUEST_ID,
    'Wechatpay-Nonce': nonce,
    'Wechatpay-Serial': PLATFORM_SERIAL,
    'Wechatpay-Signature': sign(
      'sha256',
      Buffer.from(`${timestamp}\n${nonce}\n${body}\n`),
      platform.privateKey,
    ).toString('base64'),
    'Wechatpay-Timestamp': timestamp,
    ...overrides,
  }
  const headers: Record<string, string | readonly string[]> = {}
  for (const [name, value] of Object.entries(fields)) if (value !== null) headers[name] = value
  return { status, headers, body: Buffer.from(body) }
}

export function unsigned(
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: string | Buffer = '',
): Answer {
  return { status, headers, body: Buffer.from(body as string) }
}

/** A signed answer whose body was exchanged on the way. */
export function tampered(answer: Answer, body: string | Buffer): Answer {
  return { ...answer, body: Buffer.from(body as string) }
}

/** An overseas statement: what is signed is the SHA-1 of the file. */
export function statement(csv: string, sha1 = createHash('sha1').update(csv).digest('hex')): Answer {
  return tampered(
    signed(JSON.stringify({ sha1 }), { 'Wechatpay-Statement-Sha1': sha1, 'Content-Type': 'text/csv' }),
    csv,
  )
}

/** Takes the place of the network: whatever the origin asked for, the request goes to loopback. */
class Diversion extends Dispatcher {
  readonly origins: string[] = []
  readonly #agent = new Agent()
  readonly #destination: string

  constructor(destination: string) {
    super()
    this.#destination = destination
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    this.origins.push(new URL(String(options.origin)).origin)
    return this.#agent.dispatch({ ...options, origin: this.#destination }, handler)
  }

  override async close(): Promise<void> {
    await this.#agent.close()
  }

  override async destroy(): Promise<void> {
    await this.#agent.destroy()
  }
}

/** A real HTTP server, and the dispatcher that leads to it. */
export class Loopback {
  readonly dispatcher: Dispatcher
  readonly #server: Server
  readonly #diversion: Diversion
  readonly #received: Omit<Received, 'origin'>[] = []
  #respond: Responder = () => signed()

  private constructor(server: Server) {
    this.#server = server
    this.#diversion = new Diversion(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    this.dispatcher = this.#diversion
    server.on('request', (request, response) => void this.#serve(request, response))
  }

  static async start(): Promise<Loopback> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Loopback(server)
  }

  /** Forgets what was received, and sets what the next requests are answered. */
  reset(respond: Responder = () => signed()): void {
    this.#received.length = 0
    this.#diversion.origins.length = 0
    this.#respond = respond
  }

  /** How many requests the client has handed over, arrived or not. */
  get dispatched(): number {
    return this.#diversion.origins.length
  }

  get received(): readonly Received[] {
    return this.#received.map((request, n) => ({ ...request, origin: this.#diversion.origins[n] ?? '' }))
  }

  async close(): Promise<void> {
    await this.#diversion.destroy()
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const n = this.#received.length
    const { method = '', url: target = '' } = request
    const headers: Record<string, string> = {}
    for (const [name, values] of Object.entries(request.headersDistinct))
      headers[name] = (values ?? []).join(', ')
    // Its place is taken before the body is read, so that the order is that of arrival.
    const place = { method, target, headers, body: Buffer.alloc(0) }
    this.#received.push(place)
    place.body = await buffer(request)
    const answer = this.#respond(n)
    response.statusCode = answer.status
    for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value)
    if (answer.status !== 204 && answer.status !== 304)
      response.setHeader('Content-Length', answer.body.length)
    response.end(answer.body)
  }
}

const AUTHORIZATION = /^WECHATPAY2-SHA256-RSA2048 ((?:\w+="[^"]*"(?:,|$))+)$/

/**
 * What is wrong with a request's `Authorization`, judged over the exact bytes that arrived: of an upload its part `meta`.
 * @returns nothing when the platform would take it
 */
export function authorizationFaults(request: Received, mchid: string = MCHID): string[] {
  const pairs = AUTHORIZATION.exec(request.headers.authorization ?? '')?.[1]
  if (pairs === undefined) return [`Authorization: cannot be parsed: ${request.headers.authorization}`]
  const { timestamp, nonce_str, signature, ...who } = Object.fromEntries(
    [...pairs.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value] as const),
  ) as Record<string, string>
  const faults: string[] = []
  if (who.mchid !== mchid) faults.push(`Authorization: mchid is ${who.mchid}, expected ${mchid}`)
  if (who.serial_no !== MERCHANT_SERIAL) faults.push(`Authorization: serial_no is ${who.serial_no}`)
  if (!/^[0-9A-Za-z]{16,64}$/.test(nonce_str ?? '')) faults.push(`Authorization: nonce_str is ${nonce_str}`)
  if (Math.abs(Number(timestamp) - Date.now() / 1000) > 30) {
    faults.push(`Authorization: timestamp is ${timestamp}, now is ${Date.now() / 1000}`)
  }
  const message = Buffer.concat([
    Buffer.from(`${request.method}\n${request.target}\n${timestamp}\n${nonce_str}\n`, 'latin1'),
    signedBytes(request.body),
    Buffer.from('\n'),
  ])
  if (!verify('sha256', message, merchant.publicKey, Buffer.from(signature ?? '', 'base64'))) {
    faults.push(
      `Authorization: the signature does not belong to ${request.method} ${request.target} as it arrived`,
    )
  }
  return faults
}
