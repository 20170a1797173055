import { identity } from './call-headers'
import type { ResolvedConfig } from './config'
import { RequestError } from './errors'
import { bag, flatten } from './headers'
import { isTrusted } from './hosts'
import { isPlainObject } from './plain'
import type { Request } from './request'
import { suggestion } from './suggestion'
import { resolveTimeouts, type Timeouts } from './timeouts'
import { userAgent } from './user-agent'

/** How an address is fetched. */
export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined
  /** Milliseconds until the answer begins, and between two pieces of it; 0 for no limit. */
  readonly timeout?: number | Omit<Timeouts, 'connect'> | undefined
}

const NAMES = ['signal', 'timeout'] as const satisfies readonly (keyof DownloadOptions)[]

/**
 * What is never signed, wherever it is: the file of an invoice is on a host for the public (`pay.wechatpay.cn`), and the token in
 * its address is all it wants (official, fapiao).
 */
const OPEN = new Set(['/invoicing/fapiao/fapiao-file'])

/** Host and what follows it, as they stand; nothing in it that a parser of addresses would change or leave out. */
const ADDRESS = /^https?:\/\/[^/?#@\\\s]+((?:[/?][\x21\x22\x24-\x7e]*)?)(?:#[\x21-\x7e]*)?$/i

const ACCEPT = bag('Accept', '*/*')

/**
 * An address that an answer gave → what undici sends, path and query as they are.
 *
 * A signature goes where every signed request may go (see `hosts.ts`); any other host is asked over https and learns
 * nothing: no `Authorization`, none of the configured headers.
 *
 * @throws RequestError when it is no address, has a password in it, or is neither https nor of the configured origin
 */
export function prepareDownload(address: unknown, options: DownloadOptions, config: ResolvedConfig): Request {
  checkNames(options, NAMES)
  const { signal, timeout } = options
  checkSignal(signal)
  const timeouts = resolveTimeouts(
    timeout,
    config.timeouts,
    (field, problem) => new RequestError(field, problem),
  )
  const found = typeof address === 'string' && URL.canParse(address) ? ADDRESS.exec(address) : null
  if (found === null) throw new RequestError('address', 'expected the address that an answer gave, https://…')
  const [whole, rest = ''] = found
  const { origin, protocol, pathname } = new URL(whole)
  const configured = config.baseUri.origin
  if (protocol !== 'https:' && origin !== configured) {
    throw new RequestError('address', `${origin} is neither https nor the configured base_uri: not fetched`)
  }
  const line = isTrusted(origin, configured) && !OPEN.has(pathname) ? 'signed' : 'plain'
  const own = line === 'signed' ? [identity(config, 'v3'), config.headers] : [bag('User-Agent', userAgent())]
  return {
    protocol: 'v3',
    line,
    // Without the query: whoever has the token in it has the file.
    label: `GET ${pathname}`,
    method: 'GET',
    reads: true,
    origin,
    path: rest.startsWith('/') ? rest : `/${rest}`,
    headers: flatten(ACCEPT, ...own),
    body: null,
    fields: undefined,
    nonceless: false,
    timeout: timeouts.total,
    timeouts,
    retry: config.retry,
    maxResponseSize: config.maxResponseSize,
    signal: signal ?? undefined,
    sink: undefined,
    stream: true,
    security: false,
  }
}

/**
 * Options that nobody reads are misspelt ones.
 * @throws RequestError with the nearest name
 */
export function checkNames(options: object, names: readonly string[]): void {
  if (!isPlainObject(options)) throw new RequestError('options', `expected an object of ${names.join(', ')}`)
  for (const name of Object.keys(options)) {
    if (!names.includes(name))
      throw new RequestError(name, `is no option here${suggestion(name, [...names])}`)
  }
}

/** @throws RequestError for what is no AbortSignal; another implementation's is one */
export function checkSignal(signal: unknown): void {
  if (signal === undefined || signal === null) return
  const { aborted, addEventListener } = signal as Partial<AbortSignal>
  if (typeof aborted === 'boolean' && typeof addEventListener === 'function') return
  throw new RequestError('signal', 'expected an AbortSignal')
}
