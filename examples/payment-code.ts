/**
 * 付款码支付: the cashier scans the user's payment code. Where the user must confirm, the order is asked for until it is
 * paid; where nobody knows, it is asked for too, and reversed in the end, so that the user never pays twice.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { ApiError, Builder, type Instance, TransportError } from 'wechatpay-chain'
import { runSecurely } from './support'

/** The outcome of these is unknown: the order has to be asked for. */
const UNDECIDED = ['USERPAYING', 'SYSTEMERROR', 'BANKERROR']

runSecurely(async (config) => {
  await using instance = Builder.factory(config)
  // The simulator reads the outcome from the last digits: these ask the user to confirm, then pay.
  console.log(await pay(instance, config.mchid, 'tea-0001', '134567890123450001'))
  // These find no money.
  console.log(await pay(instance, config.mchid, 'tea-0002', '134567890123450004'))
})

async function pay(
  instance: Instance,
  mch_id: string,
  out_trade_no: string,
  auth_code: string,
): Promise<string> {
  const order = { appid: 'wx2421b1c4370ec43b', mch_id, out_trade_no }
  try {
    await instance.v2.pay.micropay.post({
      xml: { ...order, body: 'tea', total_fee: 100, spbill_create_ip: '127.0.0.1', auth_code },
    })
    return `${out_trade_no} paid at once`
  } catch (error) {
    if (!isUndecided(error)) {
      return `${out_trade_no} not paid: ${error instanceof ApiError ? error.code : error}`
    }
  }
  for (let attempt = 0; attempt < 10; attempt++) {
    await wait(process.env.WECHATPAY_CONFIG ? 5_000 : 50)
    const { data } = await instance.v2.pay.orderquery.post({ xml: order })
    if (data.trade_state === 'SUCCESS') return `${out_trade_no} paid, after ${attempt + 1} queries`
    if (data.trade_state !== 'USERPAYING') return `${out_trade_no} not paid: ${data.trade_state}`
  }
  await instance.v2.secapi.pay.reverse.post({ security: true, xml: order })
  return `${out_trade_no} reversed`
}

function isUndecided(error: unknown): boolean {
  if (error instanceof ApiError) return UNDECIDED.includes(error.code)
  return error instanceof TransportError && error.delivery === 'unknown'
}
