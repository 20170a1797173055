import { createCipheriv } from 'node:crypto'

const BLOCK = 16
/** x^128 + x^7 + x^2 + x + 1, its bits in GCM's order */
const POLYNOMIAL = 0xe1n << 120n

const padded = (bytes: Buffer): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)])

const numberOf = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`)

const bytesOf = (block: bigint): Buffer => Buffer.from(block.toString(16).padStart(2 * BLOCK, '0'), 'hex')

/** The product of two elements of GF(2^128) (NIST SP 800-38D, 6.3) */
const product = (a: bigint, b: bigint): bigint => {
  let [sum, shifted] = [0n, b]
  for (let bit = 127n; bit >= 0n; bit--) {
    if ((a >> bit) & 1n) sum ^= shifted
    shifted = shifted & 1n ? (shifted >> 1n) ^ POLYNOMIAL : shifted >> 1n
  }
  return sum
}

const lengths = (...parts: readonly Buffer[]): Buffer => {
  const block = Buffer.alloc(BLOCK)
  parts.forEach((part, at) => {
    block.writeBigUInt64BE(BigInt(part.length) * 8n, 8 * at)
  })
  return block
}

/** GHASH (NIST SP 800-38D, 6.4) */
const ghash = (key: bigint, bytes: Buffer): bigint => {
  let hash = 0n
  for (let at = 0; at < bytes.length; at += BLOCK)
    hash = product(hash ^ numberOf(bytes.subarray(at, at + BLOCK)), key)
  return hash
}

/** The first counter (NIST SP 800-38D, 7.1) */
const startOf = (nonce: Buffer, hashKey: bigint): Buffer => {
  if (nonce.length === 12) return Buffer.concat([nonce, Buffer.from([0, 0, 0, 1])])
  return bytesOf(ghash(hashKey, Buffer.concat([padded(nonce), lengths(Buffer.alloc(0), nonce)])))
}

/**
 * SM4 in Galois/counter mode: ciphertext and tag. OpenSSL 3.0 has SM4, but not this mode of it. With a nonce of another length
 * than 12 bytes the counter must not come to its end: OpenSSL's goes on with the bits before it
 */
export const encrypt = (text: Buffer, key: Buffer, nonce: Buffer, associatedData: Buffer): Buffer => {
  const hashKey = numberOf(createCipheriv('sm4-ecb', key, null).update(Buffer.alloc(BLOCK)))
  const start = startOf(nonce, hashKey)
  if (start.readUInt32BE(12) + text.length / BLOCK + 1 >= 2 ** 32)
    throw new RangeError('the counter would come to its end')
  const counter = createCipheriv('sm4-ctr', key, start)
  const mask = counter.update(Buffer.alloc(BLOCK))
  const ciphertext = counter.update(text)
  const covered = Buffer.concat([
    padded(associatedData),
    padded(ciphertext),
    lengths(associatedData, ciphertext),
  ])
  return Buffer.concat([ciphertext, bytesOf(ghash(hashKey, covered) ^ numberOf(mask))])
}
