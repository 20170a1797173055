import { type Field, type GroupName, type Operation, operations, type Verb } from '../../../lib/catalogue'
import { PRELUDE } from './consumer'
import {
  fieldsOf,
  GROUPS,
  isNeeded,
  isSupplied,
  print,
  type Sample,
  sampleField,
  sampleOptions,
  typeOf,
  variablesOf,
} from './sample'
import { spellings } from './spelling'

/** A call with one thing wrong. */
interface Mutation {
  readonly operation: string
  readonly what: string
  /** Of the source below, counted from one. */
  readonly line: number
}

/** A program in which every documented call is made wrongly, in one way after another. */
export interface Mutations {
  readonly source: string
  readonly mutations: readonly Mutation[]
}

/** @param extent all of them, or a few for each operation, of different kinds */
export function wrongCalls(extent: 'all' | 'some'): Mutations {
  const lines = [...PRELUDE.split('\n'), 'export const calls = [']
  const mutations: Mutation[] = []
  const verbs = documentedVerbs()
  for (const [count, operation] of operations().entries()) {
    const ways = Object.values(spellings(operation))
    const mutants = [...mutantsOf(operation, verbs.get(operation.uri) ?? [])]
    const step = extent === 'all' ? 1 : Math.ceil(mutants.length / 3)
    for (const [at, { what, call }] of mutants.entries()) {
      if (at % step !== count % step) continue
      lines.push(`  () => ${ways[(at + count) % ways.length]}${call},`)
      mutations.push({ operation: `${operation.verb} ${operation.uri}`, what, line: lines.length })
    }
  }
  return { source: [...lines, ']', ''].join('\n'), mutations }
}

function documentedVerbs(): ReadonlyMap<string, readonly Verb[]> {
  const verbs = new Map<string, Verb[]>()
  for (const { uri, verb } of operations()) verbs.set(uri, [...(verbs.get(uri) ?? []), verb])
  return verbs
}

type Options = Readonly<Record<string, Sample>>

/** What is wrong, and the call without the path before it. */
interface Mutant {
  readonly what: string
  readonly call: string
}

/** The same for options, or for the fields of a group. */
interface Wrong {
  readonly what: string
  readonly given: Options
}

const VERBS: readonly Verb[] = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE']

function* mutantsOf(operation: Operation, documented: readonly Verb[]): Iterable<Mutant> {
  const options = sampleOptions(operation, 'required')
  const other = VERBS.find((verb) => !documented.includes(verb)) as Verb
  yield { what: 'the node called', call: `(${print(options)})` }
  yield { what: `${other}, which is not documented`, call: `.${other.toLowerCase()}(${print(options)})` }
  for (const { what, given } of wrongOptions(operation, options)) {
    yield { what, call: `.${operation.verb.toLowerCase()}(${print(given)})` }
  }
}

function* wrongOptions(operation: Operation, options: Options): Iterable<Wrong> {
  yield { what: 'an option that there is not', given: { ...options, unheardOf: "'1'" } }
  for (const name of variablesOf(operation)) {
    if (name !== 'empty') yield { what: `without {${name}}`, given: without(options, name) }
    yield { what: `a list for {${name}}`, given: { ...options, [name]: '[1]' } }
  }
  if (operation.multipart?.required) yield { what: 'without the upload', given: without(options, 'body') }
  for (const group of GROUPS) {
    const fields = operation[group]?.fields ?? []
    if (isNeeded(operation, group)) yield { what: `without ${group}`, given: without(options, group) }
    const sample = (options[group] ?? {}) as Options
    for (const field of fields) {
      if (isSupplied(operation, group, field) || field.indexed) continue
      for (const { what, given } of wrongFields(field, sample, group)) {
        yield { what: `${group}: ${what}`, given: { ...options, [group]: given } }
      }
    }
  }
}

function* wrongFields(field: Field, fields: Options, group: GroupName): Iterable<Wrong> {
  const { name, required } = field
  const others = without(fields, name)
  if (required) yield { what: `without ${name}`, given: others }
  // Beside the documented headers there may be others.
  if (group !== 'headers')
    yield { what: `${name} misspelt`, given: { ...others, [`${name}_`]: sampleField(field, 'required') } }
  yield { what: `${name} of a wrong type`, given: { ...fields, [name]: wrongValue(field) } }
  if (field.enum && !field.enumOpen) {
    yield { what: `${name} of no documented value`, given: { ...fields, [name]: "'unheard of'" } }
  }
  const below = fieldsOf(field).find((each) => each.required && !each.indexed)
  if (below) {
    const wrong = print({ [below.name]: wrongValue(below) })
    const given = typeOf(field).endsWith('[]') ? `[${wrong}]` : wrong
    yield { what: `${name}.${below.name} of a wrong type`, given: { ...fields, [name]: given } }
  }
}

/** For text an object, for anything else text. */
const wrongValue = (field: Field): string => (typeOf(field) === 'string' ? '{}' : "'one'")

const without = (options: Options, name: string): Options =>
  Object.fromEntries(Object.entries(options).filter(([key]) => key !== name))
