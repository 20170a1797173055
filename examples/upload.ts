/**
 * 文件上传: a picture by its path, one that was never on disk, and a receipt with a field that only WeChat Pay can read.
 * https://pay.weixin.qq.com/doc/v3/partner/4012760432
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Builder, MediaUtil, sensitive } from 'wechatpay-chain'
import { run } from './support'

/** A white dot. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAG7buVgAAAABJRU5ErkJggg==',
  'base64',
)

run(async (config) => {
  await using instance = Builder.factory(config)
  const folder = await mkdtemp(join(tmpdir(), 'upload-'))
  const path = join(folder, '门店.png')
  await writeFile(path, PNG)

  const { data } = await instance.v3.merchant.media.upload.post({ media: path })
  console.log('media_id of', data.media_id.length, 'characters')

  const onProgress = (sent: number, total: number) =>
    console.log(`${sent} of ${total} bytes are on their way`)
  await instance.v3.marketing.favor.media.imageUpload.post({
    media: { file: PNG, filename: 'coupon.png', onProgress },
  })

  await instance.v3.marketing.shoppingReceipt.shoppingreceipts.post({
    media: {
      file: path,
      meta: {
        transaction_id: '4200000985202604011234567890',
        openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
        merchant_contact_information: { consultation_phone_number: sensitive('0755-86013388') },
      },
    },
  })

  // As samples for the PHP SDK have it.
  const media = new MediaUtil(path)
  await instance.v3.merchant.media.upload
    .postAsync({ body: media.getStream(), headers: { 'Content-Type': media.getContentType() } })
    .then(({ status }) => console.log(status))
    .otherwise(console.error)
    .wait()

  await rm(folder, { recursive: true })
})
