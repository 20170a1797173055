import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { TransportError, WechatpayError } from './errors'

/**
 * Writes a body where the caller wants it. A path is written under another name beside it, which becomes the wanted
 * one only when the body is complete: no half of a bill can be taken for a bill.
 *
 * @throws TransportError (`ERR_SINK`) when it cannot be written; what was written is removed
 */
export async function writeTo(sink: string | Writable, body: Readable): Promise<void> {
  if (typeof sink !== 'string') return pump(body, () => sink)
  const partial = `${sink}.${randomUUID()}.part`
  try {
    await pump(body, () => createWriteStream(partial, { flags: 'wx' }))
    await rename(partial, sink).catch((error: unknown) => {
      throw unwritable(error)
    })
  } catch (error) {
    // The first failure is the one to be told.
    await rm(partial, { force: true }).catch(() => {})
    throw error
  }
}

async function pump(body: Readable, open: () => Writable): Promise<void> {
  try {
    await pipeline(body, open())
  } catch (error) {
    throw error instanceof WechatpayError ? error : unwritable(error)
  }
}

function unwritable(cause: unknown): TransportError {
  const code = (cause as NodeJS.ErrnoException | null)?.code ?? 'unknown'
  return new TransportError(`sink: the body of the answer could not be written (${code})`, {
    code: 'ERR_SINK',
    delivery: 'delivered',
    cause,
  })
}
