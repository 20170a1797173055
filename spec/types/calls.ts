import { Builder, type Config, MediaUtil, sensitive } from 'wechatpay-chain'

// What a documented call refuses. Each line below a comment would be a mistake at run time, or a call that WeChat Pay rejects.

declare const config: Config
const instance = Builder.factory(config)

const { transactions } = instance.v3.pay
const order = {
  appid: 'wx8888888888888888',
  mchid: '1900000109',
  description: '深圳腾大',
  out_trade_no: 'order-1',
  notify_url: 'https://example.com/notify',
  amount: { total: 1 },
} as const

export async function whatIsMissing(): Promise<void> {
  await transactions.native.post({ json: order })
  // @ts-expect-error the options
  await transactions.native.post()
  // @ts-expect-error a group
  await transactions.native.post({})
  const { description: _, ...rest } = order
  // @ts-expect-error a field: description
  await transactions.native.post({ json: rest })
  // @ts-expect-error a field further down: total
  await transactions.native.post({ json: { ...order, amount: {} } })

  await transactions.id._transaction_id_.get({ transaction_id: '1', query: { mchid: '1900000109' } })
  // @ts-expect-error a variable
  await transactions.id._transaction_id_.get({ query: { mchid: '1900000109' } })
  // @ts-expect-error a required query
  await transactions.id._transaction_id_.get({ transaction_id: '1' })
  // @ts-expect-error a field of a required query
  await transactions.id._transaction_id_.get({ transaction_id: '1', query: {} })
  // @ts-expect-error a variable, by the other spellings too
  await instance.chain('v3/pay/transactions/id/{transaction_id}').get({ query: { mchid: '1900000109' } })
  // @ts-expect-error
  await instance['v3/pay/transactions/id/{transaction_id}'].get({ query: { mchid: '1900000109' } })
  // @ts-expect-error and with Async
  await transactions.id._transaction_id_.getAsync({ query: { mchid: '1900000109' } })
}

export async function whatIsMisspelt(): Promise<void> {
  // @ts-expect-error an option
  await transactions.native.post({ jsom: order })
  // @ts-expect-error a field
  await transactions.native.post({ json: { ...order, notifyUrl: 'https://example.com' } })
  // @ts-expect-error a field further down
  await transactions.native.post({ json: { ...order, amount: { total: 1, curency: 'CNY' } } })
  // @ts-expect-error a field of a query
  await instance.v3.bill.tradebill.get({ query: { bill_date: '2026-01-01', billType: 'ALL' } })
  // @ts-expect-error a variable
  await transactions.id._transaction_id_.get({ transactionId: '1', query: { mchid: '1900000109' } })
  // @ts-expect-error a variable of another operation
  await transactions.native.post({ json: order, transaction_id: '1' })
}

export async function whatIsOfAWrongType(): Promise<void> {
  // @ts-expect-error text for a number
  await transactions.native.post({ json: { ...order, amount: { total: '1' } } })
  // @ts-expect-error a number for text
  await transactions.native.post({ json: { ...order, appid: 8888888888888888 } })
  // @ts-expect-error text for an object
  await transactions.native.post({ json: 'order' })
  // @ts-expect-error an object for a list
  await transactions.native.post({ json: { ...order, detail: { goods_detail: {} } } })
  // @ts-expect-error a list for a variable
  await transactions.id._transaction_id_.get({ transaction_id: ['1'], query: { mchid: '1900000109' } })
  // @ts-expect-error nothing for a variable
  await transactions.id._transaction_id_.get({ transaction_id: undefined, query: { mchid: '1900000109' } })
  // @ts-expect-error seconds as text
  await transactions.native.post({ json: order, timeout: '5' })
  // @ts-expect-error an object for a header
  await transactions.native.post({ json: order, headers: { 'X-Request': {} } })
  // @ts-expect-error not among the documented values
  await instance.v3.bill.tradebill.get({ query: { bill_date: '2026-01-01', bill_type: 'EVERYTHING' } })
  // @ts-expect-error a body of another protocol
  await transactions.native.post({ json: order, xml: {} })
}

