import type { Writable } from 'node:stream'
import { type BodyInput, type Content, contentOf } from './body'
import { callHeaders } from './call-headers'
import { parseBaseUri, type ResolvedConfig } from './config'
import { encodeFields } from './encoded'
import { RequestError, WechatpayError } from './errors'
import { bag, checkHeaders, type HeaderBag, type HeadersInput } from './headers'
import { trustedOrigin } from './hosts'
import type { MediaInput } from './media'
import { pathOf } from './path'
import { isPlainObject } from './plain'
import { encodeQuery, type QueryInput } from './query'
import { type CallRetryPolicy, callRetry, type ResolvedRetry } from './retry'
import { Encryption } from './sensitive'
import { suggestion } from './suggestion'
import { type ResolvedTimeouts, resolveTimeouts, type Timeouts } from './timeouts'
import { parse, type Template, UriError } from './uri'
import { isRead } from './v2/reads'

export type { BodyInput } from './body'

/** The two protocols of WeChat Pay. */
export type Protocol = 'v2' | 'v3'

/**
 * What a request goes through on its way out, and its answer on the way in: signed and verified; of a download, `signed` only,
 * or (`plain`) without anything that says who asks.
 */
export type Line = Protocol | 'signed' | 'plain'

/** How a call is made, whatever it says. */
export interface CallSettings {
  readonly headers?: HeadersInput | null | undefined
  /** Another base for this call: one of WeChat Pay's API hosts over https, or the configured origin. */
  readonly base_uri?: string | URL | undefined
  /** Milliseconds for the whole call (with `stream` or `sink`: until the answer begins), 0 for no limit; or several limits. */
  readonly timeout?: number | Omit<Timeouts, 'connect'> | undefined
  readonly signal?: AbortSignal | undefined
  /** When to try again, or `false` for never. */
  readonly retry?: false | CallRetryPolicy | undefined
  /** Present the merchant's client certificate. */
  readonly security?: boolean | undefined
  /** APIv2: add no `nonce_str`. */
  readonly nonceless?: boolean | undefined
}

/** The options of a call, beside the path variables, which stand among them by their names. */
export interface RequestOptions extends CallSettings {
  readonly query?: QueryInput | null | undefined
  readonly json?: unknown
  /** APIv2's body. */
  readonly xml?: Readonly<Record<string, unknown>> | null | undefined
  readonly body?: BodyInput | null | undefined
  /** A file to upload, in the form that the operation wants. A large one may need a longer `timeout`. */
  readonly media?: MediaInput | null | undefined
  /** Where the body of the answer goes: a path (written whole or not at all) or a stream. */
  readonly sink?: string | Writable | undefined
  /** `data` becomes a stream. */
  readonly stream?: boolean | undefined
}

/** A call made ready: nothing in it can be wrong any more but the platform's opinion of it. */
export interface Request {
  readonly protocol: Protocol
  readonly line: Line
  /** Verb and template, for messages: without the values of the path variables. */
  readonly label: string
  readonly method: string
  /** Does it change nothing, so that it can be asked again? */
  readonly reads: boolean
  readonly origin: string
  /** Path and query as they go on the wire and into the signature. */
  readonly path: string
  readonly headers: readonly string[]
  readonly body: Content['body']
  /** What APIv2 signs, and sends as XML or beside a file; without it, the query of a GET. */
  readonly fields: unknown
  readonly nonceless: boolean
  /** For the whole, in milliseconds. */
  readonly timeout: number
  readonly timeouts: ResolvedTimeouts
  readonly retry: ResolvedRetry
  /** Bytes of an answer that is kept in memory. */
  readonly maxResponseSize: number
  readonly signal: AbortSignal | undefined
  readonly sink: string | Writable | undefined
  readonly stream: boolean
  readonly security: boolean
}

const OPTIONS = [
  'query',
  'json',
  'xml',
  'body',
  'media',
  'headers',
  'base_uri',
  'timeout',
  'signal',
  'retry',
  'sink',
  'stream',
  'security',
  'nonceless',
] as const satisfies readonly (keyof RequestOptions)[]

const isOption: ReadonlySet<string> = new Set(OPTIONS)

/**
 * Verb, template and options → what undici sends.
 * @throws RequestError that names the option or variable, what is wrong with it, and the remedy
 */
