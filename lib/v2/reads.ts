import { pathOf } from '../path'

/** Calls of APIv2 that change nothing, although they are POST: what asks says so in its name, but for these. */
const READ =
  /\/(?:\w*query\w*|download(?:bill|fundflow)|gethbinfo|gettransferinfo|get(?:upgrade)?state|getviolation|getcertficates|getpublickey|getsignkey)$/i

/** Uses up the code that it is asked with, as `authcodetoopenid` does, although it is GET. */
const USES_UP = /\/getaccesstoken$/i

/** Does a call of APIv2 change nothing? @param target path and query as sent */
export function isRead(method: string, target: string): boolean {
  const path = pathOf(target)
  return method === 'GET' ? !USES_UP.test(path) : READ.test(path)
}
