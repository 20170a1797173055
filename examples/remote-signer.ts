/** The merchant's key in a KMS or an HSM: anything with sign(message) will do in its place. */
import { createPrivateKey, sign } from 'node:crypto'
import { Builder, type RemoteSigner } from 'wechatpay-chain'
import { run } from './support'

run(async (config) => {
  const kms = pretendKms(String(config.privateKey))
  await using instance = Builder.factory({ ...config, privateKey: kms })
  const { status, verified } = await instance.v3.offlineface.faceCollections.get({
    query: { organization_id: 'Ofewewfwefweewf' },
  })
  console.log(status, verified)
})

/** Stands for a service that signs RSA-SHA256 (PKCS#1 v1.5) and never gives the key away. */
function pretendKms(pem: string): RemoteSigner {
  const key = createPrivateKey(pem)
  return {
    async sign(message) {
      return sign('sha256', Buffer.from(message), key).toString('base64')
    },
  }
}
