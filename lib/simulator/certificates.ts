import { createCipheriv, randomBytes } from 'node:crypto'
import { rfc3339 } from './clock'
import { certificatesOf, type Merchant, type Platform } from './keys'
import { notExists } from './problem'
import type { Route } from './router'
import { checkQuery } from './shape'

const ASSOCIATED_DATA = 'certificate'

const encrypt = (apiv3Key: string, text: string): object => {
  const nonce = randomBytes(6).toString('hex')
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(apiv3Key), Buffer.from(nonce))
  cipher.setAAD(Buffer.from(ASSOCIATED_DATA))
  const sealed = [cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
  return {
    algorithm: 'AEAD_AES_256_GCM',
    nonce,
    associated_data: ASSOCIATED_DATA,
    ciphertext: Buffer.concat(sealed).toString('base64'),
  }
}

const TEMPLATES = ['v3/certificates', 'v3/global/certificates'] as const

/** The list of platform certificates, encrypted with the APIv3 key; there is none in public-key mode */
export const certificateRoutes = (merchant: Merchant, platform: Platform): Route[] =>
  TEMPLATES.map((template) => [
    'GET',
    template,
    ({ query }) => {
      const { algorithm_type = 'RSA' } = checkQuery<{ algorithm_type?: string }>(query, {
        algorithm_type: { type: 'string', enum: ['RSA', 'SM2', 'ALL'] },
      })
      const certificates = certificatesOf(platform)
      if (certificates.length === 0 || algorithm_type === 'SM2') throw notExists('平台证书')
      const data = certificates.map(({ serial, notBefore, notAfter, pem }) => ({
        serial_no: serial,
        effective_time: rfc3339(notBefore.getTime()),
        expire_time: rfc3339(notAfter.getTime()),
        encrypt_certificate: encrypt(merchant.apiv3Key, pem),
      }))
      return { status: 200, body: { data } }
    },
  ])
