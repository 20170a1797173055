import { type Field, type Operation, operations } from '../lib/catalogue'
import { encodeFields } from '../lib/encoded'
import type { RequestOptions } from '../lib/request'
import { answered, fieldsOf, signFaults } from './conformance/apiv2'
import { authorizationFaults, Loopback, type Received, signed } from './conformance/platform'
import { frozen } from './support/frozen'
import { instanceFor, MCH_ID } from './v2/server'

/* Every documented encoded field, over the wire. */

type Group = 'query' | 'json' | 'xml'
type Members = Record<string, unknown>

/** A documented encoded field: the way to it, and what it holds. */
interface Encoded {
  readonly group: Group
  /** `[]` for the items of a list. */
  readonly steps: readonly string[]
  readonly holds: 'object' | 'list' | 'pairs'
}

function encodedOf(fields: readonly Field[], group: Group, before: readonly string[] = []): Encoded[] {
  return fields.flatMap((field) => {
    const steps = [...before, field.name]
    const many = field.type.endsWith('[]') || field.encodedAs?.endsWith('[]')
    const below = [...(field.fields ?? []), ...(field.variants ?? []).flatMap((variant) => variant.fields)]
    const inner = encodedOf(below, group, many ? [...steps, '[]'] : steps)
    if (!field.encoded) return inner
    const holds = field.encoded === 'urlencoded' ? 'pairs' : many ? 'list' : 'object'
    return [{ group, steps, holds }, ...inner]
  })
}

const documented = operations()
  .map((operation) => ({
    operation,
    fields: (['query', 'json', 'xml'] as const).flatMap((group) =>
      encodedOf(operation[group]?.fields ?? [], group),
    ),
  }))
  .filter(({ fields }) => fields.length > 0)
const cases = documented.map((each) => [`${each.operation.verb} ${each.operation.uri}`, each] as const)

const nasty = '"quotes" \\ <&>]]> \u2028 中文🎁 %3d + ='
const CONTENTS = {
  object: { text: nasty, number: 1.5, flag: false, nothing: null, deep: { list: [nasty, { a: [] }] } },
  list: [nasty, '2026-01-01', { nested: [1, { text: nasty }] }],
  pairs: { posttime: 123123412, clientversion: '234134', mobile: '86-122344545', deviceid: 'IOS 中文🎁=%' },
} as const

/** The object that a field stands in, of a list the first; made where it is missing. */
function holder(root: Members, steps: readonly string[]): Members {
  let place = root
  for (const [at, step] of steps.slice(0, -1).entries()) {
    if (step === '[]') continue
    place[step] ??= steps[at + 1] === '[]' ? [{}, { beside: nasty }] : {}
    place = (Array.isArray(place[step]) ? place[step][0] : place[step]) as Members
  }
  return place
}

/** The value of an option in which all its fields stand, as objects or, by an independent reading of the rule, as text. */
function filled(fields: readonly Encoded[], asText: boolean): Members {
  const root: Members = {}
  const outerFirst = [...fields].sort((a, b) => a.steps.length - b.steps.length)
  for (const { steps, holds } of outerFirst) {
    holder(root, steps)[steps.at(-1) as string] = structuredClone(CONTENTS[holds])
  }
  if (!asText) return root
  for (const { steps, holds } of outerFirst.reverse()) {
    const place = holder(root, steps)
    const name = steps.at(-1) as string
    place[name] = holds === 'pairs' ? percent(place[name] as Members) : JSON.stringify(place[name])
  }
  return root
}

function percent(members: Members): string {
  const pairs = Object.entries(members).map(([name, value]) => `${name}=${value}`)
  return encodeURIComponent(pairs.join('&'))
}

/** The options of a call that fills these fields. */
function optionsFor(operation: Operation, fields: readonly Encoded[], asText = false): Members {
  const options: Members = operation.host?.basePath
    ? { base_uri: `https://${operation.host.name}${operation.host.basePath}/` }
    : {}
  for (const group of new Set(fields.map((field) => field.group))) {
    const members = filled(
      fields.filter((field) => field.group === group),
      asText,
    )
    options[group] = group === 'xml' ? { mch_id: MCH_ID, nonce_str: 'fixed', ...members } : members
  }
  return options
}

