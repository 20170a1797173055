import type { Callback, Field, Variant } from '../../catalogue'
import { literal, pascal } from '../names'
import { HEAD } from './domain'
import { type Manner, printFields } from './fields'
import { comment, Printer } from './printer'

/** One member of the union: a callback, or one of the kinds of data that it may bring. */
interface Member {
  readonly name: string
  readonly callback: Callback
  readonly eventTypes: readonly string[]
  readonly originalTypes: readonly string[]
  /** Alternatives for the decrypted data; none where nothing is encrypted. */
  readonly data: readonly Variant[]
}

/** @returns the notifications of APIv3: a union, and in a namespace of the same name its members */
export function printCallbacks(callbacks: readonly Callback[]): string {
  const members = callbacks.filter(({ version }) => version === 'v3').flatMap(membersOf)
  const printer = new Printer()
  printer.line(HEAD, "import type { CallbackEnvelope, CallbackResource } from '../../callback'")
  printer.gap()
  printUnion(
    printer,
    'A notification of APIv3, verified and decrypted: `event_type` tells what happened, and where that is not enough `original_type` what `data` is.',
    members,
  )
  printer.block('export namespace Callback', () => {
    for (const member of members) printMember(printer, member)
  })
  return printer.toString()
}

/** @returns the same for APIv2, whose notifications are flat */
export function printCallbacksV2(callbacks: readonly Callback[]): string {
  const members = callbacks.filter(({ version }) => version === 'v2').flatMap(membersOf)
  const printer = new Printer()
  printer.line(HEAD)
  printer.gap()
  printUnion(
    printer,
    'A notification of APIv2, its `sign` checked, and decrypted where it is encrypted.',
    members,
  )
  printer.block('export namespace Callback', () => {
    for (const member of members) printMemberV2(printer, member)
  })
  return printer.toString()
}

function printUnion(printer: Printer, text: string, members: readonly Member[]): void {
  printer.line(...comment([text]))
  printer.line(`export type Callback = ${members.map(({ name }) => `Callback.${name}`).join(' | ')}`)
  printer.gap()
}

function membersOf(callback: Callback): Member[] {
  const { id, eventTypes, originalTypes = [], ciphertext } = callback
  // With events of their own APIv2 has only deposits.
  const prefix = callback.version === 'v2' && eventTypes.length > 0 ? 'Deposit' : ''
  const name = prefix + pascal(id.toLowerCase())
  const variants = ciphertext?.variants ?? (ciphertext ? [{ fields: ciphertext.fields ?? [] }] : [])
  if (!variants.some(({ when }) => when))
    return [{ name, callback, eventTypes, originalTypes, data: variants }]
  return variants.map((variant) => ({
    name: variant.when === originalTypes[0] ? name : `${name}${pascal(variant.when ?? '')}`,
    callback,
    eventTypes,
    originalTypes: [variant.when ?? ''],
    data: [variant],
  }))
}

function printMember(printer: Printer, member: Member): void {
  const { name, callback, eventTypes, originalTypes } = member
  const originals = originalTypes.map(literal).join(' | ')
  printer.declare(name)
  printer.line(...describe(callback))
  printer.block(`export interface ${name} extends CallbackEnvelope`, () => {
    printer.line(`event_type: ${eventTypes.map(literal).join(' | ')}`)
    // Where the page names no original type, anything may be there.
    printer.line(originals ? `original_type: ${originals}` : 'original_type?: string')
    printer.line(
      `resource: CallbackResource & { original_type${originals ? `: ${originals}` : '?: string'} }`,
    )
    printer.line(`data: ${dataNames(member).join(' | ')}`)
  })
  printer.gap()
  printData(printer, member, 'json')
  printAnswer(printer, name, callback)
}

function printMemberV2(printer: Printer, member: Member): void {
  const { name, callback, data } = member
  const below = data.length > 0 ? `${name}_Body` : name
  if (data.length > 0) {
    printer.declare(name)
    printer.line(...describe(callback))
    printer.block(`export interface ${name} extends ${below}`, () =>
      printer.line(`data: ${dataNames(member).join(' | ')}`),
    )
    printer.gap()
  }
  printFields(printer, below, callback.body, { direction: 'answer', wire: 'text' }, summary(callback))
  printData(printer, member, callback.ciphertext?.algorithm === 'aes-ecb' ? 'text' : 'json')
}

function dataNames({ name, data }: Member): string[] {
  return data.map((_, at) => (data.length > 1 ? `${name}_Data_${at + 1}` : `${name}_Data`))
}

function printData(printer: Printer, member: Member, wire: Manner['wire']): void {
  const names = dataNames(member)
  for (const [at, { fields }] of member.data.entries()) {
    printFields(printer, names[at] as string, fields, { direction: 'answer', wire }, summary(member.callback))
  }
}

const PLAIN: ReadonlySet<string> = new Set(['code', 'message'])

/** Four events want data in the answer. */
function printAnswer(printer: Printer, name: string, callback: Callback): void {
  const fields: readonly Field[] = callback.ack.body?.fields ?? []
  if (fields.every((field) => PLAIN.has(field.name))) return
  printFields(
    printer,
    `${name}_Answer`,
    fields,
    { direction: 'request', wire: 'json' },
    `What the answer to ${summary(callback)} holds`,
  )
}

const summary = ({ title, id, eventTypes }: Callback): string =>
  [title, eventTypes.length > 0 ? `\`${eventTypes.join('`, `')}\`` : id].filter(Boolean).join(' ')

function describe(callback: Callback): string[] {
  const old = callback.deprecated ? ['@deprecated Marked as old in the documentation.'] : []
  return comment([summary(callback)], [...callback.docs.slice(0, 1).map((link) => `@see ${link}`), ...old])
}
