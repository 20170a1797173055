import { callbacks, domains, type Field, type Operation, operations, operationsOf } from '../lib/catalogue'
import { readVectors, skipped } from './conformance/vectors'

/** The facts as they were compiled: a field there says `required: false` where ours says nothing. */
type Compiled = Readonly<Record<string, unknown>> & {
  readonly uri: string
  readonly verb: string
  readonly path: string
  readonly version: 'v2' | 'v3'
  readonly chain?: string
  readonly request: Readonly<Record<string, { required: boolean; fields: readonly CompiledField[] }>>
  readonly response: Readonly<Record<string, unknown>> & { fields?: readonly CompiledField[] }
  readonly pathParams?: readonly CompiledField[]
}
type CompiledField = Readonly<Record<string, unknown>> & {
  fields?: readonly CompiledField[]
  variants?: readonly CompiledVariant[]
}
interface CompiledVariant {
  readonly when?: string
  readonly fields: readonly CompiledField[]
}

/** Where the pages say "one of these" and the facts as compiled say "all of these". */
const EITHER = [
  'v2/deposit/orderquery',
  'v2/deposit/refund',
  'v2/deposit/refundquery',
  'v2/pay/facepayquery',
  'v2/pay/orderquery',
  'v2/pay/paporderquery',
  'v2/pay/partner/paporderquery',
  'v2/pay/refundquery',
  'v2/pay/refundqueryv2',
  'v2/secapi/pay/refund',
  'v2/secapi/pay/refundv2',
]

const SILENT = ['v2/appauth/authindex', 'v2/billcommentsp/batchquerycomment']

const GROUPS = ['query', 'json', 'xml', 'headers', 'multipart'] as const

/** A field without what goes without saying. */
function plain(field: Field | CompiledField): unknown {
  const { fields, variants, required, encodedAs, ...rest } = field as CompiledField
  return {
    ...rest,
    ...(required === true && { required }),
    ...(encodedAs !== undefined && encodedAs !== 'object' && { encodedAs }),
    ...(fields && { fields: fields.map(plain) }),
    ...(variants && {
      variants: variants.map((variant) => ({ ...variant, fields: variant.fields.map(plain) })),
    }),
  }
}

const loosened = (uri: string, names: readonly string[], field: CompiledField): CompiledField =>
  EITHER.includes(uri) && names.includes(String(field.name)) ? { ...field, required: false } : field

describe('the catalogue', () => {
  const all = operations()

  it('holds every operation once', () => {
    const names = all.map(({ verb, uri }) => `${verb} ${uri}`)
    expect(names).toHaveLength(1147)
    expect(new Set(names).size).toBe(1147)
    expect(all.filter(({ uri }) => uri.startsWith('v2/'))).toHaveLength(129)
    expect(callbacks().filter(({ version }) => version === 'v3')).toHaveLength(102)
    expect(callbacks().filter(({ version }) => version === 'v2')).toHaveLength(10)
  })

  it('keeps an operation in the file of its first segment', () => {
    for (const version of ['v2', 'v3'] as const) {
      for (const domain of domains(version)) {
        const found = operationsOf(version, domain)
        expect(found.length).toBeGreaterThan(0)
        for (const { uri } of found) expect(uri.split('/').slice(0, 2)).toEqual([version, domain])
      }
    }
  })

  it.each(['', '..', '../v2/pay', 'pay.json', '__proto__', 'nothing'])('knows no domain %j', (domain) => {
    expect(operationsOf('v3', domain)).toEqual([])
  })

  it('has a reason for every answer without a signature', () => {
    for (const { answer } of all) expect(answer.unsigned ?? 'signed').toMatch(/\w{4}/)
  })
})

describe('against the facts as they were compiled', () => {
  const vectors = readVectors<Compiled>('CATALOGUE', '../shared/catalogue/operations.jsonl')
  if (vectors.lines === undefined) {
    skipped('CATALOGUE', vectors)
    return
  }
  const own = new Map(operations().map((operation) => [`${operation.verb} ${operation.uri}`, operation]))

  it.each(vectors.lines.map((line) => [`${line.verb} ${line.uri}`, line] as const))('%s', (name, line) => {
    const operation = own.get(name) as Operation
    const sent =
      operation.path ?? (line.version === 'v3' ? `/${operation.uri}` : operation.uri.slice('v2'.length))
    expect(sent).toBe(line.path)
    expect((operation.variables ?? []).map(plain)).toEqual((line.pathParams ?? []).map(plain))
    for (const group of GROUPS) {
      const names = operation[group]?.anyOf ?? []
      expect(names.length > 0 && group === 'xml').toBe(EITHER.includes(line.uri) && group === 'xml')
      expect(operation[group]?.required ?? false).toBe(line.request[group]?.required ?? false)
      expect(operation[group]?.fields.map(plain)).toEqual(
        line.request[group]?.fields.map((field) => plain(loosened(line.uri, names, field))),
      )
    }
    const { fields, unsigned, kind, status = 200, downloadUrls } = operation.answer
    expect(fields?.map(plain)).toEqual(line.response.fields?.map(plain))
    expect(kind).toBe(line.response.kind)
    // Two answers are no XML, so that nothing in them could be signed: the pages do not say so.
    const silent = SILENT.includes(line.uri)
    expect(unsigned !== undefined).toBe(line.response.unsigned === true || silent)
    expect(status).toBe(line.response.status ?? 200)
    expect(downloadUrls).toEqual(line.response.downloadUrls)
    for (const flag of [
      'security',
      'nonceless',
      'deprecated',
      'unsignedRequest',
      'title',
      'docs',
      'roles',
    ] as const) {
      expect(operation[flag]).toEqual(line[flag])
    }
  })
})
