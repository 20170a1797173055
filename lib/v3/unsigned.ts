interface Exemption {
  /** The path as sent, without query. Letter case does not matter, as in the PHP SDK. */
  readonly path: RegExp
  readonly reason: string
}

/** Downloads whose 2xx answers carry no signature. Their hash comes with the signed answer that named the address. */
const UNSIGNED: readonly Exemption[] = [
  { path: /^\/v3\/billdownload\/file$/i, reason: 'bills: hash_value of the signed first step' },
  { path: /^\/v3\/transferdownload\/signfile$/i, reason: 'transfer receipts' },
  { path: /^\/v3\/transferdownload\/elecvoucherfile$/i, reason: 'electronic transfer vouchers' },
  {
    path: /^\/v3\/(?:global\/)?merchant-service\/images\/(?!upload$)[^/]*$/i,
    reason: 'images of complaints; the upload beside them answers signed',
  },
]

/** Overseas statements: the platform signs `{"sha1":"…"}` of the `Wechatpay-Statement-Sha1` header, not the CSV. */
const STATEMENTS: readonly Exemption[] = [
  { path: /^\/hk\/v3\/statements$/i, reason: 'Hong Kong' },
  { path: /^\/v3\/global\/statements$/i, reason: 'other regions' },
]

const pathOf = (target: string): string => target.split('?', 1)[0] ?? ''
const matches = (table: readonly Exemption[], target: string): boolean => {
  const path = pathOf(target)
  return table.some((row) => row.path.test(path))
}

/** Does this address answer without a signature? */
export const isUnsigned = (target: string): boolean => matches(UNSIGNED, target)

/** Does this address answer with a signature over the SHA-1 of its body? */
export const isStatement = (target: string): boolean => matches(STATEMENTS, target)
