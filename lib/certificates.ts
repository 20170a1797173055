import { type KeyObject, X509Certificate } from 'node:crypto'
import { inTime } from './claims'
import { AesGcm } from './crypto/aes-gcm'
import { keysAsked } from './diagnostics'
import { ApiError, TransportError, VerificationError, WechatpayError } from './errors'
import { isPlainObject } from './plain'
import { type PlatformKey, type PlatformKeys, verifyWith } from './platform-keys'
import type { Store } from './store'

/** Seconds after which the certificates are asked for again; twelve hours is what the documentation allows. */
const REFRESH = 11 * 3_600
/** Seconds for which, after a failed download or a serial that stays unknown, nothing is asked for. */
const COOL_DOWN = 60
/** The longest wait before a failed download is tried again in the background, in seconds: each wait doubles the last. */
const LONGEST_WAIT = 3_600
/** Days before its end from which an expiring certificate is announced. */
const NOTICE = 30

/** A platform certificate, decrypted. */
export interface PlatformCertificate {
  readonly serial: string
  /** PEM */
  readonly certificate: string
  /** When it comes into use and goes out of it, as the platform says (not the certificate), in milliseconds. */
  readonly effective: number
  readonly expires: number
}

/**
 * WeChat Pay's certificates, downloaded when first needed and renewed in the background, before twelve hours have passed. Keys
 * from the configuration stand beside them.
 *
 * However many calls wait for a key, there is one download; one that brought nothing new is not repeated for a minute. A
 * store saves other processes theirs: when it fails, or holds nothing of use, each downloads its own.
 */
export class Certificates implements PlatformKeys {
  readonly #configured: ReadonlyMap<string, PlatformKey>
  readonly #apiv3Keys: readonly Buffer[]
  readonly #store: Store | undefined
  readonly #name: string
  #download: (() => Promise<unknown>) | undefined
  #downloaded: ReadonlyMap<string, PlatformKey> = new Map()
  #pending: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #closed = false
  #pausedUntil = 0
  #failure: unknown
  #failures = 0
  /** What is known was found in the store: it can be older than a key that is asked for. */
  #borrowed = false
  readonly #announced = new Set<string>()

  /** @internal */
  constructor(options: {
    readonly configured: ReadonlyMap<string, PlatformKey>
    readonly apiv3Keys: readonly Buffer[]
    readonly mchid: string
    readonly store: Store | undefined
  }) {
    this.#configured = options.configured
    this.#apiv3Keys = options.apiv3Keys
    this.#store = options.store
    this.#name = `wechatpay:certificates:${options.mchid}`
  }

  /**
   * Decrypts the answer of `v3/certificates`.
   * @throws VerificationError (`decrypt`) unless every entry decrypts
   */
  static decrypt(data: unknown, apiv3Key: string | Uint8Array): PlatformCertificate[] {
    return entriesOf(data).map((entry) => decrypted(entry, [Buffer.from(apiv3Key as string)]))
  }

