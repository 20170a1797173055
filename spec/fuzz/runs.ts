import * as fc from 'fast-check'

/*
 * How long the fuzzers run. Usually each draws a small number of cases, as every test does; for a search
 *
 *     FUZZ_RUNS=100000 npx jest spec/fuzz -t 'XML'
 *
 * draws so many of each. A failure prints its seed: `FUZZ_SEED=… FUZZ_PATH=… npx jest …` draws the same case again.
 */

const { FUZZ_RUNS, FUZZ_SEED, FUZZ_PATH } = process.env
const long = FUZZ_RUNS !== undefined
/** Of one test, in milliseconds: a day, when many runs were asked for. */
const LIMIT = long ? 86_400_000 : 20_000

/**
 * A test that draws cases.
 * @param usual how many, unless more are asked for
 */
export function fuzz<Case>(name: string, usual: number, property: fc.IRawProperty<Case>): void {
  const seed = FUZZ_SEED === undefined ? Date.now() ^ (Math.random() * 2 ** 31) : Number(FUZZ_SEED)
  const run = async (): Promise<void> => {
    // What fails outside of a case, such as a promise that nobody waits for, is told without the seed.
    if (long) process.stderr.write(`${name}: seed ${seed}\n`)
    const before = shared()
    const details = await fc.check(property, {
      numRuns: long ? Number(FUZZ_RUNS) : usual,
      seed,
      ...(FUZZ_PATH !== undefined && { path: FUZZ_PATH }),
    })
    if (details.failed) throw new Error(short(details), { cause: details.errorInstance })
    expect(shared()).toEqual(before)
  }
  test(name, run, LIMIT)
}

/** What failed, and how to draw it again; of a case of a megabyte its beginning. */
const short = <Case>(details: fc.RunDetails<Case>): string =>
  (fc.defaultReportMessage(details) ?? 'failed').replace(/.{2000}.*/g, (line) => `${line.slice(0, 2000)}…`)

/** What every object has in common: nothing that is read may add to it. */
const shared = (): (string | symbol)[] =>
  [Object, Array, Function, String, Error].flatMap(({ prototype }) => Reflect.ownKeys(prototype as object))

/** Seconds of this process; what else the machine does is not counted. */
export async function effort(run: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

/** Bytes in pieces: cut at those places, in thousandths of their length; the same twice makes an empty piece. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = places.map((place) => Math.floor((place * bytes.length) / 1000)).sort((a, b) => a - b)
  return [...ends, bytes.length].map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end))
}

/** Places for {@link cutAt}. */
export const cuts: fc.Arbitrary<number[]> = fc.array(fc.nat(1000), { maxLength: 12 })

type Change =
  | readonly [kind: 'flip', place: number, mask: number]
  | readonly [kind: 'insert', place: number, piece: Buffer]
  | readonly [kind: 'remove' | 'repeat', place: number, length: number]
  | readonly [kind: 'move', place: number, length: number, to: number]

/**
 * What may have happened to bytes on their way.
 * @param words what is likely to upset whoever reads them
 */
export function damage(words: readonly string[]): fc.Arbitrary<readonly Change[]> {
  const place = fc.nat(1000)
  const length = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 400 }))
  const piece = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...words).map((word) => Buffer.from(word)) },
    {
      weight: 1,
      arbitrary: fc.uint8Array({ minLength: 1, maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
    },
  )
  const change: fc.Arbitrary<Change> = fc.oneof(
    fc.tuple(fc.constant('flip' as const), place, fc.integer({ min: 1, max: 255 })),
    fc.tuple(fc.constant('insert' as const), place, piece),
    fc.tuple(fc.constantFrom('remove' as const, 'repeat' as const), place, length),
    fc.tuple(fc.constant('move' as const), place, length, place),
  )
  return fc.array(change, { minLength: 1, maxLength: 6 })
}

/** Bytes after all of that. */
export function damaged(bytes: Buffer, changes: readonly Change[]): Buffer {
  return changes.reduce(changed, Buffer.from(bytes))
}

function changed(bytes: Buffer, change: Change): Buffer {
  const at = Math.floor((change[1] * bytes.length) / 1001)
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
  switch (change[0]) {
    case 'flip': {
      if (bytes.length === 0) return bytes
      const flipped = Buffer.from(bytes)
      flipped.writeUInt8(flipped.readUInt8(at) ^ change[2], at)
      return flipped
    }
    case 'insert':
      return Buffer.concat([before, change[2], after])
    case 'remove':
      return Buffer.concat([before, after.subarray(change[2])])
    case 'repeat':
      return Buffer.concat([before, after.subarray(0, change[2]), after])
    case 'move': {
      const rest = Buffer.concat([before, after.subarray(change[2])])
      const to = Math.floor((change[3] * rest.length) / 1001)
      return Buffer.concat([rest.subarray(0, to), after.subarray(0, change[2]), rest.subarray(to)])
    }
  }
}
