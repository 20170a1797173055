export * from './common'
export { Builder, type Instance } from './instance'
