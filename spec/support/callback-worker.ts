/**
 * A process among several that are sent the same callbacks, and share a Redis. Reads its task from standard input. Each callback
 * that is answered with a failure comes again, as from WeChat Pay. At the end it prints the ids of those that it handled itself;
 * with the argument `hang` it prints the first one's id and never comes to an end with it.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { Claims, Notifications, type NotificationsConfig, redisStore } from '../../lib'
import type { Delivery } from './signed-callback'

export interface Task {
  readonly url: string
  readonly prefix: string
  readonly client: 'ioredis' | 'redis'
  /** How many there are: they wait for each other before they begin. */
  readonly processes: number
  /** Seconds, as of `Claims` */
  readonly processing: number
  readonly config: NotificationsConfig
  readonly deliveries: readonly Delivery[]
}

interface Outcome {
  /** The ids of those that it handled. */
  readonly handled: readonly string[]
  /** How many deliveries found another process at work. */
  readonly waited: number
  readonly errors: readonly string[]
}

const ATTEMPTS_AT_ONCE = 20

async function main(manner: string | undefined): Promise<void> {
  const { config, deliveries, processing, processes, ...where } = JSON.parse(readFileSync(0, 'utf8')) as Task
  const { store, arrive, close } = await connect(where)
  for (let here = await arrive(1); here < processes; here = await arrive(0)) await sleep(10)
  const outcome = { handled: [] as string[], waited: 0, errors: [] as string[] }
  const seen = new Claims(store, { processing })
  const notifications = new Notifications(config, {
    seen,
    onError: (error) => outcome.errors.push(String(error)),
  })
  const handler = async ({ id }: { id: string }): Promise<void> => {
    outcome.handled.push(id)
    if (manner === 'hang') {
      console.log(id)
      await sleep(600_000)
    }
    await sleep(Math.random() * 5)
  }
  const left = shuffled(deliveries)
  const attend = async (): Promise<void> => {
    for (let next = left.pop(); next; next = left.pop()) {
      const { status } = await notifications.handle(next.body, next.headers, handler)
      if (status < 300) continue
      outcome.waited += 1
      await sleep(20)
      left.unshift(next)
    }
  }
  await Promise.all(Array.from({ length: ATTEMPTS_AT_ONCE }, attend))
  await close()
  console.log(JSON.stringify(outcome satisfies Outcome))
}

async function connect(where: Pick<Task, 'url' | 'prefix' | 'client'>) {
  const { url, prefix, client: kind } = where
  if (kind === 'ioredis') {
    const client = new Redis(url)
    return {
      store: redisStore(client, { prefix }),
      arrive: (count: number) => client.incrby(`${prefix}here`, count),
      close: () => client.quit(),
    }
  }
  const client = createClient({ url })
  await client.connect()
  return {
    store: redisStore(client, { prefix }),
    arrive: (count: number) => client.incrBy(`${prefix}here`, count),
    close: () => client.close(),
  }
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item)
}

main(process.argv[2])
