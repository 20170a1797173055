import { isDeepStrictEqual } from 'node:util'
import type { Balance } from './balance'
import { type Clock, dayOf, rfc3339, spaced } from './clock'
import { LimitedMap } from './limited-map'
import { Problem, paramError } from './problem'
import type { Shape } from './shape'
import type { V2Fields, V2Route } from './v2-door'

interface Given {
  readonly mch_billno: string
  readonly mch_id: string
  readonly wxappid: string
  readonly re_openid: string
  readonly total_amount: number
  readonly total_num: number
  readonly wishing: string
  readonly remark: string
  readonly act_name: string
  readonly scene_id?: string
}

/** A red packet that was sent */
interface RedPacket {
  readonly given: Given
  readonly send_listid: string
  /** RFC 3339 */
  readonly sent: string
}

const LIMIT = 20_000
const TEXT = { type: 'string', required: true, max: 32 } as const

const BILL_NUMBER = { type: 'string', required: true, max: 28, pattern: /^[A-Za-z0-9]+$/ } as const
const SCENE = { type: 'string', pattern: /^PRODUCT_[1-8]$/ } as const

const SEND: Shape = {
  mch_billno: BILL_NUMBER,
  mch_id: TEXT,
  wxappid: TEXT,
  send_name: TEXT,
  re_openid: TEXT,
  total_amount: { type: 'integer', required: true, min: 1 },
  total_num: { type: 'integer', required: true, min: 1 },
  wishing: { type: 'string', required: true, max: 128 },
  client_ip: { type: 'string', required: true, max: 45 },
  act_name: TEXT,
  remark: { type: 'string', required: true, max: 256 },
  scene_id: SCENE,
  risk_info: { type: 'string', max: 128 },
}

const SEND_WORKWX: Shape = {
  mch_billno: BILL_NUMBER,
  mch_id: TEXT,
  wxappid: TEXT,
  sender_name: TEXT,
  re_openid: TEXT,
  total_amount: { type: 'integer', required: true, min: 1 },
  wishing: { type: 'string', required: true, max: 128 },
  act_name: TEXT,
  remark: { type: 'string', required: true, max: 256 },
  scene_id: SCENE,
  // Only its form: the secret it is made with is WeCom's, which is not simulated.
  workwx_sign: { type: 'string', required: true, pattern: /^[0-9A-F]{32}$/ },
}

const QUERY: Shape = {
  mch_billno: { type: 'string', required: true, max: 28 },
  appid: TEXT,
  bill_type: { type: 'string', required: true, enum: ['MCHT'] },
}

/** Red packets for one user each; nobody here opens them */
export class RedPackets {
  readonly #packets: LimitedMap<RedPacket>
  readonly #balance: Balance
  readonly #now: Clock
  #count = 0

  constructor(limit: number, balance: Balance, now: Clock) {
    this.#packets = new LimitedMap(limit)
    this.#balance = balance
    this.#now = now
  }

  /** Sends a red packet; the very same one again gives the one that was sent. @throws Problem */
  send(given: Given): RedPacket {
    const known = this.#packets.get(given.mch_billno)
    if (known) {
      if (isDeepStrictEqual(known.given, given)) return known
      throw new Problem(200, 'FATAL_ERROR', '商户订单号重复，重入时参数须与原请求一致')
    }
    const { total_amount, total_num, scene_id } = given
    if (total_num !== 1) throw paramError('/total_num', total_num, 'must be 1', 'body')
    if (total_amount < 100 || (total_amount > LIMIT && !scene_id))
      throw new Problem(200, 'MONEY_LIMIT', '红包金额不在限制范围内')
    this.#balance.draw(total_amount)
    const now = this.#now()
    this.#count += 1
    const send_listid = `10000${dayOf(now)}${String(this.#count).padStart(15, '0')}`
    const packet = { given, send_listid, sent: rfc3339(now) }
    this.#packets.set(given.mch_billno, packet)
    return packet
  }

  /** @throws Problem */
  query(mch_billno: string): RedPacket {
    const packet = this.#packets.get(mch_billno)
    if (!packet) throw new Problem(200, 'NOT_FOUND', '指定单号数据不存在')
    return packet
  }

  /** All red packets, oldest first */
  all(): RedPacket[] {
    return [...this.#packets.values()]
  }
}

const sentOf = ({ given, send_listid }: RedPacket): V2Fields => ({
  mch_billno: given.mch_billno,
  mch_id: given.mch_id,
  wxappid: given.wxappid,
  re_openid: given.re_openid,
  total_amount: given.total_amount,
  send_listid,
})

const recordOf = ({ given, send_listid, sent }: RedPacket): V2Fields => ({
  mch_billno: given.mch_billno,
  mch_id: given.mch_id,
  detail_id: send_listid,
  status: 'SENT',
  send_type: 'API',
  hb_type: 'NORMAL',
  total_num: given.total_num,
  total_amount: given.total_amount,
  send_time: spaced(sent),
  wishing: given.wishing,
  remark: given.remark,
  act_name: given.act_name,
})

/** Red packets: sent, by WeCom too, and queried; with the client certificate, all but WeCom's answered unsigned */
export const redPacketRoutes = (packets: RedPackets): V2Route[] => [
  {
    method: 'POST',
    path: '/mmpaymkttransfers/sendredpack',
    security: true,
    unsigned: true,
    handler: ({ read }) => sentOf(packets.send(read<Given>(SEND))),
  },
  {
    method: 'POST',
    path: '/mmpaymkttransfers/sendworkwxredpack',
    security: true,
    handler: ({ read }) => sentOf(packets.send({ ...read<Given>(SEND_WORKWX), total_num: 1 })),
  },
  {
    method: 'POST',
    path: '/mmpaymkttransfers/gethbinfo',
    security: true,
    unsigned: true,
    handler: ({ read }) => recordOf(packets.query(read<{ mch_billno: string }>(QUERY).mch_billno)),
  },
]
