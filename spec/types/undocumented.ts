import { Builder, type Config, type DynamicPath } from 'wechatpay-chain'
import { Builder as Lite } from 'wechatpay-chain/lite'

// Segments that are not documented lead on, and are shown struck through. With `noUncheckedIndexedAccess`, TypeScript takes
// every one of them for possibly undefined: `chain()` is the way then.

declare const config: Config
const instance = Builder.factory(config)

export async function segments(): Promise<void> {
  const beside: DynamicPath = instance.v3.newThings
  const below: DynamicPath = instance.v3.pay.transactions.native.newThings
  const verb: DynamicPath = instance.v3.newThings.delete
  await beside._thing_.post<{ id: string }>({ thing: '1', json: {} })
  await below.chain('further/{down}').get({ down: '1' })
  await verb.post()
  await instance['v3/new/{thing}']?.get({ thing: '1' })
  await instance.v3.newThings.apply.getAsync().otherwise(console.error).wait()
  // @ts-expect-error a node
  await beside({ thing: '1' })
}

/** To lite nothing is documented. */
export async function lite(): Promise<void> {
  const instance = Lite.factory(config)
  await instance.v3.certificates.get()
  await instance.v2.pay.unifiedorder.post({ xml: {} })
  await instance.v3.refund.domestic.refunds._out_refund_no_.getAsync({ out_refund_no: '1' }).wait()
}
