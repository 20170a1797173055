import type { Callback } from './openapi/v3/callbacks'

/** What every notification of APIv3 begins with. */
export interface CallbackEnvelope {
  /** The same for every delivery of one event. */
  id: string
  /** RFC 3339 */
  create_time: string
  resource_type: 'encrypt-resource' | (string & {})
  summary: string
}

/** The encrypted part of a notification, as it was sent. */
export interface CallbackResource {
  algorithm: 'AEAD_AES_256_GCM' | (string & {})
  ciphertext: string
  nonce: string
  associated_data?: string
}

/**
 * The notification of an event: `CallbackOf<'REFUND.SUCCESS'>`. Some events have several kinds of data, told apart by what
 * was encrypted: `CallbackOf<'TRANSACTION.SUCCESS', 'profitsharing'>`.
 */
export type CallbackOf<E extends Callback['event_type'], O extends string = string> = Extract<
  Callback,
  { readonly event_type: E; readonly original_type?: O }
>
