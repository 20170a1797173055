/** Milliseconds since the epoch; given to the simulator by tests that move the time */
export type Clock = () => number

const SHANGHAI = 8 * 3_600_000

const shanghai = (ms: number): string => new Date(ms + SHANGHAI).toISOString()

/** RFC 3339 in China's time, to the second, as the platform writes times */
export const rfc3339 = (ms: number): string => `${shanghai(ms).slice(0, 19)}+08:00`

/** The day in China as eight digits, as the platform's order numbers hold it */
export const dayOf = (ms: number): string => shanghai(ms).slice(0, 10).replaceAll('-', '')

/** An RFC 3339 time in China as fourteen digits, as APIv2 writes most times */
export const compact = (time: string): string => time.slice(0, 19).replace(/\D/g, '')

/** An RFC 3339 time in China as bills write it */
export const spaced = (time: string): string => time.slice(0, 19).replace('T', ' ')

/** Whole seconds, as signatures hold the time */
export const seconds = (ms: number): number => Math.floor(ms / 1000)
