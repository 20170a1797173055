import type { Field, Operation } from '../catalogue'
import { inventObject, type Made, type Source } from './catalogue-invent'
import { Dice } from './dice'
import { type Reply, XML_TYPE } from './reply'
import type { V2Fields, V2Route } from './v2-door'
import type { SignType } from './v2-sign'
import { type Fields, legal, writeXml, type XmlValue } from './xml'

/** What the door writes itself, and what only failures say */
const NOT_MADE: readonly string[] = ['return_code', 'return_msg', 'result_code', 'sign', 'nonce_str']
const isFailure = ({ name }: Field): boolean => /^err(?:or)?_/.test(name)

/** The only type of signature that an operation takes; `undefined` when it takes both */
const signTypeOf = ({ query, xml }: Operation): SignType | undefined => {
  const field = [query, xml].flatMap((group) => group?.fields ?? []).find(({ name }) => name === 'sign_type')
  const [type, ...others] = field?.enum ?? []
  return others.length === 0 ? (type as SignType | undefined) : undefined
}

/** A documented operation as the door takes it; addresses and uploads are signed without a nonce */
export const madeRoute = (
  operation: Operation,
  path: string,
  headers: Readonly<Record<string, string>>,
  answer: (fields: Fields) => V2Fields | Reply,
): V2Route => {
  const signType = signTypeOf(operation)
  const { verb, multipart } = operation
  return {
    path,
    method: verb === 'GET' ? 'GET' : 'POST',
    nonceless: operation.nonceless === true || verb === 'GET' || multipart !== undefined,
    security: operation.security === true,
    headers,
    ...(signType && { signType }),
    handler: ({ fields }) => answer(fields),
  }
}

const xmlOf = (value: unknown): XmlValue => {
  if (Array.isArray(value)) return value.map(xmlOf)
  if (typeof value !== 'object' || value === null) return legal(String(value))
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, xmlOf(one)]))
}

/** Of what comes in numbers there is one, of index 0, and the counts say so */
const indexed = (made: Made, fields: readonly Field[]): Made => {
  if (!fields.some((field) => field.indexed)) return made
  const entries = Object.entries(made).map(([name, value]): [string, unknown] => [
    name.replace(/\$[nm]/g, '0'),
    /(?:^|_)count(?:_\$n)?$/.test(name) ? 1 : value,
  ])
  return Object.fromEntries(entries)
}

/** The fields of a success; of an operation that answers unsigned, the whole answer, which may nest */
export const madeFields = (
  { answer }: Operation,
  source: Source,
  sign_type: string | undefined,
): V2Fields | Reply => {
  const { fields = [], unsigned } = answer
  const own = fields.filter((field) => !NOT_MADE.includes(field.name) && !isFailure(field))
  const made = indexed(inventObject(source, own), own)
  if ('sign_type' in made) made.sign_type = sign_type ?? 'MD5'
  const texts = Object.entries(made).map(([name, value]): [string, XmlValue] => [name, xmlOf(value)])
  if (!unsigned || fields.some(({ name }) => name === 'sign')) {
    const nonce_str = new Dice(source.seed, 'nonce_str').letters(32)
    return { nonce_str, ...(Object.fromEntries(texts) as Record<string, string>) }
  }
  const head: [string, string][] = ['return_code', 'result_code'].map((name) => [name, 'SUCCESS'])
  return {
    status: 200,
    headers: { 'Content-Type': XML_TYPE },
    body: writeXml([...head, ['return_msg', 'OK'], ...texts]),
  }
}
