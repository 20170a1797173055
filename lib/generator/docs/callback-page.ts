import type { Callback, Field } from '../../catalogue'
import { codeBlock } from './code'
import { callbackFile, type Version } from './families'
import { countFields, fieldList, variantLists } from './fields'
import { chinese, type Html, html, plural } from './html'
import { contents, layout } from './layout'
import { officialPages } from './operation'
import { READING } from './prose'

/** The notifications of a version on one page. */
export function callbackPage(version: Version, callbacks: readonly Callback[]): string {
  const other: Version = version === 'v3' ? 'v2' : 'v3'
  return layout({
    file: callbackFile(version),
    title: `Callbacks of API${version}`,
    aside: contents(callbacks.map((callback) => ({ id: callback.id, text: name(callback) }))),
    main: html`<h1>Callbacks of API${version}</h1>
<p class="lead">${plural(callbacks.length, 'notification')} that WeChat Pay sends to your server. <a href="${other}.html">Those of API${other}</a></p>
<p>${READING[version].text}</p>
${codeBlock(READING[version].code)}
${callbacks.map(section)}`,
  })
}

function section(callback: Callback): Html {
  const { id, title, deprecated, docs, ciphertext } = callback
  return html`<section class="operation" id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${name(callback)} <a class="self" href="#${id}" aria-label="Link to this callback">#</a></h2>
${title !== undefined && html`<p>${chinese(title)}</p>`}
<div class="facts">${deprecated && html`<span class="tag old">deprecated</span> `}${officialPages(docs)}</div>
<dl>${terms(callback)}</dl>
${ciphertext && html`<h3>Decrypted from <code>${ciphertext.path}</code></h3>${ciphertext.fields && fieldList(ciphertext.fields, 'always')}${ciphertext.variants && variantLists(ciphertext.variants, 'always')}`}
${ciphertext ? [folded('Headers', callback.headers), folded('Body', callback.body)] : [html`<h3>Body</h3>${fieldList(callback.body, 'always')}`, folded('Headers', callback.headers)]}
${acknowledgement(callback)}
</section>
`
}

function name({ id }: Callback): Html {
  return html`<code>${id.split(/(?<=[._-])/).map((piece) => html`<wbr>${piece}`)}</code>`
}

const KEYS: Readonly<Record<string, string>> = {
  'aes-gcm': 'AES-256-GCM, your APIv3 key',
  'aes-ecb': 'AES-256-ECB, the MD5 of your APIv2 key',
}

function terms({ eventTypes, originalTypes, resourceTypes, ciphertext }: Callback): Html {
  const term = (label: string, values: readonly string[] = []) =>
    values.length > 0 &&
    html`<dt>${label}</dt><dd>${values.map((value) => html`<code>${value}</code> `)}</dd>`
  return html`${term('Event type', eventTypes)}${term('Original type', originalTypes)}${term('Resource type', resourceTypes)}${
    ciphertext && html`<dt>Encryption</dt><dd>${KEYS[ciphertext.algorithm]}</dd>`
  }`
}

function folded(label: string, fields: readonly Field[]): Html | undefined {
  if (fields.length === 0) return undefined
  return html`<details class="answer"><summary><b>${label}</b> ${plural(countFields(fields), 'field')}</summary>${fieldList(fields, 'always')}</details>`
}

const STATUSES: Readonly<Record<string, string>> = {
  '20X': '200 or 204 when you have it',
  '4XX': '4XX',
  '5XX': '5XX to be told again',
}

function acknowledgement({ ack }: Callback): Html {
  const { format, statuses, headers, body } = ack
  const lead = statuses
    ? `${statuses.map((status) => STATUSES[status] ?? status).join(', ')}; a body is ${format.toUpperCase()}.`
    : `${format.toUpperCase()}.`
  return html`<h3>Answer with</h3><p>${lead.replace('4XX, 5XX', '4XX or 5XX')}</p>
${headers && fieldList(headers.fields, 'required')}${body && fieldList(body.fields, 'required')}`
}
