import { randomUUID } from 'node:crypto'
import { ConfigError } from './errors'
import type { Store } from './store'

/** A Redis client: `ioredis` (a `Cluster` too) or node-redis (the package `redis`), connected. */
export interface RedisClient {
  get(key: string): Promise<unknown>
  set(key: string, value: string): Promise<unknown>
  del(key: string): Promise<unknown>
}

export interface RedisStoreOptions {
  /** Stands before every key, for several applications on one Redis. */
  readonly prefix?: string
}

/**
 * A store on Redis, for several processes and servers: `SET key value EX ttl NX`.
 *
 * How the client wants that written is found out by trying, once, with a key of its own: a client that forgot the `NX`
 * without a word would let every duplicate through.
 *
 * @example new Notifications(config, { seen: redisStore(new Redis(url)) })
 * @returns a store whose methods reject with the client's own errors, and with a ConfigError for a client that is neither
 */
export function redisStore(client: RedisClient, { prefix = '' }: RedisStoreOptions = {}): Store {
  for (const name of ['get', 'set', 'del'] as const) {
    if (typeof (client as Partial<RedisClient> | undefined)?.[name] !== 'function') {
      throw new ConfigError('client', `expected a client of Redis: it has no method ${name}`)
    }
  }
  return new RedisStore(client, prefix)
}

class RedisStore implements Store {
  readonly #client: RedisClient
  readonly #prefix: string
  #dialect: Promise<Dialect> | undefined

  constructor(client: RedisClient, prefix: string) {
    this.#client = client
    this.#prefix = prefix
  }

  async get(key: string): Promise<string | undefined> {
    const value = await this.#client.get(this.#prefix + key)
    return isNothing(value) ? undefined : String(value)
  }

  async set(
    key: string,
    value: string,
    { ttl, absent = false }: { readonly ttl: number; readonly absent?: boolean },
  ): Promise<boolean> {
    this.#dialect ??= dialectOf(this.#client, this.#prefix).catch((error: unknown) => {
      this.#dialect = undefined
      throw error
    })
    const options = (await this.#dialect)(Math.ceil(ttl), absent)
    return !isNothing(await write(this.#client, this.#prefix + key, value, options))
  }

  async delete(key: string): Promise<void> {
    await this.#client.del(this.#prefix + key)
  }
}

/** What follows key and value. */
type Dialect = (ttl: number, absent: boolean) => readonly unknown[]

/**
 * In this order: ioredis sends an object as the text `[object Object]`, which Redis refuses; node-redis would take the words
 * for nothing, and set without a condition.
 */
const DIALECTS: readonly Dialect[] = [
  (EX, NX) => [NX ? { EX, NX } : { EX }],
  (ttl, absent) => (absent ? ['EX', ttl, 'NX'] : ['EX', ttl]),
]

async function dialectOf(client: RedisClient, prefix: string): Promise<Dialect> {
  let failure: unknown
  for (const dialect of DIALECTS) {
    try {
      if (await understands(client, dialect, `${prefix}wechatpay:probe:${randomUUID()}`)) return dialect
    } catch (error) {
      failure = error
    }
  }
  // The second dialect's: of ioredis, whatever is wrong; of node-redis, that there is no connection.
  if (failure !== undefined) throw failure
  throw new ConfigError(
    'client',
    'sets a key that is there although it was told not to (NX): give a Store of your own, { get, set, delete }',
  )
}

/** Is a key set when it is absent, and only then? */
async function understands(client: RedisClient, dialect: Dialect, key: string): Promise<boolean> {
  const options = dialect(60, true)
  const first = await write(client, key, '1', options)
  const second = await write(client, key, '2', options)
  await client.del(key)
  return !isNothing(first) && isNothing(second)
}

function write(client: RedisClient, key: string, value: string, options: readonly unknown[]) {
  const set = client.set as (...given: readonly unknown[]) => Promise<unknown>
  return set.call(client, key, value, ...options)
}

const isNothing = (value: unknown): value is null | undefined => value === null || value === undefined
