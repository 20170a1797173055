/**
 * Sends a great many requests of many kinds through a simulator in this very process and prints, in JSON, the size of
 * the heap on the way. Wants `--expose-gc`, and how many requests.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { ApiError, Builder, TransportError, VerificationError } from '../../lib'
import { Simulator } from '../../lib/simulator'

/** What the spec is told. */
export interface SoakReport {
  /** Bytes in use, by the number of requests sent until then. */
  readonly heap: Readonly<Record<number, number>>
  /** How many calls were made. */
  readonly requests: number
}

const CONCURRENCY = 32
const ROUND = 8
/** By then every store with a limit (requests, orders, nodes of the chain) is full. */
const MARKS = [1_000, 4_000]

type Failure<E> = new (...args: never[]) => E

async function main(total: number): Promise<void> {
  const simulator = await Simulator.start()
  const instance = Builder.factory(simulator.credentials)
  const { mchid } = simulator.credentials
  const { transactions } = instance.v3.pay
  simulator.fault({ kind: 'hang', match: { path: /\/hung-\d+$/ } })

  /** One request of each kind; whatever ends otherwise than it must ends the whole run. */
  async function round(n: number, signal: AbortSignal): Promise<void> {
    const order = {
      appid: 'wxd678efh567hg6787',
      mchid,
      description: '小红花',
      notify_url: 'https://www.example.com/notify',
      amount: { total: 1 + (n % 100) },
    }
    const native = { ...order, out_trade_no: `native-${n}` }
    const jsapi = { ...order, out_trade_no: `jsapi-${n}`, payer: { openid: `openid-${n}` } }
    const query = { mchid }

    expectStatus(200, await transactions.native.post({ json: native }))
    expectStatus(200, await instance.chain('v3/pay/transactions/jsapi').post({ json: jsapi }))
    expectStatus(200, await transactions.outTradeNo[native.out_trade_no].get({ query, signal }))
    await transactions.outTradeNo._out_trade_no_
      .getAsync({ out_trade_no: jsapi.out_trade_no, query, signal })
      .then((response) => expectStatus(200, response))
      .wait()
    expectStatus(204, await transactions.outTradeNo[native.out_trade_no].close.post({ json: query }))

    const missing = await failure(ApiError, transactions.id[`unknown-${n}`].get({ query, timeout: 0 }))
    if (missing.status !== 404 || !missing.verified) throw missing

    const collection = `v3/offlineface/face-collections/collection-${String(1 + (n % 64)).padStart(4, '0')}`
    const fault = simulator.fault({ kind: 'serial', match: { path: collection } })
    const unknown = await failure(VerificationError, instance[collection].get({ query: { appid: `wx${n}` } }))
    fault.remove()
    if (unknown.reason !== 'serial') throw unknown

    const hasty = new AbortController()
    const hung = transactions.outTradeNo[`hung-${n}`].get({ query, signal: hasty.signal })
    const given = failure(TransportError, hung)
    // Before it is sent, while it is, and when it has arrived.
    const wait = n % 3
    if (wait === 0) hasty.abort()
    else if (wait === 1) setImmediate(() => hasty.abort())
    else await sleep(5).then(() => hasty.abort())
    const aborted = await given
    if (aborted.code !== 'ERR_ABORTED') throw aborted
  }

  const lasting = Array.from({ length: CONCURRENCY }, () => new AbortController())
  let next = 0
  async function until(requests: number): Promise<void> {
    const last = Math.floor(requests / ROUND)
    // A signal outlives the calls it is given to, and must not remember them.
    const worker = async ({ signal }: AbortController): Promise<void> => {
      while (next < last) await round(next++, signal)
    }
    await Promise.all(lasting.map(worker))
  }

  const heap: Record<number, number> = {}
  for (const mark of [...MARKS, total]) {
    await until(mark)
    heap[mark] = await heapUsed()
  }

  await Builder.driver(instance).close()
  await simulator.close()
  const report: SoakReport = { heap, requests: next * ROUND }
  console.log(JSON.stringify(report))
}

function expectStatus(expected: number, { status, verified }: { status: number; verified: boolean }): void {
  if (status !== expected || !verified) throw new Error(`expected a verified ${expected}, got ${status}`)
}

async function failure<E extends Error>(expected: Failure<E>, call: Promise<unknown>): Promise<E> {
  const error = await call.then(
    () => new Error(`expected a ${expected.name}`),
    (reason: unknown) => reason,
  )
  if (error instanceof expected) return error
  throw error
}

/** After what the last answers leave behind has had its turns of the event loop. */
async function heapUsed(): Promise<number> {
  if (!globalThis.gc) throw new Error('node must be started with --expose-gc')
  for (let turn = 0; turn < 5; turn++) {
    await sleep(20)
    globalThis.gc()
  }
  return process.memoryUsage().heapUsed
}

main(Number(process.argv[2]))