export async function whatIsNoVerb(): Promise<void> {
  // @ts-expect-error a documented path, but not by this verb
  await transactions.native.get()
  // @ts-expect-error
  await instance['v3/pay/transactions/native'].put({ json: order })
  // @ts-expect-error a path above the documented ones
  await transactions.get()
  // @ts-expect-error a node
  await transactions.native({ json: order })
  // @ts-expect-error the root
  await instance({})
}

/** What may be left out may also be `undefined`, whatever `exactOptionalPropertyTypes` says. */
export async function whatIsLeftOut(attach: string | undefined): Promise<void> {
  await transactions.native.post({ json: { ...order, attach } })
  await instance.v3.certificates.get()
  await instance.v3.certificates.get({})
  await instance.v3.certificates.get({ timeout: undefined, headers: undefined, signal: undefined })
  await instance.v3.bill.tradebill.get({ query: { bill_date: '2026-01-01', bill_type: undefined } })
  await instance.v3.refund.domestic.refunds._out_refund_no_.get({ out_refund_no: '1', query: undefined })
}

/** The client sends it by itself; what is documented beside it is known. */
export async function headers(): Promise<void> {
  const name = { organization_id: '1', out_user_id: '1', json: { user_name: '…' } }
  const user = instance['v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}']
  await user.patch(name)
  await user.patch({ ...name, headers: { 'Wechatpay-Serial': 'PUB_KEY_ID_0114232134912410000000000000' } })
  await user.patch({ ...name, json: { user_name: sensitive('…') } })
  await user.patch({ ...name, headers: { 'X-Request': '1', 'X-List': ['1', 2], 'X-Nothing': null } })
}

/** Everything that a call may say of the way it is made. */
export async function settings(signal: AbortSignal): Promise<void> {
  await transactions.native.post({
    json: order,
    signal,
    timeout: 5_000,
    retry: false,
    base_uri: 'https://api2.wechatpay.cn/',
  })
  await instance.v2.secapi.pay.refund.post({
    security: true,
    nonceless: false,
    xml: { appid: '', mch_id: '', out_refund_no: '', total_fee: 1, refund_fee: '1' },
  })
}

/** A slash at the end is a variable that may be left out. */
export async function empty(): Promise<void> {
  const { applyment } = instance.v3.applyment4sub
  type Submission = NonNullable<Parameters<typeof applyment._empty_.post>[0]>
  const submission = {} as Submission
  await applyment._empty_.post(submission)
  await applyment._empty_.post({ ...submission, empty: '' })
  // @ts-expect-error a path that ends in a slash, and is not the one without
  await applyment.post(submission)
}

export async function uploads(): Promise<void> {
  const { upload } = instance.v3.merchant.media
  const media = new MediaUtil('/path/to/image.png')
  await upload.post({ media })
  await upload.post({ media: '/path/to/image.png' })
  await upload.post({
    media: { file: new Blob(['']), filename: 'a.png', onProgress: (sent, total) => sent / total },
  })
  await upload.post({ body: media.getStream(), headers: { 'Content-Type': media.getContentType() } })
  // @ts-expect-error the file
  await upload.post({ headers: {} })
  // @ts-expect-error a file and a body
  await upload.post({ media, body: media.getStream() })
  // @ts-expect-error a misspelt member
  await upload.post({ media: { file: 'a.png', name: 'a.png' } })

  const submission = instance.v3.mchManage.submissionFiles.subMchid._sub_mchid_.upload
  await submission.post({ sub_mchid: '1', media: { file: 'a.png', meta: { item_id: 1 } } })
  await submission.post({ sub_mchid: '1', media: media.setMeta('{"item_id":1}') })
  // @ts-expect-error what else is to be told: item_id
  await submission.post({ sub_mchid: '1', media: 'a.png' })
  // @ts-expect-error
  await submission.post({ sub_mchid: '1', media: { file: 'a.png' } })
  // @ts-expect-error and of which type it is
  await submission.post({ sub_mchid: '1', media: { file: 'a.png', meta: { item_id: '1' } } })
  // @ts-expect-error a variable
  await submission.post({ media: { file: 'a.png', meta: { item_id: 1 } } })

  const receipt = { transaction_id: '1', openid: 'o' }
  const merchant_contact_information = { consultation_phone_number: sensitive('13800138000') }
  await instance.v3.marketing.shoppingReceipt.shoppingreceipts.post({
    media: { file: 'a.png', meta: { ...receipt, merchant_contact_information } },
  })
}
