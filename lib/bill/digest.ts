import { createHash, getHashes, type Hash } from 'node:crypto'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { VerificationError } from '../errors'
import type { Response } from '../response'
import { unpacked } from './unpack'

/** What an answer says about the file behind the address in it. */
export interface Digest {
  /** `SHA1`, `SHA256` or, where this build of OpenSSL has it, `SM3`. */
  readonly type: string
  /** Hexadecimal, in either case. */
  readonly value: string
}

/** The names in WeChat Pay's answers, and Node.js's. */
const ALGORITHMS: Readonly<Record<string, string>> = { SHA1: 'sha1', SHA256: 'sha256', SM3: 'sm3' }

/**
 * Lets a file through and checks, at its end, that it is the one that was announced. Whoever reads it has the bytes by
 * then, and gets the error in place of the end.
 * @param packable the file may be packed, and stays so: the hash of a bill is that of what is in it
 * @throws VerificationError (`digest`)
 */
export async function* checked(
  file: AsyncIterable<Buffer>,
  { type, value }: Digest,
  response: Response | undefined,
  packable = false,
): AsyncGenerator<Buffer> {
  const hash = hasher(type, response)
  const contents = packable ? new Contents(hasher(type, response)) : undefined
  try {
    for await (const chunk of file) {
      hash.update(chunk)
      await contents?.push(chunk)
      yield chunk
    }
    const expected = value.toLowerCase()
    if (hash.digest('hex') === expected || (await contents?.end()) === expected) return
  } finally {
    contents?.close()
  }
  throw new VerificationError(
    'digest',
    `its ${type} is not the one that came with its address: it was changed or cut short on its way`,
    response,
  )
}

/** What is in a packed file, hashed while the file passes. */
class Contents {
  readonly #copy = new PassThrough()
  readonly #hashed: Promise<string | undefined>

  constructor(hash: Hash) {
    // What cannot be unpacked is no packed file, or a damaged one: then only its own hash counts.
    this.#copy.on('error', () => {})
    this.#hashed = hashed(unpacked(this.#copy), hash).catch(() => undefined)
  }

  async push(chunk: Buffer): Promise<void> {
    if (this.#copy.destroyed || this.#copy.write(chunk)) return
    await Promise.race([once(this.#copy, 'drain').catch(() => {}), this.#hashed])
  }

  /** @returns its hash, if all of it could be unpacked */
  end(): Promise<string | undefined> {
    this.#copy.end()
    return this.#hashed
  }

  close(): void {
    this.#copy.destroy()
  }
}

async function hashed(file: AsyncIterable<Buffer>, hash: Hash): Promise<string> {
  for await (const chunk of file) hash.update(chunk)
  return hash.digest('hex')
}

function hasher(type: string, response: Response | undefined): Hash {
  const name = type.toUpperCase().replace(/[-_]/g, '')
  const algorithm = Object.hasOwn(ALGORITHMS, name) ? ALGORITHMS[name] : undefined
  if (algorithm !== undefined && getHashes().includes(algorithm)) return createHash(algorithm)
  throw new VerificationError(
    'digest',
    `its hash cannot be checked: ${JSON.stringify(type.slice(0, 32))} is not known here`,
    response,
  )
}
