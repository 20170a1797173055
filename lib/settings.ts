/**
 * Choices about types, made once for a program:
 *
 * ```ts
 * declare module 'wechatpay-chain' {
 *   interface Settings { strict: true }
 * }
 * ```
 *
 * With `strict`, a segment that is not documented is an error, and fields that the platform wants encrypted take only what
 * was encrypted: plain text does not compile.
 */
export interface Settings {}

/**
 * Operations of your own, for what is not documented yet or only to you:
 *
 * ```ts
 * declare module 'wechatpay-chain' {
 *   interface Operations {
 *     'POST v3/x/{y}': { options: { y: string; json: { amount: number } }; data: { id: string } }
 *   }
 * }
 * ```
 */
export interface Operations {}
