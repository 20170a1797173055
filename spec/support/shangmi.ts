import { generateKeyPairSync } from 'node:crypto'

/** The keys and numbers of GB/T 32918.5, annexes A and C. */
export const STANDARD = {
  privateKey: '3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8',
  publicKey:
    '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13',
  k: '59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21',
  message: 'message digest',
  r: 'f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3',
  s: 'b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa',
  plaintext: 'encryption standard',
  c1: '04ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0',
  c3: '59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766',
  c2: '21886ca989ca9c7d58087307ca93092d651efa',
} as const

/** PKCS#8 and SPKI around the numbers of an SM2 key. */
export const pkcs8Of = (scalar: string, point: string): Buffer =>
  Buffer.from(
    `308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420${scalar}a144034200${point}`,
    'hex',
  )
export const spkiOf = (point: string): Buffer =>
  Buffer.from(`3059301306072a8648ce3d020106082a811ccf5501822d034200${point}`, 'hex')

export const sm2Pair = () => generateKeyPairSync('ec', { namedCurve: 'SM2' })

/** The user id that signatures are made with, as `openssl` wants it. */
export const DISTID = 'distid:1234567812345678'
