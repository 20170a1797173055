import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ApiError, Builder, type Config, VerificationError, WechatpayError } from '../../../lib/lite'

// `npm run soak`: so many seconds (600) of so many calls a second (200), of which one in ten is answered wrongly. At the end
// every call is settled, the heap is as large as it was after the first tenth, nothing was rejected unseen, and what the
// client knows of each order is what is in the platform's books.

const [seconds = 600, rate = 200] = process.argv.slice(2).map(Number)
const TENTHS = 10

/** What is known of an order. */
type Knowledge = 'done' | 'not done' | 'unknown'

const outcomes = new Map<string, number>()
const known = new Map<string, Knowledge>()
let open = 0
let unseen = 0
process.on('unhandledRejection', () => unseen++)

const platform = fork(join(__dirname, 'platform.ts'), [String(rate)])

async function main(): Promise<void> {
  const [credentials] = (await once(platform, 'message')) as [Config]
  const client = Builder.driver(
    Builder.factory({ ...credentials, timeout: { total: 5_000, headers: 1_000 } }),
  )
  const { mchid } = credentials
  let number = 0

  const call = async (): Promise<void> => {
    const turn = number++
    const out_trade_no = numberOf(turn)
    const read = turn % 2 === 1 && turn > 2 * rate
    open++
    try {
      if (read) {
        const earlier = numberOf(turn - 2 * rate - 1)
        const xml = { appid: APPID, mch_id: mchid, out_trade_no: earlier }
        if (turn % 4 === 1) await client.request('post', 'v2/pay/orderquery', { xml })
        else await client.request('get', QUERY, { out_trade_no: earlier, query: { mchid } })
      } else {
        const settings = turn % 4 === 0 ? { retry: { writes: true } } : {}
        await client.request('post', 'v3/pay/transactions/native', {
          json: order(mchid, out_trade_no),
          ...settings,
        })
        known.set(out_trade_no, 'done')
      }
      count(`${read ? 'read' : 'write'}: done`)
    } catch (error) {
      if (!(error instanceof WechatpayError)) throw error
      if (!read) known.set(out_trade_no, knowledgeOf(error))
      count(`${read ? 'read' : 'write'}: ${error.code} ${error.delivery}`)
    } finally {
      open--
    }
  }

  const heaps: number[] = []
  const began = performance.now()
  for (let tenth = 1; tenth <= TENTHS; tenth++) {
    for (;;) {
      const elapsed = performance.now() - began
      while (number < (elapsed / 1_000) * rate) void call()
      if (elapsed >= (tenth * seconds * 1_000) / TENTHS) break
      await sleep(2)
    }
    heaps.push(heapUsed())
    console.log(
      `${Math.round((tenth * seconds) / TENTHS)} s: ${number} calls, ${open} open, ${heaps.at(-1)?.toFixed(1)} MB`,
    )
  }
  await sleep(6_000)
  platform.send('calm')
  await once(platform, 'message')
  const wrong = await audit(credentials)
  await client.close()
  platform.disconnect()

  console.table(Object.fromEntries([...outcomes].sort(([, a], [, b]) => b - a)))
  const [first = 0, last = 0] = [heaps[0], heaps.at(-1)]
  // What is known of the orders grows as they do: some 120 bytes of each.
  const growth = last - first - (known.size * 120) / 1e6
  const failures = [
    ...(open > 0 ? [`${open} calls are not settled`] : []),
    ...(unseen > 0 ? [`${unseen} rejections were not handled`] : []),
    ...(growth > first * 0.1 + 1 ? [`the heap grew from ${first.toFixed(1)} to ${last.toFixed(1)} MB`] : []),
    ...wrong,
  ]
  console.log(failures.length === 0 ? `${number} calls: as it should be` : failures.join('\n'))
  process.exitCode = failures.length === 0 ? 0 : 1
}

const APPID = 'wxd678efh567hg6787'
const QUERY = 'v3/pay/transactions/out-trade-no/{out_trade_no}'

const numberOf = (turn: number): string => `soak${String(turn).padStart(8, '0')}`

function order(mchid: string, out_trade_no: string): object {
  const notify_url = 'https://www.example.com/notify'
  return { appid: APPID, mchid, description: 'tea', out_trade_no, notify_url, amount: { total: 1 } }
}

/** As the documentation of `delivery` has it. */
function knowledgeOf(error: WechatpayError): Knowledge {
  if (error.delivery === 'unknown') return 'unknown'
  if (error.delivery === 'not-sent' || error instanceof ApiError) return 'not done'
  return error instanceof VerificationError ? 'done' : 'unknown'
}

function count(outcome: string): void {
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
}

/** MB in use, after a collection. */
function heapUsed(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1e6
}

/** Compares what is known with the platform's books. */
async function audit({ mchid, ...credentials }: Config): Promise<string[]> {
  const client = Builder.driver(Builder.factory({ ...credentials, mchid }))
  const wrong: string[] = []
  const orders = [...known]
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let next = orders.pop(); next; next = orders.pop()) {
        const [out_trade_no, knowledge] = next
        const there = await client.request('get', QUERY, { out_trade_no, query: { mchid } }).then(
          () => true,
          (error: unknown) => {
            if (error instanceof ApiError && error.status === 404) return false
            throw error
          },
        )
        if (knowledge !== 'unknown' && (knowledge === 'done') !== there) {
          wrong.push(
            `${out_trade_no} is thought to be ${knowledge}, but is ${there ? '' : 'not '}in the books`,
          )
        }
      }
    }),
  )
  await client.close()
  return wrong.slice(0, 10)
}

main()
