import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { Formatter } from '../../lib'
import { type Part, readForm } from '../support/form'
import { answered, NONCE, SECRET, signFaults } from './apiv2'
import { ids, lookUp, tables } from './behaviours'
import {
  type Bench,
  type Expected,
  isAnswered,
  type Outcome,
  type Recorded,
  type RecordedBody,
  type Run,
  read,
  type Sent,
} from './behaviours/entry'
import { driver, factory } from './chain'
import { authorizationFaults, config, Loopback, type Received } from './platform'
import { readVectors, skipped } from './vectors'

const vectors = readVectors<Recorded>('BEHAVIOUR_VECTORS', '../shared/vectors/behaviours.jsonl')

/** What a call came to. */
type Came = { readonly value: unknown } | { readonly error: unknown }

const show = (value: unknown): string => JSON.stringify(value) ?? String(value)

function bytes(body: RecordedBody): Buffer | undefined {
  if (typeof body === 'string') return Buffer.from(body)
  return 'base64' in body ? Buffer.from(body.base64, 'base64') : undefined
}

/** JSON is to be equal as a value. */
const readable = ({ content, ...part }: Part): unknown =>
  part.type === 'application/json' ? { ...part, json: JSON.parse(content.toString()) } : { ...part, content }

/** A boundary is made anew each time. */
const unbound = (value: string | undefined): string | undefined => value?.replace(/(boundary=).*/, '$1…')

function sameBody(actual: Received, wanted: Sent, exactly: boolean): boolean {
  const { body } = wanted
  if (typeof body === 'object' && 'sha256' in body) {
    const sha256 = createHash('sha256').update(actual.body).digest('hex')
    return actual.body.length === body.bytes && sha256 === body.sha256
  }
  const expected = bytes(body) ?? Buffer.alloc(0)
  if (actual.body.equals(expected)) return true
  const [parts, wantedParts] = [readForm(actual.body), readForm(expected)]
  if (parts && wantedParts) return isDeepStrictEqual(parts.map(readable), wantedParts.map(readable))
  if (exactly || wanted.headers['content-type'] !== 'application/json') return false
  return isDeepStrictEqual(JSON.parse(actual.body.toString()), JSON.parse(expected.toString()))
}

function requestDifferences(actual: Received, wanted: Sent, exactly: boolean): string[] {
  const found: string[] = []
  const compare = (what: string, was: unknown, expected: unknown): void => {
    if (was !== expected) found.push(`${what}: sent ${show(was)}, expected ${show(expected)}`)
  }
  compare('method', actual.method, wanted.method)
  compare('origin', actual.origin, wanted.origin)
  compare('target', actual.target, wanted.target)
  for (const [name, value] of Object.entries(wanted.headers)) {
    // The connection is the transport's affair.
    if (name !== 'connection' && name !== 'http2-settings')
      compare(name, unbound(actual.headers[name]), unbound(value))
  }
  if (!sameBody(actual, wanted, exactly)) {
    found.push(
      `body: sent ${show(actual.body.toString().slice(0, 200))}, expected ${show(wanted.body).slice(0, 200)}`,
    )
  }
  if (actual.body.length > 0)
    compare('content-length', actual.headers['content-length'], String(actual.body.length))
  return found
}

function outcomeDifferences(came: Came, wanted: Outcome): string[] {
  if (wanted.kind === 'fault') {
    if ('value' in came) return ['the call was to fail, and did not']
    const { type, message, has = {} } = wanted.fault
    const { error } = came
    if (!(error instanceof type)) return [`failed with ${String(error)}, expected a ${type.name}`]
    const found: string[] = []
    if (message && !message.test(error.message))
      found.push(`message: ${show(error.message)}, expected ${message}`)
    for (const [name, expected] of Object.entries(has)) {
      const was: unknown = Reflect.get(error, name)
      if (!isDeepStrictEqual(was, expected)) {
        found.push(`error.${name}: ${show(was)}, expected ${show(expected)} (${error.message})`)
      }
    }
    return found
  }
  if ('error' in came) return [`failed with ${String(came.error)}`]
  if (wanted.kind === 'value') {
    if (isDeepStrictEqual(came.value, wanted.value)) return []
    return [`gave ${show(came.value)}, expected ${show(wanted.value)}`]
  }
  if (!isAnswered(came.value)) return [`gave ${show(came.value)}, expected a response`]
  const { status, body, verified } = came.value
  const was = { status, body: body.toString(), verified }
  const { kind: _, ...expected } = wanted
  return isDeepStrictEqual(was, expected) ? [] : [`answered ${show(was)}, expected ${show(expected)}`]
}

