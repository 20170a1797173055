import { Builder, type Ciphertext, type Config, Rsa, sensitive } from 'wechatpay-chain'

// What `strict` refuses.

declare module 'wechatpay-chain' {
  interface Settings {
    strict: true
  }
}

declare const config: Config
const instance = Builder.factory(config)

export async function segments(): Promise<void> {
  await instance.v3.certificates.get()
  // @ts-expect-error a domain that there is not
  await instance.v3.certificate.get()
  // @ts-expect-error a segment that there is not
  await instance.v3.pay.transactions.nativ.post({ json: {} })
  // @ts-expect-error the same in brackets
  await instance['v3/certificate'].get()
  // @ts-expect-error a version that there is not
  await instance.v4.certificates.get()
  // A template says that it is meant: its variables are known, and nothing below it.
  await instance.chain('v3/certificate/{serial}').get({ serial: '1' })
  // @ts-expect-error
  await instance.chain('v3/certificate/{serial}').below.get({ serial: '1' })
}

export async function encrypted(key: string, made: Ciphertext): Promise<void> {
  const user = instance['v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}']
  const who = { organization_id: '1', out_user_id: '1' }
  await user.patch({ ...who, json: { user_name: Rsa.encrypt('name', key), phone: made } })
  await user.patch({ ...who, json: { user_name: sensitive('name') } })
  // @ts-expect-error plain text
  await user.patch({ ...who, json: { user_name: 'name' } })
  // @ts-expect-error plain text beside
  await user.patch({ ...who, json: { user_name: made, phone: '13900000000' } })
}
