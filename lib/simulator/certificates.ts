import { randomBytes } from 'node:crypto'
import { rfc3339 } from './clock'
import { certificatesOf, type Merchant, type Platform } from './keys'
import { notExists } from './problem'
import type { Route } from './router'
import { checkQuery } from './shape'
import { suiteOf } from './suite'

const ASSOCIATED_DATA = 'certificate'

const encrypt = ({ publicKey, apiv3Key }: Merchant, text: string): object => {
  const nonce = randomBytes(6).toString('hex')
  const { algorithm, ciphertext } = suiteOf(publicKey).seal(text, apiv3Key, nonce, ASSOCIATED_DATA)
  return { algorithm, nonce, associated_data: ASSOCIATED_DATA, ciphertext }
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
      const certificates = certificatesOf(platform).filter(
        ({ publicKey }) => algorithm_type === 'ALL' || algorithm_type === suiteOf(publicKey).name,
      )
      if (certificates.length === 0) throw notExists('平台证书')
      const data = certificates.map(({ serial, notBefore, notAfter, pem }) => ({
        serial_no: serial,
        effective_time: rfc3339(notBefore.getTime()),
        expire_time: rfc3339(notAfter.getTime()),
        encrypt_certificate: encrypt(merchant, pem),
      }))
      return { status: 200, body: { data } }
    },
  ])
