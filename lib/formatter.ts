import { randomBytes } from 'node:crypto'
import { RequestError } from './errors'

const ALPHABET = Buffer.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz')
/** The largest multiple of 62 that a byte can hold: bytes above it are dropped, so that no character is likelier. */
const UNBIASED = 248

// One system call fills thousands of nonces: randomBytes for each costs ten times the rest of a nonce.
let pool = Buffer.alloc(0)
let position = 0

function randomByte(): number {
  if (position === pool.length) {
    pool = randomBytes(4096)
    position = 0
  }
  return pool[position++] as number
}

type Scalar = string | number | bigint | boolean | null | undefined

/** Text as PHP casts it, which is what the platform's signatures were first written in. */
function text(value: Scalar): string {
  if (typeof value === 'object' && value !== null)
    throw new RequestError(undefined, 'what is nested cannot be signed')
  if (typeof value === 'function') throw new RequestError(undefined, 'a function cannot be signed')
  if (value === true) return '1'
  return value === false || value === null || value === undefined ? '' : String(value)
}

function asObject<T extends object>(thing: T): T {
  if (typeof thing === 'object' && thing !== null) return thing
  throw new RequestError(undefined, 'expected an object of fields')
}

/** The strings that get signed, and what they are made of. */
export const Formatter = {
  /**
   * A random string of base-62 characters.
   * @param size how many; 32 is what the platform documents
   */
  nonce(size = 32): string {
    if (!Number.isInteger(size) || size < 1)
      throw new RequestError('size', 'expected an integer of at least 1')
    const nonce = Buffer.allocUnsafe(size)
    for (let length = 0; length < size; ) {
      const byte = randomByte()
      if (byte < UNBIASED) nonce[length++] = ALPHABET[byte % 62] as number
    }
    return nonce.toString('latin1')
  },

  /** The time now, in seconds. */
  timestamp(): number {
    return Math.floor(Date.now() / 1000)
  },

  /** The value of an `Authorization` header. */
  authorization(
    mchid: string,
    nonce: string,
    signature: string,
    timestamp: string | number,
    serial: string,
  ): string {
    return `WECHATPAY2-SHA256-RSA2048 mchid="${mchid}",serial_no="${serial}",timestamp="${timestamp}",nonce_str="${nonce}",signature="${signature}"`
  },

  /** What is signed of a request. `uri` is the path and the query, exactly as sent. */
  request(method: string, uri: string, timestamp: string | number, nonce: string, body = ''): string {
    return Formatter.joinedByLineFeed(method, uri, timestamp, nonce, body)
  },

  /** What is signed of an answer or a callback. */
  response(timestamp: string | number, nonce: string, body = ''): string {
    return Formatter.joinedByLineFeed(timestamp, nonce, body)
  },

  /** Every piece with a line feed behind it; no piece, no line feed. */
  joinedByLineFeed(...pieces: Scalar[]): string {
    return pieces.map((piece) => `${text(piece)}\n`).join('')
  },

  /**
   * A copy with its keys in byte order.
   * JavaScript keeps integer-like keys first and in numeric order, whatever is asked.
   */
  ksort<T>(thing: Readonly<Record<string, T>>): Record<string, T> {
    const sorted = Object.keys(asObject(thing)).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    return Object.fromEntries(sorted.map((key) => [key, thing[key] as T]))
  },

  /** `k=v&…` without encoding, in the order given; without `sign`, empty strings and `null`. */
  queryStringLike(thing: Readonly<Record<string, Scalar>>): string {
    return Object.entries(asObject(thing))
      .filter(([key, value]) => key !== 'sign' && value !== '' && value !== null && value !== undefined)
      .map(([key, value]) => `${key}=${text(value)}`)
      .join('&')
  },
} as const
