import { Problem } from './problem'

/** APIv2's names of what APIv3 calls otherwise */
const NAMES: Readonly<Record<string, string>> = {
  ORDER_CLOSED: 'ORDERCLOSED',
  ORDER_NOT_EXIST: 'ORDERNOTEXIST',
  NOT_ENOUGH: 'NOTENOUGH',
  RESOURCE_NOT_EXISTS: 'REFUNDNOTEXIST',
}

/** Refused before the operation began: such answers say `return_code` FAIL and are never signed */
const REFUSALS: readonly string[] = [
  'REQUIRE_POST_METHOD',
  'XML_FORMAT_ERROR',
  'MCHID_NOT_EXIST',
  'SIGNERROR',
  'PARAM_ERROR',
  'CERT_ERROR',
]

/** An error as APIv2 tells it */
export interface Failure {
  readonly code: string
  readonly message: string
  /** whether it was refused before the operation began */
  readonly refused: boolean
}

interface Detail {
  readonly field?: string
  readonly value?: unknown
  readonly issue?: string
}

const parameter = ({ field = '', value, issue }: Detail): string => {
  const name = field.replace(/^\//, '')
  return value === null ? `缺少参数${name}` : `${name}参数错误：${issue}`
}

/** What an operation threw, as APIv2 tells it; what is no problem of the caller's is the platform's own */
export const failureOf = (error: unknown): Failure => {
  if (!(error instanceof Problem)) return { code: 'SYSTEMERROR', message: '系统错误', refused: false }
  const code = NAMES[error.code] ?? error.code
  const message = code === 'PARAM_ERROR' ? parameter(error.detail as Detail) : error.message
  return { code, message, refused: REFUSALS.includes(code) }
}
