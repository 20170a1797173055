import { bill, billReply, billShape, NO_BILL, noBill, yuan } from './bill'
import { compact, spaced } from './clock'
import { type BillSources, type Movement, movementsOf } from './movements'
import type { Shape } from './shape'
import { type V2Route, xmlReply } from './v2-door'

export type BillType = 'ALL' | 'SUCCESS' | 'REFUND' | 'RECHARGE_REFUND'

/** A column of a bill: its title, the bills it is part of (all when left out), and what stands there */
type Column = readonly [title: string, value: (movement: Movement) => string, types?: readonly BillType[]]

const SHAPE: Shape = {
  ...billShape,
  bill_type: { type: 'string', enum: ['ALL', 'SUCCESS', 'REFUND', 'RECHARGE_REFUND'] },
}

const total = ({ order }: Movement): number => order.request.amount.total
const taken = (movement: Movement): string => yuan(movement.kind === 'SUCCESS' ? total(movement) : 0)
const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const BACK: readonly BillType[] = ['ALL', 'REFUND', 'RECHARGE_REFUND']
const ONLY_BACK: readonly BillType[] = ['REFUND', 'RECHARGE_REFUND']

const COLUMNS: readonly Column[] = [
  ['交易时间', ({ order, time }) => spaced(order.payment?.success_time ?? time)],
  ['公众账号ID', ({ order }) => order.request.appid],
  ['商户号', ({ order }) => order.request.mchid],
  ['特约商户号', () => '0'],
  ['设备号', ({ order }) => text(order.request.device_info)],
  ['微信订单号', ({ order }) => text(order.payment?.transaction_id)],
  ['商户订单号', ({ order }) => order.request.out_trade_no],
  ['用户标识', ({ order }) => text(order.payment?.openid)],
  ['交易类型', ({ order }) => order.tradeType],
  ['交易状态', ({ kind }) => kind],
  ['付款银行', () => 'OTHERS'],
  ['货币种类', () => 'CNY'],
  ['应结订单金额', taken],
  ['代金券金额', () => yuan(0)],
  ['退款申请时间', ({ time }) => spaced(time), ONLY_BACK],
  ['退款成功时间', ({ refund }) => spaced(refund?.success_time ?? ''), ONLY_BACK],
  ['微信退款单号', ({ refund }) => refund?.refund_id ?? '0', BACK],
  ['商户退款单号', ({ refund }) => refund?.out_refund_no ?? '0', BACK],
  ['退款金额', ({ back }) => yuan(back), BACK],
  ['充值券退款金额', () => yuan(0), BACK],
  ['退款类型', ({ kind }) => (kind === 'SUCCESS' ? '' : 'ORIGINAL'), BACK],
  ['退款状态', ({ kind, refund }) => (kind === 'SUCCESS' ? '' : (refund?.status ?? 'SUCCESS')), BACK],
  ['商品名称', ({ order }) => order.request.description],
  ['商户数据包', ({ order }) => text(order.request.attach)],
  ['手续费', () => '0.00000'],
  ['费率', () => '0.00%'],
  ['订单金额', taken],
  ['申请退款金额', ({ back }) => yuan(back), BACK],
  ['费率备注', () => ''],
]

const SUMMARY = [
  '总交易单数',
  '应结订单总金额',
  '退款总金额',
  '充值券退款总金额',
  '手续费总金额',
  '订单总金额',
  '申请退款总金额',
]

const tradeBill = (movements: readonly Movement[], type: BillType): string => {
  const columns = COLUMNS.filter(([, , types]) => !types || types.includes(type))
  const came = movements.reduce((sum, one) => sum + (one.kind === 'SUCCESS' ? total(one) : 0), 0)
  const went = movements.reduce((sum, { back }) => sum + back, 0)
  return bill(
    columns.map(([title]) => title),
    movements.map((movement) => columns.map(([, value]) => value(movement))),
    SUMMARY,
    [`${movements.length}`, yuan(came), yuan(went), yuan(0), '0.00000', yuan(came), yuan(went)],
  )
}

const isOf = (type: BillType, { kind }: Movement): boolean =>
  type === 'ALL' || (type === 'SUCCESS' ? kind === 'SUCCESS' : type === 'REFUND' && kind !== 'SUCCESS')

/** The trades of a day, given as eight digits; there is a bill as soon as one happened on it. @throws Problem */
export const tradesOf = (sources: BillSources, type: BillType, day: string): string => {
  const movements = movementsOf(sources).filter(
    (movement) => compact(movement.time).startsWith(day) && isOf(type, movement),
  )
  if (movements.length === 0) throw noBill()
  return tradeBill(movements, type)
}

/** Bills of trades */
export const billRoutes = (sources: BillSources): V2Route[] => [
  {
    method: 'POST',
    path: '/pay/downloadbill',
    failure: ({ code, message }) => {
      const [return_msg, error_code] = code === NO_BILL ? ['No Bill Exist', 20002] : [message, 20001]
      return xmlReply({ return_code: 'FAIL', return_msg, error_code })
    },
    handler: ({ read }) => {
      const given = read<{ bill_date: string; bill_type?: BillType; tar_type?: string }>(SHAPE)
      const { bill_date, bill_type = 'ALL', tar_type } = given
      return billReply(tradesOf(sources, bill_type, bill_date), tar_type)
    },
  },
]
