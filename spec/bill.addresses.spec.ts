import { gunzipSync } from 'node:zlib'
import { Agent } from 'undici'
import { Builder, Download, type Instance, VerificationError } from '../lib'
import { operations } from '../lib/catalogue'
import { Simulator } from '../lib/simulator'
import { failing, placeFor } from './support/bill-stage'
import { CatalogueClient } from './support/catalogue-client'
import { requestOf } from './support/catalogue-requests'

/** What stands around an address in an answer, and the address. */
type Holder = Readonly<Record<string, unknown>>

const giving = operations().filter(({ answer }) => answer.downloadUrls)
/** Those that are remembered: there is none for a day without business. */
const LIVED = ['v3/bill/tradebill', 'v3/bill/fundflowbill']

/** Every object at a path of an answer, lists of them included. */
function holdersAt(data: unknown, path: string): { readonly holder: Holder; readonly name: string }[] {
  const steps = path.split('.')
  const name = steps.pop() as string
  const holders = steps.reduce<Holder[]>(
    (found, step) => found.flatMap((each) => [each[step]].flat() as Holder[]),
    [data as Holder],
  )
  return holders.map((holder) => ({ holder, name }))
}

const isPacked = (bytes: Buffer): boolean => bytes.readUInt16BE() === 0x1f8b

let simulator: Simulator
let client: CatalogueClient
let dispatcher: Agent
let instance: Instance

beforeAll(async () => {
  simulator = await Simulator.start({ tls: true })
  client = new CatalogueClient(simulator)
  const { merchant, ...credentials } = simulator.credentials
  dispatcher = new Agent({ connect: { ...merchant, ca: simulator.ca ?? '' } })
  instance = Builder.factory({ ...credentials, base_uri: String(simulator.secureUrl), dispatcher })
})
afterAll(async () => {
  await Builder.driver(instance).close()
  await client.close()
  await dispatcher.close()
  await simulator.close()
})

test('the documented operations that give addresses', () => {
  expect(giving).toHaveLength(44)
})

test.each(
  giving.filter(({ uri }) => !LIVED.includes(uri)).map((each) => [`${each.verb} ${each.uri}`, each] as const),
)('%s', async (_, operation) => {
  const { data, status } = await client.call(operation, requestOf(operation, simulator.credentials.mchid))
  expect(status).toBe(operation.answer.status ?? 200)
  for (const path of operation.answer.downloadUrls ?? []) {
    const found = holdersAt(data, path)
    expect(found.length).toBeGreaterThan(0)
    for (const { holder, name } of found) {
      const addresses = [holder[name]].flat() as string[]
      for (const address of addresses)
        expect((await Download.from(instance, address).buffer()).length).toBeGreaterThan(0)
      if (!/^(?:download_)?url$/.test(name)) continue
      const file = await Download.from(instance, holder).buffer()
      expect(String(isPacked(file) ? gunzipSync(file) : file)).toMatch(/^%PDF-|^交易单号,/)
      const hash = Object.keys(holder).find((key) => /^hash_value$|_hash$/.test(key))
      if (hash === undefined) continue
      const another = { ...holder, [hash]: '0'.repeat(String(holder[hash]).length) }
      const { path: place, left } = placeFor()
      const error = await failing(Download.from(instance, another).save(place))
      expect(error).toBeInstanceOf(VerificationError)
      expect([error, left()]).toEqual([expect.objectContaining({ reason: 'digest' }), []])
    }
  }
})

test('a hash stands beside most of them', () => {
  const hashed = giving.filter(({ answer }) =>
    /"name":"(?:hash_value|stock_\w+flow_hash)"/.test(JSON.stringify(answer)),
  )
  expect(hashed.length).toBe(30)
})
