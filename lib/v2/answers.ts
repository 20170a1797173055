/**
 * What an APIv2 endpoint answers: XML that is signed, XML that is not, or, unless it fails, something else: text (bills),
 * JSON, a redirect for the user's browser. Every failure is XML.
 */
export type AnswerKind = 'signed' | 'unsigned' | 'text' | 'json' | 'redirect'

interface Row {
  /** As sent: `v2/` is not part of it. Letter case counts, as in the PHP SDK. */
  readonly path: string
  readonly kind: Exclude<AnswerKind, 'signed'>
  readonly reason: string
}

const TRANSFER = 'payments to users: the pages show no sign in the answer'
const RED_PACKET = 'red packets: the pages show no sign in the answer'
const RISK = 'risk reports: the pages show no sign in the answer'

/** Everything that is not signed XML. */
export const ANSWERS: readonly Row[] = [
  { path: '/pay/downloadbill', kind: 'text', reason: 'the bill as text, or gzip on request' },
  { path: '/pay/downloadfundflow', kind: 'text', reason: 'the bill as text, or gzip on request' },
  { path: '/billcommentsp/batchquerycomment', kind: 'text', reason: 'comments as text, one a line' },
  { path: '/appauth/getaccesstoken', kind: 'json', reason: 'tokens as JSON' },
  { path: '/appauth/authindex', kind: 'redirect', reason: "opens in the merchant's browser" },
  { path: '/papay/entrustweb', kind: 'redirect', reason: "opens in the user's browser" },
  { path: '/papay/partner/entrustweb', kind: 'redirect', reason: "opens in the user's browser" },
  { path: '/papay/h5entrustweb', kind: 'unsigned', reason: 'an address to open, without sign' },
  { path: '/papay/partner/h5entrustweb', kind: 'unsigned', reason: 'an address to open, without sign' },
  { path: '/mmpaymkttransfers/promotion/transfers', kind: 'unsigned', reason: TRANSFER },
  { path: '/mmpaymkttransfers/gettransferinfo', kind: 'unsigned', reason: TRANSFER },
  { path: '/mmpaymkttransfers/promotion/paywwsptrans2pocket', kind: 'unsigned', reason: TRANSFER },
  { path: '/mmpaymkttransfers/promotion/querywwsptrans2pocket', kind: 'unsigned', reason: TRANSFER },
  { path: '/mmpaysptrans/pay_bank', kind: 'unsigned', reason: TRANSFER },
  { path: '/mmpaysptrans/query_bank', kind: 'unsigned', reason: TRANSFER },
  { path: '/mmpaymkttransfers/sendredpack', kind: 'unsigned', reason: RED_PACKET },
  { path: '/mmpaymkttransfers/sendgroupredpack', kind: 'unsigned', reason: RED_PACKET },
  { path: '/mmpaymkttransfers/sendminiprogramhb', kind: 'unsigned', reason: RED_PACKET },
  { path: '/mmpaymkttransfers/gethbinfo', kind: 'unsigned', reason: RED_PACKET },
  { path: '/mchrisk/querymchrisk', kind: 'unsigned', reason: RISK },
  { path: '/mchrisk/setmchriskcallback', kind: 'unsigned', reason: RISK },
  { path: '/mchrisk/syncmchriskresult', kind: 'unsigned', reason: RISK },
  { path: '/risk/getviolation', kind: 'unsigned', reason: RISK },
  { path: '/risk/getpublickey', kind: 'unsigned', reason: 'the public key for bank cards' },
  { path: '/secapi/mch/submchmanage', kind: 'unsigned', reason: 'sub-merchants: the page shows no sign' },
  { path: '/payitil/report', kind: 'unsigned', reason: 'the report of response times' },
  { path: '/xdc/apiv2getsignkey/sign/getsignkey', kind: 'unsigned', reason: 'the key of the sandbox itself' },
]

const kinds: ReadonlyMap<string, AnswerKind> = new Map(ANSWERS.map(({ path, kind }) => [path, kind]))

/** @param target path and query as sent */
export function answerKind(target: string): AnswerKind {
  return kinds.get(target.split('?', 1)[0] ?? '') ?? 'signed'
}
