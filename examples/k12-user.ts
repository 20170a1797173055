/**
 * 刷脸用户信息查询: a K12 user, asked for in the six ways there are to write a call.
 * https://pay.weixin.qq.com/wiki/doc/wxfacepay/develop/k12-development-guidelines.html
 */
import { Builder } from 'wechatpay-chain'
import { run } from './support'

run(async (config) => {
  await using instance = Builder.factory(config)
  const user = { organization_id: 'Ofewewfwefweewf', out_user_id: 'student-0001' }
  const template = 'v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}'

  // Awaited: every property is one piece of the path, _name_ is a path variable, camelCase becomes kebab-case.
  const chained =
    await instance.v3.offlinefacemch.organizations._organization_id_.users.outUserId._out_user_id_.get(user)
  console.log(chained.status, chained.data)
  const declared = await instance.chain(template).get(user)
  console.log(declared.status, declared.requestId)
  const property = await instance[template].get(user)
  console.log(property.status, property.verified)

  // The same with promises, as PHP samples write them; sent side by side.
  await Promise.all([
    instance.v3.offlinefacemch.organizations._organization_id_.users.outUserId._out_user_id_
      .getAsync(user)
      .then(({ status }) => console.log(status, 'chained'))
      .otherwise(console.error)
      .wait(),
    instance
      .chain(template)
      .getAsync(user)
      .then(({ status }) => console.log(status, 'declared'))
      .otherwise(console.error)
      .wait(),
    instance[template]
      .getAsync(user)
      .then(({ status }) => console.log(status, 'property'))
      .otherwise(console.error)
      .wait(),
  ])
})
