import type { Simulator } from '../../lib/simulator'
import type { Options } from './catalogue-requests'

/* What happens in the simulated shop: the operations that remember are asked about things that are there. */

type Step = readonly [name: string, options: Partial<Options> | (() => Partial<Options>)]

const APPID = 'wx2b029c08a6233333'
const USER = { organization_id: 'Ofewewfwefweewf', out_user_id: 'student-0001' }
const SCANNED = '134567890123459999'
const notify_url = 'https://shop.example/notify'

/** The day in China, as APIv3 writes it */
const day = (): string => new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10)

/** The same in eight digits */
const today = (): string => day().replaceAll('-', '')

const v3Steps = (simulator: Simulator): Step[] => {
  const { mchid } = simulator.credentials
  const amount = { total: 100, currency: 'CNY' }
  const order = { appid: APPID, mchid, description: '一本书', notify_url, amount }
  return [
    ['POST v3/pay/transactions/native', { json: { ...order, out_trade_no: 'STAGE-1' } }],
    [
      'POST v3/pay/transactions/jsapi',
      { json: { ...order, out_trade_no: 'STAGE-2', payer: { openid: 'oX' } } },
    ],
    [
      'POST v3/pay/transactions/out-trade-no/{out_trade_no}/close',
      { variables: { out_trade_no: 'STAGE-2' }, json: { mchid } },
    ],
    [
      'GET v3/pay/transactions/id/{transaction_id}',
      () => {
        const transaction_id = String(simulator.pay('STAGE-1').transaction_id)
        return { variables: { transaction_id }, query: { mchid } }
      },
    ],
    [
      'GET v3/pay/transactions/out-trade-no/{out_trade_no}',
      { variables: { out_trade_no: 'STAGE-1' }, query: { mchid } },
    ],
    [
      'POST v3/refund/domestic/refunds',
      { json: { out_trade_no: 'STAGE-1', out_refund_no: 'BACK-1', amount: { refund: 1, ...amount } } },
    ],
    ['GET v3/refund/domestic/refunds/{out_refund_no}', { variables: { out_refund_no: 'BACK-1' } }],
    ['GET v3/bill/tradebill', () => ({ query: { bill_date: day() } })],
    ['GET v3/bill/fundflowbill', () => ({ query: { bill_date: day(), tar_type: 'GZIP' } })],
    ['GET v3/certificates', {}],
    ['GET v3/global/certificates', {}],
    ['POST v3/security/echo', { json: { echo_message: 'echo' } }],
    ['GET v3/offlinefacemch/organizations', { query: { organization_id: USER.organization_id } }],
    [
      'GET v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}',
      { variables: USER },
    ],
    [
      'PATCH v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}',
      { variables: USER, json: { status: 'NORMAL' } },
    ],
    [
      'GET v3/offlineface/face-collections',
      { query: { organization_id: USER.organization_id, limit: 2, offset: 0 } },
    ],
    [
      'GET v3/offlineface/face-collections/{collection_id}',
      { variables: { collection_id: 'collection-0001' } },
    ],
    [
      'GET v3/facemch/users/{face_sid}',
      { variables: { face_sid: 'aabbccdd12345' }, query: { info_type: 'ASK_UNIONID', appid: APPID } },
    ],
  ]
}

const v2Steps = (simulator: Simulator): Step[] => {
  const { mchid: mch_id } = simulator.credentials
  const own = { appid: APPID, mch_id }
  const order = { ...own, body: '一本书', total_fee: 100, spbill_create_ip: '127.0.0.1' }
  const packet = {
    mch_id,
    wxappid: APPID,
    re_openid: 'oX',
    total_amount: 100,
    wishing: '好',
    act_name: '节日',
    remark: '一',
  }
  const bill = { ...own, bill_date: today() }
  return [
    [
      'POST v2/pay/unifiedorder',
      { xml: { ...order, notify_url, out_trade_no: 'STAGE-11', trade_type: 'NATIVE' } },
    ],
    ['POST v2/pay/closeorder', { xml: { ...own, out_trade_no: 'STAGE-11' } }],
    ['POST v2/pay/micropay', { xml: { ...order, out_trade_no: 'STAGE-13', auth_code: SCANNED } }],
    ['POST v2/secapi/pay/reverse', { xml: { ...own, out_trade_no: 'STAGE-13' } }],
    ['POST v2/pay/micropay', { xml: { ...order, out_trade_no: 'STAGE-12', auth_code: SCANNED } }],
    ['POST v2/pay/orderquery', { xml: { ...own, out_trade_no: 'STAGE-12' } }],
    [
      'POST v2/secapi/pay/refund',
      { xml: { ...own, out_trade_no: 'STAGE-12', out_refund_no: 'BACK-11', total_fee: 100, refund_fee: 1 } },
    ],
    ['POST v2/pay/refundquery', { xml: { ...own, out_refund_no: 'BACK-11' } }],
    ['POST v2/tools/shorturl', { xml: { ...own, long_url: 'weixin://wxpay/bizpayurl?pr=1' } }],
    [
      'POST v2/mmpaymkttransfers/sendredpack',
      {
        xml: {
          ...packet,
          mch_billno: 'PACKET1',
          send_name: '店',
          total_num: 1,
          client_ip: '127.0.0.1',
          scene_id: 'PRODUCT_1',
        },
      },
    ],
    [
      'POST v2/mmpaymkttransfers/sendworkwxredpack',
      { xml: { ...packet, mch_billno: 'PACKET2', sender_name: '店', workwx_sign: 'A'.repeat(32) } },
    ],
    ['POST v2/mmpaymkttransfers/gethbinfo', { xml: { ...own, mch_billno: 'PACKET1', bill_type: 'MCHT' } }],
    ['POST v2/pay/downloadbill', { xml: { ...bill, bill_type: 'ALL' } }],
    ['POST v2/pay/downloadfundflow', { xml: { ...bill, account_type: 'Basic', sign_type: 'HMAC-SHA256' } }],
    [
      'GET v2/appauth/getaccesstoken',
      {
        query: {
          ...own,
          openid: 'oX',
          code: '1',
          grant_type: 'authorization_code',
          scope: 'pay_identity',
          sign_type: 'HMAC-SHA256',
        },
      },
    ],
    [
      'GET v2/papay/entrustweb',
      {
        query: {
          ...own,
          plan_id: 1,
          contract_code: '1',
          request_serial: 1,
          contract_display_account: '张三',
          notify_url,
          version: '1.0',
          timestamp: '1767225600',
        },
      },
    ],
    ['POST v2/xdc/apiv2getsignkey/sign/getsignkey', { xml: { mch_id } }],
  ]
}

/** One step after the other; each operation that remembers is there */
export const stepsOf = (simulator: Simulator): Step[] => [...v3Steps(simulator), ...v2Steps(simulator)]
