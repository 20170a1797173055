import { AsyncLocalStorage } from 'node:async_hooks'
import { createPrivateKey, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { SignQueue } from '../../lib/v3/sign-queue'
import { keys } from '../conformance/platform'

const key = createPrivateKey(keys.merchantPrivate)
const publicKey = createPublicKey(keys.merchantPublic)
const message = Buffer.from('message')
const valid = (signature: string) => verify('sha256', message, publicKey, Buffer.from(signature, 'base64'))

/** The signature of a call that has entered, and whether it was there at once. */
function sign(queue: SignQueue, by: KeyObject = key) {
  let settled = false
  const signature = new Promise<string>((resolve, reject) => {
    const done = (error: Error | null, made: string): void => {
      settled = true
      if (error) reject(error)
      else resolve(made)
    }
    queue.sign({ message, done }, by)
  })
  return { inline: settled, signature }
}

it('signs inline while nothing else is in flight', async () => {
  const queue = new SignQueue()
  queue.enter()
  const { inline, signature } = sign(queue)
  expect(inline).toBe(true)
  expect(valid(await signature)).toBe(true)
})

it('signs in the pool as soon as something is, and inline again once it has left', async () => {
  const queue = new SignQueue()
  queue.enter()
  queue.enter()
  const { inline, signature } = sign(queue)
  expect(inline).toBe(false)
  expect(valid(await signature)).toBe(true)
  queue.leave()
  expect(sign(queue).inline).toBe(true)
})

it('has at most so many signatures outstanding, and serves in order', async () => {
  const queue = new SignQueue(2)
  queue.enter()
  queue.enter()
  const crypto = jest.requireActual<typeof import('node:crypto')>('node:crypto')
  let running = 0
  let most = 0
  const original = crypto.sign
  const spy = jest.spyOn(crypto, 'sign').mockImplementation(((...args: Parameters<typeof original>) => {
    const done = args[3] as unknown as (error: Error | null, signature: Buffer) => void
    most = Math.max(most, ++running)
    return original(args[0], args[1], args[2] as never, (error: Error | null, signature: Buffer) => {
      running--
      done(error, signature)
    })
  }) as never)
  const order: number[] = []
  const signatures = await Promise.all(
    Array.from({ length: 9 }, async (_, n) => {
      const signature = await sign(queue).signature
      order.push(n)
      return signature
    }),
  )
  spy.mockRestore()
  expect(most).toBe(2)
  expect(signatures.every(valid)).toBe(true)
  expect(order.indexOf(8)).toBeGreaterThan(order.indexOf(0))
  // The places were given back: as many run at once as before.
  expect(await Promise.all([sign(queue).signature, sign(queue).signature])).toHaveLength(2)
})

it('gives the place of a failed signature back', async () => {
  const queue = new SignQueue(1)
  queue.enter()
  queue.enter()
  const foreign = createPublicKey(keys.merchantPublic)
  const failed = [sign(queue, foreign), sign(queue, foreign)].map(({ signature }) => signature)
  expect((await Promise.allSettled(failed)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(valid(await sign(queue).signature)).toBe(true)
})

it('leaves each call in its own asynchronous context, whoever made room for it', async () => {
  const queue = new SignQueue(2)
  const contexts = new AsyncLocalStorage<number>()
  const seen = await Promise.all(
    Array.from({ length: 12 }, (_, call) =>
      contexts.run(call, () => {
        queue.enter()
        return new Promise<readonly [number, number | undefined]>((resolve) => {
          queue.sign({ message, done: () => resolve([call, contexts.getStore()]) }, key)
        })
      }),
    ),
  )
  expect(seen.filter(([call, context]) => call !== context)).toEqual([])
})
