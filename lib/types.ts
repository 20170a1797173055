import type { Writable } from 'node:stream'
import type { PendingResponse } from './promise'
import type { RequestOptions } from './request'
import type { Response } from './response'
import type { Sensitive } from './sensitive'
import type { Settings } from './settings'

/** The options of a call and, among them, its path variables by name. */
export interface CallOptions extends RequestOptions {
  readonly [variable: string]: unknown
}

/** A verb: called it sends at once; not called it is one more segment. */
export interface SyncVerb extends DynamicPath {
  <T = unknown>(options?: CallOptions): Promise<Response<T>>
}

/** The same with `otherwise()` and `wait()` on what it returns. */
export interface AsyncVerb extends DynamicPath {
  <T = unknown>(options?: CallOptions): PendingResponse<Response<T>>
}

/** Takes a path template; not called it is one more segment. */
export interface ChainMethod extends DynamicPath {
  (template: string): DynamicPath
}

/** A piece of a path of which nothing is known: every property goes one segment further, the verbs send. */
export interface DynamicPath {
  readonly get: SyncVerb
  readonly put: SyncVerb
  readonly post: SyncVerb
  readonly patch: SyncVerb
  readonly delete: SyncVerb
  readonly getAsync: AsyncVerb
  readonly putAsync: AsyncVerb
  readonly postAsync: AsyncVerb
  readonly patchAsync: AsyncVerb
  readonly deleteAsync: AsyncVerb
  readonly chain: ChainMethod
  readonly [segment: string]: DynamicPath
}

/** The root of a chain without the types of the documented operations. */
export interface LooseInstance extends DynamicPath, AsyncDisposable {
  readonly v2: DynamicPath
  readonly v3: DynamicPath
}

/** What lies beyond the documented segments. */
export interface Unlisted {
  /** @deprecated This segment is not documented, so nothing is known of what follows. */
  readonly [segment: string]: DynamicPath
}

/** A documented piece of a path. Undocumented segments below it are loose, in strict mode they are errors. */
export type Loosen<T> = Settings extends { readonly strict: true } ? T : T & Unlisted

/** The value of a path variable: one segment, percent-encoded by the client. */
export type PathValue = string | number | bigint

declare const ENCRYPTED: unique symbol

/** What `Rsa.encrypt` gives: base64 that only the holder of a key can read. */
export type Ciphertext = string & { readonly [ENCRYPTED]: true }

/**
 * A field that the platform wants encrypted. Any string will do by default, since it may have been encrypted elsewhere; in
 * strict mode only what `sensitive()` or `Rsa.encrypt` gave.
 */
export type Encrypted = Sensitive | (Settings extends { readonly strict: true } ? Ciphertext : string)

/** Asks for a download as a stream. */
export interface Streamed {
  stream: true
  sink?: undefined
}

/** Writes a download to a path, whole or not at all, or to a stream. */
export interface Sunk {
  sink: string | Writable
  stream?: false | undefined
}
