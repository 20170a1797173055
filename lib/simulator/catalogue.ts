import { createHash } from 'node:crypto'
import type { Operation, Version } from '../catalogue'
import { checkRequest } from './catalogue-check'
import { fileOf, linkDownloads } from './catalogue-downloads'
import { type Documented, find } from './catalogue-find'
import { givenOf, knownOf } from './catalogue-given'
import { inventObject, type Source } from './catalogue-invent'
import { madeFields, madeRoute } from './catalogue-v2'
import { Dice } from './dice'
import { type Exchange, headerOf } from './exchange'
import type { Merchant } from './keys'
import { readParts } from './multipart'
import type { Answer } from './router'
import type { V2Route } from './v2-door'
import type { Fields } from './xml'

/** Stands on every answer that no simulated operation gave */
export const NOTICE = { 'Simulator-Notice': 'made up from the catalogue; nothing is remembered' } as const

/** What a made-up answer needs to know */
export interface CatalogueParts {
  readonly merchant: Merchant
  /** where the simulator listens, with a slash at the end; over TLS when that is how it was asked */
  readonly url: (secure: boolean) => string
}

const FRESH: readonly string[] = ['sign', 'nonce_str']

/** What makes a request the same as another: not its signature, nor the boundary of its parts */
const seedOf = ({ method, path, target, headers, body }: Exchange, fields?: Fields): string => {
  const hash = createHash('sha256').update(`${method} `)
  if (fields) {
    hash.update(method === 'GET' ? path : target)
    for (const [name, value] of fields) if (!FRESH.includes(name)) hash.update(`\n${name}=${value}`)
    return hash.digest('hex')
  }
  hash.update(`${target}\n`)
  const parts = readParts(headerOf(headers, 'content-type'), body)
  if (!parts) return hash.update(body).digest('hex')
  for (const { name, content } of parts) hash.update(`\n${name}\n`).update(content)
  return hash.digest('hex')
}

/** Whether a file is asked for packed; told by the address, or, for statements, by the header */
const wantsGzip = ({ answer }: Operation, { query, headers }: Exchange): boolean =>
  answer.gzip !== undefined &&
  (answer.signedPart ? /\bgzip\b/.test(headerOf(headers, 'accept-encoding') ?? '') : query.has('tartype'))

const statement = (operation: Operation, exchange: Exchange, seed: string): Answer => {
  const packed = wantsGzip(operation, exchange)
  const plain = fileOf('csv', seed)
  const sha1 = createHash('sha1').update(plain.bytes).digest('hex')
  const bytes = packed ? fileOf('csv', seed, true).bytes : plain.bytes
  return {
    status: 200,
    content: { type: plain.type, bytes },
    headers: { ...NOTICE, 'Wechatpay-Statement-Sha1': sha1, ...(packed && { 'Content-Encoding': 'gzip' }) },
    signed: Buffer.from(JSON.stringify({ sha1 })),
  }
}

/** Everything that is documented: finds operations, checks what they are asked with, and makes answers up */
export class Catalogue {
  readonly #parts: CatalogueParts

  constructor(parts: CatalogueParts) {
    this.#parts = parts
  }

  /** What is documented at the path of a request */
  find(version: Version, exchange: Exchange): Documented | undefined {
    return find(version, exchange)
  }

  /**
   * Checks a request against what is documented. `fields` are those of an APIv2 request.
   * @throws Problem `PARAM_ERROR` naming the first field that is wrong
   */
  check({ operation, variables }: Documented, exchange: Exchange, fields?: Fields): void {
    checkRequest(operation, givenOf(operation, exchange, variables(), fields))
  }

  /** Makes an APIv3 answer up: the same for the same request, but for what is encrypted */
  answer(documented: Documented, exchange: Exchange): Answer {
    const { operation } = documented
    const { kind, status, fields = [], unsigned, signedPart } = operation.answer
    const source = this.#source(documented, exchange)
    if (kind === 'empty') return { status: status ?? 204, headers: NOTICE }
    if (signedPart) return statement(operation, exchange, source.seed)
    if (kind !== 'json') {
      const token = exchange.query.get('token') ?? source.seed
      const content = fileOf(kind, token, wantsGzip(operation, exchange))
      return { status: status ?? 200, content, headers: NOTICE, ...(unsigned && { signed: false }) }
    }
    const body = inventObject(source, fields)
    linkDownloads(operation, source, body, this.#parts.url(exchange.certificate !== 'plain'))
    return { status: status ?? 200, body, headers: NOTICE }
  }

  /** An APIv2 operation whose answers are made up */
  route(documented: Documented, exchange: Exchange): V2Route {
    const { operation } = documented
    return madeRoute(operation, exchange.path, NOTICE, (fields) => {
      const source = this.#source(documented, exchange, fields)
      const { kind } = operation.answer
      const dice = new Dice(source.seed, 'reply')
      if (kind === 'redirect') {
        const Location = `https://payapp.weixin.qq.com/papay/entrust?token=${dice.letters(43)}`
        return { status: 302, headers: { Location }, body: Buffer.alloc(0) }
      }
      if (kind !== 'xml') {
        const { type, bytes } = fileOf(kind, source.seed)
        return { status: 200, headers: { 'Content-Type': type }, body: bytes }
      }
      return madeFields(operation, source, fields.get('sign_type'))
    })
  }

  #source({ operation, variables }: Documented, exchange: Exchange, fields?: Fields): Source {
    return {
      seed: seedOf(exchange, fields),
      known: knownOf(operation, givenOf(operation, exchange, variables(), fields)),
      merchant: this.#parts.merchant,
      compactTimes: fields !== undefined,
    }
  }
}
