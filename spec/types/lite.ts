import { Builder, type Config, type DynamicPath, type Instance } from 'wechatpay-chain/lite'
import type { Pay } from 'wechatpay-chain/openapi/v3/pay'
import type { Refund } from 'wechatpay-chain/openapi/v3/refund'

// The client without the types of the documented operations, and with those of chosen domains.

declare const config: Config

export async function none(): Promise<void> {
  const instance: Instance = Builder.factory(config)
  const { data } = await instance.chain('v3/certificates').get<{ data: readonly unknown[] }>()
  const path: DynamicPath = instance.chain('v2/pay/unifiedorder')
  await path.post({ xml: { amount: data.data.length } })
}

export async function some(): Promise<void> {
  const instance = Builder.factory<Refund.Tree & Pay.Tree>(config)
  const { data } = await instance.v3.refund.domestic.refunds._out_refund_no_.get({ out_refund_no: '1' })
  const amount: number = data.amount.total
  await instance
    .chain('v3/pay/transactions/id/{transaction_id}')
    .get({ transaction_id: '1', query: { mchid: '' } })
  // @ts-expect-error a variable is missing
  await instance.v3.refund.domestic.refunds._out_refund_no_.get()
  // @ts-expect-error a group is missing
  await instance.v3.pay.transactions.native.post({})
  // @ts-expect-error a variable is missing
  await instance.chain('v3/refund/domestic/refunds/{out_refund_no}').get({})
  // The rest is as loose as before.
  await instance.chain('v2/pay/unifiedorder').post({ xml: { amount } })
}
