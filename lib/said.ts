/*
 * What an answer says of its failure, as far as a message can hold it: a gateway that is broken says anything, at any length.
 */

/** Characters of a text that a message repeats. */
const LONGEST = 1_000
/** WeChat Pay's codes are words: `PARAM_ERROR`, `SYSTEMERROR`, `40001`. */
const WORD = /^[^\s\p{C}]{1,64}$/u

/** A code, when it is one; of anything else nothing could be told apart. */
export function codeOf(value: unknown): string | undefined {
  return typeof value === 'string' && WORD.test(value) ? value : undefined
}

/** Repeats what was given in place of a code. */
export function insteadOf(code: unknown): string {
  return typeof code !== 'string' || code === '' || codeOf(code) !== undefined
    ? ''
    : ` (what stands for its code is none: ${JSON.stringify(shortened(code, 64))})`
}

/** @param longest characters that it may have */
export function shortened(text: string, longest = LONGEST): string {
  if (text.length <= longest) return text
  const end = longest - 1
  // Half of a pair would be no character.
  const half = /[\ud800-\udbff]/.test(text.charAt(end - 1))
  return `${text.slice(0, half ? end - 1 : end)}…`
}
