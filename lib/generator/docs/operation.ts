import type { Answer, Field, GroupName, Operation } from '../../catalogue'
import { anchor, baseUri, sentPath, spellings } from './address'
import { codeBlock, highlight } from './code'
import { countFields, fieldList } from './fields'
import { chinese, type Html, html, path, plural } from './html'
import { isCallable, sampleOf } from './sample'

const GROUPS: Readonly<Record<GroupName, string>> = {
  query: 'Query',
  headers: 'Headers',
  json: 'JSON body',
  xml: 'XML body',
  multipart: 'Multipart body',
}

/** One operation as a section of its page. */
export function operationSection(operation: Operation): Html {
  const id = anchor(operation)
  return html`<section class="operation" id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${heading(operation)} <a class="self" href="#${id}" aria-label="Link to this operation">#</a></h2>
<p class="request"><b class="verb ${operation.verb.toLowerCase()}">${operation.verb}</b> ${path(sentPath(operation))}</p>
${facts(operation)}
${remarks(operation)}
${call(operation)}
${request(operation)}
${answer(operation)}
</section>
`
}

export function heading({ title, uri }: Operation): Html {
  return title === undefined ? path(uri) : chinese(title)
}

function facts({ roles = [], deprecated, docs = [] }: Operation): Html {
  return html`<div class="facts">${deprecated && html`<span class="tag old">deprecated</span> `}${roles.map(
    (role) => html`<span class="tag">${role}</span> `,
  )}${officialPages(docs)}</div>`
}

/** The first page stands out, the rest is folded. */
export function officialPages([first, ...rest]: readonly string[]): Html | undefined {
  if (first === undefined) return undefined
  const links = rest.map((url) => html`<li>${external(url, url.replace(/^https:\/\//, ''))}</li>`)
  return html`${external(first, 'Official page')}${
    rest.length > 0 &&
    html` <details class="pages"><summary>${plural(rest.length, 'further page')}</summary><ul>${links}</ul></details>`
  }`
}

function external(url: string, text: string): Html {
  return html`<a href="${url}" rel="external noreferrer">${text}</a>`
}

/** What one has to know before calling. */
function remarks(operation: Operation): Html | undefined {
  const { host, security, nonceless, unsignedRequest, multipart } = operation
  const found = [
    unsignedRequest &&
      html`Sent without signature, so not by this client: fetch the address that a signed answer gave.`,
    host &&
      !unsignedRequest &&
      (host.required
        ? html`Answers at this address only: <code>base_uri: '${baseUri(host)}'</code>.`
        : html`Answers at <code>base_uri: '${baseUri(host)}'</code> too.`),
    security && html`<code>security: true</code> presents your client certificate.`,
    nonceless && html`<code>nonceless: true</code>, for it takes no <code>nonce_str</code>.`,
    multipart &&
      html`An upload: <code>media</code> takes a path, a <code>Buffer</code>, a <code>Blob</code> or a stream, and adds the file's name and digest.`,
  ].filter((remark) => remark !== undefined && remark !== false)
  if (found.length === 0) return undefined
  return html`<ul class="remarks">${found.map((remark) => html`<li>${remark}</li>`)}</ul>`
}

/** The call in its three spellings; the reader's choice is shown. */
function call(operation: Operation): Html | undefined {
  const { property, declared, bracketed } = spellings(operation.uri)
  if (operation.unsignedRequest) return undefined
  const { before, after } = isCallable(operation)
    ? sampleOf(operation)
    : { before: '', after: `.${operation.verb.toLowerCase()}` }
  return codeBlock(
    html`${highlight(before)}<span class="p">${property}</span><span class="c">${highlight(declared)}</span><span class="d">${highlight(
      bracketed,
    )}</span>${highlight(after)}`,
  )
}

function request(operation: Operation): Html {
  const variables = operation.variables?.map((field): Field => ({ ...field, required: true }))
  const groups = (Object.keys(GROUPS) as GroupName[]).map((name) => {
    const group = operation[name]
    return (
      group &&
      html`<h3>${GROUPS[name]}${!group.required && html` <small>optional</small>`}</h3>${fieldList(group.fields, 'required')}`
    )
  })
  return html`${variables && html`<h3>Path variables</h3>${fieldList(variables, 'required')}`}${groups}`
}

const KINDS: Readonly<Record<Answer['kind'], string>> = {
  json: 'JSON',
  xml: 'XML',
  empty: 'no body',
  csv: 'CSV',
  text: 'text',
  pdf: 'PDF',
  image: 'an image',
  redirect: 'a redirect',
}

function answer(operation: Operation): Html {
  const { kind, status = 200, gzip, fields = [], downloadUrls, errorKind, errorFields } = operation.answer
  const summary = [
    kind === 'redirect' ? undefined : String(status),
    KINDS[kind] + (gzip ? ', gzip on request' : ''),
    signed(operation),
  ].filter((part) => part !== undefined)
  const head = html`<b>Answer</b> ${summary.join(' · ')}`
  const more = [
    downloadUrls && html`<p>To fetch from: ${downloadUrls.map((name) => html`<code>${name}</code> `)}</p>`,
    fields.length > 0 && fieldList(fields, 'always'),
    errorKind && html`<p>A failure is ${KINDS[errorKind]}:</p>`,
    errorFields && fieldList(errorFields, 'always'),
  ].filter((part) => part !== undefined && part !== false)
  if (more.length === 0) return html`<p class="answer">${head}</p>`
  const count = fields.length > 0 && html` · ${plural(countFields(fields), 'field')}`
  return html`<details class="answer"><summary>${head}${count}</summary>${more}</details>`
}

/** Who vouches for the answer. */
function signed({ uri, answer, unsignedRequest }: Operation): string | undefined {
  const { unsigned, signedPart, signField } = answer
  if (signedPart) return 'the hash of the statement is signed'
  if (unsigned !== undefined) return `not signed (${unsigned})`
  if (signField !== undefined) return `signed in ${signField}`
  return uri.startsWith('v3/') && !unsignedRequest ? 'signed' : undefined
}
