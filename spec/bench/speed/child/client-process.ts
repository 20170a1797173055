import { stat } from 'node:fs/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, clientOf } from './clients'
import { type Answer, BEFORE_BILL, type ClientSetup, type Reports, type Task } from './protocol'
import { ANSWER } from './xml'

type Asked<K extends Task['task']> = Extract<Task, { task: K }>
type Doers = { readonly [K in Task['task']]: (client: Client, task: Asked<K>) => Promise<Reports[K]> }

const DOERS: Doers = {
  async requests(client, { count, atATime }) {
    const [start, before] = [performance.now(), process.cpuUsage()]
    await requests(client, count, atATime)
    const { user, system } = process.cpuUsage(before)
    return { elapsed: performance.now() - start, cpu: (user + system) / 1000 }
  },

  async delay(client, { count, atATime }) {
    const histogram = monitorEventLoopDelay({ resolution: 1 })
    let done = false
    const stats: number[] = []
    const watch = async (): Promise<void> => {
      while (!done) {
        const start = performance.now()
        await stat(__filename)
        stats.push(performance.now() - start)
        await sleep(2)
      }
    }
    histogram.enable()
    const watching = watch()
    await requests(client, count, atATime)
    done = true
    histogram.disable()
    await watching
    stats.sort((a, b) => a - b)
    const [p99 = 0, worst = 0] = [stats[Math.floor(stats.length * 0.99)], stats.at(-1)]
    return { loop: histogram.percentile(99) / 1e6, stat: p99, worst }
  },

  async heap(client, { marks, atATime }) {
    const used: number[] = []
    let made = 0
    for (const mark of marks) {
      await requests(client, mark - made, atATime, made)
      made = mark
      used.push(await heapUsed())
    }
    return { used }
  },

  async bill(client, { path }) {
    // Loads what every call needs.
    await requests(client, BEFORE_BILL, 1)
    await heapUsed()
    const before = process.memoryUsage.rss()
    let peak = before
    const sample = (): void => {
      peak = Math.max(peak, process.memoryUsage.rss())
    }
    const timer = setInterval(sample, 5)
    const start = performance.now()
    await client.bill?.(path)
    const elapsed = performance.now() - start
    sample()
    clearInterval(timer)
    return { grown: peak - before, elapsed }
  },

  walk: (client, { count }) => timed(count, () => client.walk?.()),
  expand: (client, { count }) => timed(count, (n) => client.expand?.(n)),
  expandParsed: (client, { count }) => timed(count, (n) => client.expandParsed?.(n)),
  parse: (client, { count }) => timed(count, () => client.parse?.(ANSWER)),

  async try(client) {
    try {
      await client.request?.(0)
      return { accepted: true }
    } catch {
      return { accepted: false }
    }
  },
}

/** So many requests, so many of them at a time. */
async function requests(client: Client, count: number, atATime: number, from = 0): Promise<void> {
  let next = from
  const worker = async (): Promise<void> => {
    while (next < from + count) await client.request?.(next++)
  }
  await Promise.all(Array.from({ length: atATime }, worker))
}

async function timed(count: number, run: (n: number) => unknown): Promise<{ elapsed: number }> {
  const start = performance.now()
  for (let n = 0; n < count; n++) run(n)
  return { elapsed: performance.now() - start }
}

/** After what the last answers leave behind has had its turns of the event loop. */
async function heapUsed(): Promise<number> {
  for (let turn = 0; turn < 5; turn++) {
    await sleep(20)
    globalThis.gc?.()
  }
  return process.memoryUsage().heapUsed
}

const answer = (message: Answer<unknown>): boolean => process.send?.(message) ?? false
const failed = (error: unknown): boolean => answer({ error: String(error) })

process.once('message', async (setup: ClientSetup) => {
  try {
    const client = await clientOf(setup)
    process.on('message', (task: Task) => {
      const doer = DOERS[task.task] as (client: Client, task: Task) => Promise<unknown>
      doer(client, task).then((report) => answer({ report }), failed)
    })
    answer({ report: {} })
  } catch (error) {
    failed(error)
  }
})

process.once('disconnect', () => process.exit())
