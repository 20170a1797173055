import { Problem } from './problem'

/** Where an order stands in its life; the last three are those of payment codes */
export type TradeState = 'NOTPAY' | 'SUCCESS' | 'REFUND' | 'CLOSED' | 'USERPAYING' | 'PAYERROR' | 'REVOKED'

/** A state in words, as queries tell it */
export const DESCRIPTIONS: Readonly<Record<TradeState, string>> = {
  NOTPAY: '订单未支付',
  SUCCESS: '支付成功',
  REFUND: '订单发生过退款',
  CLOSED: '订单已关闭',
  USERPAYING: '用户支付中',
  PAYERROR: '支付失败',
  REVOKED: '订单已撤销',
}

const UNPAYABLE: { readonly [S in TradeState]?: readonly [code: string, message: string] } = {
  SUCCESS: ['ORDERPAID', '订单已支付'],
  REFUND: ['ORDERPAID', '订单已支付'],
  CLOSED: ['ORDER_CLOSED', '订单已关闭'],
  USERPAYING: ['USERPAYING', '用户支付中，需要输入密码'],
  REVOKED: ['ORDERREVERSED', '订单已撤销'],
}

/** What the platform answers about an order that can no longer be paid, or not now */
export const unpayable = (state: TradeState): Problem | undefined => {
  const found = UNPAYABLE[state]
  return found && new Problem(400, ...found)
}
