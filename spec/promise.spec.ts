import { type PendingResponse, pending } from '../lib/promise'

type Chained<T> = PendingResponse<T>

describe('pending', () => {
  test('is a promise for the same value', async () => {
    const promise = pending(Promise.resolve(1))
    expect(promise).toBeInstanceOf(Promise)
    expect(await promise).toBe(1)
    expect(await Promise.all([promise, promise])).toEqual([1, 1])
  })

  test('rejects with the same error', async () => {
    const error = new Error('no')
    await expect(pending(Promise.reject(error))).rejects.toBe(error)
  })

  test('wait() is the promise itself, however often', async () => {
    const promise = pending(Promise.resolve(1))
    expect(promise.wait()).toBe(promise)
    expect(promise.wait().wait()).toBe(promise)
    expect(await promise.wait()).toBe(1)
  })

  test('otherwise() is catch(): called for a rejection only', async () => {
    const error = new Error('no')
    expect(await pending(Promise.reject(error)).otherwise((reason) => [reason])).toEqual([error])
    const never = jest.fn()
    expect(await pending(Promise.resolve(1)).otherwise(never)).toBe(1)
    expect(never).not.toHaveBeenCalled()
  })

  test.each([[undefined], [null]])('otherwise(%p) passes everything on', async (nothing) => {
    expect(await pending(Promise.resolve(1)).otherwise(nothing)).toBe(1)
    await expect(pending(Promise.reject(new Error('no'))).otherwise(nothing)).rejects.toThrow('no')
  })

  test('what otherwise() throws or rejects with is the rejection', async () => {
    const failing = pending(Promise.reject(new Error('first')))
    await expect(
      failing.otherwise(() => {
        throw new Error('second')
      }),
    ).rejects.toThrow('second')
    await expect(failing.otherwise(() => Promise.reject(new Error('third')))).rejects.toThrow('third')
  })

  test.each<[string, (promise: Chained<number>) => unknown]>([
    ['then', (promise) => promise.then(String)],
    ['catch', (promise) => promise.catch(String)],
    ['finally', (promise) => promise.finally(() => {})],
    ['otherwise', (promise) => promise.otherwise(String)],
    ['then.then', (promise) => promise.then(String).then(Number)],
    ['then.otherwise', (promise) => promise.then(String).otherwise(String)],
    ['wait', (promise) => promise.wait()],
  ])('what %s gives has both methods, too', async (_, derive) => {
    const derived = derive(pending(Promise.resolve(1))) as Chained<unknown>
    expect(derived).toBeInstanceOf(Promise)
    expect(derived.wait()).toBe(derived)
    expect(await derived.otherwise(() => 'failed').wait()).not.toBe('failed')
  })

  test('the way of PHP samples', async () => {
    const seen: unknown[] = []
    await pending(Promise.resolve({ data: { a: 1 } }))
      .then(({ data }) => seen.push(data))
      .otherwise((error) => seen.push(error))
      .wait()
    await pending<{ data: unknown }>(Promise.reject(new Error('no')))
      .then(({ data }) => seen.push(data))
      .otherwise((error) => seen.push(String(error)))
      .wait()
    expect(seen).toEqual([{ a: 1 }, 'Error: no'])
  })

  test('one rejection that is handled is handled: nothing is left over', async () => {
    await pending(Promise.reject(new Error('no'))).otherwise(() => {})
    // A rejection left over would fail this test.
    await new Promise((resolve) => setTimeout(resolve, 10))
  })
})
