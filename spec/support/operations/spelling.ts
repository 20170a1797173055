import type { Operation } from '../../../lib/catalogue'

/** The ways to one and the same node. */
export interface Spellings {
  readonly property: string
  readonly template: string
  readonly bracket: string
}

/** Source text of the three spellings of an operation's path. */
export function spellings({ uri }: Operation): Spellings {
  return {
    property: `instance.${uri.split('/').map(propertyOf).join('.')}`,
    template: `instance.chain('${uri}')`,
    bracket: `instance['${uri}']`,
  }
}

/** `out-trade-no` → `outTradeNo`, `{out_trade_no}` → `_out_trade_no_` */
function propertyOf(segment: string): string {
  if (segment.startsWith('{')) return segment.replace('{', '_').replace('}', '_')
  const [first = '', ...rest] = segment.split('-')
  return first + rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

/** `get` and `getAsync` */
export const methodsOf = ({ verb }: Operation): [string, string] => [
  verb.toLowerCase(),
  `${verb.toLowerCase()}Async`,
]
