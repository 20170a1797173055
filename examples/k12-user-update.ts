/**
 * 刷脸用户信息修改: the name goes out encrypted, `Wechatpay-Serial` names the key it is encrypted with.
 * https://pay.weixin.qq.com/wiki/doc/wxfacepay/develop/k12-development-guidelines.html
 */
import { Builder, type KeyInput, Rsa } from 'wechatpay-chain'
import { run } from './support'

run(async (config) => {
  await using instance = Builder.factory(config)
  const [publicKeyId, publicKey] =
    Object.entries(config.certs).find(([id]) => id.startsWith('PUB_KEY_ID_')) ?? []
  if (!publicKeyId) throw new Error('this example wants a configuration with a public key')

  const template = 'v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}'
  const user = { organization_id: 'Ofewewfwefweewf', out_user_id: 'student-0001' }
  const change = (class_name: string) => ({
    ...user,
    json: {
      user_name: Rsa.encrypt('李四', publicKey as KeyInput),
      user_type: 'STUDENT' as const,
      student_info: { class_name },
      status: 'NORMAL' as const,
    },
    headers: { 'Wechatpay-Serial': publicKeyId },
  })

  // An empty answer with status 204 is a success.
  const { v3 } = instance
  const chained = await v3.offlinefacemch.organizations._organization_id_.users.outUserId._out_user_id_.patch(
    change('三年一班'),
  )
  console.log('chained', chained.status === 204)
  const declared = await instance.chain(template).patch(change('三年二班'))
  console.log('declared', declared.status === 204)
  const property = await instance[template].patch(change('三年三班'))
  console.log('property', property.status === 204)

  await v3.offlinefacemch.organizations._organization_id_.users.outUserId._out_user_id_
    .patchAsync(change('四年一班'))
    .then(({ status }) => console.log('chained', status === 204))
    .wait()
  await instance
    .chain(template)
    .patchAsync(change('四年二班'))
    .then(({ status }) => console.log('declared', status === 204))
    .wait()
  await instance[template]
    .patchAsync(change('四年三班'))
    .then(({ status }) => console.log('property', status === 204))
    .wait()

  const { data } = await instance.chain(template).get(user)
  console.log(data.user_name, data.student_info)
})
