import type { VerificationReason } from '../errors'
import { Formatter } from '../formatter'
import type { PlatformKey, PlatformKeys } from '../platform-keys'

/** Seconds, inclusive, that the time of an answer or a notification may differ from ours. */
const WINDOW = 300
/** WeChat Pay now and then sends a signature that begins so, to see that it is refused (official 4013053249). */
const PROBE = 'WECHATPAY/SIGNTEST/'

/** Why something is not believed. The text goes on where "it" is the answer or the notification. */
export class Doubt extends Error {
  readonly reason: VerificationReason

  constructor(reason: VerificationReason, problem: string, cause?: unknown) {
    super(problem, { cause })
    this.reason = reason
  }
}

/** What stands in the headers around a signed body. */
export interface Envelope {
  readonly timestamp: string
  readonly nonce: string
  readonly serial: string
  readonly signature: string
}

/**
 * Reads the four headers.
 * @param header the first value of a header, by its lower-case name
 * @throws Doubt when one is missing
 */
export function readEnvelope(header: (name: string) => string | undefined): Envelope {
  const required = (name: string): string => {
    const value = header(name)
    if (!value) throw new Doubt('headers', `it has no ${name} header`)
    return value
  }
  return {
    timestamp: required('wechatpay-timestamp'),
    nonce: required('wechatpay-nonce'),
    serial: required('wechatpay-serial'),
    signature: required('wechatpay-signature'),
  }
}

/** @throws Doubt when its time is more than 300 s from ours, or its signature the platform's own false one */
export function checkEnvelope({ timestamp, signature }: Envelope): void {
  const seconds = /^\d{1,15}$/.test(timestamp) ? Number(timestamp) : Number.NaN
  if (Number.isNaN(seconds)) throw new Doubt('headers', 'its Wechatpay-Timestamp is no time in seconds')
  const skew = seconds - Formatter.timestamp()
  if (Math.abs(skew) > WINDOW) {
    throw new Doubt(
      'clock',
      `it was signed ${Math.abs(skew)} s ${skew < 0 ? 'ago' : 'in the future'} by this machine's clock, at most ${WINDOW} s are accepted: check the clock (NTP); if it is right, it is a replay`,
    )
  }
  if (signature.startsWith(PROBE))
    throw new Doubt('signature', "it is WeChat Pay's own probe with a false signature")
}

/** The bytes that are signed (official 4013059030). */
export function signedBytes({ timestamp, nonce }: Envelope, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), body, Buffer.from('\n')])
}

/** Does the signature belong to the message and to the key that the envelope names? @throws Doubt when there is no such key */
export function checkSignature(
  envelope: Envelope,
  message: Buffer,
  keys: PlatformKeys,
): boolean | Promise<boolean> {
  const key = keys.find(envelope.serial)
  return key instanceof Promise
    ? key.then((found) => check(found, envelope, message, keys))
    : check(key, envelope, message, keys)
}

function check(
  key: PlatformKey | undefined,
  { serial, signature }: Envelope,
  message: Buffer,
  keys: PlatformKeys,
): boolean | Promise<boolean> {
  if (key) return key.verify(message, signature)
  throw unknownSerial(
    serial,
    keys.known().map(({ id }) => id),
    keys.failure,
  )
}

/** What is said of a serial that no configured key has. */
export function unknownSerial(serial: string, known: readonly string[], cause?: unknown): Doubt {
  return new Doubt(
    'serial',
    `it is signed with the key ${JSON.stringify(serial.slice(0, 64))}, known are ${known.join(', ') || 'none'}: add that key to certs`,
    cause,
  )
}

/** Of a remote verifier, too, only `true` will do. */
export function judge(verified: unknown): Doubt | undefined {
  if (verified === true) return undefined
  return new Doubt('signature', 'its signature does not belong to its body, time, nonce and key')
}

/** Whatever verifying throws, as a doubt. */
export function doubtful(error: unknown): Doubt {
  return error instanceof Doubt
    ? error
    : new Doubt('signature', 'verify() of the configured certs failed', error)
}
