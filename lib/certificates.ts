import { X509Certificate } from 'node:crypto'
import { AesGcm } from './crypto/aes-gcm'
import { ApiError, VerificationError } from './errors'
import { isPlainObject } from './plain'
import { type PlatformKey, type PlatformKeys, verifyWith } from './platform-keys'
import type { Store } from './store'

/** Seconds after which the certificates are asked for again; twelve hours is what the documentation allows. */
const REFRESH = 11 * 3_600
/** Seconds for which, after a failed download or a serial that stays unknown, nothing is asked for. */
const COOL_DOWN = 60
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
 * However many calls wait for a key, there is one download; one that brought nothing new is not repeated for a minute.
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
    const entries = isPlainObject(data) && Array.isArray(data.data) ? data.data : []
    return entries.map((entry: unknown) => decrypted(entry, [Buffer.from(apiv3Key as string)]))
  }

  find(id: string): PlatformKey | undefined | Promise<PlatformKey | undefined> {
    const key = this.#key(id)
    if (key || !this.#mayAsk()) return key
    return this.#refresh().then(() => {
      const found = this.#key(id)
      // Anyone can send a notification that names a serial nobody has.
      if (found === undefined) this.#pausedUntil = seconds() + COOL_DOWN
      return found
    })
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

  #refresh(fresh = false): Promise<void> {
    this.#pending ??= this.#renew(fresh).finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  async #renew(fresh: boolean): Promise<void> {
    try {
      const stored = fresh || this.#downloaded.size > 0 ? undefined : await this.#store?.get(this.#name)
      const data = stored ? (JSON.parse(stored) as unknown) : await this.#ask()
      const keys = carriedKeys(data, this.#apiv3Keys)
      this.#downloaded = new Map(keys.map((key) => [key.id, key]))
      this.#failure = undefined
      if (!stored) {
        // As it came, encrypted: who can write to the store cannot make a key that is believed.
        await this.#store?.set(this.#name, JSON.stringify(data), { ttl: REFRESH })
      }
    } catch (error) {
      this.#pausedUntil = seconds() + COOL_DOWN
      this.#failure = explained(error)
    }
    this.#schedule()
    for (const key of this.#downloaded.values()) this.#announce(key)
  }

  async #ask(): Promise<unknown> {
    if (!this.#download) throw new Error('nobody to ask')
    return this.#download()
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#closed) return
    const wait = this.#failure === undefined ? REFRESH : COOL_DOWN
    this.#timer = setTimeout(() => void this.#refresh(true), wait * 1_000)
    this.#timer.unref()
  }

  #announce({ id, expires = Number.POSITIVE_INFINITY }: PlatformKey): void {
    if (this.#announced.has(id) || !announceExpiry(`The platform certificate ${id}`, expires)) return
    this.#announced.add(id)
  }
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
 * @throws VerificationError (`decrypt`) unless every entry decrypts
 */
export function carriedKeys(data: unknown, apiv3Keys: readonly Buffer[]): PlatformKey[] {
  const entries = isPlainObject(data) && Array.isArray(data.data) ? data.data : []
  return entries.map((entry: unknown) => {
    const { serial: id, certificate, effective, expires } = decrypted(entry, apiv3Keys)
    const { publicKey } = new X509Certificate(certificate)
    return { id, publicKey, verify: verifyWith(publicKey), effective, expires }
  })
}

interface Entry {
  readonly serial_no: string
  readonly effective_time: string
  readonly expire_time: string
  readonly encrypt_certificate: {
    readonly nonce: string
    readonly associated_data?: string
    readonly ciphertext: string
  }
}

function decrypted(entry: unknown, apiv3Keys: readonly Buffer[]): PlatformCertificate {
  const { serial_no, effective_time, expire_time, encrypt_certificate } = entry as Entry
  const { ciphertext, nonce, associated_data } = encrypt_certificate ?? {}
  let failure: unknown
  for (const key of apiv3Keys) {
    try {
      const certificate = AesGcm.decrypt(ciphertext, key, nonce, associated_data)
      return {
        serial: String(serial_no),
        certificate,
        effective: Date.parse(effective_time),
        expires: Date.parse(expire_time),
      }
    } catch (error) {
      failure = error
    }
  }
  const problem = 'a platform certificate does not decrypt: the apiv3Key is not that of this merchant number'
  throw new VerificationError('decrypt', problem, undefined, failure)
}

function explained(error: unknown): unknown {
  if (error instanceof ApiError && error.code === 'RESOURCE_NOT_EXISTS') {
    return new VerificationError(
      'serial',
      'this merchant number has no platform certificates: configure the public key instead, certs: { PUB_KEY_ID_…: key }',
      undefined,
      error,
    )
  }
  return error
}
