import { operations } from '../../lib/catalogue'
import { isRead } from '../../lib/v2/reads'

const documented = operations()
  .filter(({ uri }) => uri.startsWith('v2/'))
  .map(({ verb, uri, path }) => [verb, path ?? uri.slice('v2'.length)] as const)

/** Judged by their pages, one by one: what asks, and changes nothing. Every other one acts. */
const READS = `
  GET /appauth/authindex
  POST /applyment/micro/getstate
  POST /applyment/micro/getupgradestate
  POST /billcommentsp/batchquerycomment
  POST /cgi-bin/mch/customs/customdeclarequery
  POST /deposit/orderquery
  POST /deposit/refundquery
  POST /fund/queryautowithdrawbydate
  POST /mchrisk/bankquerymchauditinfo
  POST /mchrisk/channelquerymchauditinfo
  POST /mchrisk/querymchrisk
  POST /mmpaymkttransfers/gethbinfo
  POST /mmpaymkttransfers/gettransferinfo
  POST /mmpaymkttransfers/promotion/querywwsptrans2pocket
  POST /mmpaymkttransfers/query_coupon_stock
  POST /mmpaymkttransfers/querycouponsinfo
  POST /mmpaymkttransfers/queryworkwxredpack
  POST /mmpaysptrans/query_bank
  GET /papay/entrustweb
  GET /papay/h5entrustweb
  GET /papay/partner/entrustweb
  GET /papay/partner/h5entrustweb
  POST /papay/partner/querycontract
  POST /papay/querycontract
  POST /pay/downloadbill
  POST /pay/downloadfundflow
  POST /pay/facepayquery
  POST /pay/orderquery
  POST /pay/paporderquery
  POST /pay/partner/paporderquery
  POST /pay/profitsharingmerchantratioquery
  POST /pay/profitsharingorderamountquery
  POST /pay/profitsharingquery
  POST /pay/profitsharingreturnquery
  POST /pay/querycombinedorder
  POST /pay/queryexchagerate
  POST /pay/refundquery
  POST /pay/refundqueryv2
  POST /pay/settlementquery
  POST /risk/getcertficates
  POST /risk/getpublickey
  POST /risk/getviolation
  POST /secapi/mch/queryInstitutionsub
  POST /secapi/mch/querysubdevconfig
  POST /transit/partnerpay/queryorder
  POST /transit/partnerpay/querystate
  POST /transit/pay/querystate
  POST /transit/queryorder
  POST /vehicle/partnerpay/querystate
  POST /vehicle/pay/querystate
  POST /wxv/queryhotelbill
  POST /wxv/queryrentbill
  POST /xdc/apiv2getsignkey/sign/getsignkey
  POST /xdc/apiv2sandbox/pay/orderquery
`
  .trim()
  .split(/\s*\n\s*/)

test('every documented call of APIv2 is told apart: what reads may be asked twice, what acts may not', () => {
  expect(documented).toHaveLength(129)
  const reads = documented.filter(([verb, path]) => isRead(verb, path)).map((call) => call.join(' '))
  expect(reads.sort()).toEqual([...READS].sort())
})

test.each([
  ['POST', '/pay/orderquery?a=/pay/refund', true],
  ['POST', '/secapi/pay/refund?x=/pay/orderquery', false],
  // What is asked for stands behind the question mark.
  ['POST', '/secapi/mch/submchmanage?action=query', false],
  ['POST', '/sandboxnew/pay/getsignkey', true],
  ['POST', '/pay/orderquery/', false],
  ['POST', '/orderquery/pay', false],
  ['POST', '/tools/authcodetoopenid', false],
  ['GET', '/appauth/getaccesstoken?code=1', false],
  ['POST', '/PAY/ORDERQUERY', true],
])('%s %s', (verb, target, expected) => {
  expect(isRead(verb, target)).toBe(expected)
})
