import type { ResolvedConfig } from '../config'
import { Hash } from '../crypto/hash'
import { asWechatpayError, RequestError } from '../errors'
import { Formatter } from '../formatter'
import {
  CONTEXT,
  DetachedController,
  type Handler,
  type Interceptor,
  type Options,
  SIGN_TYPE,
} from '../handler'
import { flatHeaders, type UndiciHeaders } from '../headers'
import { trustedOrigin } from '../hosts'
import { type Upload, uploadOf } from '../media-upload'
import { encodeQuery } from '../query'
import { Transformer } from '../transformer'
import { userAgent } from '../user-agent'
import { readFields } from './fields'

/**
 * Signs each APIv2 request at the moment it is dispatched: the fields, sorted, with the APIv2 key behind them, by MD5 or
 * HMAC-SHA256 as `sign_type` says. They go out as XML, or as the query of a GET.
 *
 * The fields are the client's; for a request made with undici itself they are those of its XML body, or of its query.
 */
export function signer(config: ResolvedConfig): Interceptor {
  return (dispatch) => (options, handler) => {
    const refuse = (error: unknown): void => fail(handler, asWechatpayError(error))
    try {
      const upload = uploadOf(options.body)
      if (!upload) return dispatch(signed(options, config), handler)
      signedUpload(options, config, upload)
        .then((ready) => dispatch(ready, handler))
        .catch(refuse)
    } catch (error) {
      refuse(error)
    }
    return true
  }
}

function signed(options: Options, config: ResolvedConfig): Options {
  const isQuery = options.method === 'GET'
  const { fields: own, nonceless = false } = options[CONTEXT] ?? {}
  const option = isQuery && own === undefined ? 'query' : 'xml'
  const given = own ?? (isQuery ? queryFields(options) : bodyFields(options))
  const fields = readFields(given, option, config)
  if (!nonceless) fields.nonce_str ??= Formatter.nonce()
  const type = sign(fields, given, option, config)
  const ready = readied(options, config, type)
  if (!isQuery) return { ...ready, body: Transformer.toXml(fields) }
  const [path] = options.path.split('?', 1)
  return { ...ready, body: null, path: `${path}?${encodeQuery(fields)}` }
}

/** Of an upload the fields beside the file are signed, among them its digest; it takes no nonce. */
async function signedUpload(options: Options, config: ResolvedConfig, upload: Upload): Promise<Options> {
  const context = options[CONTEXT]
  const given = context?.fields
  if (!context || given === undefined)
    throw new RequestError('body', 'give the file of an APIv2 upload as media')
  const givenUp = new AbortController()
  context.sending = { abandon: () => givenUp.abort() }
  const sealed = await upload.seal(givenUp.signal)
  const fields = readFields(
    { ...(given as object), [upload.digestField]: sealed.digest },
    'media.meta',
    config,
  )
  const type = sign(fields, given, 'media.meta', config)
  const texts = Object.entries(fields).map(([name, text]) => ({ name, text }))
  const { length, body } = upload.form(texts, sealed, config.dispatcher === undefined)
  const ready = readied(options, config, type)
  return { ...ready, headers: [...ready.headers, 'Content-Length', String(length)], body }
}

/** Adds `sign` to the fields. @returns the algorithm */
function sign(
  fields: Record<string, string>,
  given: unknown,
  option: string,
  config: ResolvedConfig,
): string {
  const type = signType((given as { sign_type?: unknown }).sign_type, option)
  fields.sign = signature(fields, type, config.secret)
  return type
}

/** The request but for what carries the fields. */
function readied({ query, ...options }: Options, config: ResolvedConfig, type: string) {
  return {
    ...options,
    origin: trustedOrigin(options.origin, config.baseUri.origin, 'origin'),
    headers: flatHeaders(options.headers as UndiciHeaders, { 'User-Agent': userAgent() }, [
      // Of the body before it was signed.
      'content-length',
    ]),
    [SIGN_TYPE]: type,
  }
}

function signature(fields: Record<string, string>, type: string, secret: string | undefined): string {
  if (secret === undefined)
    throw new RequestError('secret', 'the APIv2 key is not configured: Builder.factory({ secret })')
  return Hash.sign(type, Formatter.queryStringLike(Formatter.ksort(fields)), secret)
}

function signType(type: unknown, option: string): string {
  if (type === undefined || type === null) return Hash.ALGO_MD5
  if (type === Hash.ALGO_MD5 || type === Hash.ALGO_HMAC_SHA256) return type
  throw new RequestError(`${option}.sign_type`, `expected ${Hash.ALGO_MD5} or ${Hash.ALGO_HMAC_SHA256}`)
}

/** The fields of a query: a name that comes twice cannot be signed. */
function queryFields({ path, query }: Options): unknown {
  const start = path.indexOf('?')
  const fields: Record<string, unknown> = Object.create(null)
  const parts = [start === -1 ? '' : path.slice(start + 1), encodeQuery(query) ?? '']
  for (const [name, value] of new URLSearchParams(parts.filter(Boolean).join('&'))) {
    if (name in fields) throw new RequestError(`query.${name}`, 'comes twice, which APIv2 cannot sign')
    fields[name] = value
  }
  return fields
}

function bodyFields({ body }: Options): unknown {
  if (typeof body === 'string' || body instanceof Uint8Array) {
    try {
      return Transformer.toObject(body)
    } catch (error) {
      throw new RequestError('body', 'expected the XML of the fields, not yet signed', error)
    }
  }
  throw new RequestError('xml', 'expected an object of fields: an APIv2 request carries at least mch_id')
}

function fail(handler: Handler, error: Error): void {
  handler.onResponseError?.(new DetachedController(), error)
}
