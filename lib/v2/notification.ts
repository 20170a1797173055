import { createHash } from 'node:crypto'
import { AesEcb } from '../crypto/aes-ecb'
import { AesGcm } from '../crypto/aes-gcm'
import { ConfigError, RequestError, VerificationError, type VerificationReason } from '../errors'
import { Formatter } from '../formatter'
import type { Callback } from '../openapi/v2/callbacks'
import { Transformer } from '../transformer'
import { isSigned } from './signature'

/** One merchant that notifications may be for. */
export interface Recipient {
  readonly mchid: string | undefined
  /** APIv2 keys, the one in use first. */
  readonly secrets: readonly string[]
  /** Deposits are encrypted with these. */
  readonly apiv3Keys: readonly Buffer[]
}

/** A notification that is believed, and whose it is. */
export interface Opened {
  readonly event: Callback
  readonly recipient: Recipient
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Checks `sign`, or decrypts what has none (official v2: refunds have `req_info` in place of a signature).
 * @param recipients among whom `mch_id` tells whose it is
 * @throws VerificationError unless it is WeChat Pay's and for one of them
 * @throws RequestError or XmlError when it is no notification of APIv2
 * @throws ConfigError when there is no key for it
 */
export function openNotification(body: Buffer, recipients: readonly Recipient[]): Opened {
  const fields = parsed(body)
  const possible = addressed(fields, recipients)
  if (typeof fields.req_info === 'string') return refund(fields, fields.req_info, possible)
  const recipient = possible.find(({ secrets }) =>
    secrets.some((secret) => isSigned(fields, secret, typeOf(fields))),
  )
  if (!recipient) {
    throw typeof fields.sign === 'string' && fields.sign !== ''
      ? refusal(
          'signature',
          'its sign does not belong to its fields and the secret (APIv2 key) of this merchant number',
        )
      : refusal('signature', 'it has no sign, which only refunds, with their req_info, are sent without')
  }
  if (typeof fields.event_ciphertext !== 'string') return { event: fields as unknown as Callback, recipient }
  return { event: { ...fields, data: deposit(fields, recipient) } as unknown as Callback, recipient }
}

/**
 * What is the same for every delivery of one event (official v2: there is no id): an order's number, a refund's number and
 * state, a deposit's `event_id`, else all that it says.
 */
export function keyOf(event: Callback): string {
  const fields = event as unknown as Fields
  const data = (fields.data ?? {}) as Fields
  const { event_id } = fields
  if (typeof event_id === 'string' && event_id !== '') return `v2:${event_id}`
  if (typeof data.refund_id === 'string') return `v2:refund:${data.refund_id}:${String(data.refund_status)}`
  if (typeof fields.transaction_id === 'string' && fields.contract_id === undefined) {
    return `v2:transaction:${fields.transaction_id}:${String(fields.result_code ?? '')}`
  }
  const { sign: _, nonce_str: __, ...said } = fields
  return `v2:${createHash('sha256')
    .update(JSON.stringify(Formatter.ksort(said)))
    .digest('hex')}`
}

function parsed(body: Buffer): Fields {
  if (/^\s*\{/.test(body.toString('latin1', 0, 64))) {
    throw new RequestError('body', 'is JSON, a notification of APIv3: parse it with the Notifications itself')
  }
  return Transformer.toObject(body)
}

/** The names under which a notification says whose it is. */
const MERCHANTS = ['mch_id', 'mchid', 'combine_mch_id'] as const

function addressed(fields: Fields, recipients: readonly Recipient[]): readonly Recipient[] {
  const named = MERCHANTS.map((name) => fields[name]).find((value) => typeof value === 'string')
  const possible = recipients.filter(
    ({ mchid }) => mchid === undefined || named === undefined || mchid === named,
  )
  const able = possible.filter(({ secrets }) => secrets.length > 0)
  if (able.length > 0) return able
  throw possible.length > 0
    ? new ConfigError('secret', 'missing: notifications of APIv2 are verified with it, the APIv2 key')
    : refusal('signature', 'it is for another merchant number')
}

/** Deposits call it `algorithm`. */
function typeOf({ sign_type, algorithm }: Fields): string | undefined {
  const type = sign_type ?? algorithm
  return typeof type === 'string' ? type : undefined
}

function refund(fields: Fields, req_info: string, possible: readonly Recipient[]): Opened {
  for (const recipient of possible) {
    for (const secret of recipient.secrets) {
      const data = news(req_info, secret)
      // Nothing outside of req_info is proven: of that, only who it is for is handed on, since its key fits.
      if (data) return { event: { ...proven(fields), data } as unknown as Callback, recipient }
    }
  }
  throw refusal(
    'decrypt',
    'its req_info does not decrypt with the secret (APIv2 key) of this merchant number',
  )
}

const ENVELOPE = [
  'return_code',
  'return_msg',
  'appid',
  'mch_id',
  'sub_appid',
  'sub_mch_id',
  'nonce_str',
  'req_info',
]

const proven = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => ENVELOPE.includes(name)))

function news(req_info: string, secret: string): Fields | undefined {
  try {
    const text = AesEcb.decrypt(req_info, createHash('md5').update(secret).digest('hex'))
    return Transformer.toObject(text)
  } catch {
    return undefined
  }
}

function deposit(fields: Fields, { apiv3Keys }: Recipient): unknown {
  const { event_ciphertext, event_nonce, event_associated_data } = fields as Readonly<Record<string, string>>
  if (apiv3Keys.length === 0)
    throw new ConfigError('apiv3Key', 'missing: notifications of deposits are encrypted with it')
  for (const key of apiv3Keys) {
    try {
      return JSON.parse(AesGcm.decrypt(event_ciphertext ?? '', key, event_nonce ?? '', event_associated_data))
    } catch {
      // Perhaps the other key, while it is being changed.
    }
  }
  throw refusal('decrypt', 'its event_ciphertext does not decrypt with the apiv3Key of this merchant number')
}

function refusal(reason: VerificationReason, problem: string): VerificationError {
  return new VerificationError(
    reason,
    `The notification is not believed: ${problem}. Answered with FAIL, it comes again.`,
  )
}
