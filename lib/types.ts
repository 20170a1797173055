import type { PendingResponse } from './promise'
import type { RequestOptions } from './request'
import type { Response } from './response'

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

/** A piece of a path: every property goes one segment further, the verbs send. */
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

/** The root of a chain: what `Builder.factory` gives. */
export interface Instance extends DynamicPath, AsyncDisposable {
  readonly v2: DynamicPath
  readonly v3: DynamicPath
}
