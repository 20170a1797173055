import { type Operation, operations } from '../../../lib/catalogue'
import { type Extent, GROUPS, print, type Sample, sampleOptions, variablesOf } from './sample'
import { methodsOf, spellings } from './spelling'

/** What the consumers have in common. */
export const PRELUDE = `import { createWriteStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { Builder, type CallSettings, type Ciphertext, type Config, type PendingResponse } from 'wechatpay-chain'

declare const config: Config
declare const ciphertext: Ciphertext
const instance = Builder.factory(config)
`

const CHECKS = `
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Same<A, B, C> = Equal<A, B> & Equal<B, C>
type IsAny<T> = 0 extends 1 & T ? true : false

type Options<M> = M extends (options: infer O) => unknown ? NonNullable<O> : never
type Data<M> = M extends (options: never) => Promise<{ data: infer D }> ? D : never
type PendingData<M> = M extends (options: never) => PendingResponse<{ data: infer D }> ? D : never

declare function holds<T extends true>(): void
declare function fails<T extends false>(): void
`

/**
 * A program that makes every documented call in all of its spellings, and asserts of each what TypeScript knows of it.
 * @returns its source text
 */
export function everyOperation(extent: Extent): string {
  return [PRELUDE, CHECKS, ...operations().map((operation, at) => callsOf(operation, at, extent))].join('\n')
}

function callsOf(operation: Operation, at: number, extent: Extent): string {
  const { property, template, bracket } = spellings(operation)
  const options = sampleOptions(operation, extent)
  const given = Object.keys(options).length > 0 ? print(options) : ''
  const [method, pending] = methodsOf(operation)
  const calls =
    extent === 'required'
      ? [...assertions(operation), ...WAYS.map((way) => `await ${way}.${method}(${given})`)]
      : downloads(operation, options)
  return `
export async function call${at}(): Promise<void> {
  const property = ${property}
  const template = ${template}
  const bracket = ${bracket}
  ${calls.join('\n  ')}
  await property.${pending}(${given}).then(({ data }) => data)
  await template.${pending}(${given}).otherwise(console.error)
  await bracket.${pending}(${given}).wait()
}`
}

const WAYS = ['property', 'template', 'bracket'] as const

function assertions(operation: Operation): string[] {
  const [method, pending] = methodsOf(operation)
  const call = `typeof property.${method}`
  const later = `typeof property.${pending}`
  return [
    'holds<Same<typeof property, typeof template, typeof bracket>>()',
    `fails<IsAny<Options<${call}>> | IsAny<Data<${call}>>>()`,
    `holds<Equal<Options<${call}>, Options<${later}>>>()`,
    `holds<Equal<Data<${call}>, PendingData<${later}>>>()`,
    `holds<Equal<keyof Options<${call}>, keyof CallSettings | ${union(ownOptions(operation))}>>()`,
    `holds<Equal<${data(operation, `Data<${call}>`)}>>()`,
  ]
}

/** A download comes in one piece, as a stream, or goes somewhere. */
function downloads(operation: Operation, options: Readonly<Record<string, Sample>>): string[] {
  if (!DOWNLOADS.has(operation.answer.kind)) return []
  const [method] = methodsOf(operation)
  return [
    `const streamed: Readable = (await property.${method}(${print({ ...options, stream: 'true' })})).data`,
    `const written: undefined = (await property.${method}(${print({ ...options, sink: "'bill.csv'" })})).data`,
    `streamed.pipe(createWriteStream(String(written)))`,
  ]
}

const ownOptions = (operation: Operation): string[] => [
  ...variablesOf(operation),
  ...GROUPS.filter((group) => operation[group]),
  ...(operation.multipart ? ['body', 'media'] : []),
]

const DOWNLOADS: ReadonlySet<string> = new Set(['csv', 'text', 'pdf', 'image'])

/** The type of what is answered, or of its keys, and what it has to be. */
function data({ answer }: Operation, type: string): string {
  const { kind, fields } = answer
  if (DOWNLOADS.has(kind)) return `${type}, Buffer`
  if (kind === 'empty') return `${type}, undefined`
  if (kind === 'redirect') return `${type}, string`
  if (!fields?.length) return `${type}, Record<string, unknown>`
  return `keyof ${type}, ${union(fields.map(({ name }) => name))}`
}

/** Of literals; `coupon_id_$n` stands for all keys with a number there. */
const union = (names: readonly string[]): string =>
  names.map((name) => `\`${name.replace(/\$[a-z]/g, () => `\${number}`)}\``).join(' | ') || 'never'
