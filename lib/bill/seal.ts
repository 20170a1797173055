import { createDecipheriv } from 'node:crypto'
import { VerificationError } from '../errors'
import type { Response } from '../response'

/** What a part of a bill is encrypted with: AES-256-GCM, its tag at the end. */
export interface Seal {
  readonly key: Buffer
  readonly nonce: string
}

const KEY_LENGTH = 32
const TAG_LENGTH = 16

/** The key of a part, which came encrypted for the merchant. @throws VerificationError (`decrypt`) when it is none */
export function sealOf(key: string, nonce: string): Seal {
  const bytes = Buffer.from(key)
  if (bytes.length === KEY_LENGTH && nonce !== '') return { key: bytes, nonce }
  throw new VerificationError('decrypt', `the key of an encrypted bill has ${KEY_LENGTH} bytes and a nonce`)
}

/**
 * Decrypts a file while it comes in. The tag, which vouches for all of it, stands at its end: whoever reads it has the
 * bytes by then, and gets the error in place of the end.
 * @throws VerificationError (`decrypt`)
 */
export async function* opened(
  file: AsyncIterable<Buffer>,
  { key, nonce }: Seal,
  response: Response | undefined,
): AsyncGenerator<Buffer> {
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce), { authTagLength: TAG_LENGTH })
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of file) {
    const all = Buffer.concat([rest, chunk])
    const end = Math.max(0, all.length - TAG_LENGTH)
    rest = all.subarray(end)
    if (end > 0) yield decipher.update(all.subarray(0, end))
  }
  try {
    decipher.setAuthTag(rest)
    decipher.final()
  } catch (error) {
    throw new VerificationError(
      'decrypt',
      'its tag does not belong to it: it was changed or cut short on its way, or encrypted with another key',
      response,
      error,
    )
  }
}
