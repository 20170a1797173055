import { randomBytes } from 'node:crypto'
import type { FaultKinds } from './faults'
import { createKeyPair, createSerial, type KeyPair } from './keys'
import { Problem } from './problem'
import { JSON_TYPE, type Reply, XML_TYPE } from './reply'
import type { Seal } from './sign'
import type { V2Seal } from './v2-sign'
import { readXml, writeXml } from './xml'

/** What becomes of an answer on its way out */
export type Delivery = 'hang' | 'reset' | 'truncate' | 'truncate-chunked'

/** What a fault does to the answers of one protocol */
interface Work<S> {
  /** what is answered instead */
  readonly replace?: Reply
  /** what the answer is signed with instead */
  readonly seal?: (seal: S) => S | Promise<S>
  /** what becomes of the answer after it was signed */
  readonly alter?: (reply: Reply) => Reply
}

/** What a fault does at each step of an answer */
export interface Effect {
  readonly acts: boolean
  readonly wait?: number
  readonly delivery?: Delivery
  readonly v2?: Work<V2Seal>
  readonly v3?: Work<Seal>
}

const MESSAGE = '模拟的故障'
const CODES: Readonly<Record<number, string>> = {
  429: 'FREQUENCY_LIMITED',
  500: 'SYSTEM_ERROR',
  502: 'BAD_GATEWAY',
  503: 'SERVICE_UNAVAILABLE',
}

const page = (status: number): Buffer =>
  Buffer.from(`<html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>\n`)

const pageReply = ({ status, headers }: FaultKinds['status']): Reply => ({
  status,
  headers: { 'Content-Type': 'text/html', ...headers },
  body: page(status),
})

const errorReply = ({
  status,
  code = CODES[status] ?? 'SYSTEM_ERROR',
  headers,
}: FaultKinds['status']): Reply => ({
  status,
  headers: { 'Content-Type': JSON_TYPE, ...headers },
  body: Buffer.from(JSON.stringify(new Problem(status, code, MESSAGE))),
})

const xmlErrorReply = ({ status, code, headers }: FaultKinds['status']): Reply => ({
  status,
  headers: { 'Content-Type': XML_TYPE, ...headers },
  body: writeXml([
    ['return_code', 'FAIL'],
    ['return_msg', code ?? MESSAGE],
  ]),
})

/** Only 200 can carry a body where there was none */
const tampered = ({ status, headers, body }: Reply): Reply => {
  const text = body.toString()
  if (text === '') return { status: 200, headers, body: Buffer.from('{"tampered":true}') }
  const rest = text.startsWith('{') ? text.slice(1) : `"body":${JSON.stringify(text)}}`
  return { status, headers, body: Buffer.from(`{"tampered":true${rest === '}' ? '' : ','}${rest}`) }
}

/** A field that is not there is added */
const tamperedXml = (name: string, reply: Reply): Reply => {
  const fields = readXml(reply.body)
  if (!fields) return { ...reply, body: Buffer.concat([reply.body, Buffer.from('0')]) }
  return { ...reply, body: writeXml(new Map([...fields, [name, `${fields.get(name) ?? ''}0`]])) }
}

const isNamed = (names: string | readonly string[], name: string): boolean =>
  [names].flat().some((one) => one.toLowerCase() === name.toLowerCase())

const without = (header: string | readonly string[], reply: Reply): Reply => {
  const kept = Object.entries(reply.headers).filter(([name]) => !isNamed(header, name))
  return { ...reply, headers: Object.fromEntries(kept) }
}

const withoutFields = (header: string | readonly string[], reply: Reply): Reply => {
  const fields = readXml(reply.body)
  if (!fields) return reply
  return { ...reply, body: writeXml([...fields].filter(([name]) => !isNamed(header, name))) }
}

const probed = (reply: Reply): Reply => {
  const signature = `WECHATPAY/SIGNTEST/${randomBytes(256).toString('base64')}`
  return { ...reply, headers: { ...reply.headers, 'Wechatpay-Signature': signature } }
}

let stranger: Promise<KeyPair> | undefined

/** One foreign key is enough for a process, made when it is first needed */
const foreignKey = async (): Promise<KeyPair> => {
  stranger ??= createKeyPair()
  return stranger
}

const both = (replace: Reply): Omit<Effect, 'acts'> => ({ v2: { replace }, v3: { replace } })

const EFFECTS: { readonly [K in keyof FaultKinds]: (fault: FaultKinds[K]) => Omit<Effect, 'acts'> } = {
  delay: ({ ms }) => ({ wait: ms }),
  hang: () => ({ delivery: 'hang' }),
  reset: () => ({ delivery: 'reset' }),
  truncate: ({ chunked }) => ({ delivery: chunked ? 'truncate-chunked' : 'truncate' }),
  status: (fault) =>
    fault.html
      ? both(pageReply(fault))
      : { v2: { replace: xmlErrorReply(fault) }, v3: { replace: errorReply(fault) } },
  redirect: ({ location, status = 302 }) =>
    both({ status, headers: { Location: location }, body: Buffer.alloc(0) }),
  stale: ({ seconds }) => ({
    v3: { seal: (seal) => ({ ...seal, timestamp: seal.timestamp + seconds }) },
  }),
  foreign: () => ({
    v2: { seal: (seal) => ({ ...seal, key: randomBytes(16).toString('hex') }) },
    v3: { seal: async (seal) => ({ ...seal, privateKey: (await foreignKey()).privateKey }) },
  }),
  serial: ({ serial = createSerial() }) => ({ v3: { seal: (seal) => ({ ...seal, serial }) } }),
  tamper: ({ field = 'nonce_str' }) => ({
    v2: { alter: (reply) => tamperedXml(field, reply) },
    v3: { alter: tampered },
  }),
  drop: ({ header }) => ({
    v2: { alter: (reply) => withoutFields(header, without(header, reply)) },
    v3: { alter: (reply) => without(header, reply) },
  }),
  probe: () => ({ v3: { alter: probed } }),
  md5: () => ({ v2: { seal: (seal) => ({ ...seal, type: 'MD5' }) } }),
}

/** What a fault of a kind does. @throws TypeError on an unknown kind */
export const effectOf = <K extends keyof FaultKinds>(
  kind: K,
  fault: FaultKinds[K],
  acts: boolean,
): Effect => {
  if (!Object.hasOwn(EFFECTS, kind))
    throw new TypeError(`unknown fault "${kind}": there are ${Object.keys(EFFECTS).join(', ')}`)
  return { ...EFFECTS[kind](fault), acts }
}
