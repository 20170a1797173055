import { parseTimeout, type ResolvedConfig, TIMEOUT_RANGE } from './config'
import { RequestError } from './errors'
import { checkHeaders, flatten, type HeaderBag } from './headers'
import { isTrusted } from './hosts'
import type { Request } from './request'
import { suggestion } from './suggestion'
import { userAgent } from './user-agent'

/** How an address is fetched. */
export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined
  /** Milliseconds until the answer begins, and between two pieces of it; 0 for no limit. */
  readonly timeout?: number | undefined
}

/** How an address is sent for: signed, or without anything that says who asks. */
export type DownloadLine = 'signed' | 'plain'

const NAMES = ['signal', 'timeout'] as const satisfies readonly (keyof DownloadOptions)[]

/** Host and what follows it, as they stand; nothing in it that a parser of addresses would change or leave out. */
const ADDRESS = /^https?:\/\/[^/?#@\\\s]+((?:[/?][\x21\x22\x24-\x7e]*)?)(?:#[\x21-\x7e]*)?$/i

const header = (name: string, value: string): HeaderBag => checkHeaders({ [name]: value }, refuse)
const ACCEPT = header('Accept', '*/*')

/**
 * An address that an answer gave → what undici sends, path and query as they are.
 *
 * A signature goes where every signed request may go (see `hosts.ts`); any other host is asked over https and learns
 * nothing: no `Authorization`, none of the configured headers.
 *
 * @throws RequestError when it is no address, has a password in it, or is neither https nor of the configured origin
 */
export function prepareDownload(
  address: unknown,
  options: DownloadOptions,
  config: ResolvedConfig,
): { readonly request: Request; readonly line: DownloadLine } {
  checkNames(options, NAMES)
  const { signal, timeout } = options
  const milliseconds = timeout ?? config.timeout
  if (!parseTimeout(milliseconds)) throw new RequestError('timeout', TIMEOUT_RANGE)
  const found = typeof address === 'string' && URL.canParse(address) ? ADDRESS.exec(address) : null
  if (found === null) throw new RequestError('address', 'expected the address that an answer gave, https://…')
  const [whole, rest = ''] = found
  const { origin, protocol, pathname } = new URL(whole)
  const configured = config.baseUri.origin
  if (protocol !== 'https:' && origin !== configured) {
    throw new RequestError('address', `${origin} is neither https nor the configured base_uri: not fetched`)
  }
  const line = isTrusted(origin, configured) ? 'signed' : 'plain'
  const own = line === 'signed' ? config.headers : header('User-Agent', userAgent())
  const request: Request = {
    protocol: 'v3',
    // Without the query: whoever has the token in it has the file.
    label: `GET ${pathname}`,
    method: 'GET',
    origin,
    path: rest.startsWith('/') ? rest : `/${rest}`,
    headers: flatten(ACCEPT, own),
    body: null,
    fields: undefined,
    nonceless: false,
    timeout: milliseconds,
    signal: signal ?? undefined,
    sink: undefined,
    stream: true,
    security: false,
  }
  return { request, line }
}

/**
 * Options that nobody reads are misspelt ones.
 * @throws RequestError with the nearest name
 */
export function checkNames(options: object, names: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!names.includes(name))
      throw new RequestError(name, `is no option here${suggestion(name, [...names])}`)
  }
}

function refuse(name: string, problem: string): Error {
  return new RequestError(`headers.${name}`, problem)
}
