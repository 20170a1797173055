import { createHash, createHmac } from 'node:crypto'
import { type Answer, type Received, unsigned } from './platform'

/*
 * The platform's side of APIv2, in a few lines and node:crypto's hashes: it shares no code with the SDK.
 */

/** The APIv2 key and the nonce that the observations were made with. */
export const SECRET = 'exposed_your_key_here_have_risks'
export const NONCE = '593BEC0C930BF1AFEB40B4A08C8FB242'

export type SignType = 'MD5' | 'HMAC-SHA256'
type Field = readonly [name: string, value: string]
/** `null` takes a field away. */
export type Fields = Readonly<Record<string, string | null>>

/** What the platform computes over fields: all but `sign` and the empty ones, in the order of their bytes. */
export function signatureOf(fields: readonly Field[], type: SignType = 'MD5', key = SECRET): string {
  const text = fields
    .filter(([name, value]) => name !== 'sign' && value !== '')
    .map(([name, value]) => [Buffer.from(name), `${name}=${value}`] as const)
    .sort(([a], [b]) => Buffer.compare(a, b))
    .map(([, pair]) => pair)
    .join('&')
  return digestOf(text, type, key)
}

export function digestOf(text: string, type: SignType, key = SECRET): string {
  const hash = type === 'MD5' ? createHash('md5') : createHmac('sha256', key)
  return hash.update(`${text}&key=${key}`).digest('hex').toUpperCase()
}

/** As the platform writes it: everything in CDATA. */
export function writeXml(fields: readonly Field[]): string {
  return `<xml>${fields.map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`).join('')}</xml>`
}

const ELEMENT = /<([A-Za-z_][\w.-]*)>((?:<!\[CDATA\[.*?\]\]>|[^<])*)<\/\1>/sy
const PIECE = /<!\[CDATA\[(.*?)\]\]>|&#13;/gs

/**
 * The fields of a request's XML in their order, repeated ones as often as they stand there.
 * @throws Error for anything but a flat document without declaration, which is all that may be sent
 */
export function readXml(xml: string): Field[] {
  const inside = /^<xml>(.*)<\/xml>$/s.exec(xml)?.[1]
  if (inside === undefined) throw new Error(`no document: ${xml}`)
  const fields: Field[] = []
  ELEMENT.lastIndex = 0
  for (let end = 0; end < inside.length; end = ELEMENT.lastIndex) {
    const [, name, content] = ELEMENT.exec(inside) ?? []
    if (name === undefined || content === undefined) throw new Error(`no flat document: ${xml}`)
    fields.push([name, content.replace(PIECE, (_, text?: string) => text ?? '\r')])
  }
  return fields
}

/** The fields of a request as they arrived, by name. */
export function fieldsOf({ method, target, body }: Received): Readonly<Record<string, string>> {
  return Object.fromEntries(fieldList({ method, target, body }))
}

function fieldList({ method, target, body }: Pick<Received, 'method' | 'target' | 'body'>): Field[] {
  return method === 'GET'
    ? [...new URLSearchParams(target.split('?').slice(1).join('?'))]
    : readXml(body.toString())
}

/**
 * What is wrong with an APIv2 request, judged over the exact bytes that arrived.
 * @returns nothing when the platform would take it
 */
export function signFaults(request: Received, key = SECRET): string[] {
  const fields = fieldList(request)
  const names = fields.map(([name]) => name)
  const { sign, sign_type = 'MD5' } = Object.fromEntries(fields)
  const faults: string[] = []
  if (request.headers.authorization !== undefined) faults.push('an Authorization, which APIv2 has not')
  if (new Set(names).size !== names.length) faults.push(`a field comes twice: ${names}`)
  const wanted = signatureOf(fields, sign_type === 'HMAC-SHA256' ? sign_type : 'MD5', key)
  if (sign !== wanted) faults.push(`sign is ${sign}, the platform computes ${wanted}`)
  return faults
}

/** What is answered when a test does not care: the fields that PHP's observations were answered with. */
const SUCCESS: Fields = {
  return_code: 'SUCCESS',
  result_code: 'SUCCESS',
  mch_id: '1900000109',
  nonce_str: 'oracleResponseNonce',
}

/** XML with these fields on top of a success, signed; `sent` changes what is sent, but not what was signed. */
export function signedXml(
  changes: Fields = {},
  type: SignType = 'MD5',
  sent: Fields = {},
  key = SECRET,
): string {
  const fields = present({ ...SUCCESS, ...changes })
  const sign = signatureOf(fields, type, key)
  return writeXml(present({ ...Object.fromEntries(fields), sign, ...sent }))
}

function present(fields: Fields): Field[] {
  return Object.entries(fields)
    .flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]))
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

/** The same as an answer. */
export function answered(...signed: Parameters<typeof signedXml>): Answer {
  return xmlAnswer(signedXml(...signed))
}

export function xmlAnswer(body: string, status = 200): Answer {
  return unsigned(status, { 'Content-Type': 'text/xml; charset=utf-8' }, body)
}
