import { createHash, createHmac, randomBytes } from 'node:crypto'
import { type IncomingHttpHeaders, request as requestPlain } from 'node:http'
import { type RequestOptions, request as requestSecure } from 'node:https'
import type { Simulator } from '../../lib/simulator'

export type Values = Record<string, string | number | undefined>

/** The documented rule, written down once more: nothing here comes from the simulator */
export const signOf = (fields: Values, key: string, type = 'MD5'): string => {
  const pairs = Object.keys(fields)
    .filter((name) => name !== 'sign' && fields[name] !== undefined && fields[name] !== '')
    .sort()
    .map((name) => `${name}=${fields[name]}`)
  const text = [...pairs, `key=${key}`].join('&')
  const hash = type === 'MD5' ? createHash('md5') : createHmac('sha256', key)
  return hash.update(text).digest('hex').toUpperCase()
}

export const xmlOf = (fields: Values): string => {
  const elements = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`)
  return `<xml>${elements.join('')}</xml>`
}

/** The fields of an answer; `{}` when it is none in XML */
export const fieldsOf = (body: Buffer): Record<string, string> => {
  const [, inner = ''] = /^<xml>([\s\S]*)<\/xml>$/.exec(body.toString()) ?? []
  const elements = inner.matchAll(/<(\w+)>(?:<!\[CDATA\[([\s\S]*?)\]\]>|([^<]*))<\/\1>/g)
  return Object.fromEntries([...elements].map(([, name, cdata, plain]) => [name, cdata ?? plain]))
}

export interface V2Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly fields: Record<string, string>
}

/** Sends exactly this; over TLS when `tls` is given */
export const sendV2 = (
  simulator: Simulator,
  method: string,
  path: string,
  body: string | Buffer = '',
  tls?: RequestOptions,
): Promise<V2Reply> =>
  new Promise((resolve, reject) => {
    const { hostname: host, port } = new URL(tls ? (simulator.secureUrl ?? '') : simulator.url)
    const request = tls ? requestSecure : requestPlain
    const outgoing = request({ host, port, method, path, agent: false, ...tls }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const whole = Buffer.concat(chunks)
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: whole,
          fields: fieldsOf(whole),
        })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })

/** The fields with merchant, nonce and signature */
export const signed = (simulator: Simulator, fields: Values, key?: string): Values => {
  const { mchid: mch_id, secret } = simulator.credentials
  const whole = { mch_id, nonce_str: randomBytes(16).toString('hex'), ...fields }
  return { ...whole, sign: signOf(whole, key ?? secret, String(fields.sign_type ?? 'MD5')) }
}

/** Sends a signed request in XML */
export const callV2 = (
  simulator: Simulator,
  path: string,
  fields: Values,
  tls?: RequestOptions,
): Promise<V2Reply> => sendV2(simulator, 'POST', path, xmlOf(signed(simulator, fields)), tls)

/** What a client needs that the simulator is to take for the merchant */
export const merchantTls = ({ ca, credentials }: Simulator): RequestOptions => ({
  ca: ca ?? '',
  ...credentials.merchant,
})

/** Whether an answer is signed with the merchant's APIv2 key */
export const isGenuineV2 = ({ credentials }: Simulator, { fields }: V2Reply, type = 'MD5'): boolean =>
  fields.sign !== undefined && fields.sign === signOf(fields, credentials.secret, type)

export const APPID = 'wx2b029c08a6233333'

export const orderV2 = (out_trade_no: string, more: Values = {}): Values => ({
  appid: APPID,
  body: '一本书',
  out_trade_no,
  total_fee: 100,
  spbill_create_ip: '127.0.0.1',
  notify_url: 'https://shop.example/notify',
  trade_type: 'NATIVE',
  ...more,
})

export const scanV2 = (out_trade_no: string, ending: string, more: Values = {}): Values => ({
  appid: APPID,
  body: '一本书',
  out_trade_no,
  total_fee: 100,
  spbill_create_ip: '127.0.0.1',
  auth_code: `13456789012345${ending}`,
  ...more,
})
