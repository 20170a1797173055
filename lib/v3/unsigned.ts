import { pathOf, pathPattern } from '../path'
import { STATEMENTS, UNSIGNED } from './exempt-endpoints'

export interface ExemptEndpoint {
  /** As sent, without query; variables in braces. Letter case does not matter, as in the PHP SDK. */
  readonly path: string
  /** Other endpoints whose paths look like it. */
  readonly except?: readonly string[]
  readonly reason: string
}

const matcher = (table: readonly ExemptEndpoint[]): ((target: string) => boolean) => {
  const rows = table.map(({ path, except = [] }) => ({
    path: pathPattern(path, 'i'),
    except: except.map((other) => pathPattern(other, 'i')),
  }))
  return (target) => {
    const sent = pathOf(target)
    return rows.some(({ path, except }) => path.test(sent) && !except.some((other) => other.test(sent)))
  }
}

/**
 * Does this address answer 2xx without a signature? All of them are downloads: the hash of a bill, or the address of an
 * invoice, comes with a signed answer before it.
 */
export const isUnsigned = matcher(UNSIGNED)

/** Overseas statements: the platform signs `{"sha1":"…"}` of the `Wechatpay-Statement-Sha1` header, not the CSV. */
export const isStatement = matcher(STATEMENTS)
