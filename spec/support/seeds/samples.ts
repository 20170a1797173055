import type { Instance } from '../../../lib'

/** Takes what a sample prints. */
export type Print = (value: unknown) => void

/** A sample of the PHP SDK's documentation, carried over word for word. */
export type Sample = (instance: Instance, print: Print) => Promise<void>

/** One operation in the spellings of its page, under the titles they have there. */
export type Samples = Readonly<
  Record<'异步纯链式' | '异步声明式' | '异步属性式' | '同步纯链式' | '同步声明式' | '同步属性式', Sample>
>
