import { createPrivateKey, createPublicKey, verify } from 'node:crypto'
import { SignQueue } from '../../lib/v3/sign-queue'
import { keys } from '../conformance/platform'

const key = createPrivateKey(keys.merchantPrivate)
const publicKey = createPublicKey(keys.merchantPublic)
const message = Buffer.from('message')
const valid = (signature: string) => verify('sha256', message, publicKey, Buffer.from(signature, 'base64'))

it('signs inline while nothing else is in flight', () => {
  const queue = new SignQueue()
  queue.enter()
  const signature = queue.sign(message, key)
  expect(typeof signature).toBe('string')
  expect(valid(signature as string)).toBe(true)
})

it('signs in the pool as soon as something is, and inline again once it has left', async () => {
  const queue = new SignQueue()
  queue.enter()
  const leave = queue.enter()
  const signature = queue.sign(message, key)
  expect(signature).toBeInstanceOf(Promise)
  expect(valid(await signature)).toBe(true)
  leave()
  expect(typeof queue.sign(message, key)).toBe('string')
})

it('counts each call out once, however often it says that it left', () => {
  const queue = new SignQueue()
  const leave = queue.enter()
  leave()
  leave()
  queue.enter()
  queue.enter()
  expect(queue.sign(message, key)).toBeInstanceOf(Promise)
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
      const signature = await queue.sign(message, key)
      order.push(n)
      return signature
    }),
  )
  spy.mockRestore()
  expect(most).toBe(2)
  expect(signatures.every(valid)).toBe(true)
  expect(order.indexOf(8)).toBeGreaterThan(order.indexOf(0))
  // The places were given back: as many run at once as before.
  expect(await Promise.all([queue.sign(message, key), queue.sign(message, key)])).toHaveLength(2)
})

it('gives the place of a failed signature back', async () => {
  const queue = new SignQueue(1)
  queue.enter()
  queue.enter()
  const foreign = createPublicKey(keys.merchantPublic)
  await expect(Promise.all([queue.sign(message, foreign), queue.sign(message, foreign)])).rejects.toThrow()
  expect(valid(await queue.sign(message, key))).toBe(true)
})
