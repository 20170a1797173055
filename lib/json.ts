import { types } from 'node:util'
import { RequestError } from './errors'

/** Where JSON.stringify changes a value without a word: NaN becomes null, a Map {}, half a surrogate pair an escape. */
const SUSPICIOUS = /null|\{\}|\\ud[89a-f]/
const LONE_SURROGATE = /\p{Surrogate}/u
const CUT = 'holds half of a surrogate pair: the text was cut in the middle of a character'

/**
 * Writes the `json` option. A `bigint` is written as a number, all its digits kept.
 * @throws RequestError that names the field, for what JSON cannot hold
 */
export function encodeJson(value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch {
    // A bigint, or a cycle: the careful way tells which.
    return carefully(value)
  }
  if (text === undefined) throw new RequestError('json', `cannot be written as JSON: got a ${typeof value}`)
  return SUSPICIOUS.test(text) || 'toJSON' in BigInt.prototype ? carefully(value) : text
}

function carefully(value: unknown): string {
  // A text no caller's value can hold by accident stands for each bigint until the digits can be put in.
  const mark = `bigint ${Math.random().toString(36).slice(2)} `
  // Not an arrow: `this` is the object that holds the member, as it was before any toJSON.
  function check(this: Record<string, unknown>, key: string, written: unknown): unknown {
    const field = key === '' ? 'json' : `json … ${key}`
    const member = typeof this[key] === 'bigint' ? this[key] : written
    if (LONE_SURROGATE.test(key)) throw new RequestError('json', CUT)
    if (typeof member === 'bigint') return `${mark}${member}`
    if (typeof member === 'number' && !Number.isFinite(member)) {
      throw new RequestError(field, `${member} cannot be written as JSON`)
    }
    if (typeof member === 'string' && LONE_SURROGATE.test(member)) {
      throw new RequestError(field, CUT)
    }
    const lost = lostBy(this[key], member)
    if (lost) throw new RequestError(field, lost)
    return member
  }
  try {
    return JSON.stringify(value, check).replace(new RegExp(`"${mark}(-?\\d+)"`, 'g'), '$1')
  } catch (error) {
    if (error instanceof RequestError) throw error
    throw new RequestError('json', 'cannot be written as JSON: it refers to itself, or its toJSON failed')
  }
}

/** Why nothing would be left of a value. */
function lostBy(value: unknown, written: unknown): string | undefined {
  if (types.isDate(value) && written === null) return 'an invalid Date cannot be written as JSON'
  if (types.isPromise(written)) return 'got a promise: await it first'
  if (types.isMap(written)) return 'a Map cannot be written as JSON: give Object.fromEntries() of it'
  return types.isSet(written) ? 'a Set cannot be written as JSON: give a list' : undefined
}
