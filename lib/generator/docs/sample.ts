import type { EncryptionKey, Field, Group, Operation } from '../../catalogue'
import { key, literal } from '../names'
import { uploadOf } from '../uploads'
import { baseUri, spelledVariables, spellings } from './address'
import { MERCHANT, scalar } from './values'

/** TypeScript of a scalar, or a list or object of such. */
type Code = string | readonly Code[] | { readonly [name: string]: Code }

/** A call with what it requires, cut where the spelling of its path stands. */
export interface Sample {
  /** Imports and declarations, and the beginning of the statement. */
  readonly before: string
  /** Verb and options. */
  readonly after: string
}

/** So many characters fit on a line, and so many in a nested object. */
const LINE = 96
const WIDTH = 76
/** The client adds these to every request of APIv2. */
const SUPPLIED: ReadonlySet<string> = new Set(['sign', 'nonce_str'])
const MERCHANT_NAMES = ['mch_id', 'mchid', 'combine_mch_id']

/** How a value is written that is not to be read on its way, by who can decrypt it. */
const ENCRYPTED: Readonly<Partial<Record<EncryptionKey, string>>> = {
  platform: "sensitive('…')",
  'v2-risk-pubkey': "Rsa.encrypt('…', riskKey)",
}

/** Addresses of files are fetched without signature. */
export function isCallable({ unsignedRequest }: Operation): boolean {
  return !unsignedRequest
}

export function sampleOf(operation: Operation): Sample {
  const options = optionsOf(operation)
  const head = operation.answer.kind === 'empty' ? 'await ' : 'const { data } = await '
  const room = LINE - head.length - spellings(operation.uri).property.length
  const args = Object.keys(options).length === 0 ? '' : print(options, '', room)
  return {
    before: `${preamble(args)}${head}`,
    after: `.${operation.verb.toLowerCase()}(${args})`,
  }
}

function optionsOf(operation: Operation): Record<string, Code> {
  const { host, variables = [], query, headers, json, xml, multipart } = operation
  const text = operation.uri.startsWith('v2/')
  const options: Record<string, Code> = {}
  for (const [name, value] of spelledVariables(operation)) options[name] = literal(value)
  for (const field of variables) options[field.name] = scalar(field, 'text')
  if (host?.required) options.base_uri = literal(baseUri(host))
  if (operation.security) options.security = 'true'
  if (operation.nonceless) options.nonceless = 'true'
  if (query?.required) options.query = required(query.fields, 'text', text)
  if (headers?.required) options.headers = required(headers.fields, 'text', false)
  if (json) options.json = required(json.fields, 'json', false)
  if (xml) options.xml = named(required(xml.fields, 'text', true))
  if (multipart) options.media = upload({ ...operation, multipart })
  return options
}

/** A path is enough, unless the operation wants to know more than the client can tell of a file. */
function upload(operation: Operation & { readonly multipart: Group }): Code {
  const [, extension] = FILES.find(([pattern]) => pattern.test(operation.uri)) ?? ['', 'jpg']
  const file = literal(`/path/to/file.${extension}`)
  const meta = required(uploadOf(operation).fields, 'json', false)
  return Object.keys(meta).length > 0 ? { file, meta } : file
}

/** What is uploaded where it is no image. */
const FILES: readonly (readonly [RegExp, string])[] = [
  [/video/, 'mp4'],
  [/fapiao|invoice/, 'pdf'],
  [/\/tasks$/, 'csv'],
]

/** Every request of APIv2 names its merchant, also where the page leaves it out. */
function named(fields: Record<string, Code>): Record<string, Code> {
  return MERCHANT_NAMES.some((name) => name in fields) ? fields : { mch_id: literal(MERCHANT), ...fields }
}

function required(fields: readonly Field[], wire: 'json' | 'text', signed: boolean): Record<string, Code> {
  const entries = fields
    .filter((field) => field.required && !(signed && SUPPLIED.has(field.name)))
    .map((field) => [field.name.replace('$n', '0'), sampleValue(field, wire)] as const)
  return Object.fromEntries(entries)
}

function sampleValue(field: Field, wire: 'json' | 'text'): Code {
  const encrypted = field.encrypted && ENCRYPTED[field.encrypted]
  if (encrypted) return encrypted
  // What is text on the wire is given as what it holds: the client writes it.
  const type = field.encoded ? (field.encodedAs ?? 'object') : field.type
  const value = below(field) ?? scalar({ ...field, type }, field.encoded ? 'json' : wire)
  return type.endsWith('[]') ? [value] : value
}

function below({ fields, variants }: Field): Code | undefined {
  const own = variants?.[0] ? [...(fields ?? []), ...variants[0].fields] : fields
  return own && required(own, 'json', false)
}

function preamble(args: string): string {
  const lines = [
    args.includes('sensitive(') && "import { sensitive } from 'wechatpay-chain'\n",
    args.includes('Rsa.') && "import { Rsa } from 'wechatpay-chain'\n",
    args.includes('riskKey') &&
      "const riskKey = 'file:///path/to/risk_pub_key.pem' // from risk/getpublickey",
  ].filter((line) => line !== false)
  return lines.map((line) => `${line}\n`).join('')
}

/** On one line if it fits and holds nothing that is itself broken. */
function print(code: Code, indent: string, room = WIDTH - indent.length): string {
  if (typeof code === 'string') return code.replaceAll('\n', `\n${indent}`)
  const inner = `${indent}  `
  const members = Array.isArray(code)
    ? code.map((item: Code) => print(item, inner))
    : Object.entries(code).map(([name, value]) => `${key(name)}: ${print(value, inner)}`)
  const [open, close] = Array.isArray(code) ? ['[', ']'] : ['{ ', ' }']
  if (members.length === 0) return `${open}${close}`.replaceAll(' ', '')
  const line = `${open}${members.join(', ')}${close}`
  if (!line.includes('\n') && line.length <= room && !isDeep(code)) return line
  return `${open.trim()}\n${members.map((member) => `${inner}${member},\n`).join('')}${indent}${close.trim()}`
}

/** More than one level of objects reads better on lines of their own. */
function isDeep(code: Code): boolean {
  const nested = Object.values(code).filter((value) => typeof value === 'object')
  return (
    nested.length > 1 || nested.some((value) => Object.values(value).some((item) => typeof item === 'object'))
  )
}
