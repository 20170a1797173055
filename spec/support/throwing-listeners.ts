/**
 * Makes calls while every listener throws, and prints what became of the calls, and of what was thrown: with an argument, the
 * process outlives that.
 */
import { channel } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { Builder, type Config, type WechatpayError } from '../../lib/lite'

/** What the process is told. */
export interface ThrowingListeners {
  readonly config: Config
  /** Answers the first request with 503, those after it with a success. */
  readonly base_uri: string
  /** An address at which nobody listens. */
  readonly refused: string
}

const outcome = (call: Promise<{ readonly status: number }>): Promise<unknown> =>
  call.then(
    ({ status }) => status,
    (error: WechatpayError) => [error.code, error.attempts],
  )

async function main({ config, base_uri, refused }: ThrowingListeners): Promise<void> {
  const thrown: string[] = []
  if (process.argv[2]) process.on('uncaughtException', ({ message }) => void thrown.push(message))
  for (const name of ['request', 'answer', 'retry']) {
    channel(`wechatpay-chain:${name}`).subscribe(() => {
      throw new Error(`listener of ${name}`)
    })
  }
  await using first = Builder.driver(Builder.factory({ ...config, base_uri, retry: { delay: 1 } }))
  await using second = Builder.driver(
    Builder.factory({ ...config, base_uri: refused, retry: { delay: 1, attempts: 2 } }),
  )
  const calls = [await outcome(first.request('get', 'v3/x')), await outcome(second.request('get', 'v3/x'))]
  // What the last listener threw is still to come.
  await setImmediate()
  console.log(JSON.stringify({ calls, thrown }))
}

void main(JSON.parse(readFileSync(0, 'utf8')) as ThrowingListeners)
