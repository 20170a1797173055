/**
 * 查询重采请求: one of the list.
 * https://pay.weixin.qq.com/wiki/doc/wxfacepay/develop/k12-development-guidelines.html
 */
import { Builder } from 'wechatpay-chain'
import { run } from './support'

run(async (config) => {
  await using instance = Builder.factory(config)
  const options = { collection_id: 'collection-0031', query: { appid: 'wx2b029c08a6233333' } }
  const template = 'v3/offlineface/face-collections/{collection_id}'

  console.log((await instance.v3.offlineface.faceCollections._collection_id_.get(options)).data)
  console.log((await instance.chain(template).get(options)).status)
  console.log((await instance[template].get(options)).status)

  const print = ({ status }: { status: number }) => console.log(status)
  await instance.v3.offlineface.faceCollections._collection_id_.getAsync(options).then(print).wait()
  await instance.chain(template).getAsync(options).then(print).wait()
  await instance[template].getAsync(options).then(print).wait()
})
