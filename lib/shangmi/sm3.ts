import { toBytes } from '../bytes'
import { library } from './library'

/**
 * The SM3 digest (GB/T 32905) of text, as UTF-8, or of bytes: 64 digits of lower-case hex.
 *
 * For files, `MediaUtil`, `Bill` and `Download` have Node's own, which need not hold them.
 */
export function sm3(data: string | Uint8Array): string {
  return library().sm3(toBytes(data, 'data'))
}