  find(id: string): PlatformKey | undefined | Promise<PlatformKey | undefined> {
    const key = this.#key(id)
    if (key || !this.#mayAsk()) return key
    return this.#seek(id)
  }

  known(): readonly PlatformKey[] {
    const now = Date.now()
    const downloaded = [...this.#downloaded.values()].filter(({ expires = now + 1 }) => expires > now)
    return [...this.#configured.values(), ...downloaded]
  }

  get failure(): unknown {
    return this.#failure
  }

  /** Waits until something was downloaded, if nothing ever was. */
  async ready(): Promise<void> {
    if (this.#downloaded.size === 0 && this.#mayAsk()) await this.#refresh()
  }

  /**
   * Downloads the certificates now.
   * @throws ApiError, TransportError or VerificationError: what was known before stays
   */
  async refresh(): Promise<void> {
    await this.#refresh(true)
    // That was someone's look into the store, which had begun before.
    if (this.#borrowed) await this.#refresh(true)
    if (this.#failure !== undefined) throw this.#failure
  }

  /** @internal */
  connect(download: () => Promise<unknown>): void {
    this.#download = download
  }

  /** @internal */
  close(): void {
    clearTimeout(this.#timer)
    this.#closed = true
  }

  #key(id: string): PlatformKey | undefined {
    const key = this.#configured.get(id) ?? this.#downloaded.get(id)
    return key?.expires !== undefined && key.expires <= Date.now() ? undefined : key
  }

  #mayAsk(): boolean {
    return this.#pending !== undefined || seconds() >= this.#pausedUntil
  }

  async #seek(id: string): Promise<PlatformKey | undefined> {
    await this.#refresh()
    if (this.#key(id) === undefined && this.#borrowed) await this.#refresh(true)
    const found = this.#key(id)
    // Anyone can send a notification that names a serial nobody has.
    if (found === undefined) this.#pausedUntil = seconds() + COOL_DOWN
    return found
  }

  #refresh(fresh = false): Promise<void> {
    this.#pending ??= this.#renew(fresh).finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  async #renew(fresh: boolean): Promise<void> {
    this.#borrowed = false
    try {
      const stored = fresh || this.#downloaded.size > 0 ? undefined : await this.#read()
      const { keys, age } = stored ?? (await this.#ask())
      this.#downloaded = new Map(keys.map((key) => [key.id, key]))
      this.#borrowed = stored !== undefined
      this.#failure = undefined
      this.#failures = 0
      this.#schedule(REFRESH - age)
    } catch (error) {
      this.#pausedUntil = seconds() + COOL_DOWN
      this.#failure = explained(error)
      this.#schedule(Math.min(COOL_DOWN * 2 ** this.#failures++, LONGEST_WAIT))
    }
    for (const key of this.#downloaded.values()) this.#announce(key)
  }

  async #ask(): Promise<Listing> {
    if (!this.#download) throw new Error('nobody to ask')
    const began = performance.now()
    try {
      const answer = await this.#download()
      const keys = listed(answer, this.#apiv3Keys)
      keysAsked({ duration: performance.now() - began, serials: keys.map(({ id }) => id) })
      await this.#write(answer)
      return { keys, age: 0 }
    } catch (error) {
      const serials = [...this.#downloaded.keys()]
      keysAsked({ duration: performance.now() - began, serials, code: codeOf(error) })
      throw error
    }
  }

  /** What another process has downloaded, if there is anything of use. */
  async #read(): Promise<Listing | undefined> {
    const store = this.#store
    if (!store) return undefined
    try {
      const text = await inTime(() => store.get(this.#name), STORE_FAILED)
      if (!text) return undefined
      const { at, answer } = JSON.parse(text) as Partial<Stored>
      const age = Math.max(0, (Date.now() - Number(at)) / 1_000)
      return age < REFRESH ? { keys: listed(answer, this.#apiv3Keys), age } : undefined
    } catch (error) {
      announceStore(error)
      return undefined
    }
  }

  /** As it came, encrypted: who can write to the store cannot make a key that is believed. */
  async #write(answer: unknown): Promise<void> {
    const store = this.#store
    if (!store) return
    const stored: Stored = { at: Date.now(), answer }
    try {
      await inTime(() => store.set(this.#name, JSON.stringify(stored), { ttl: REFRESH }), STORE_FAILED)
    } catch (error) {
      announceStore(error)
    }
  }

  #schedule(wait: number): void {
    clearTimeout(this.#timer)
    if (this.#closed) return
    this.#timer = setTimeout(() => void this.#refresh(true), wait * 1_000)
    this.#timer.unref()
  }

  #announce({ id, expires = Number.POSITIVE_INFINITY }: PlatformKey): void {
    if (this.#announced.has(id) || !announceExpiry(`The platform certificate ${id}`, expires)) return
    this.#announced.add(id)
  }
}

/** Keys, and how many seconds ago they were downloaded. */
interface Listing {
  readonly keys: readonly PlatformKey[]
  readonly age: number
}

/** What the store holds: an answer of `v3/certificates`, and when it came, in milliseconds. */
interface Stored {
  readonly at: number
  readonly answer: unknown
}

const STORE_FAILED = 'the store that shares platform certificates failed'

const codeOf = (error: unknown): string => (error instanceof WechatpayError ? error.code : 'ERR_KEYS')

/** Nothing waits for a store: what it does not have is downloaded. */
function announceStore(error: unknown): void {
  // What else was thrown is about what is written there, and could quote it.
  const problem =
    error instanceof TransportError
      ? `${error.message} (${String((error.cause as Partial<Error> | undefined)?.message)})`
      : 'the store that shares platform certificates holds something else, or what another apiv3Key has encrypted'
  process.emitWarning(
    `${problem}: this process downloads its own`,
    'WechatpayWarning',
    'WECHATPAY_CERTIFICATE_STORE',
  )
}

const seconds = (): number => performance.now() / 1_000

/** Warns, as `process.on('warning')` hears it, of a certificate that is about to end. @returns whether it did */
export function announceExpiry(what: string, expires: number): boolean {
  const days = Math.floor((expires - Date.now()) / 86_400_000)
  if (days >= NOTICE) return false
  const when = new Date(expires).toISOString()
  process.emitWarning(
    days < 0 ? `${what} expired at ${when}` : `${what} expires in ${days} days, at ${when}`,
    'WechatpayWarning',
    'WECHATPAY_CERTIFICATE_EXPIRES',
  )
  return true
}

const PATH = /^(?:\/hk)?\/v3\/(?:global\/)?certificates$/i

/** Does this address answer with the very certificates that its signature is made with? */
export const carriesKeys = (target: string): boolean => PATH.test(target.split('?', 1)[0] ?? '')

/**
 * The keys in an answer of `v3/certificates`. Only WeChat Pay and the merchant know the APIv3 key: what it decrypts is theirs.
 * @throws VerificationError (`decrypt`) unless every entry decrypts, to a certificate
 */
export function carriedKeys(data: unknown, apiv3Keys: readonly Buffer[]): PlatformKey[] {
  return entriesOf(data).map((entry) => {
    const { serial: id, certificate, effective, expires } = decrypted(entry, apiv3Keys)
    const publicKey = publicKeyOf(certificate)
    return { id, publicKey, verify: verifyWith(publicKey), effective, expires }
  })
}

/** The same. @throws VerificationError (`serial`) too, when there are none: those that are known are kept then */
function listed(data: unknown, apiv3Keys: readonly Buffer[]): readonly PlatformKey[] {
  const keys = carriedKeys(data, apiv3Keys)
  if (keys.length > 0) return keys
  throw new VerificationError('serial', `the list of platform certificates is empty: ${PUBLIC_KEY_INSTEAD}`)
}

const entriesOf = (data: unknown): readonly unknown[] =>
  isPlainObject(data) && Array.isArray(data.data) ? data.data : []

function publicKeyOf(certificate: string): KeyObject {
  try {
    return new X509Certificate(certificate).publicKey
  } catch (error) {
    throw new VerificationError('decrypt', 'a platform certificate decrypts, but to none', undefined, error)
  }
}

interface Entry {
  readonly serial_no: string
  readonly effective_time: string
  readonly expire_time: string
  readonly encrypt_certificate: {
    readonly nonce: string
    readonly associated_data?: string | undefined
    readonly ciphertext: string
  }
}

function decrypted(entry: unknown, apiv3Keys: readonly Buffer[]): PlatformCertificate {
  const { serial_no, effective_time, expire_time, encrypt_certificate } = Object(entry) as Partial<Entry>
  const certificate = opened(Object(encrypt_certificate) as Partial<Entry['encrypt_certificate']>, apiv3Keys)
  const [effective, expires] = [effective_time, expire_time].map((time) => Date.parse(String(time)))
  if (typeof serial_no === 'string' && Number.isFinite(effective) && Number.isFinite(expires))
    return { serial: serial_no, certificate, effective: effective as number, expires: expires as number }
  throw new VerificationError(
    'decrypt',
    'a platform certificate comes without its serial_no, effective_time or expire_time',
  )
}

function opened(
  { ciphertext = '', nonce = '', associated_data }: Partial<Entry['encrypt_certificate']>,
  apiv3Keys: readonly Buffer[],
): string {
  let failure: unknown
  for (const key of apiv3Keys) {
    try {
      return AesGcm.decrypt(ciphertext, key, nonce, associated_data)
    } catch (error) {
      failure = error
    }
  }
  const problem = 'a platform certificate does not decrypt: the apiv3Key is not that of this merchant number'
  throw new VerificationError('decrypt', problem, undefined, failure)
}

const PUBLIC_KEY_INSTEAD = 'configure the public key instead, certs: { PUB_KEY_ID_…: key }'

function explained(error: unknown): unknown {
  if (error instanceof ApiError && error.code === 'RESOURCE_NOT_EXISTS') {
    return new VerificationError(
      'serial',
      `this merchant number has no platform certificates: ${PUBLIC_KEY_INSTEAD}`,
      undefined,
      error,
    )
  }
  return error
}
