import fc from 'fast-check'
import { Builder } from '../lib/lite'
import { type Fault, Simulator } from '../lib/simulator'
import { fulfil, isDone, type Kind, settle, type Trouble, type Wish } from './support/orders-under-faults'
import { Relay } from './support/relay'

/** `ORDERS=20000` draws more of them. */
const ORDERS = Number(process.env.ORDERS ?? 2_000)
const RUNS = 4
const PER_RUN = ORDERS / RUNS

const times = fc.integer({ min: 1, max: 12 })
const acts = fc.boolean()
const faults = fc.oneof(
  fc.record({ kind: fc.constant('reset' as const), times, acts }),
  fc.record({ kind: fc.constant('truncate' as const), times, acts, chunked: fc.boolean() }),
  fc.record({ kind: fc.constant('hang' as const), times: fc.integer({ min: 1, max: 3 }), acts }),
  fc.record({ kind: fc.constant('delay' as const), times, ms: fc.integer({ min: 1, max: 40 }) }),
  fc.record({
    kind: fc.constant('status' as const),
    times,
    acts,
    status: fc.constantFrom(429, 500, 502, 503),
    html: fc.boolean(),
  }),
  ...(['tamper', 'foreign', 'serial', 'probe'] as const).map((kind) =>
    fc.record({ kind: fc.constant(kind), times }),
  ),
  fc.record({ kind: fc.constant('stale' as const), times, seconds: fc.constantFrom(-600, 600) }),
  fc.record({
    kind: fc.constant('drop' as const),
    times,
    header: fc.constantFrom('Wechatpay-Signature', 'Wechatpay-Serial', 'sign'),
  }),
) as fc.Arbitrary<Fault>

const at = fc.nat(PER_RUN - 1)
const troubles: fc.Arbitrary<Trouble[]> = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.record({ at, fault: faults }) },
    { weight: 1, arbitrary: fc.record({ at, dark: fc.integer({ min: 5, max: 60 }) }) },
  ),
  { minLength: PER_RUN / 10, maxLength: PER_RUN / 5, size: 'max' },
)
const wish: fc.Arbitrary<Wish> = fc.record({
  kind: fc.constantFrom<Kind>('order', 'payment', 'refund'),
  callers: fc.integer({ min: 1, max: 3 }),
  repeats: fc.boolean(),
  cancelled: fc.option(fc.integer({ min: 0, max: 15 }), { freq: 8, nil: undefined }),
})
const wishes = fc.array(wish, { minLength: PER_RUN, maxLength: PER_RUN, size: 'max' })

test(
  `${ORDERS} orders, payments and refunds under random faults: what is known is in the books, the rest is settled by one query`,
  async () => {
    const seen = { done: 0, 'not done': 0, unknown: 0 }
    let run = 0
    await fc.assert(
      fc.asyncProperty(wishes, troubles, async (wanted, going) => {
        await using simulator = await Simulator.start({ capacity: 4 * PER_RUN })
        const relay = await Relay.to(simulator.url)
        const stage = { simulator, relay, run: `run${run++}` }
        try {
          const known = await fulfil(stage, wanted, going)
          await using clear = Builder.driver(Builder.factory(simulator.credentials))
          for (const [index, { kind }] of wanted.entries()) {
            const knowledge = known[index] ?? 'unknown'
            seen[knowledge]++
            const expected =
              knowledge === 'unknown' ? await settle(stage, clear, kind, index) : knowledge === 'done'
            const done = await isDone(stage, clear, kind, index)
            expect({ index, kind, knowledge, done }).toEqual({ index, kind, knowledge, done: expected })
          }
        } finally {
          await relay.kill()
        }
      }),
      { numRuns: RUNS, endOnFailure: true },
    )
    // The faults were felt, and did not drown everything.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(ORDERS / 100)
  },
  60_000 + 60 * ORDERS,
)
