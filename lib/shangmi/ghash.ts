const BLOCK = 16
/** Of a block: words of 32 bits, and what a byte can be. */
const WORDS = 4
const BYTES = 256

/**
 * GHASH (NIST SP 800-38D, 6.4), of bytes that come in piece by piece.
 *
 * Multiplying by the key is adding up, for each of the sixteen bytes of a block, what it stands for: looked up in a table
 * of 64 kB, which is faster than the bits one by one by more than ten times.
 */
export class Ghash {
  readonly #table: Uint32Array
  #state = new Uint32Array(WORDS)
  #spare = new Uint32Array(WORDS)

  /** @param key a block of zeros, encrypted */
  constructor(key: Uint8Array) {
    this.#table = tableOf(key)
  }

  /** @param bytes whole blocks, and no others: what is cut off elsewhere is filled up with zeros by the caller */
  update(bytes: Uint8Array): void {
    const { buffer, byteOffset, length } = bytes
    const view = new DataView(buffer, byteOffset, length)
    for (let at = 0; at < length; at += BLOCK) {
      for (let word = 0; word < WORDS; word++) {
        this.#state[word] = (this.#state[word] as number) ^ view.getUint32(at + 4 * word)
      }
      this.#multiply()
    }
  }

  /** The hash of what came until now: 16 bytes. */
  digest(): Buffer {
    const digest = Buffer.alloc(BLOCK)
    for (const [word, bits] of this.#state.entries()) digest.writeUInt32BE(bits, 4 * word)
    return digest
  }

  #multiply(): void {
    const [table, state, product] = [this.#table, this.#state, this.#spare]
    let [a, b, c, d] = [0, 0, 0, 0]
    for (let byte = 0; byte < BLOCK; byte++) {
      const value = ((state[byte >>> 2] as number) >>> (24 - 8 * (byte & 3))) & 0xff
      const row = WORDS * (BYTES * byte + value)
      a ^= table[row] as number
      b ^= table[row + 1] as number
      c ^= table[row + 2] as number
      d ^= table[row + 3] as number
    }
    product.set([a, b, c, d])
    this.#state = product
    this.#spare = state
  }
}

/** For each byte of a block and each of its values: their product with the key, in four words. */
function tableOf(key: Uint8Array): Uint32Array {
  const table = new Uint32Array(BLOCK * BYTES * WORDS)
  const view = new DataView(key.buffer, key.byteOffset, BLOCK)
  const product = Array.from({ length: WORDS }, (_, word) => view.getUint32(4 * word))
  for (let bit = 0; bit < 8 * BLOCK; bit++) {
    table.set(product, WORDS * (BYTES * (bit >>> 3) + (0x80 >>> (bit & 7))))
    double(product)
  }
  for (let row = 0; row < table.length; row += WORDS) {
    const value = (row / WORDS) % BYTES
    const lowest = value & -value
    if (value === lowest) continue
    const [rest, last] = [row - WORDS * lowest, row - WORDS * (value - lowest)]
    for (let word = 0; word < WORDS; word++) {
      table[row + word] = (table[rest + word] as number) ^ (table[last + word] as number)
    }
  }
  return table
}

/** Multiplies by x: the bits stand in GCM's order, and x^128 is x^7 + x^2 + x + 1. */
function double(words: number[]): void {
  const carry = (words[WORDS - 1] as number) & 1
  for (let word = WORDS - 1; word >= 0; word--) {
    const above = word > 0 ? ((words[word - 1] as number) & 1) << 31 : 0
    words[word] = (((words[word] as number) >>> 1) | above) >>> 0
  }
  words[0] = ((words[0] as number) ^ (carry ? 0xe1000000 : 0)) >>> 0
}
