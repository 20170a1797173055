import { absoluteUrl } from './absolute-url'
import { baseUri } from './base-uri'
import { bodyOption } from './body'
import { configuration } from './config'
import { elsewhere, GROUPS_ELSEWHERE } from './elsewhere'
import { type Listed, type Recorded, type Run, same, type Table } from './entry'
import { headerFields } from './headers'
import { helpers } from './helpers'
import { jsonOption } from './json'
import { normalize } from './normalize'
import { optionNames } from './option-names'
import { pathOnTheWire } from './path'
import { protocol } from './protocol'
import { queryOption } from './query'
import { redirect } from './redirect'
import { templateOperator } from './template-operator'
import { templateValue } from './template-value'
import { transport } from './transport'
import { v3Response } from './v3-response'

export const tables: readonly Table[] = [
  absoluteUrl,
  baseUri,
  bodyOption,
  configuration,
  elsewhere,
  headerFields,
  helpers,
  jsonOption,
  normalize,
  optionNames,
  pathOnTheWire,
  protocol,
  queryOption,
  redirect,
  templateOperator,
  templateValue,
  transport,
  v3Response,
]

const entries = new Map(tables.flatMap((table) => Object.entries(table)))

export const ids: ReadonlySet<string> = new Set(entries.keys())

/** What is to be done about a behaviour; `undefined`: nobody has thought of it. */
export function lookUp({ id, group }: Recorded): Run | Listed | undefined {
  const entry = entries.get(id)
  if (entry === undefined) {
    const why = GROUPS_ELSEWHERE.get(group)
    return why === undefined ? undefined : { listed: why }
  }
  return typeof entry === 'function' ? same(entry) : entry
}
