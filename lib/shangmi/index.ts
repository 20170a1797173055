/**
 * 国密: WeChat Pay with SM2, SM3 and SM4 in place of RSA, SHA-256 and AES. Wants the package `sm-crypto-v2`:
 * `npm install sm-crypto-v2`.
 *
 * @packageDocumentation
 */

export { type ShangmiConfig, shangmi } from './config'
export { loadPrivateKey, loadPublicKey, type Sm2PrivateKey, type Sm2PublicKey } from './keys'
export { sm2Signer, sm2Verifier, sm4Decrypter } from './signer'
export { Sm2 } from './sm2'
export { sm3 } from './sm3'
export { sm4FileCipher } from './sm4-file'
export { Sm4Gcm } from './sm4-gcm'
