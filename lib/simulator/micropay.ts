import { openidOf } from './faces'
import type { Order, Orders } from './orders'
import { Problem } from './problem'

/** What comes of a payment code */
type Outcome = (orders: Orders, order: Order, openid: string, queries: number) => void

const fail = (code: string, message: string): never => {
  throw new Problem(200, code, message)
}

const paid: Outcome = (orders, order, openid) => {
  orders.pay(order.request.out_trade_no, openid)
}

const asked =
  (outcome?: 'SUCCESS' | 'PAYERROR'): Outcome =>
  (orders, order, openid, queries) => {
    orders.prompt(order, { openid, queries, ...(outcome && { outcome }) })
    fail('USERPAYING', '用户支付中，需要输入密码')
  }

/**
 * What the last four digits of a payment code bring about; all other codes pay at once. The user who is asked for the
 * password is done after as many order queries as the simulator was told, which then find the order paid, failed, or
 * (`0003`) still the same, until it is paid by `simulator.pay` or reversed.
 */
const ENDINGS: Readonly<Record<string, Outcome>> = {
  '0001': asked('SUCCESS'),
  '0002': asked('PAYERROR'),
  '0003': asked(),
  '0004': () => fail('NOTENOUGH', '余额不足'),
  '0005': () => fail('AUTHCODEEXPIRE', '二维码已过期，请用户在微信上刷新后再试'),
  '0006': () => fail('AUTH_CODE_ERROR', '授权码参数错误'),
  // The money is taken and nobody knows yet: only a query tells.
  '0007': (...given) => {
    paid(...given)
    fail('SYSTEMERROR', '接口返回错误')
  },
  '0008': () => fail('BANKERROR', '银行端超时'),
}

/** Codes that a user's WeChat shows have 18 digits and begin with 10 to 15 */
const CODE = /^1[0-5]\d{16}$/

/** The user's code is scanned. @throws Problem when the order is not paid at once */
export const scan = (orders: Orders, order: Order, auth_code: string, queries: number): void => {
  if (!CODE.test(auth_code)) fail('AUTH_CODE_INVALID', '请扫描微信支付被扫条码/二维码')
  const outcome = ENDINGS[auth_code.slice(-4)] ?? paid
  outcome(orders, order, openidOf(auth_code), queries)
}
