import { JSON_TYPE } from './body'
import type { ResolvedConfig } from './config'
import { bag, flatten, type HeaderBag, NONE } from './headers'
import type { Protocol } from './request'
import { userAgent } from './user-agent'

const defaults = (accept: string, type: string): HeaderBag =>
  new Map([...bag('Accept', accept), ...bag('Content-Type', type)])

/** As in the PHP SDK; a download is asked for in the same breath. */
const DEFAULTS: Readonly<Record<Protocol, HeaderBag>> = {
  v2: defaults('text/xml, text/plain, application/x-gzip', 'text/xml; charset=utf-8'),
  v3: defaults(
    'application/json, text/plain, application/x-gzip, application/pdf, image/png, image/*;q=0.5',
    'application/json; charset=utf-8',
  ),
}

/** What every call of a client says: who asks, and with which key the answer is to be signed (official 4012154180). */
export function identity({ publicKeyId }: ResolvedConfig, protocol: Protocol): HeaderBag {
  const agent = bag('User-Agent', userAgent())
  if (protocol === 'v2' || publicKeyId === undefined) return agent
  return new Map([...agent, ...bag('Wechatpay-Serial', publicKeyId)])
}

/** Most calls of a client have the same header fields: by protocol, and by whether they carry JSON. */
const usual = new WeakMap<ResolvedConfig, Map<string, readonly string[]>>()

/**
 * All header fields of a call but its `Authorization`.
 * @param type that of the body, where it is not the usual; it beats the configured one
 * @param own what the call itself says, which beats everything
 * @returns `[name, value, …]`, shared by calls
 */
export function callHeaders(
  config: ResolvedConfig,
  protocol: Protocol,
  type: HeaderBag,
  own: HeaderBag,
): readonly string[] {
  const all = (): readonly string[] =>
    flatten(DEFAULTS[protocol], identity(config, protocol), config.headers, type, own)
  if (own.size > 0 || (type !== NONE && type !== JSON_TYPE)) return all()
  const known = usual.get(config) ?? new Map<string, readonly string[]>()
  usual.set(config, known)
  const key = type === NONE ? protocol : `${protocol} json`
  const flat = known.get(key) ?? all()
  known.set(key, flat)
  return flat
}
