import { VerificationError } from '../errors'
import type { Response } from '../response'
import { AES_256_GCM, type FileCipher, type FileDecipher, TAG_LENGTH } from './cipher'

/** What a part of a bill is encrypted with. */
export interface Seal {
  readonly cipher: FileCipher
  readonly key: Buffer
  readonly nonce: Buffer
}

/** The same, as an answer has it. */
export interface Sealed {
  /** Decrypted. */
  readonly key: string
  readonly nonce: string | undefined
  /** Not documented in answers, which leave it to the length of the key. */
  readonly algorithm: string | undefined
}

/** All that files can be encrypted with. @param others what the configuration adds */
export function ciphersOf(others: readonly FileCipher[]): readonly FileCipher[] {
  return [AES_256_GCM, ...others]
}

/** Names, for whoever asked for another. */
export function namesOf(ciphers: readonly FileCipher[]): string {
  return ciphers.map(({ algorithm }) => algorithm).join(', ')
}

/** The key of a part, which came encrypted for the merchant. @throws VerificationError (`decrypt`) when it is none */
export function sealOf({ key, nonce, algorithm }: Sealed, ciphers: readonly FileCipher[]): Seal {
  const bytes = Buffer.from(key)
  const named = ciphers.filter((cipher) => algorithm === undefined || cipher.algorithm === algorithm)
  if (named.length === 0) {
    const name = JSON.stringify(String(algorithm).slice(0, 32))
    throw undecryptable(`it is encrypted with ${name}: only ${namesOf(ciphers)} is known here`)
  }
  const cipher = named.find(({ keyLength }) => keyLength === bytes.length)
  if (!cipher) {
    const lengths = named.map((each) => `${each.keyLength} (${each.algorithm})`).join(' or ')
    throw undecryptable(`the key of an encrypted bill has ${lengths} bytes, this one ${bytes.length}`)
  }
  if (!nonce) throw undecryptable('an encrypted bill has a nonce, this one none')
  return { cipher, key: bytes, nonce: Buffer.from(nonce) }
}

/**
 * Decrypts a file while it comes in. The tag, which vouches for all of it, stands at its end: whoever reads it has the
 * bytes by then, and gets the error in place of the end.
 * @throws VerificationError (`decrypt`)
 */
export async function* opened(
  file: AsyncIterable<Buffer>,
  seal: Seal,
  response: Response | undefined,
): AsyncGenerator<Buffer> {
  const decipher = begun(seal, response)
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of file) {
    const all = Buffer.concat([rest, chunk])
    const end = Math.max(0, all.length - TAG_LENGTH)
    rest = all.subarray(end)
    const plain = decipher.update(all.subarray(0, end))
    if (plain.length > 0) yield plain
  }
  const last = ended(decipher, rest, response)
  if (last.length > 0) yield last
}

function begun({ cipher, key, nonce }: Seal, response: Response | undefined): FileDecipher {
  try {
    return cipher.decipher(key, nonce)
  } catch (error) {
    throw undecryptable('its nonce is none', response, error)
  }
}

function ended(decipher: FileDecipher, tag: Buffer, response: Response | undefined): Buffer {
  try {
    decipher.setAuthTag(tag)
    return decipher.final()
  } catch (error) {
    throw undecryptable(
      'its tag does not belong to it: it was changed or cut short on its way, or encrypted with another key',
      response,
      error,
    )
  }
}

function undecryptable(problem: string, response?: Response, cause?: unknown): VerificationError {
  return new VerificationError('decrypt', problem, response, cause)
}
