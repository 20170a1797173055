import { createHash } from 'node:crypto'

/** What looks thrown at random, and is always the same for the same seed and place */
export class Dice {
  readonly #name: string

  constructor(seed: string, place: string) {
    this.#name = `${seed}\n${place}`
  }

  bytes(length: number): Buffer {
    return createHash('shake256', { outputLength: length }).update(this.#name).digest()
  }

  /** A whole number from `least` up to `most` */
  number(least: number, most: number): number {
    return least + (this.bytes(4).readUInt32BE() % (most - least + 1))
  }

  digits(length: number): string {
    return [...this.bytes(length)].map((byte) => byte % 10).join('')
  }

  hex(length: number): string {
    return this.bytes(Math.ceil(length / 2))
      .toString('hex')
      .slice(0, length)
  }

  /** Letters, digits, `-` and `_` */
  letters(length: number): string {
    return this.bytes(length).toString('base64url').slice(0, length)
  }

  pick<T>(values: readonly T[]): T | undefined {
    return values[this.number(0, Math.max(values.length - 1, 0))]
  }
}
