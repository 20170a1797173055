import { ConfigError } from './errors'

/** An address, none, or (`undefined`) what the environment says when the first connection is made. */
export type ProxyChoice = string | false | undefined

/** Proxies of the environment, and what does without. */
export interface EnvironmentProxy {
  readonly httpProxy: string
  readonly httpsProxy: string
  readonly noProxy: string
}

const PROTOCOLS: ReadonlySet<string> = new Set(['http:', 'https:', 'socks5:'])

/**
 * The option `proxy`.
 * @throws ConfigError, in which the address does not appear: it may have a password in it
 */
export function resolveProxy(value: unknown, dispatcher: unknown): ProxyChoice {
  if (value === undefined || value === null) return undefined
  if (dispatcher !== undefined && dispatcher !== null) {
    throw new ConfigError('proxy', 'cannot be combined with dispatcher: give that a ProxyAgent of undici')
  }
  if (value === false) return false
  return address(typeof value === 'string' || value instanceof URL ? String(value) : '', 'proxy')
}

/** What the environment says, by the names that curl and most others read; `undefined` when it names no proxy. */
export function environmentProxy(env: NodeJS.ProcessEnv = process.env): EnvironmentProxy | undefined {
  const read = (name: string): string => env[name.toLowerCase()] || env[name] || ''
  const given = (name: string): string => read(name) && address(read(name), name)
  const without = read('NO_PROXY')
  // undici knows the asterisk only when it stands alone.
  if (without.split(/[,\s]+/).includes('*')) return undefined
  const httpProxy = given('HTTP_PROXY') || given('ALL_PROXY')
  const httpsProxy = given('HTTPS_PROXY') || given('ALL_PROXY')
  if (!httpProxy && !httpsProxy) return undefined
  // As in Go: a name of this machine's own means this machine, not the proxy's.
  const noProxy = [without, ...LOOPBACK].filter(Boolean).join(',')
  return { httpProxy, httpsProxy, noProxy }
}

const LOOPBACK = ['localhost', '.localhost', '127.0.0.1', '[::1]'] as const

/** With a scheme or, as curl and Go read it, without: `host:port` is that of an HTTP proxy. */
function address(value: string, field: string): string {
  const given = value.trim()
  // undici leaves names to a SOCKS proxy, whatever the scheme is called.
  const text = SCHEME.test(given) ? given.replace(/^socks(?:5h)?:/i, 'socks5:') : `http://${given}`
  if (URL.canParse(text)) {
    const { protocol, hostname, port, username, password, href } = new URL(text)
    const isPlace = hostname !== '' && port !== '0' && !NO_HOST.test(given)
    if (PROTOCOLS.has(protocol) && isPlace && isDecodable(username) && isDecodable(password)) return href
  }
  throw new ConfigError(
    field,
    'expected the address of a proxy, such as http://proxy.example.com:3128; in a password, % is written %25',
  )
}

/** A port alone would be an address in numbers; the others are what is written of a variable that is missing. */
const NO_HOST = /^(?:\d+|undefined|null)$/
const SCHEME = /^(?:[a-z][a-z\d+.-]*:)?\//i

/** Both are sent without their percent signs. */
function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
