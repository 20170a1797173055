import { createHash, getHashes, type Hash } from 'node:crypto'
import { VerificationError } from '../errors'
import type { Response } from '../response'

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
 * @throws VerificationError (`digest`)
 */
export async function* checked(
  file: AsyncIterable<Buffer>,
  { type, value }: Digest,
  response: Response | undefined,
): AsyncGenerator<Buffer> {
  const hash = hasher(type)
  for await (const chunk of file) {
    hash.update(chunk)
    yield chunk
  }
  if (hash.digest('hex') === value.toLowerCase()) return
  throw new VerificationError(
    'digest',
    `its ${type} is not the one that came with its address: it was changed or cut short on its way`,
    response,
  )
}

function hasher(type: string): Hash {
  const name = type.toUpperCase().replace(/[-_]/g, '')
  const algorithm = Object.hasOwn(ALGORITHMS, name) ? ALGORITHMS[name] : undefined
  if (algorithm !== undefined && getHashes().includes(algorithm)) return createHash(algorithm)
  throw new VerificationError(
    'digest',
    `its hash cannot be checked: ${JSON.stringify(type.slice(0, 32))} is not known here`,
  )
}