export function prepare(
  verb: string,
  uri: string,
  options: unknown,
  config: ResolvedConfig,
  encryption = new Encryption(config.keys, options),
): Request {
  try {
    const method = checkVerb(verb)
    const template = checkUri(uri)
    return encryption.during(() => checked(method, template, options ?? {}, config, encryption))
  } catch (error) {
    if (error instanceof WechatpayError) throw error
    if (error instanceof UriError) throw new RequestError(error.variable, error.message)
    // A getter or a toJSON of the caller's threw.
    throw new RequestError(undefined, 'the options cannot be read', error)
  }
}

function checked(
  method: string,
  uri: string,
  given: object,
  config: ResolvedConfig,
  encryption: Encryption,
): Request {
  const template = parse(uri)
  checkNames(given, template)
  const { base_uri } = given as RequestOptions
  const base = base_uri === undefined ? config.baseUri : baseUri(base_uri)
  const reference = template.fill(given as Record<string, unknown>)
  // The prefix chooses the protocol, and is no part of an APIv2 path.
  const protocol = APIV2.test(reference) ? 'v2' : 'v3'
  const { origin, path } = locate(reference.replace(APIV2, ''), base, config.baseUri.origin)
  const own = checkHeaders((given as RequestOptions).headers, refuseHeader)
  encryption.protocol = protocol
  encryption.explicit = (own.get(SERIAL) ?? config.headers.get(SERIAL))?.[1]
  const options = encodeFields(given, protocol, method, path)
  const { body, fields, type } = contentOf(options, { protocol, method, target: path, mchid: config.mchid })
  if (protocol === 'v2' && method === 'GET' && body !== null) {
    throw new RequestError('body', 'a GET of APIv2 carries its fields in the query')
  }
  if (options.media && own.has('content-type')) {
    throw new RequestError('headers.Content-Type', 'comes with media: only it knows the boundary')
  }
  return {
    protocol,
    line: protocol,
    label: labelOf(method, uri),
    method,
    reads: protocol === 'v2' ? isRead(method, path) : method === 'GET',
    origin,
    path: withQuery(path, encodeQuery(options.query)),
    headers: callHeaders(config, protocol, type, withSerial(own, encryption.serial)),
    body,
    fields,
    ...settings(options, config),
  }
}

const refuseHeader = (name: string, problem: string): RequestError =>
  new RequestError(name ? `headers.${name}` : 'headers', problem)

/** Names the key that something was encrypted with, unless the call itself does. */
function withSerial(own: HeaderBag, serial: string | undefined): HeaderBag {
  return serial === undefined ? own : new Map([...bag('Wechatpay-Serial', serial), ...own])
}

/** Without its query, and without a fragment. */
function labelOf(method: string, uri: string): string {
  return `${method} ${QUERY.test(uri) ? uri.replace(QUERY, '') : uri}`
}

