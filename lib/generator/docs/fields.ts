import type { EncryptionKey, Field, Format, Variant } from '../../catalogue'
import { chinese, type Html, html, plural } from './html'

const FORMATS: Readonly<Record<Format, string>> = {
  int32: '32 bits',
  int64: '64 bits',
  numeric: 'digits',
  base64: 'base64',
  rfc3339: 'RFC 3339',
  date: 'YYYY-MM-DD',
  yyyyMMddHHmmss: 'yyyyMMddHHmmss',
  url: 'an address',
  'media-id': 'the id of an upload',
  'media-url': 'the address of an upload',
}

/** Who encrypts, and with what. */
const ENCRYPTED: Readonly<Record<EncryptionKey, string>> = {
  platform: 'encrypted with the platform’s key, by sensitive()',
  merchant: 'encrypted: your private key decrypts it',
  'apiv3-key': 'encrypted with your APIv3 key',
  'apiv2-key': 'encrypted with your APIv2 key',
  'v2-risk-pubkey': 'encrypted with the key of risk/getpublickey',
}

/** More documented values than these are folded. */
const FEW_VALUES = 12

/** What a field that is not optional is: `required` in what you send, `always` there in what you get. */
export type Presence = 'required' | 'always'

/** A list of fields, nested ones indented below their own. */
export function fieldList(fields: readonly Field[], presence: Presence): Html {
  return html`<ul class="fields">${fields.map((field) => item(field, presence))}</ul>`
}

/** Of several shapes, each as a list. */
export function variantLists(variants: readonly Variant[], presence: Presence): Html {
  return html`${variants.map(
    ({ when, fields }, index) =>
      html`<p class="shape">${when === undefined ? `Shape ${index + 1}` : html`When <code>${when}</code>`}</p>${fieldList(fields, presence)}`,
  )}`
}

export function countFields(fields: readonly Field[]): number {
  return fields.reduce(
    (sum, { fields = [], variants = [] }) =>
      sum + 1 + countFields(fields) + countFields(variants.flatMap((variant) => variant.fields)),
    0,
  )
}

function item(field: Field, presence: Presence): Html {
  const { name, type, required, label, fields, variants } = field
  return html`<li><code>${name}</code> <i>${type}</i>${required && html` <b>${presence}</b>`}${
    label !== undefined && html` ${chinese(label)}`
  }${notes(field, presence)}${fields && fieldList(fields, presence)}${variants && variantLists(variants, presence)}</li>
`
}

function notes(field: Field, presence: Presence): Html | undefined {
  const { format, encrypted, signed, indexed } = field
  const facts = [
    format && FORMATS[format],
    encrypted && ENCRYPTED[encrypted],
    encoding(field, presence),
    indexed && 'one for each index',
    signed && 'made with your certificate’s key',
    field.default !== undefined && html`default <code>${field.default}</code>`,
  ].filter((fact) => fact !== undefined && fact !== false)
  const list = facts.map((fact, index) => html`${index > 0 && ' · '}${fact}`)
  const documented = values(field)
  if (list.length === 0 && !documented) return undefined
  return html`<small>${list}${list.length > 0 && documented && ' · '}${documented}</small>`
}

/** Text on the wire that holds more: the client writes it, and leaves it as it is where it reads it. */
function encoding({ encoded, encodedAs = 'object' }: Field, presence: Presence): string | undefined {
  if (!encoded) return undefined
  const wire = encoded === 'json' ? 'JSON' : 'URL-encoded pairs'
  const held = encodedAs.endsWith('[]') ? `a list (${encodedAs})` : 'an object'
  return presence === 'required' ? `${held}, sent as ${wire}` : `${wire} of ${held}`
}

function values({ enum: documented, enumOpen }: Field): Html | undefined {
  if (!documented) return undefined
  const list = documented.map((value, index) => html`${index > 0 && ' '}<code>${String(value)}</code>`)
  const lead = enumOpen ? 'such as' : documented.length === 1 ? 'only' : 'one of'
  if (documented.length <= FEW_VALUES) return html`${lead} ${list}`
  return html`<details><summary>${lead} ${plural(documented.length, 'value')}</summary>${list}</details>`
}
