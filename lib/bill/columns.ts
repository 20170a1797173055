/**
 * A line of a bill: its values by the titles of the columns, just as they stand in the file. Numbers stay the decimals that
 * they are there (`12.30`, `0.60%`): an amount in yuan is no number of JavaScript's. A column that is not documented, and
 * one that is newer than this list, is there all the same.
 * @typeParam Column the documented titles
 */
export type BillRow<Column extends string = never> = { readonly [C in Column]: string } & {
  readonly [other: string]: string | undefined
}

// The lists are those of the documentation: 4012791866 and the format of trade bills beside it (交易账单文件格式说明),
// 4012791867 for funds, global 4012354484 and 4013025018 for the overseas ones.

type Payment =
  | '交易时间'
  | '公众账号ID'
  | '商户号'
  | '特约商户号'
  | '设备号'
  | '微信订单号'
  | '商户订单号'
  | '用户标识'
  | '交易类型'
  | '交易状态'
  | '付款银行'
  | '货币种类'
  | '应结订单金额'
  | '代金券金额'
  | '商品名称'
  | '商户数据包'
  | '手续费'
  | '费率'
  | '订单金额'
  | '费率备注'

type Refund =
  | '微信退款单号'
  | '商户退款单号'
  | '退款金额'
  | '充值券退款金额'
  | '退款类型'
  | '退款状态'
  | '申请退款金额'

/** `SUCCESS`: what was paid on a day. */
export type PaymentRow = BillRow<Payment>
/** `ALL`: what was paid and what was given back on a day. */
export type TradeRow = BillRow<Payment | Refund>
/** `REFUND`: what was given back on a day. */
export type RefundRow = BillRow<Payment | Refund | '退款申请时间' | '退款成功时间'>

/** The last line of a bill of trades. */
export type TradeSummary = BillRow<
  | '总交易单数'
  | '应结订单总金额'
  | '退款总金额'
  | '充值券退款总金额'
  | '手续费总金额'
  | '订单总金额'
  | '申请退款总金额'
>

/** A movement of money on an account. */
export type FundflowRow = BillRow<
  | '记账时间'
  | '微信支付业务单号'
  | '资金流水单号'
  | '业务名称'
  | '业务类型'
  | '收支类型'
  | '收支金额(元)'
  | '账户结余(元)'
  | '资金变更提交申请人'
  | '备注'
  | '业务凭证号'
>

/** The last line of a bill of funds. */
export type FundflowSummary = BillRow<'资金流水总笔数' | '收入笔数' | '收入金额' | '支出笔数' | '支出金额'>

/** A share that was paid out or taken back. The documentation has no list of its columns. */
export type ProfitsharingRow = BillRow

/** A share of an overseas merchant. */
export type GlobalProfitsharingRow = BillRow<
  | 'create_time'
  | 'initiator'
  | 'sponsor'
  | 'sub_mchid'
  | 'transaction_id'
  | 'order_id'
  | 'out_order_no'
  | 'receiver_account'
  | 'amount'
  | 'currency'
  | 'settlement_amount'
  | 'settlement_currency'
  | 'exchange_rate'
  | 'business_type'
  | 'status'
  | 'description'
>

/** A line of an overseas merchant's statement. */
export type StatementRow = BillRow<
  | '交易时间'
  | '公众账号ID'
  | '商户号'
  | '子商户号'
  | '设备号'
  | '微信订单号'
  | '商户订单号'
  | '用户标识'
  | '交易类型'
  | '交易状态'
  | '付款银行'
  | '充值券币种'
  | '充值券金额'
  | '优惠券币种'
  | '优惠券金额'
  | '微信退款单号'
  | '商户退款单号'
  | '退款类型'
  | '退款状态'
  | '商品名称'
  | '商户数据包'
  | '手续费'
  | '费率'
  | '标价币种'
  | '订单金额(标价币种)'
  | '用户支付币种'
  | '用户支付金额'
  | '结算币种'
  | '应结订单金额'
  | '支付汇率'
  | '退款汇率'
  | '申请退款金额'
  | '用户退款币种'
  | '用户退款金额'
  | '退款结算币种'
  | '退款应结订单金额'
  | '充值券退款金额'
  | '优惠券退款金额'
>
