import { WechatpayError } from './errors'

/** Milliseconds between two warnings of one kind about what could not be read: anyone can send that. */
const PAUSE = 60_000
const silentUntil = new Map<string, number>()

/**
 * Warns, as `process.on('warning')` hears it and Node.js prints it, of what went wrong with a callback.
 * @param key the callback's, if it could be read
 */
export function warn(error: unknown, key: string | undefined): void {
  if (key === undefined) {
    const kind = error instanceof WechatpayError ? error.code : 'other'
    if (performance.now() < (silentUntil.get(kind) ?? 0)) return
    silentUntil.set(kind, performance.now() + PAUSE)
  }
  const which = key === undefined ? '' : ` (${key})`
  process.emitWarning(`Error in a callback of WeChat Pay${which}: ${text(error)}`, {
    type: 'WechatpayWarning',
    code: 'WECHATPAY_CALLBACK',
    detail: trace(error),
  })
}

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Stacks only: what else hangs on an error may hold anything. */
function trace(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const { stack = text(error), cause } = error
  return cause === undefined ? stack : `${stack}\nCaused by: ${trace(cause) || text(cause)}`
}
