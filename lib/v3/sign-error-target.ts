/**
 * Method, path and query of two requests beside each other, without the values in them: what is shown is only ever text of
 * the template, and names of the client's own query parameters.
 */

/** What differs, and what to do about it. */
export type Difference = readonly [what: string, remedy: string]

/** Where a request goes; the path is with its query. */
interface Target {
  readonly method: string
  readonly path: string
}

/** What is known of where it arrived. */
type Arrived = { readonly [name in keyof Target]: string | undefined }

export const ON_THE_WAY =
  'Look for what stands between (a proxy, a gateway, an interceptor of your own dispatcher): it must pass method, path, query and body on byte for byte'
export const ANOTHER_REQUEST =
  'The answer is to another request: look for a cache, or for a proxy that repeats requests or writes Authorization anew'

const VERBS: ReadonlySet<string> = new Set(['GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])
/** What may be shown of a template: words of the platform, names of variables. Values may have been written into it, too. */
const WORD = /^(?:v[23]|[a-z_-]*\d?[a-z_-]*)$/
const VARIABLES = /^[\w.,:*-]{1,40}$/
const PARAMETER = /^[a-z_][\w.-]*(?:\[\w*\])*$/i
const LONGEST_WORD = 48
/** Characters of what is shown at once, so that the whole stays short. */
const LONGEST_SHOWN = 90
const MOST_PARAMETERS = 6
const HIDDEN = '*'

interface Segment {
  readonly shown: string
  readonly literal: boolean
  /** May stand for several segments, or none. */
  readonly wild: boolean
}

/** @param label verb and template */
function segmentsOf(label: string): Segment[] {
  const template = label
    .slice(label.indexOf(' ') + 1)
    .replace(/^(?:[a-z][a-z\d+.-]*:)?\/\/[^/?#{]*/i, '')
    .replace(/\{[?&#][^{}]*\}/g, '')
    .replace(/\{\/([^{}]*)\}/g, '/{+$1}')
  const [path = ''] = template.split(/[?#]/, 1)
  return path.replace(/^\//, '').split('/').map(segment)
}

function segment(text: string): Segment {
  const names = text.match(/\{[^{}]*\}/g)
  if (names === null) {
    const known = text.length <= LONGEST_WORD && WORD.test(text)
    return { shown: known ? text : HIDDEN, literal: known, wild: false }
  }
  const bare = names.map((name) => name.slice(1, -1).replace(/^[+.;]/, '')).join(',')
  return {
    shown: `{${VARIABLES.test(bare) ? bare : HIDDEN}}`,
    literal: false,
    wild: names.some((name) => name.startsWith('{+')),
  }
}

/** The client's path: the end of it is the template's; what is before is that of `base_uri`. */
function showClient(path: readonly string[], label: string): string[] {
  const template = segmentsOf(label)
  const wild = template.findIndex((one) => one.wild)
  const surplus = path.length - template.length
  return path.map((text, at) => {
    const front = wild !== -1 && at < wild
    const found = template[front ? at : at - surplus]
    const middle = wild !== -1 && !front && at - surplus <= wild
    if (found === undefined || middle) return middle ? (template[wild] as Segment).shown : HIDDEN
    return found.literal && found.shown !== text ? HIDDEN : found.shown
  })
}

/** The platform's: what it shares with the client's at both ends is shown as there, in between only what lines up. */
function showServer(path: readonly string[], client: readonly string[], shown: readonly string[]): string[] {
  const least = Math.min(path.length, client.length)
  let front = 0
  while (front < least && path[front] === client[front]) front++
  let back = 0
  while (back < least && path.at(-1 - back) === client.at(-1 - back)) back++
  const aligned = path.length === client.length
  return path.map((_, at) => {
    if (at < front) return shown[at] as string
    if (at >= path.length - back) return shown[at - path.length + shown.length] as string
    return aligned && shown[at]?.startsWith('{') ? (shown[at] as string) : HIDDEN
  })
}

const cut = (text: string, by: string): [before: string, after: string | undefined] => {
  const at = text.indexOf(by)
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + by.length)]
}

const split = (path: string): string[] => path.replace(/^\//, '').split('/')

type Naming = (pair: string) => string | undefined

/** A variable that is expanded as it is (`{+rest}`) may have had a query in it: then no name is certain. */
const naming = (label: string): Naming => (label.includes('{+') ? () => undefined : nameOf)

/** The name of a parameter; what is none for sure may be a value. */
function nameOf(pair: string): string | undefined {
  const [name, value = ''] = cut(pair, '=')
  return value !== '' && !value.startsWith('=') && name.length <= LONGEST_WORD && PARAMETER.test(name)
    ? name
    : undefined
}

const pairsOf = (query: string | undefined): string[] => (query ? query.split('&') : [])

function list(names: readonly (string | undefined)[], by: string): string {
  const shown = names.slice(0, MOST_PARAMETERS).map((name) => name ?? HIDDEN)
  return short([...shown, ...(names.length > MOST_PARAMETERS ? ['…'] : [])].join(by))
}

const short = (text: string): string =>
  text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text

function join(method: string, path: readonly string[], names: readonly (string | undefined)[]): string {
  const verb = VERBS.has(method) ? method : HIDDEN
  // So that a path of thousands of segments costs nothing: more than these are never seen.
  const text = `${verb} /${path.slice(0, LONGEST_SHOWN).join('/')}`
  return short(names.length > 0 ? `${text}?${list(names, '&')}` : text)
}

/** Both as they may be shown: variables and parameters by their names, what is in no template as `*`. */
export function show(
  server: Arrived,
  client: Target,
  label: string,
): { readonly server: string; readonly client: string } {
  const [path, query] = cut(client.path, '?')
  const segments = split(path)
  const shown = showClient(segments, label)
  const named = naming(label)
  const names = pairsOf(query).map(named)
  const known = new Set(names)
  const [theirs, asked] = server.path === undefined ? [path, query] : cut(server.path, '?')
  const asks = pairsOf(asked).map((pair) => {
    const name = named(pair)
    return known.has(name) ? name : undefined
  })
  return {
    server: join(server.method ?? client.method, showServer(split(theirs), segments, shown), asks),
    client: join(client.method, shown, names),
  }
}

/** The first difference of method, path and query; `undefined` when there is none to be seen. */
export function targetDifference(server: Arrived, client: Target, label: string): Difference | undefined {
  if (server.method !== undefined && server.method !== client.method) {
    return ['the method, which a redirect or a rule changes on the way', ON_THE_WAY]
  }
  if (server.path === undefined || server.path === client.path) return undefined
  const [path, query] = cut(client.path, '?')
  const [theirs, asked] = cut(server.path, '?')
  if (theirs !== path) return pathDifference(theirs, path, label)
  return [`the query: ${queryDifference(asked, query, naming(label))}`, ON_THE_WAY]
}

function pathDifference(server: string, client: string, label: string): Difference {
  const bare = server.replace(/^[a-z][a-z\d+.-]*:\/\/[^/]*/i, '')
  if (bare !== server) return ['the path: it arrived with scheme and host before it', ON_THE_WAY]
  if (unslashed(server) === unslashed(client)) {
    return ['the path: slashes were doubled or taken away', ON_THE_WAY]
  }
  if (client.length > 1 && server.endsWith(client)) {
    const more = count(server.slice(0, -client.length), '/')
    return [
      `the path: it arrived with ${segments(more)} more before it`,
      'A proxy adds a prefix: let it pass the path on unchanged',
    ]
  }
  if (server !== '' && client.endsWith(server)) {
    const more = count(client.slice(0, -server.length), '/')
    return [
      `the path: it arrived without its first ${segments(more, '')}`,
      'A proxy takes a prefix off, but what is signed is the path as sent: give that proxy a host or port of its own, and base_uri no path',
    ]
  }
  const how = encodingDifference(server, client)
  if (how !== undefined) return [`the path: ${how}`, ON_THE_WAY]
  if (server.toLowerCase() === client.toLowerCase()) {
    return ['the path: letters arrived in another case', ON_THE_WAY]
  }
  const ours = split(client)
  const at = split(server).findIndex((text, index) => text !== ours[index])
  const shown = at === -1 ? undefined : showClient(ours, label)[at]
  const place = shown === undefined ? 'its end' : `segment ${at + 1}${shown === HIDDEN ? '' : ` (${shown})`}`
  return [
    `the path: ${place} is another one`,
    'It is rewritten on the way, or the answer is to another request: look for a proxy or a cache',
  ]
}

const count = (text: string, part: string): number => text.split(part).length - 1
const segments = (number: number, one = '1 '): string => (number < 2 ? `${one}segment` : `${number} segments`)
const unslashed = (path: string): string => path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '')

/** Every triplet decoded, one character a byte. */
const decoded = (text: string): string =>
  Buffer.from(text)
    .toString('latin1')
    .replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

const upper = (text: string): string => text.replace(/%[\da-f]{2}/gi, (triplet) => triplet.toUpperCase())
const latin1 = (text: string): string => Buffer.from(text).toString('latin1')
const FOREIGN = /[^\x20-\x7e]/

/** How two texts are encoded otherwise; `undefined` when they do not say the same. */
function encodingDifference(server: string, client: string): string | undefined {
  if (upper(server) === upper(client)) return 'the hexadecimal digits of its %XX arrived in another case'
  const plain = decoded(server)
  if (plain === latin1(client) && /%25[\da-f]{2}/i.test(server))
    return 'it arrived percent-encoded twice (%25XX)'
  if (plain !== decoded(client)) return undefined
  if (FOREIGN.test(server)) return 'its non-ASCII characters arrived unencoded'
  const slashes = count(server.toUpperCase(), '%2F') - count(client.toUpperCase(), '%2F')
  if (slashes !== 0) return slashes < 0 ? '%2F arrived as /' : '/ arrived as %2F'
  return count(server, '%') < count(client, '%')
    ? 'characters that were sent as %XX arrived unencoded'
    : 'characters that were sent as they are arrived as %XX'
}

function queryDifference(server: string | undefined, client: string | undefined, named: Naming): string {
  if (server === undefined || client === undefined) {
    return server === undefined ? 'it did not arrive' : 'one arrived, and none was sent'
  }
  const theirs = pairsOf(server)
  const ours = pairsOf(client)
  if (sorted(theirs) === sorted(ours)) return 'its parameters arrived in another order'
  if (spaced(server) === spaced(client)) {
    return count(server, '+') > count(client, '+') ? '%20 arrived as +' : '+ arrived as %20'
  }
  const how = encodingDifference(server, client)
  if (how !== undefined) return how
  if (sorted(theirs.map(loose)) === sorted(ours.map(loose))) {
    return 'its parameters arrived in another order, and encoded otherwise'
  }
  return parameterDifference(theirs, ours, named)
}

function parameterDifference(theirs: readonly string[], ours: readonly string[], named: Naming): string {
  const theirNames = new Set(theirs.map((pair) => cut(pair, '=')[0]))
  const missing = ours.filter((pair) => !theirNames.has(cut(pair, '=')[0]))
  if (missing.length > 0) return `${list(missing.map(named), ', ')} did not arrive`
  const more = theirs.length - ours.length
  if (more > 0) return `${more === 1 ? '1 parameter' : `${more} parameters`} more arrived than were sent`
  const there = new Set(theirs)
  const changed = ours.filter((pair) => !there.has(pair))
  return changed.length > 0
    ? `another value arrived for ${list(changed.map(named), ', ')}`
    : 'a parameter that was sent more than once arrived less often'
}

const sorted = (pairs: readonly string[]): string => [...pairs].sort().join('&')
const spaced = (query: string): string => query.replaceAll('+', '%20')
const loose = (pair: string): string => decoded(spaced(pair))
