import { pathOf } from '../path'
import { EXEMPT_ENDPOINTS } from './exempt-endpoints'

/**
 * What an APIv2 endpoint answers: XML that is signed, XML that is not, or, unless it fails, something else: text (bills),
 * JSON, a redirect for the user's browser. Every failure is XML.
 */
export type AnswerKind = 'signed' | 'unsigned' | 'text' | 'json' | 'redirect'

export interface ExemptEndpoint {
  /** As sent: `v2/` is not part of it. Letter case counts, as in the PHP SDK. */
  readonly path: string
  readonly kind: Exclude<AnswerKind, 'signed'>
  readonly reason: string
}

/** Everything that is not signed XML. */
export const ANSWERS: readonly ExemptEndpoint[] = EXEMPT_ENDPOINTS

const kinds: ReadonlyMap<string, AnswerKind> = new Map(ANSWERS.map(({ path, kind }) => [path, kind]))

/** @param target path and query as sent */
export function answerKind(target: string): AnswerKind {
  return kinds.get(pathOf(target)) ?? 'signed'
}
