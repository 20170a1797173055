import { inspect } from 'node:util'

const PIECE = 20

/**
 * Is a piece of a secret to be seen in an error, however it is printed? Armour, line breaks, quotes and escapes do not
 * count, so that a key cannot hide behind how it is written.
 */
export function leaks(error: unknown, ...secrets: readonly (string | Buffer)[]): boolean {
  const shown = printed(error).map(squash)
  return secrets
    .flatMap((secret) =>
      Buffer.isBuffer(secret) ? [secret.toString('hex'), secret.toString('base64')] : [secret],
    )
    .flatMap(pieces)
    .filter((piece) => piece !== '')
    .some((piece) => shown.some((text) => text.includes(piece)))
}

/** Everything a log could make of an error. */
export function printed(error: unknown): string[] {
  const { message = '', stack = '' } = error instanceof Error ? error : {}
  return [
    message,
    stack,
    String(error),
    inspect(error, { depth: 10, showHidden: true }),
    inspect(error, { depth: 10, showProxy: true }),
    JSON.stringify(error) ?? '',
  ]
}

function pieces(secret: string): string[] {
  const text = squash(secret.replace(/-----[^-]+-----/g, ''))
  if (text.length <= PIECE) return [text]
  return Array.from({ length: text.length - PIECE + 1 }, (_, at) => text.slice(at, at + PIECE))
}

function squash(text: string): string {
  return text.replace(/\\[nrt]/g, '').replace(/[^A-Za-z0-9]/g, '')
}

/** What a call throws. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
