import { bill, billReply, billShape, noBill, yuan } from './bill'
import { compact, spaced } from './clock'
import { type BillSources, movementsOf } from './movements'
import type { Shape } from './shape'
import { type V2Route, xmlReply } from './v2-door'

export type Account = 'Basic' | 'Operation' | 'Fees'

/** Money that came into an account or left it */
interface Flow {
  /** RFC 3339 */
  readonly time: string
  /** the platform's number of what moved it, and of the movement */
  readonly ids: readonly [business: string, flow: string]
  readonly kind: string
  /** in fen; negative when it left */
  readonly amount: number
  /** the merchant's own number */
  readonly voucher: string
}

const SHAPE: Shape = {
  ...billShape,
  account_type: { type: 'string', required: true, enum: ['Basic', 'Operation', 'Fees'] },
}

const TITLES = [
  '记账时间',
  '微信支付业务单号',
  '资金流水单号',
  '业务名称',
  '业务类型',
  '收支类型',
  '收支金额(元)',
  '账户结余(元)',
  '资金变更提交申请人',
  '备注',
  '业务凭证号',
]

const SUMMARY = ['资金流水总笔数', '收入笔数', '收入金额', '支出笔数', '支出金额']

const tradeFlows = (sources: BillSources): Flow[] =>
  movementsOf(sources).map(({ kind, order, refund, time, back }) => {
    const transaction = order.payment?.transaction_id ?? ''
    const { amount, out_trade_no } = order.request
    return kind === 'SUCCESS'
      ? { time, ids: [transaction, transaction], kind: '交易', amount: amount.total, voucher: out_trade_no }
      : {
          time,
          ids: [refund?.refund_id ?? transaction, transaction],
          kind: '退款',
          amount: -back,
          voucher: refund?.out_refund_no ?? out_trade_no,
        }
  })

const packetFlows = ({ packets }: BillSources): Flow[] =>
  packets.all().map(({ given, send_listid, sent }) => ({
    time: sent,
    ids: [send_listid, send_listid],
    kind: '微信红包',
    amount: -given.total_amount,
    voucher: given.mch_billno,
  }))

/** Trades move the basic account, red packets the one for operations, and fees there are none */
const FLOWS: Readonly<Record<Account, (sources: BillSources) => Flow[]>> = {
  Basic: tradeFlows,
  Operation: packetFlows,
  Fees: () => [],
}

const sumOf = (flows: readonly Flow[]): number => flows.reduce((sum, { amount }) => sum + amount, 0)

const rowsOf = (flows: readonly Flow[], opening: number): string[][] => {
  let left = opening
  return flows.map(({ time, ids, kind, amount, voucher }) => {
    left += amount
    const direction = amount < 0 ? '支出' : '收入'
    const money = [yuan(Math.abs(amount)), yuan(left)]
    return [spaced(time), ...ids, kind, kind, direction, ...money, 'API', '', voucher]
  })
}

/** The movements of one account on a day, given as eight digits. @throws Problem when there were none */
export const fundsOf = (sources: BillSources, account: Account, day: string): string => {
  const all = FLOWS[account](sources)
  const before = all.filter(({ time }) => compact(time).slice(0, 8) < day)
  const flows = all.filter(({ time }) => compact(time).startsWith(day))
  if (flows.length === 0) throw noBill()
  const came = flows.filter(({ amount }) => amount >= 0)
  const went = flows.filter(({ amount }) => amount < 0)
  const opening = sources.balance.opening + sumOf(before)
  const sums = [flows.length, came.length, yuan(sumOf(came)), went.length, yuan(-sumOf(went))]
  return bill(TITLES, rowsOf(flows, opening), SUMMARY, sums.map(String))
}

/** Bills of funds; asked for with the client certificate and HMAC-SHA256 only */
export const fundFlowRoutes = (sources: BillSources): V2Route[] => [
  {
    method: 'POST',
    path: '/pay/downloadfundflow',
    security: true,
    signType: 'HMAC-SHA256',
    failure: ({ code, message, refused }) =>
      refused
        ? xmlReply({ return_code: 'FAIL', return_msg: message })
        : xmlReply({ return_code: 'SUCCESS', result_code: 'FAIL', err_code: code, err_code_des: message }),
    handler: ({ read }) => {
      const given = read<{ bill_date: string; account_type: Account; tar_type?: string }>(SHAPE)
      return billReply(fundsOf(sources, given.account_type, given.bill_date), given.tar_type)
    },
  },
]
