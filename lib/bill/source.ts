import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import type { Client } from '../client'
import type { DownloadOptions } from '../download'
import { ApiError, RequestError, TransportError } from '../errors'
import { isPlainObject } from '../plain'
import { Response } from '../response'
import type { Digest } from './digest'
import { ciphersOf, namesOf, type Seal, sealOf } from './seal'

/** A file on its way; a long bill comes in several. */
export interface Piece {
  readonly body: AsyncIterable<Buffer>
  /** The answer that it is the body of. */
  readonly response?: Response | undefined
  readonly digest?: Digest | undefined
  readonly seal?: Seal | undefined
}

/** Opens the files of a bill one after the other, each when the one before has come in. */
export type Source = (options: DownloadOptions) => AsyncIterable<Piece>

/** What an answer says about a file: where it is, its hash, and what it is encrypted with. */
export interface Announced {
  /** Or `url`, as operations for coupons call it. */
  readonly download_url?: string | undefined
  readonly url?: string | undefined
  readonly hash_type?: string | undefined
  readonly hash_value?: string | undefined
  /** The same, SHA-1, as the operations for a day of a batch of coupons call it. */
  readonly stock_useflow_hash?: string | undefined
  readonly stock_refundflow_hash?: string | undefined
  readonly encrypt_key?: string | undefined
  readonly nonce?: string | undefined
  /** What it is encrypted with. Answers leave it out: the length of the key tells. */
  readonly algorithm?: string | undefined
  readonly bill_sequence?: number | undefined
}

/** The same of a bill in parts. */
export interface AnnouncedParts {
  readonly download_bill_count?: number | undefined
  readonly download_bill_list?: readonly Announced[] | undefined
}

/** What tells where a file is: an address, the `data` of the answer that holds it, or that answer. */
export type Announcement =
  | string
  | Announced
  | AnnouncedParts
  | { readonly data: string | Announced | AnnouncedParts }

/** The same, or what asks for it: addresses live for some minutes. */
export type Origin = Announcement | ((options: DownloadOptions) => Promise<Announcement>)

/** Milliseconds that an address is taken to live; the documentation says five minutes. */
const LIFETIME = 4 * 60_000

/**
 * The files that answers announce.
 * @param algorithm that they are asked to be encrypted with; nothing is asked for that could not be read
 */
export function announced(client: Client, origin: Origin, algorithm?: string): Source {
  const ask = async (options: DownloadOptions): Promise<readonly Announced[]> => {
    checkAlgorithm(client, algorithm)
    return partsOf(typeof origin === 'function' ? await explained(origin(options)) : origin)
  }
  return async function* (options) {
    let parts = await ask(options)
    let asked = Date.now()
    for (let index = 0; index < parts.length; index++) {
      if (typeof origin === 'function' && Date.now() - asked > LIFETIME) {
        parts = await ask(options)
        asked = Date.now()
      }
      const part = parts[index] as Announced
      const seal = await sealFor(client, part)
      const response = whole(await explained(client.download(addressOf(part), options)))
      yield { body: response.data, response, digest: digestOf(part), seal }
    }
  }
}

/** Nobody asked for part of a file, and a file that is not there yet is none: no hash may be there to tell. */
function whole(response: Response<Readable>): Response<Readable> {
  const { status, data } = response
  if (status === 200) return response
  data.destroy()
  throw new ApiError(`the address has not answered with a file (HTTP ${status})`, `HTTP_${status}`, response)
}

/** A file that is the answer itself. */
export function answered(
  ask: (options: DownloadOptions) => Promise<Response<AsyncIterable<Buffer>>>,
): Source {
  return async function* (options) {
    const response = await explained(ask(options))
    yield { body: response.data, response }
  }
}

/** A file on a disk. */
export function stored(path: string): Source {
  return async function* () {
    yield { body: read(path) }
  }
}

async function* read(path: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path)
  } catch (error) {
    const { code = 'ERR_FILE' } = error as NodeJS.ErrnoException
    throw new TransportError(`the file cannot be read (${code})`, {
      code,
      delivery: 'not-sent',
      cause: error,
    })
  }
}

function partsOf(announcement: unknown): readonly Announced[] {
  if (typeof announcement === 'string') return [{ download_url: announcement }]
  if (announcement instanceof Response) return partsOf(announcement.data)
  if (!isPlainObject(announcement)) throw nowhere()
  const { data, download_bill_list: list, download_bill_count: count } = announcement
  if (data !== undefined) return partsOf(data)
  if (list === undefined) return [announcement as Announced]
  if (!Array.isArray(list) || list.length === 0 || !list.every(isPlainObject)) throw nowhere()
  const order = (part: Announced): number => Number(part.bill_sequence)
  const parts = (list as Announced[]).toSorted((a, b) => order(a) - order(b))
  const complete =
    parts.length === Number(count ?? parts.length) && new Set(parts.map(order)).size === parts.length
  if (complete) return parts
  throw new RequestError('download_bill_list', 'is not all of the bill: a part is missing, or there twice')
}

function addressOf({ download_url, url }: Announced): string {
  const address = download_url ?? url
  if (typeof address === 'string' && address !== '') return address
  throw nowhere()
}

function nowhere(): RequestError {
  return new RequestError('answer', 'expected an address, or an answer with a download_url in it')
}

function digestOf(part: Announced): Digest | undefined {
  const value = part.hash_value || part.stock_useflow_hash || part.stock_refundflow_hash
  return value ? { type: String(part.hash_type || 'SHA1'), value: String(value) } : undefined
}

async function sealFor(client: Client, part: Announced): Promise<Seal | undefined> {
  const { encrypt_key, nonce, algorithm } = part
  if (!encrypt_key) return undefined
  const key = await client.decrypt(encrypt_key)
  return sealOf({ key, nonce, algorithm }, ciphersOf(client.ciphers))
}

function checkAlgorithm(client: Client, algorithm: string | undefined): void {
  const ciphers = ciphersOf(client.ciphers)
  if (algorithm === undefined || ciphers.some((cipher) => cipher.algorithm === algorithm)) return
  throw new RequestError(
    'algorithm',
    `this client can decrypt ${namesOf(ciphers)} only: SM4_GCM wants the configuration of wechatpay-chain/shangmi`,
  )
}

/** How the two protocols say that there is no such bill, or not yet. */
const MISSING: ReadonlySet<string> = new Set([
  'NO_STATEMENT_EXIST',
  'STATEMENT_CREATING',
  'NO_BILL_EXIST',
  '20002',
  '20003',
])
const HINT =
  'The bill of a day is made from 9:00 on the next one, in China: ask after 10:00. On a day without business there is none'

/** The usual reason for there being no bill is that it is too early. */
async function explained<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (!(error instanceof ApiError) || !MISSING.has(error.code)) throw error
    const { return_code, return_msg, result_code, err_code, err_code_des } = error
    const result = { return_code, return_msg, result_code, err_code, err_code_des }
    const known = Object.entries(result).filter(([, value]) => value !== undefined)
    throw new ApiError(`${error.message}. ${HINT}`, error.code, error.response, {
      detail: error.detail,
      result: Object.fromEntries(known),
    })
  }
}
