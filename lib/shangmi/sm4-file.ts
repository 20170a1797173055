import { timingSafeEqual } from 'node:crypto'
import type { FileCipher, FileDecipher } from '../bill/cipher'
import { Ghash } from './ghash'
import { library } from './library'

const BLOCK = 16
const NONCE_LENGTH = 12
const COUNTERS = 2 ** 32

/**
 * SM4-GCM for the parts of an encrypted bill, which are read piece by piece, however long they are (official: `SM4_GCM`, a key
 * of 128 bits). To stand in the `ciphers` of a merchant's key.
 */
export const sm4FileCipher: FileCipher = {
  algorithm: 'SM4_GCM',
  keyLength: BLOCK,
  decipher: (key, nonce) => new Sm4FileDecipher(key, nonce),
}

/**
 * GCM (NIST SP 800-38D, 7.2) around the library's block cipher: its own GCM takes a text as a whole.
 */
class Sm4FileDecipher implements FileDecipher {
  readonly #key: Buffer
  readonly #hash: Ghash
  /** The block before the first, whose counter is the last of its words. */
  readonly #start: Buffer
  #counter: number
  /** What is not yet a block. */
  #rest: Buffer = Buffer.alloc(0)
  #length = 0
  #tag: Buffer = Buffer.alloc(0)

  constructor(key: Buffer, nonce: Buffer) {
    if (nonce.length === 0) throw new RangeError('no nonce')
    this.#key = key
    const zeros = encrypted(Buffer.alloc(BLOCK), key)
    this.#hash = new Ghash(zeros)
    this.#start = startOf(nonce, new Ghash(zeros))
    this.#counter = this.#start.readUInt32BE(BLOCK - 4)
  }

  update(data: Buffer): Buffer {
    const all = Buffer.concat([this.#rest, data])
    const end = all.length - (all.length % BLOCK)
    this.#rest = all.subarray(end)
    return this.#decrypt(all.subarray(0, end))
  }

  setAuthTag(tag: Buffer): void {
    this.#tag = tag
  }

  final(): Buffer {
    const rest = this.#rest
    const last = this.#decrypt(padded(rest)).subarray(0, rest.length)
    this.#hash.update(lengths(0, this.#length - padded(rest).length + rest.length))
    const mask = encrypted(this.#start, this.#key)
    const tag = this.#hash.digest().map((byte, at) => byte ^ (mask[at] as number))
    if (this.#tag.length === BLOCK && timingSafeEqual(this.#tag, tag)) return last
    throw new Error('another tag')
  }

  /** @param blocks whole ones */
  #decrypt(blocks: Buffer): Buffer {
    this.#hash.update(blocks)
    this.#length += blocks.length
    if (blocks.length === 0) return blocks
    const stream = encrypted(this.#counters(blocks.length / BLOCK), this.#key)
    for (let at = 0; at < stream.length; at++) stream[at] = (stream[at] as number) ^ (blocks[at] as number)
    return stream
  }

  #counters(count: number): Buffer {
    const counters = Buffer.alloc(count * BLOCK)
    for (let at = 0; at < counters.length; at += BLOCK) {
      this.#counter = (this.#counter + 1) % COUNTERS
      this.#start.copy(counters, at, 0, BLOCK - 4)
      counters.writeUInt32BE(this.#counter, at + BLOCK - 4)
    }
    return counters
  }
}

function startOf(nonce: Buffer, hash: Ghash): Buffer {
  if (nonce.length === NONCE_LENGTH) return Buffer.concat([nonce, Buffer.from([0, 0, 0, 1])])
  hash.update(padded(nonce))
  hash.update(lengths(0, nonce.length))
  return hash.digest()
}

function encrypted(blocks: Buffer, key: Buffer): Buffer {
  const bytes = library().sm4.encrypt(blocks, key, { mode: 'ecb', padding: 'none', output: 'array' })
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)])
}

/** Of associated data and ciphertext, in bits. */
function lengths(...bytes: readonly [number, number]): Buffer {
  const block = Buffer.alloc(BLOCK)
  for (const [at, length] of bytes.entries()) block.writeBigUInt64BE(BigInt(length) * 8n, 8 * at)
  return block
}
