export * from './common'
export { Builder, type Instance } from './instance'
export type { Callback as CallbackV2 } from './openapi/v2/callbacks'
export type { Callback } from './openapi/v3/callbacks'