const QUERY = /(?<!\{)[?#].*$/s

/** Names the key that a body is encrypted with. */
const SERIAL = 'wechatpay-serial'
const APIV2 = /^v2\/+/i

function checkVerb(verb: unknown): string {
  const method = typeof verb === 'string' ? verb.toUpperCase() : ''
  if (METHODS.has(method)) return method
  throw new RequestError('verb', `expected one of ${[...METHODS].join(', ')}`)
}

function checkUri(uri: unknown): string {
  if (typeof uri === 'string') return uri
  throw new RequestError('uri', 'expected a path template, such as "v3/certificates"')
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'PUT', 'POST', 'PATCH', 'DELETE'])

function checkNames(options: object, template: Template): void {
  if (!isPlainObject(options)) {
    throw new RequestError(
      'options',
      'expected an object of options and path variables, such as { query: { … } }',
    )
  }
  const clash = template.variables.find((name) => isOption.has(name))
  if (clash !== undefined) {
    throw new RequestError(
      clash,
      `a path variable cannot be named like the option "${clash}": rename it in the template`,
    )
  }
  for (const name of Object.keys(options)) {
    if (isOption.has(name) || template.variables.includes(name)) continue
    throw new RequestError(
      name,
      `neither an option nor a variable of the path${suggestion(name, [...template.variables, ...OPTIONS])}`,
    )
  }
}

function baseUri(value: unknown): URL {
  const url = parseBaseUri(value)
  if (typeof url === 'string') throw new RequestError('base_uri', url)
  return url
}

/** Neither a scheme nor a host, neither a fragment nor brackets. */
const PLAIN = /^v3\/[\w\-.~%/?=&,*+@!$'();:]*$/
const ABSOLUTE = /^(?:([a-z][a-z\d+.-]*):)?(?:\/\/([^/?#]*))?([^#]*)/i

/** Resolves a reference by RFC 3986, but for dot segments, of which there are none, and refuses foreign hosts. */
function locate(reference: string, base: URL, configured: string): { origin: string; path: string } {
  // Nearly all calls, which need not be taken apart.
  if (base.pathname === '/' && base.origin === configured && PLAIN.test(reference)) {
    return { origin: configured, path: `/${reference}` }
  }
  const [, scheme, authority, rest = ''] = ABSOLUTE.exec(reference) as RegExpExecArray
  let origin = base.origin
  if (scheme !== undefined || authority !== undefined) {
    const address = `${scheme ?? base.protocol.slice(0, -1)}://${authority ?? ''}/`
    const url = authority ? parseBaseUri(address) : 'no host'
    if (typeof url === 'string')
      throw new RequestError(undefined, `the address of the call is not usable: ${url}`)
    origin = url.origin
  }
  trustedOrigin(origin, configured, authority === undefined ? 'base_uri' : undefined)
  const folder = authority === undefined && !rest.startsWith('/') ? base.pathname.replace(/[^/]*$/, '') : ''
  const path = `${folder}${rest}`.replace(/[[\]]/g, encodeURIComponent)
  return { origin, path: path.startsWith('/') ? path : `/${path}` }
}

function withQuery(path: string, query: string | undefined): string {
  if (query === undefined) return path
  const bare = pathOf(path)
  return query === '' ? bare : `${bare}?${query}`
}

function settings(options: RequestOptions, config: ResolvedConfig) {
  // As for every option but base_uri, null means that it was left out.
  const signal = options.signal ?? undefined
  const sink = options.sink ?? undefined
  const timeouts = timeoutsOf(options.timeout, config)
  const retry = callRetry(options.retry ?? undefined, config.retry, refuse)
  const stream = flag(options, 'stream')
  const security = flag(options, 'security')
  const nonceless = flag(options, 'nonceless')
  if (signal !== undefined && !isSignal(signal)) {
    throw new RequestError('signal', 'expected an AbortSignal')
  }
  if (sink !== undefined && !(typeof sink === 'string' && /^[^\0]+$/.test(sink)) && !isWritable(sink)) {
    throw new RequestError('sink', 'expected a path or a writable stream')
  }
  if (sink !== undefined && typeof sink !== 'string' && isOver(sink)) {
    throw new RequestError('sink', 'has ended or was destroyed: give a stream that is still open')
  }
  if (stream && sink !== undefined) throw new RequestError('sink', 'cannot be combined with stream: keep one')
  if (security && !config.merchant && !config.dispatcher) {
    throw new RequestError(
      'security',
      'needs the client certificate: configure merchant: { cert, key } or { pfx, passphrase }',
    )
  }
  const { maxResponseSize } = config
  return {
    timeout: timeouts.total,
    timeouts,
    retry,
    maxResponseSize,
    signal,
    sink,
    stream,
    security,
    nonceless,
  }
}

const refuse = (field: string, problem: string): RequestError => new RequestError(field, problem)

function timeoutsOf(given: unknown, config: ResolvedConfig): ResolvedTimeouts {
  if (isPlainObject(given) && given.connect !== undefined) {
    throw refuse('timeout.connect', 'is of the connections, which calls share: give it to Builder.factory')
  }
  return resolveTimeouts(given, config.timeouts, refuse)
}

function isSignal(value: unknown): value is AbortSignal {
  const { aborted, addEventListener, removeEventListener } = value as Partial<AbortSignal>
  return (
    typeof aborted === 'boolean' &&
    typeof addEventListener === 'function' &&
    typeof removeEventListener === 'function'
  )
}

function flag(options: RequestOptions, name: 'stream' | 'security' | 'nonceless'): boolean {
  const value = options[name] ?? false
  if (typeof value !== 'boolean') throw new RequestError(name, 'expected true or false')
  return value
}

function isWritable(value: unknown): value is Writable {
  return (
    typeof (value as Partial<Writable> | null)?.write === 'function' &&
    typeof (value as Partial<Writable>).on === 'function'
  )
}

/** Would it take nothing any more? That of a server's response says so in another way than most. */
function isOver({ writable, writableEnded, destroyed }: Writable): boolean {
  return writable === false || writableEnded || destroyed
}
