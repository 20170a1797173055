import { absoluteUrl } from './absolute-url'
import { baseUri } from './base-uri'
import { bodyOption } from './body'
import { configuration } from './config'
import { type Recorded, type Run, same, type Table } from './entry'
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
import { uploads } from './uploads'
import { v2Request } from './v2-request'
import { v2Response } from './v2-response'
import { v3Response } from './v3-response'

export const tables: readonly Table[] = [
  absoluteUrl,
  baseUri,
  bodyOption,
  configuration,
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
  uploads,
  v2Request,
  v2Response,
  v3Response,
]

const entries = new Map(tables.flatMap((table) => Object.entries(table)))

export const ids: ReadonlySet<string> = new Set(entries.keys())

/** What is to be done about a behaviour; `undefined`: nobody has thought of it. */
export function lookUp({ id }: Recorded): Run | undefined {
  const entry = entries.get(id)
  return typeof entry === 'function' ? same(entry) : entry
}
