import type { ResolvedConfig } from '../config'
import { RequestError } from '../errors'

/** What a field of an APIv2 request may hold. */
export type Field = string | number | bigint | boolean | null | undefined
export type Fields = Readonly<Record<string, Field>>

/** The names under which requests carry the merchant number; the first one present counts. */
const MERCHANT_NAMES = ['mch_id', 'mchid', 'combine_mch_id'] as const

/** How a value is written: what is signed must be what is sent. */
type Writer = (value: string | number | bigint | boolean) => string

/** As the PHP SDK writes XML: `true` is 1, `false` is empty. */
const asXml: Writer = (value) => (typeof value === 'boolean' ? (value ? '1' : '') : String(value))
/** As in every query: `true` and `false` by their names. */
const asQuery: Writer = String

/**
 * The fields of a request as text.
 * @param option where they come from, for messages
 * @throws RequestError for a nested value (the platform could not check its signature), for a name that is no name of
 *   an XML element, and when the merchant number is missing or not the configured one
 */
export function readFields(
  given: unknown,
  option: 'xml' | 'query' | 'media.meta',
  config: ResolvedConfig,
): Record<string, string> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new RequestError(option, 'expected an object of fields: an APIv2 request carries at least mch_id')
  }
  if (config.mchid === '')
    throw new RequestError(undefined, 'a brand has no APIv2: its calls begin with brand/')
  const write = option === 'query' ? asQuery : asXml
  const fields: Record<string, string> = Object.create(null)
  for (const [name, value] of entries(given, option)) {
    const written = text(value, write, `${option}.${name}`)
    if (written === undefined || (value === null && option === 'query')) continue
    if (!/^[A-Za-z_][\w.-]*$/.test(name)) {
      throw new RequestError(
        `${option}.${name}`,
        'is no name of an APIv2 field: letters, digits, "_", "." and "-"',
      )
    }
    fields[name] = written
  }
  checkMerchant(fields, option, config.mchid)
  return fields
}

function entries(given: object, option: string): [string, unknown][] {
  try {
    return Object.entries(given)
  } catch (error) {
    // A getter of the caller's threw.
    throw new RequestError(option, 'cannot be read', error)
  }
}

function text(value: unknown, write: Writer, field: string): string | undefined {
  switch (typeof value) {
    case 'undefined':
      return undefined
    case 'string':
    case 'bigint':
    case 'boolean':
      return write(value)
    case 'number':
      if (Number.isFinite(value)) return write(value)
      throw new RequestError(field, `${value} is no number that can be sent`)
    default:
      if (value === null) return ''
      throw new RequestError(
        field,
        'APIv2 signs text: a nested value must be given as the JSON text the page asks for',
      )
  }
}

function checkMerchant(fields: Record<string, string>, option: string, mchid: string): void {
  const name = MERCHANT_NAMES.find((candidate) => candidate in fields)
  if (name === undefined) {
    throw new RequestError(
      `${option}.mch_id`,
      'missing: an APIv2 request names its merchant (mch_id, mchid or combine_mch_id)',
    )
  }
  if (fields[name] !== mchid) {
    throw new RequestError(
      `${option}.${name}`,
      `is not the configured merchant ${mchid}, whose key signs the request`,
    )
  }
}
