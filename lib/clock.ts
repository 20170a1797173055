/** Seconds between two clocks that a good answer may show: the platform's own limit, less the time that calls take. */
const NOTABLE = 240

/**
 * How far this machine's clock is ahead of the platform's, by the `Date` of an answer.
 * @returns seconds, negative when it is behind; `undefined` without a `Date`
 */
export function skewOf(date: string | string[] | undefined, now = Date.now()): number | undefined {
  const time = typeof date === 'string' ? Date.parse(date) : Number.NaN
  return Number.isNaN(time) ? undefined : Math.round((now - time) / 1_000)
}

/**
 * Is this machine's clock so wrong that signatures fail for it?
 * @returns what to say, and by how many seconds it is ahead; `undefined` when it is right, or nobody knows
 */
export function clockWarning(
  date: string | string[] | undefined,
): { readonly text: string; readonly skew: number } | undefined {
  const skew = skewOf(date)
  if (skew === undefined || Math.abs(skew) < NOTABLE) return undefined
  const text = `this machine's clock is ${inWords(skew)} WeChat Pay's, by the Date of its answer, and every request carries its time: set it right (NTP)`
  return { text, skew }
}

/**
 * Whose clock is wrong, of an answer that was signed too long ago, or not yet.
 * @param signed its `Wechatpay-Timestamp`, in seconds
 * @returns what to say, and by how many seconds this machine's clock is ahead, when it is the one
 */
export function blameClock(
  signed: number,
  date: string | string[] | undefined,
  now = Date.now(),
): { readonly text: string; readonly skew: number | undefined } {
  const ahead = Math.floor(now / 1_000) - signed
  const skew = skewOf(date, now)
  if (skew === undefined) {
    return {
      text: `either this machine's clock is ${inWords(ahead)} WeChat Pay's (check NTP), or the answer is ${ahead > 0 ? 'an old one, replayed' : 'forged'}: it has no Date to tell`,
      skew: undefined,
    }
  }
  if (Math.abs(skew - ahead) < Math.abs(skew)) {
    return {
      text: `this machine's clock is ${inWords(ahead)} WeChat Pay's, as the Date of the answer says, too: set it right (NTP)`,
      skew: ahead,
    }
  }
  return {
    text: `this machine's clock agrees with the Date of the answer, so that its signature is ${ahead > 0 ? 'an old one: replayed, or kept by a cache on the way' : "of a time to come: not WeChat Pay's"}`,
    skew: undefined,
  }
}

function inWords(seconds: number): string {
  return `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'}`
}
