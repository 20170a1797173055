import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { lstat, open, readdir, realpath, rename, rm, stat, utimes } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { TransportError, WechatpayError } from './errors'

/** How often the writer of a file shows that it lives, and after how long one that does not is taken for dead: milliseconds. */
const SIGN_OF_LIFE = 3_600_000
const DEAD = 24 * SIGN_OF_LIFE
/** What stands behind the wanted name while a file is written: nobody else's files are called that. */
const PARTIAL = /.\.[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\.wechatpay\.part$/

/**
 * Writes a body where the caller wants it. A path is written under another name beside it, which becomes the wanted
 * one only when the body is complete and on the disk: no half of a bill can be taken for a bill, not even when the power
 * fails. What processes that were killed left in the same folder is removed after a day, when something is written there.
 * A link stays one, and what only some could read stays so. A device or a pipe is no file: it is written as it is.
 *
 * @throws TransportError (`ERR_SINK`) when it cannot be written; what was written is removed
 */
export async function writeTo(sink: string | Writable, body: Readable): Promise<void> {
  if (typeof sink !== 'string') return pump(body, () => sink)
  const there = await stat(sink).catch(() => undefined)
  if (there && !there.isFile()) return pump(body, () => createWriteStream(sink))
  const path = there ? await realpath(sink).catch(() => sink) : sink
  const folder = dirname(path)
  // Names have an end: at 255 bytes, most times.
  const partial = join(folder, `${basename(path).slice(0, 32)}.${randomUUID()}.wechatpay.part`)
  const tidied = tidy(folder)
  try {
    await write(partial, body, there && there.mode & 0o777)
    await rename(partial, path).catch((error: unknown) => {
      throw unwritable(error)
    })
    await settle(folder)
  } catch (error) {
    // The first failure is the one to be told.
    await rm(partial, { force: true }).catch(() => {})
    throw error
  } finally {
    await tidied
  }
}

async function write(partial: string, body: Readable, mode = 0o666): Promise<void> {
  const live = (): Promise<void> => utimes(partial, new Date(), new Date()).catch(() => {})
  const timer = setInterval(live, SIGN_OF_LIFE).unref()
  try {
    await pump(body, () => createWriteStream(partial, { flags: 'wx', flush: true, mode }))
  } finally {
    clearInterval(timer)
  }
}

/** Never the file of a writer that lives, be it on another machine: pids would not tell, nor does a body that stalls. */
async function tidy(folder: string): Promise<void> {
  const found = await readdir(folder).catch(() => [])
  for (const name of found) {
    if (!PARTIAL.test(name)) continue
    const path = join(folder, name)
    const stats = await lstat(path).catch(() => undefined)
    if (stats?.isFile() && Date.now() - stats.mtimeMs > DEAD) await rm(path, { force: true }).catch(() => {})
  }
}

/** Writes the new name to the disk. A platform that cannot, such as Windows, does it in its own time. */
async function settle(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined)
  await handle?.sync().catch(() => {})
  await handle?.close().catch(() => {})
}

async function pump(body: Readable, open: () => Writable): Promise<void> {
  const sink = open()
  // Whichever of the two fails, pipeline() ends both with it: who was first is to be seen only now.
  let failure: unknown = body.errored
  body.once('error', (error) => {
    if (!sink.destroyed) failure = error
  })
  try {
    // It would take one that came to its end for one that has everything.
    if (sink.writable === false)
      throw Object.assign(new Error('has ended'), { code: 'ERR_STREAM_WRITE_AFTER_END' })
    await pipeline(body, sink)
  } catch (error) {
    body.destroy()
    throw error instanceof WechatpayError || error === failure ? error : unwritable(error)
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
