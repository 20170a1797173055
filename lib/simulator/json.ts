import { type Exchange, headerOf } from './exchange'
import { paramError } from './problem'

/** Whether a value is an object of JSON, and no list */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Reads a body as JSON. @throws Problem `PARAM_ERROR` when it is none in UTF-8, or does not say so */
export const readJson = ({ headers, body }: Exchange): unknown => {
  const type = headerOf(headers, 'content-type')
  if (!/^application\/json\s*(?:;|$)/i.test(type ?? ''))
    throw paramError('Content-Type', type, 'must be application/json', 'header')
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw paramError('', undefined, 'is not JSON in UTF-8', 'body')
  }
}
