/** A median, and the least and the most of what it is of. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? Number.NaN
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2
  return { median, least: at(0), most: at(sorted.length - 1) }
}

/** What was measured in the same round is compared, so that a busy minute is in both figures of a ratio. */
export function ratios(values: readonly number[], others: readonly number[]): Spread {
  return spreadOf(values.map((value, at) => value / (others[at] ?? Number.NaN)))
}

/**
 * Everyone in turn, round after round, with another one first each time.
 * @returns what each of them gave, by rounds
 */
export async function interleaved<T>(
  rounds: number,
  entrants: readonly (() => Promise<T>)[],
): Promise<readonly (readonly T[])[]> {
  const results: T[][] = entrants.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < entrants.length; turn++) {
      const at = (round + turn) % entrants.length
      results[at]?.push(await (entrants[at] as () => Promise<T>)())
    }
  }
  return results
}
