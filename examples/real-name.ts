/**
 * 查询用户授权的实名信息: name and document number come encrypted for the merchant's key.
 * https://pay.weixin.qq.com/wiki/doc/wxfacepay/develop/access-specifications.html
 */
import { Builder, type KeyInput, Rsa } from 'wechatpay-chain'
import { run } from './support'

run(async (config) => {
  await using instance = Builder.factory(config)
  const face_sid = 'aabbccdd12345'
  const appid = 'wx2b029c08a6233333'
  const unionId = { face_sid, query: { info_type: 'ASK_UNIONID' as const, appid } }
  const realName = { face_sid, query: { info_type: 'ASK_REAL_NAME' as const, appid } }

  const { data: user } = await instance.v3.facemch.users._face_sid_.get(unionId)
  console.log('union_id', user.union_id)
  console.log((await instance.chain('v3/facemch/users/{face_sid}').get(unionId)).status)

  const { data } = await instance['v3/facemch/users/{face_sid}'].get(realName)
  const name = Rsa.decrypt(data.real_name_info?.encrypted_real_name ?? '', config.privateKey as KeyInput)
  // A name is the user's own business: show that it was read, not what it is.
  console.log(
    `a name of ${[...name].length} characters, document type ${data.real_name_info?.credential_type}`,
  )

  const print = ({ status }: { status: number }) => console.log(status)
  await instance.v3.facemch.users._face_sid_.getAsync(realName).then(print).otherwise(console.error).wait()
  await instance.chain('v3/facemch/users/{face_sid}').getAsync(realName).then(print).wait()
  await instance['v3/facemch/users/{face_sid}'].getAsync(realName).then(print).wait()
})
