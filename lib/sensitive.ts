import { inspect } from 'node:util'
import { Rsa } from './crypto/rsa'
import { RequestError } from './errors'
import { isComposite } from './plain'
import { isPublicKeyId, type PlatformKey, type PlatformKeys } from './platform-keys'

const HIDDEN = '[sensitive]'

/** The call that is being written, if one is: it lends its key. Writing is synchronous, so that there is only ever one. */
let current: Encryption | undefined

/**
 * A value that leaves this process encrypted only: names, telephone numbers, bank cards. Printed, logged or written as JSON
 * anywhere else it is `[sensitive]`.
 */
export class Sensitive {
  readonly #value: string

  /** @internal */
  constructor(value: string) {
    this.#value = value
  }

  /** In a call: encrypted with the platform's key, RSA-OAEP or what the key does in its place, in base64. */
  toJSON(): string {
    return current ? current.encrypt(this, this.#value) : HIDDEN
  }

  toString(): string {
    return HIDDEN
  }

  [inspect.custom](): string {
    return HIDDEN
  }
}

/**
 * Marks a value for encryption, anywhere in `json` or `query`. The call encrypts it with the platform's key (the public key
 * when one is configured, else the newest certificate in use) and names that key in `Wechatpay-Serial`; a header given with
 * the call chooses the key.
 * @throws RequestError when it is no text
 */
export function sensitive(value: string): Sensitive {
  if (typeof value === 'string') return new Sensitive(value)
  throw new RequestError('sensitive', `expected text, got a ${typeof value}`)
}

/** One call's encryption: one key, whatever it holds (official 4015139289). */
export class Encryption {
  readonly #keys: PlatformKeys
  readonly #options: unknown
  #key: PlatformKey | undefined
  /** The `Wechatpay-Serial` that the call itself gives. */
  explicit: string | undefined
  protocol: 'v2' | 'v3' = 'v3'
  /** Something is to be encrypted, and there is no key yet. */
  waiting = false

  constructor(keys: PlatformKeys, options: unknown) {
    this.#keys = keys
    this.#options = options
  }

  /** The key that was used; `undefined` when there was nothing to encrypt. */
  get serial(): string | undefined {
    return this.#key?.id
  }

  /** Writes something that may hold sensitive values. */
  during<T>(write: () => T): T {
    const outer = current
    current = this
    try {
      return write()
    } finally {
      current = outer
    }
  }

  encrypt(holder: Sensitive, value: string): string {
    if (this.protocol === 'v2') {
      throw new RequestError(
        placeOf(holder, this.#options),
        'APIv2 has no fields for sensitive(): give the plain text',
      )
    }
    this.#key ??= chosen(this.#keys.known(), this.explicit)
    const encrypt = this.#key && encrypterOf(this.#key)
    if (!encrypt) {
      this.waiting = true
      return HIDDEN
    }
    try {
      return encrypt(value)
    } catch (error) {
      const problem =
        error instanceof RequestError ? error.message.replace(/^\w+: /, '') : 'cannot be encrypted'
      throw new RequestError(placeOf(holder, this.#options) ?? 'sensitive', problem)
    }
  }

  /** What is missing, once nothing more can be waited for. */
  unavailable(cause?: unknown): RequestError {
    const known = this.#keys.known().map(({ id }) => id)
    const problem = this.explicit
      ? `names a key that is not configured to encrypt with; there are ${known.join(', ') || 'none'}`
      : "there is no key of WeChat Pay's to encrypt with: configure the public key, certs: { PUB_KEY_ID_…: key }"
    return new RequestError(this.explicit ? 'headers.Wechatpay-Serial' : 'certs', problem, cause)
  }
}

/** How to encrypt with a key, if it can. */
function encrypterOf({ publicKey, encrypt }: PlatformKey): PlatformKey['encrypt'] {
  return encrypt ?? (publicKey && ((plaintext) => Rsa.encrypt(plaintext, publicKey)))
}

/** The key to encrypt with: the one asked for, else a public key, else the newest certificate that is in use. */
function chosen(keys: readonly PlatformKey[], explicit: string | undefined): PlatformKey | undefined {
  const usable = keys.filter(encrypterOf)
  if (explicit !== undefined) return usable.find(({ id }) => id === explicit)
  const now = Date.now()
  const [newest] = usable
    .filter(({ effective = 0, expires = now + 1 }) => effective <= now && expires > now)
    .sort((a, b) => (b.effective ?? 0) - (a.effective ?? 0))
  return usable.find(({ id }) => isPublicKeyId(id)) ?? newest
}

/** Where a value stands: `json.user.name`. */
function placeOf(
  holder: Sensitive,
  within: unknown,
  path = '',
  seen = new Set<object>(),
): string | undefined {
  if (!isComposite(within)) return undefined
  seen.add(within)
  for (const [key, value] of Object.entries(within)) {
    const place = path === '' ? key : `${path}.${key}`
    if (value === holder) return place
    const found = isComposite(value) && !seen.has(value) ? placeOf(holder, value, place, seen) : undefined
    if (found !== undefined) return found
  }
  return undefined
}
