/**
 * 查询重采用户列表: a list, page by page.
 * https://pay.weixin.qq.com/wiki/doc/wxfacepay/develop/k12-development-guidelines.html
 */
import { Builder } from 'wechatpay-chain'
import type { Offlineface } from 'wechatpay-chain/openapi/v3/offlineface'
import { run } from './support'

run(async (config) => {
  await using instance = Builder.factory(config)
  const organization_id = 'Ofewewfwefweewf'
  const page = { query: { organization_id, offset: 30, limit: 20 } }
  const print = ({ data }: { data: Offlineface.FaceCollections_Get_Data }) =>
    console.log(`${data.face_collections.length} collections from ${data.face_collections[0]?.collection_id}`)

  print(await instance.v3.offlineface.faceCollections.get(page))
  print(await instance.chain('v3/offlineface/face-collections').get(page))
  print(await instance['v3/offlineface/face-collections'].get(page))

  await instance.v3.offlineface.faceCollections.getAsync(page).then(print).otherwise(console.error).wait()
  await instance.chain('v3/offlineface/face-collections').getAsync(page).then(print).wait()
  await instance['v3/offlineface/face-collections'].getAsync(page).then(print).wait()

  // The whole list: `offset` counts rows from zero.
  let total = 0
  for (let offset = 0, limit = 20; ; offset += limit) {
    const { data } = await instance.v3.offlineface.faceCollections.get({
      query: { organization_id, offset, limit },
    })
    total += data.face_collections.length
    if (data.face_collections.length < limit) break
  }
  console.log(`${total} collections in all`)
})