function differences(
  came: Came,
  received: readonly Received[],
  expected: Expected,
  exactly = false,
): string[] {
  const count = received.length
  const wanted = expected.sent.length
  return [
    ...(count === wanted ? [] : [`${count} requests arrived, expected ${wanted}`]),
    ...received.flatMap((request, n) => {
      const sent = expected.sent[n]
      return sent ? requestDifferences(request, sent, exactly) : []
    }),
    ...outcomeDifferences(came, expected.outcome),
  ]
}

describe('behaviours of the PHP SDK', () => {
  const { lines } = vectors
  if (lines === undefined) {
    skipped('BEHAVIOUR_VECTORS', vectors)
    return
  }
  let loopback: Loopback
  let folder: string
  let files = 0

  beforeAll(async () => {
    loopback = await Loopback.start()
    folder = mkdtempSync(join(tmpdir(), 'behaviours-'))
  })

  afterEach(() => {
    jest.restoreAllMocks()
  })

  afterAll(async () => {
    rmSync(folder, { recursive: true })
    await loopback.close()
  })

  const vacancy = (): string => join(folder, String(files++))

  async function run(entry: Run, record: Recorded): Promise<Came> {
    const { apiv2, answer = apiv2 && (() => answered()) } = entry
    loopback.reset(answer)
    if (apiv2) jest.spyOn(Formatter, 'nonce').mockReturnValue(NONCE)
    if (entry.frozen) jest.spyOn(Date, 'now').mockReturnValue(Date.now())
    const file = vacancy()
    writeFileSync(file, bytes(record.requests?.[0]?.body ?? '') ?? '')
    try {
      const root = factory({
        ...config,
        ...(apiv2 && { secret: SECRET }),
        dispatcher: loopback.dispatcher,
        // The PHP SDK never repeats a request.
        retry: false,
        ...entry.config,
      })
      const bench: Bench = { driver: driver(root), loopback, file, vacancy: vacancy() }
      try {
        return { value: await entry.call(root, bench) }
      } finally {
        await bench.driver.close()
      }
    } catch (error) {
      return { error }
    }
  }

  const groups = new Map<string, Recorded[]>()
  for (const record of lines) groups.set(record.group, [...(groups.get(record.group) ?? []), record])

  it('forgets no id, and names none that is not there', () => {
    const known = new Set(lines.map(({ id }) => id))
    expect(lines.filter((record) => lookUp(record) === undefined).map(({ id }) => id)).toEqual([])
    expect([...ids].filter((id) => !known.has(id))).toEqual([])
    expect(tables.reduce((sum, table) => sum + Object.keys(table).length, 0)).toBe(ids.size)
  })

  describe.each([...groups])('%s', (group, records) => {
    const runs = records.map((record) => [record.id.replace(`${group}/`, ''), record] as const)

    it.each(runs)('%s', async (_, record) => {
      const entry = lookUp(record) as Run
      const recorded = read(record, entry.verified)
      const expected = entry.change(recorded)
      const came = await run(entry, record)
      const { received } = loopback
      expect(differences(came, received, expected, entry.exactly)).toEqual([])
      expect(
        received.flatMap((request) => (entry.apiv2 ? signFaults(request) : authorizationFaults(request))),
      ).toEqual([])
      // A reason that no longer holds is to be taken out of the table.
      if (entry.differs) expect(differences(came, received, recorded, entry.exactly)).not.toEqual([])
    })
  })
})
