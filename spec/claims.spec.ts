import { setTimeout as sleep } from 'node:timers/promises'
import { type Claim, Claims, MemoryStore, type Store } from '../lib'

type Mine = Extract<Claim, { state: 'mine' }>

/** A claim that is expected to succeed. */
async function mine(claims: Claims, id: string): Promise<Mine> {
  const claim = await claims.claim(id)
  if (claim.state !== 'mine') throw new Error(`expected a claim, found it ${claim.state}`)
  return claim
}

const states = async (claims: readonly Claims[], id: string): Promise<string[]> =>
  (await Promise.all(claims.map((each) => each.claim(id)))).map(({ state }) => state)

test('one of many gets it; the others are told to wait, and then that it is done', async () => {
  const store = new MemoryStore()
  const many = Array.from({ length: 10 }, () => new Claims(store))
  const claim = await mine(many[0] as Claims, 'EV-1')
  expect(await states(many, 'EV-1')).toEqual(Array(10).fill('processing'))
  await claim.done('')
  expect(await states(many, 'EV-1')).toEqual(Array(10).fill('done'))
  expect(await states(many, 'EV-2')).toEqual(['mine', ...Array(9).fill('processing')])
})

test('an answer is kept', async () => {
  const claims = new Claims(new MemoryStore())
  await (await mine(claims, 'EV-1')).done('{"total_amount":100}')
  expect(await claims.claim('EV-1')).toEqual({ state: 'done', answer: '{"total_amount":100}' })
})

test('what is given back is free at once', async () => {
  const claims = new Claims(new MemoryStore())
  await (await mine(claims, 'EV-1')).release()
  await mine(claims, 'EV-1')
})

test('what never comes to an end lapses', async () => {
  const claims = new Claims(new MemoryStore(), { processing: 0.1 })
  await mine(claims, 'EV-1')
  expect(await claims.claim('EV-1')).toEqual({ state: 'processing' })
  await sleep(150)
  await mine(claims, 'EV-1')
})

test('a slow one does not give back what another has claimed meanwhile', async () => {
  const store = new MemoryStore()
  const slow = await mine(new Claims(store, { processing: 0.05 }), 'EV-1')
  await sleep(100)
  const other = new Claims(store)
  await mine(other, 'EV-1')
  await slow.release()
  expect(await other.claim('EV-1')).toEqual({ state: 'processing' })
})

test('one that is about to lapse is left to: its deletion could come too late', async () => {
  const store = new MemoryStore()
  const remove = jest.spyOn(store, 'delete')
  await (await mine(new Claims(store, { processing: 1 }), 'EV-1')).release()
  expect(remove).not.toHaveBeenCalled()
})

test('a slow one that succeeds is remembered, and says that it may have been handled twice', async () => {
  const store = new MemoryStore()
  const slow = await mine(new Claims(store, { processing: 0.05 }), 'EV-1')
  await sleep(100)
  await expect(slow.done('')).rejects.toMatchObject({ field: 'seen.processing' })
  expect(await new Claims(store).claim('EV-1')).toEqual({ state: 'done', answer: '' })
})

test('what is done is forgotten in time, and the oldest when memory is full', async () => {
  const claims = new Claims(new MemoryStore(2), { done: 0.05 })
  await (await mine(claims, 'EV-1')).done('')
  await sleep(100)
  await mine(claims, 'EV-1')
  await mine(claims, 'EV-2')
  await mine(claims, 'EV-3')
  await mine(claims, 'EV-1')
})

test.each([{ processing: 0 }, { done: Number.NaN }, { processing: '60' as never }])(
  '%p is refused',
  (options) => {
    expect(() => new Claims(new MemoryStore(), options)).toThrow('seen.')
  },
)

describe('a store that fails', () => {
  const store = (changes: Partial<Store>): Store => Object.assign(new MemoryStore(), changes)
  const down = async (): Promise<never> => {
    throw new Error('connect ECONNREFUSED 127.0.0.1:6379')
  }

  test('is an error with its cause', async () => {
    const failure = { code: 'ERR_STORE', cause: { message: 'connect ECONNREFUSED 127.0.0.1:6379' } }
    await expect(new Claims(store({ set: down })).claim('EV-1')).rejects.toMatchObject(failure)
    const kept = new MemoryStore()
    await new Claims(kept).claim('EV-1')
    await expect(new Claims(Object.assign(kept, { get: down })).claim('EV-1')).rejects.toMatchObject(failure)
    const broken = store({})
    const claim = await mine(new Claims(broken), 'EV-1')
    await expect(new Claims(broken).claim('EV-1')).resolves.toEqual({ state: 'processing' })
    Object.assign(broken, { set: down, get: down })
    await expect(claim.done('')).rejects.toMatchObject(failure)
    await expect(claim.release()).rejects.toMatchObject(failure)
  })

  test.each([new Map(), { set: async () => {}, get: async () => {} }])(
    'that does not say whether it set is an error',
    async (each) => {
      await expect(new Claims(each as unknown as Store).claim('EV-1')).rejects.toMatchObject({
        field: 'seen',
      })
    },
  )

  test('that says nothing is an error after two seconds, long before WeChat Pay gives up', async () => {
    const started = performance.now()
    const hung = new Claims(store({ set: () => new Promise<boolean>(() => {}) }))
    await expect(hung.claim('EV-1')).rejects.toMatchObject({ code: 'ERR_STORE' })
    expect(performance.now() - started).toBeGreaterThan(1_900)
    expect(performance.now() - started).toBeLessThan(4_000)
  })
})
