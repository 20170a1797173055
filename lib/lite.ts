export { Builder } from './builder'
export * from './common'
export type { LooseInstance as Instance } from './types'
