import { setTimeout as wait } from 'node:timers/promises'
import {
  ApiError,
  Builder,
  type Client,
  type Config,
  VerificationError,
  WechatpayError,
} from '../../lib/lite'
import type { Fault, Simulator } from '../../lib/simulator'
import type { Relay } from './relay'

/** How money or an order comes about: each is done once, whatever the number of attempts. */
export type Kind = 'order' | 'payment' | 'refund'

/** One thing that a merchant wants done. */
export interface Wish {
  readonly kind: Kind
  /** How many callers ask for the very same thing at once. */
  readonly callers: number
  /** Do they repeat it by themselves? */
  readonly repeats: boolean
  /** Milliseconds after which the first one is given up. */
  readonly cancelled: number | undefined
}

/** What goes wrong from one wish on. */
export type Trouble =
  | { readonly at: number; readonly fault: Fault }
  /** The host is dark for so many milliseconds. */
  | { readonly at: number; readonly dark: number }

/** What a merchant knows in the end. */
export type Knowledge = 'done' | 'not done' | 'unknown'

export const TOTAL = 100
export const PART = 30

export interface Stage {
  readonly simulator: Simulator
  readonly relay: Relay
  /** Tells the wishes of one run from those of another. */
  readonly run: string
}

const APPID = 'wxd678efh567hg6787'
const number = ({ run }: Stage, index: number): string => `${run}-${index}`
const CONCURRENT = 24

/** Does it all, many at once. @returns what is known of each */
export async function fulfil(stage: Stage, wishes: readonly Wish[], troubles: readonly Trouble[]) {
  const { simulator, relay } = stage
  const { mchid } = simulator.credentials
  const clear = client(simulator.credentials)
  for (const [index, { kind }] of wishes.entries()) {
    if (kind !== 'refund') continue
    await clear.request('post', 'v3/pay/transactions/native', { json: order(mchid, number(stage, index)) })
    simulator.pay(number(stage, index))
  }
  await clear.close()

  const troubled = client({ ...simulator.credentials, base_uri: relay.url, timeout: 300, retry: QUICKLY })
  const handles: { remove(): void }[] = []
  const dark: Promise<void>[] = []
  const known: Knowledge[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < wishes.length; index = next++) {
      for (const trouble of troubles.filter(({ at }) => at === index)) {
        if ('fault' in trouble) handles.push(simulator.fault(trouble.fault))
        else dark.push(darken(relay, trouble.dark))
      }
      known[index] = await grant(troubled, wishes[index] as Wish, mchid, number(stage, index))
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT }, worker))
  await Promise.all(dark)
  for (const handle of handles) handle.remove()
  await troubled.close()
  // What was given up may still be on its way.
  await wait(50)
  return known
}

const QUICKLY = { delay: 1, maxDelay: 20, attempts: 3 } as const

function client(config: Config): Client {
  return Builder.driver(Builder.factory(config))
}

async function darken(relay: Relay, milliseconds: number): Promise<void> {
  await relay.kill()
  await wait(milliseconds)
  await relay.revive()
}

function order(mchid: string, out_trade_no: string): object {
  return {
    appid: APPID,
    mchid,
    description: 'tea',
    out_trade_no,
    notify_url: 'https://www.example.com/notify',
    amount: { total: TOTAL },
  }
}

function refund(out_trade_no: string, amount: number, out_refund_no = `${out_trade_no}-r`): object {
  return { out_trade_no, out_refund_no, amount: { refund: amount, total: TOTAL, currency: 'CNY' } }
}

async function grant(by: Client, wish: Wish, mchid: string, id: string): Promise<Knowledge> {
  const outcomes = await Promise.all(
    Array.from({ length: wish.callers }, async (_, caller) => {
      const cancelled = caller === 0 ? wish.cancelled : undefined
      const settings = {
        ...(cancelled !== undefined && { signal: AbortSignal.timeout(cancelled) }),
        ...(wish.repeats && { retry: { writes: true } }),
      }
      try {
        await write(by, wish.kind, mchid, id, settings)
        return 'done'
      } catch (error) {
        return knowledgeOf(error)
      }
    }),
  )
  return outcomes.includes('done') ? 'done' : outcomes.includes('unknown') ? 'unknown' : 'not done'
}

function write(by: Client, kind: Kind, mchid: string, id: string, settings: object): Promise<unknown> {
  switch (kind) {
    case 'order':
      return by.request('post', 'v3/pay/transactions/native', { json: order(mchid, id), ...settings })
    case 'refund':
      return by.request('post', 'v3/refund/domestic/refunds', { json: refund(id, PART), ...settings })
    case 'payment': {
      const auth_code = '134567890123459999'
      const fields = { appid: APPID, mch_id: mchid, out_trade_no: id, total_fee: TOTAL, auth_code }
      const xml = { ...fields, body: 'tea', spbill_create_ip: '127.0.0.1' }
      return by.request('post', 'v2/pay/micropay', { xml, ...settings })
    }
  }
}

/** As the documentation of `delivery` has it. */
function knowledgeOf(error: unknown): Knowledge {
  if (!(error instanceof WechatpayError)) throw error
  if (error.delivery === 'unknown') return 'unknown'
  if (error.delivery === 'not-sent') return 'not done'
  // An answer that tells of success and cannot be believed.
  if (error instanceof VerificationError) return 'done'
  if (error instanceof ApiError) return ALREADY.includes(error.code) ? 'done' : 'not done'
  return 'done'
}

const ALREADY = ['ORDERPAID', 'OUT_TRADE_NO_USED']

/** Is it in the simulator's books? They are looked at by way of what they allow. */
export async function isDone(stage: Stage, clear: Client, kind: Kind, index: number): Promise<boolean> {
  const { simulator } = stage
  const id = number(stage, index)
  if (kind === 'refund') {
    // What is left of the order can be given back to the last fen, and no more.
    const given = async (amount: number): Promise<boolean> => {
      const json = refund(id, amount, `${id}-${amount}`)
      return clear.request('post', 'v3/refund/domestic/refunds', { json }).then(
        () => true,
        () => false,
      )
    }
    if (await given(TOTAL)) return false
    if (await given(TOTAL - PART)) return true
    throw new Error(`${id} was refunded more than once`)
  }
  try {
    simulator.pay(id)
    // It was there, unpaid: right for an order, and a payment that was not made.
    return kind === 'order'
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'ORDER_NOT_EXIST') return false
    if (code === 'ORDERPAID' || code === 'ORDER_PAID') return kind === 'payment'
    throw error
  }
}

/** The one query that settles what is unknown. */
export async function settle(stage: Stage, clear: Client, kind: Kind, index: number): Promise<boolean> {
  const id = number(stage, index)
  const { mchid } = stage.simulator.credentials
  const query =
    kind === 'refund'
      ? clear.request('get', 'v3/refund/domestic/refunds/{out_refund_no}', { out_refund_no: `${id}-r` })
      : clear.request('get', 'v3/pay/transactions/out-trade-no/{out_trade_no}', {
          out_trade_no: id,
          query: { mchid },
        })
  try {
    const { data } = await query
    return kind !== 'payment' || (data as { trade_state: string }).trade_state === 'SUCCESS'
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return false
    throw error
  }
}
