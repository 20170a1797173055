import Ajv from 'ajv'
import { domains, type Operation, operations, operationsOf, type Version } from '../../lib/catalogue'
import { Simulator } from '../../lib/simulator'
import { type Answer, CatalogueClient } from '../support/catalogue-client'
import { type Mutation, mutationsOf, requestOf } from '../support/catalogue-requests'
import { answerSchema, decoded } from '../support/catalogue-schemas'
import { stepsOf } from '../support/catalogue-stage'

const NOTICE = 'simulator-notice'
const DOMAINS = (['v2', 'v3'] as const).flatMap((version) =>
  [...domains(version)].map((domain): [Version, string] => [version, domain]),
)
const FILES = ['csv', 'text', 'pdf', 'image']

const ajv = new Ajv({ strict: false, allErrors: true })
const nameOf = ({ verb, uri }: Operation): string => `${verb} ${uri}`

/** What is wrong with an answer, beside what is documented of a success */
function faultsOf(
  operation: Operation,
  { status, data, body, headers }: Answer,
  remembered: boolean,
): string[] {
  const { kind, status: documented = kind === 'redirect' ? 302 : 200, fields } = operation.answer
  const faults: string[] = []
  if (status !== documented) faults.push(`${status} ${body.toString().slice(0, 200)}`)
  if (headers.has(NOTICE) === remembered) faults.push(remembered ? 'a notice' : 'no notice')
  if (kind === 'redirect' && !headers.get('location')?.startsWith('https://')) faults.push('no location')
  if (kind === 'empty' && body.length > 0) faults.push('a body')
  if (FILES.includes(kind) && body.length === 0) faults.push('no body')
  if (kind === 'json' || kind === 'xml') {
    const validate = ajv.compile(answerSchema(operation, remembered))
    if (!validate(decoded(data, fields))) faults.push(ajv.errorsText(validate.errors))
  }
  return faults
}

/** Whether an answer refuses the request, and says where */
function isRefusal({ uri }: Operation, { pointer }: Mutation, { status, data }: Answer): boolean {
  if (uri.startsWith('v3/')) {
    const { code, detail } = data as { code?: string; detail?: { field?: string } }
    return status === 400 && code === 'PARAM_ERROR' && detail?.field === pointer
  }
  const { return_msg, retmsg = return_msg } = data as { return_msg?: string; retmsg?: string }
  const name = pointer.replace(/^\//, '')
  return retmsg === `缺少参数${name}` || retmsg?.startsWith(`${name}参数错误：`) === true
}

describe('every documented operation', () => {
  let simulator: Simulator
  let client: CatalogueClient
  let mchid: string
  const answered = new Set<string>()
  const refused = new Set<string>()
  const remembering = new Set<string>()

  beforeAll(async () => {
    simulator = await Simulator.start({ tls: true, mode: 'both' })
    client = new CatalogueClient(simulator)
    mchid = simulator.credentials.mchid
    for (const [name] of stepsOf(simulator)) remembering.add(name)
  })
  afterAll(async () => {
    await client.close()
    await simulator.close()
  })

  /** Calls one after the other; gives what went wrong */
  const failures = async (
    calls: readonly [name: string, call: () => Promise<string[]>][],
  ): Promise<string[]> => {
    const found: string[] = []
    for (const [name, call] of calls) {
      const faults = await call().catch((error: unknown) => [String(error)])
      found.push(...faults.map((fault) => `${name}: ${fault}`))
    }
    return found
  }

  test('that is simulated answers as documented, and remembers', async () => {
    const known = new Map(operations().map((operation) => [nameOf(operation), operation]))
    const calls = stepsOf(simulator).map(([name, given]): [string, () => Promise<string[]>] => [
      name,
      async () => {
        const operation = known.get(name) as Operation
        const options = typeof given === 'function' ? given() : given
        answered.add(name)
        return faultsOf(operation, await client.call(operation, { variables: {}, ...options }), true)
      },
    ])
    expect(await failures(calls)).toEqual([])
  })

  test.each(DOMAINS)(
    'of %s/%s answers everything it documents, whatever it may be given',
    async (...domain) => {
      const rest = operationsOf(...domain).filter((operation) => !remembering.has(nameOf(operation)))
      const calls = (['all', 'required'] as const).flatMap((extent) =>
        rest.map((operation): [string, () => Promise<string[]>] => [
          nameOf(operation),
          async () => {
            answered.add(nameOf(operation))
            return faultsOf(
              operation,
              await client.call(operation, requestOf(operation, mchid, extent)),
              false,
            )
          },
        ]),
      )
      expect(await failures(calls)).toEqual([])
    },
  )

  test.each(DOMAINS)('of %s/%s refuses a request with one thing wrong', async (...domain) => {
    const calls = operationsOf(...domain).flatMap((operation) =>
      mutationsOf(operation, requestOf(operation, mchid)).map(
        (mutation): [string, () => Promise<string[]>] => [
          `${nameOf(operation)} ${mutation.kind} ${mutation.pointer}`,
          async () => {
            const answer = await client.call(operation, mutation.options)
            refused.add(nameOf(operation))
            if (isRefusal(operation, mutation, answer)) return []
            return [`${answer.status} ${answer.body.toString().slice(0, 300)}`]
          },
        ],
      ),
    )
    expect(await failures(calls)).toEqual([])
  })

  test('was asked', () => {
    expect(answered.size).toBe(1147)
    // The others have nothing that could be wrong.
    expect(refused.size).toBeGreaterThan(950)
  })
})
