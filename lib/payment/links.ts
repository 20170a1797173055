import { RequestError } from '../errors'
import { checkText } from './fields'

/** What orders answer; the second form is the one that the pages on APIv3's Native orders print (wiki apis/chapter7_3_10). */
const NATIVE = /^weixin:\/\/(?:wxpay\/|pay\.weixin\.qq\.com\/bizpayurl)\S+$/

/** @throws RequestError unless it is what a Native order answers */
export function checkCodeUrl(code_url: unknown): string {
  const url = checkText(code_url, 'code_url')
  if (NATIVE.test(url)) return url
  throw new RequestError('code_url', 'expected the code_url of a Native order: weixin://wxpay/…')
}

/** An H5 order's page, that comes back to `redirect_url`. @throws RequestError that names the address that is none */
export function h5Link(h5_url: unknown, redirect_url: string | undefined): string {
  const page = checkAddress(h5_url, 'h5_url', ['https:'])
  if (redirect_url === undefined) return page
  const back = checkAddress(redirect_url, 'redirect_url', ['https:', 'http:'])
  if (new URL(page).searchParams.has('redirect_url')) {
    throw new RequestError('h5_url', 'has a redirect_url already')
  }
  return `${page}${page.includes('?') ? '&' : '?'}redirect_url=${encodeURIComponent(back)}`
}

function checkAddress(value: unknown, field: string, schemes: readonly string[]): string {
  const address = checkText(value, field)
  if (URL.canParse(address) && schemes.includes(new URL(address).protocol)) return address
  throw new RequestError(field, `expected an absolute address, ${schemes.join(' or ')}`)
}
