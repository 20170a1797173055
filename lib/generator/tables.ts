import { isDeepStrictEqual } from 'node:util'
import type { Field, Operation } from '../catalogue/model'
import { USUAL } from '../media-layout'
import { pathPattern } from '../path'
import { literal } from './names'
import { HEAD } from './types/domain'
import { uploadOf } from './uploads'

/**
 * The few facts of the catalogue that the client needs when it runs, as modules of their own: the catalogue itself is
 * too large to be loaded. They are written as the formatter would write them.
 * @returns the files by their paths below `lib`
 * @throws Error for an exempt endpoint that gives no reason, and for an upload without a file or its digest
 */
export function tables(operations: readonly Operation[]): ReadonlyMap<string, string> {
  const v2 = operations.filter(({ uri }) => uri.startsWith('v2/'))
  const v3 = operations.filter(({ uri }) => uri.startsWith('v3/'))
  return new Map([
    ['v2/encoded-fields.ts', encodedFields(v2)],
    ['v3/encoded-fields.ts', encodedFields(v3)],
    ['v2/exempt-endpoints.ts', exemptV2(v2)],
    ['v3/exempt-endpoints.ts', exemptV3(v3)],
    ['v3/upload-layouts.ts', uploadLayouts(v3)],
  ])
}

type Value = string | readonly string[]
type Row = Readonly<Record<string, Value | undefined>>

function encodedFields(operations: readonly Operation[]): string {
  const rows = operations.flatMap((operation) =>
    GROUPS.flatMap((group) => encodedBelow(operation[group]?.fields ?? [], group)).map((row) => ({
      call: `${operation.verb} ${sentPath(operation)}`,
      ...row,
    })),
  )
  return file(
    "import type { EncodedField } from '../encoded'",
    table(
      'ENCODED_FIELDS',
      'EncodedField',
      'Fields of requests that are text on the wire and hold more; what stands inside another comes first.',
      rows,
    ),
  )
}

/** An upload writes its `meta` itself; headers have none. */
const GROUPS = ['query', 'json', 'xml'] as const

function encodedBelow(fields: readonly Field[], parent: string): Row[] {
  return fields.flatMap((field) => {
    const path = `${parent}.${field.name}`
    const isList = (field.encodedAs ?? field.type).endsWith('[]')
    const members = [...(field.fields ?? []), ...(field.variants ?? []).flatMap(({ fields }) => fields)]
    const inner = encodedBelow(members, isList ? `${path}[]` : path)
    if (field.encoded === undefined) return inner
    const holds = field.encoded === 'urlencoded' ? 'pairs' : isList ? 'list' : 'object'
    return [...inner, { field: path, holds }]
  })
}

function exemptV2(operations: readonly Operation[]): string {
  const rows = operations.flatMap((operation) => {
    const { kind, unsigned } = operation.answer
    if (kind === 'xml' && unsigned === undefined) return []
    return { path: sentPath(operation), kind: KINDS[kind] ?? kind, reason: reasonOf(operation) }
  })
  return file(
    "import type { ExemptEndpoint } from './answers'",
    table(
      'EXEMPT_ENDPOINTS',
      'ExemptEndpoint',
      'The endpoints that answer anything but signed XML. The paths are as sent: `v2/` is no part of them.',
      rows,
    ),
  )
}

/** What the kinds of the catalogue are called here, where it is another name. */
const KINDS: Readonly<Partial<Record<Operation['answer']['kind'], string>>> = { xml: 'unsigned', csv: 'text' }

function exemptV3(operations: readonly Operation[]): string {
  const unsigned = operations.filter(({ answer }) => answer.unsigned !== undefined)
  const statements = operations.filter(({ answer }) => answer.signedPart === 'statement-sha1')
  const row = (operation: Operation): Row => ({
    path: sentPath(operation),
    except: signedBeside(operation, operations),
    reason: reasonOf(operation),
  })
  return file(
    "import type { ExemptEndpoint } from './unsigned'",
    table('UNSIGNED', 'ExemptEndpoint', 'The endpoints whose answers carry no signature.', unsigned.map(row)),
    table(
      'STATEMENTS',
      'ExemptEndpoint',
      'The endpoints whose answers carry a signature of something else than their body.',
      statements.map(row),
    ),
  )
}

/** Paths of other operations that look like this one's with its variables filled in. */
function signedBeside(operation: Operation, all: readonly Operation[]): string[] | undefined {
  const own = sentPath(operation)
  const pattern = pathPattern(own, 'i')
  const found = all.map(sentPath).filter((path) => path !== own && pattern.test(path))
  return found.length > 0 ? [...new Set(found)] : undefined
}

function reasonOf({ verb, uri, answer }: Operation): string {
  if (answer.unsigned !== undefined) return answer.unsigned
  if (answer.signedPart === 'statement-sha1')
    return 'statements: the SHA-1 in Wechatpay-Statement-Sha1 is signed'
  throw new Error(`${verb} ${uri}: why may its answer go unsigned? answer.unsigned has to say it`)
}

/** The path on the wire. `{empty}` is there to end a template in a slash. */
function sentPath({ uri, path }: Operation): string {
  return path ?? `/${uri.replace(/^v2\//, '').replace('{empty}', '')}`
}

function uploadLayouts(operations: readonly Operation[]): string {
  const rows = operations.flatMap((operation): Row[] => {
    const { multipart } = operation
    if (!multipart) return []
    const { layout } = uploadOf({ ...operation, multipart })
    const call = `${operation.verb} ${sentPath(operation)}`
    return isDeepStrictEqual(layout, USUAL.v3) ? [] : [{ call, ...layout }]
  })
  return file(
    "import type { SpecialLayout } from '../media-layout'",
    table('UPLOAD_LAYOUTS', 'SpecialLayout', 'The uploads that are laid out unlike the others.', rows),
  )
}

function file(imports: string, ...declarations: readonly string[]): string {
  return `${HEAD}\n${[imports, ...declarations].join('\n\n')}\n`
}

function table(name: string, type: string, comment: string, rows: readonly Row[]): string {
  return `/** ${comment} */\nexport const ${name}: readonly ${type}[] = [\n${rows.map(print).join('\n')}\n]`
}

/** That of biome.json. */
const WIDTH = 110

function print(row: Row): string {
  const members = Object.entries(row)
    .filter((member): member is [string, Value] => member[1] !== undefined)
    .map(([name, value]) => `${name}: ${written(value)}`)
  const line = `  { ${members.join(', ')} },`
  return line.length <= WIDTH ? line : `  {\n${members.map((member) => `    ${member},\n`).join('')}  },`
}

/** Text in the quotes that need no escape. */
function written(value: Value): string {
  if (typeof value !== 'string') return `[${value.map(written).join(', ')}]`
  return value.includes("'") ? JSON.stringify(value) : literal(value)
}
