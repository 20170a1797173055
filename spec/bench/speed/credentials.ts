import { merchant, PUBLIC_KEY_ID, platform } from '../../support/keys'
import type { Credentials } from './child/platform'

/** A merchant and a platform whose keys need not be made first. */
export const credentials: Credentials = {
  mchid: '1230000109',
  serial: '3775B6A45ACD588826D15E583A95F5DD00000001',
  privateKey: merchant.pkcs8,
  publicKey: merchant.spki,
  platformId: PUBLIC_KEY_ID,
  platformPrivateKey: platform.pkcs8,
  platformPublicKey: platform.spki,
}
