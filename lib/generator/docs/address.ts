import type { Host, Operation } from '../../catalogue'
import { key, literal, property } from '../names'

/** The three ways to write the same path; a verb follows each. */
export interface Spellings {
  /** `instance.v3.refund.domestic.refunds` */
  readonly property: string
  /** `instance.chain('v3/refund/domestic/refunds')` */
  readonly declared: string
  /** `instance['v3/refund/domestic/refunds']` */
  readonly bracketed: string
}

export function spellings(uri: string): Spellings {
  const segments = uri.split('/').map((segment) => {
    const name = property(segment)
    return key(name) === name ? `.${name}` : `[${literal(segment)}]`
  })
  return {
    property: `instance${segments.join('')}`,
    declared: `instance.chain(${literal(uri)})`,
    bracketed: `instance[${literal(uri)}]`,
  }
}

/** The path as it goes on the wire: of APIv2 without its prefix. */
export function sentPath({ uri, path }: Operation): string {
  return path ?? (uri.startsWith('v2/') ? uri.slice('v2'.length) : `/${uri}`)
}

/** The `base_uri` that leads to a host. */
export function baseUri({ name, basePath = '' }: Host): string {
  return `https://${name}${basePath}/`
}

/** Within the page: `get-domestic-refunds-_out_refund_no_` */
export function anchor({ verb, uri }: Operation): string {
  const [, , ...segments] = uri.split('/').map(property)
  return [verb.toLowerCase(), ...segments].join('-')
}

/** A variable that spells a segment the property form cannot, by its value: `{x}` in the template, `X` on the wire. */
export function spelledVariables(operation: Operation): ReadonlyMap<string, string> {
  const known = new Set(operation.variables?.map(({ name }) => name))
  const sent = sentPath(operation).split('/').reverse()
  const written = operation.uri.split('/').reverse()
  const found = written.flatMap((segment, index) => {
    const [, name] = /^\{(.+)\}$/.exec(segment) ?? []
    return name === undefined || name === 'empty' || known.has(name)
      ? []
      : [[name, sent[index] ?? ''] as const]
  })
  return new Map(found)
}
