import { pathOf, pathPattern } from '../path'
import { STATEMENTS, UNSIGNED } from './exempt-endpoints'

export interface ExemptEndpoint {
  /** As sent, without query; variables in braces. Letter case does not matter, as in the PHP SDK. */
  readonly path: string
  /** Other endpoints whose paths look like it. */
  readonly except?: readonly string[]
  readonly reason: string
}

/** One expression for all paths: most answers are looked up in vain. */
const anyOf = (paths: readonly string[]): RegExp =>
  new RegExp(paths.map((path) => pathPattern(path).source).join('|') || '$^', 'i')

const matcher = (table: readonly ExemptEndpoint[]): ((target: string) => boolean) => {
  const paths = anyOf(table.map(({ path }) => path))
  const others = anyOf(table.flatMap(({ except = [] }) => except))
  return (target) => {
    const sent = pathOf(target)
    return paths.test(sent) && !others.test(sent)
  }
}

/**
 * Does this address answer 2xx without a signature? All of them are downloads: the hash of a bill, or the address of an
 * invoice, comes with a signed answer before it.
 */
export const isUnsigned = matcher(UNSIGNED)

/** Overseas statements: the platform signs `{"sha1":"…"}` of the `Wechatpay-Statement-Sha1` header, not the CSV. */
export const isStatement = matcher(STATEMENTS)