const variables = (operation: Operation): string[] =>
  [...operation.uri.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string)

let loopback: Loopback
beforeAll(async () => {
  loopback = await Loopback.start()
})
afterAll(() => loopback.close())

async function sent({ verb, uri }: Operation, template: string, options: Members): Promise<Received> {
  loopback.reset(() => (uri.startsWith('v2/') ? answered() : signed()))
  const node = instanceFor(loopback).chain(template)
  const call = node[verb.toLowerCase() as 'post'] as unknown as (options: Members) => Promise<unknown>
  await call(options)
  const [request, ...more] = loopback.received
  expect(more).toEqual([])
  const faults = uri.startsWith('v2/')
    ? signFaults(request as Received)
    : authorizationFaults(request as Received)
  expect(faults).toEqual([])
  return request as Received
}

/** What arrived of a group. */
function arrived(request: Received, group: Group): Members {
  if (group === 'xml') return { ...fieldsOf(request) }
  if (group === 'json') return JSON.parse(request.body.toString('utf8')) as Members
  return Object.fromEntries(new URLSearchParams(request.target.split('?')[1]))
}

describe('every documented encoded field', () => {
  it('is known here', () => {
    const all = documented.flatMap(({ fields }) => fields)
    const count = (group: Group) => all.filter((field) => field.group === group).length
    expect({ xml: count('xml'), json: count('json'), query: count('query') }).toEqual({
      xml: 33,
      json: 14,
      query: 2,
    })
  })

  it.each(cases)('%s: arrives as text', async (_, { operation, fields }) => {
    const names = variables(operation)
    const values = Object.fromEntries(names.map((name) => [name, name === 'empty' ? '' : 'ID_1']))
    // Two paths hold capitals, which their templates take as variables.
    if (operation.uri.includes('institutionsub'))
      values[names[0] as string] = operation.path?.split('/').at(-1) ?? ''
    const options = frozen({ ...optionsFor(operation, fields), ...values })
    const before = JSON.stringify(options)
    const request = await sent(operation, operation.uri, options)
    expect(JSON.stringify(options)).toBe(before)

    for (const group of new Set(fields.map((field) => field.group))) {
      const expected = optionsFor(operation, fields, true)[group] as Members
      const found = arrived(request, group)
      if (group === 'xml') delete found.sign
      expect(found).toEqual(expected)
    }
    // Text is sent as it is, and the values may stand in the path.
    const text = { ...optionsFor(operation, fields, true), ...values }
    const again = await sent(operation, operation.uri, text)
    expect([again.target, again.body.toString()]).toEqual([request.target, request.body.toString()])
    const expanded = operation.uri.replace(/\{(\w+)\}/g, (_, name: string) => values[name] as string)
    const direct = await sent(operation, expanded, optionsFor(operation, fields))
    expect([direct.target, direct.body.toString()]).toEqual([request.target, request.body.toString()])
  })
})

it('no other documented call is touched', () => {
  const names = [
    ...new Set(documented.flatMap(({ fields }) => fields.map(({ steps }) => steps[0] as string))),
  ]
  const members = Object.fromEntries(names.map((name) => [name, { a: [1] }]))
  const options: RequestOptions = { json: members, xml: members }
  for (const operation of operations()) {
    if (documented.some((each) => each.operation === operation)) continue
    const path = operation.path ?? `/${operation.uri.replace(/^v2\//, '')}`
    const protocol = operation.uri.startsWith('v2/') ? 'v2' : 'v3'
    expect(encodeFields(options, protocol, operation.verb, path.replace(/\{\w+\}/g, 'x'))).toBe(options)
  }
})

it.each([
  ['v2/pay/unifiedorder', 'attach'],
  ['v2/pay/orderquery', 'detail'],
  ['v2/pay/unifiedorder/', 'detail'],
  ['v2/pay/Unifiedorder', 'detail'],
  ['v2/x/pay/unifiedorder', 'detail'],
])('%s: an undocumented nested value is refused', async (uri, field) => {
  const xml = { mch_id: MCH_ID, [field]: { a: 1 } }
  const call = instanceFor(loopback).chain(uri).post({ xml })
  await expect(call).rejects.toMatchObject({ code: 'ERR_REQUEST', field: `xml.${field}` })
})
