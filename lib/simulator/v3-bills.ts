import { createHash, randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { NOTICE } from './catalogue'
import { fileOf } from './catalogue-downloads'
import type { Clock } from './clock'
import { LimitedMap } from './limited-map'
import type { BillSources } from './movements'
import { Problem } from './problem'
import type { Answer, Call, Route } from './router'
import { checkQuery, type Shape } from './shape'
import { type BillType, tradesOf } from './v2-bills'
import { type Account, fundsOf } from './v2-fund-flow'

/** What bills need beside what they are made of */
export interface V3BillParts {
  /** where the simulator listens, with a slash at the end; over TLS when that is where a request went to */
  readonly url: (host: string) => string
  readonly now: Clock
}

interface Stored {
  readonly content: string
  /** in milliseconds */
  readonly until: number
}

/** Milliseconds that an address leads somewhere */
const LIFETIME = 5 * 60_000
/** How many bills wait to be fetched */
const LIMIT = 100
const TEXT = 'text/plain'

const DAY: Shape[string] = { type: 'string', required: true, pattern: /^\d{4}-\d\d-\d\d$/ }

/** The kinds of bills that show what is spent from the balance of others: there is none of it here */
const KINDS: Readonly<Record<string, BillType>> = {
  ALL: 'ALL',
  SUCCESS: 'SUCCESS',
  REFUND: 'REFUND',
  RECHARGE_REFUND: 'RECHARGE_REFUND',
}

const ACCOUNTS: Readonly<Record<string, Account>> = { BASIC: 'Basic', OPERATION: 'Operation', FEES: 'Fees' }

const noStatement = (): Problem => new Problem(400, 'NO_STATEMENT_EXIST', '账单文件不存在')

/** The same in APIv3's words */
const stated = (make: () => string): string => {
  try {
    return make()
  } catch (error) {
    throw error instanceof Problem ? noStatement() : error
  }
}

/** Bills of trades and of funds, from the same ledger as APIv2's: an address first, then the file behind it */
export const v3BillRoutes = (sources: BillSources, { url, now }: V3BillParts): Route[] => {
  const files = new LimitedMap<Stored>(LIMIT)

  const announce = (content: string, { query, header }: Call): Answer => {
    const token = randomBytes(32).toString('base64url')
    files.set(token, { content, until: now() + LIFETIME })
    const packed = query.get('tar_type') === 'GZIP' ? '&tartype=gzip' : ''
    const body = {
      hash_type: 'SHA1',
      hash_value: createHash('sha1').update(content).digest('hex'),
      download_url: `${url(header('host') ?? '')}v3/billdownload/file?token=${token}${packed}`,
    }
    return { status: 200, body }
  }

  const fetch = ({ query }: Call): Answer => {
    const token = query.get('token') ?? ''
    const packed = query.get('tartype') === 'gzip'
    const file = files.get(token)
    // Whatever address is made up from the catalogue has a file behind it, too.
    if (!file) return { status: 200, content: fileOf('csv', token, packed), headers: NOTICE, signed: false }
    if (file.until < now()) throw new Problem(400, 'INVALID_REQUEST', '下载地址已失效，请重新申请账单')
    const bytes = packed ? gzipSync(file.content) : Buffer.from(file.content)
    return { status: 200, content: { type: packed ? 'application/x-gzip' : TEXT, bytes }, signed: false }
  }

  /** An operation that announces bills: the kinds by what is asked with, the first when nothing is */
  const announces = <Kind>(
    template: string,
    field: string,
    kinds: Readonly<Record<string, Kind>>,
    make: (sources: BillSources, kind: Kind, day: string) => string,
  ): Route => [
    'GET',
    template,
    (call) => {
      const given = checkQuery<Record<string, string>>(call.query, {
        bill_date: DAY,
        [field]: { type: 'string' },
      })
      const kind = kinds[given[field] ?? Object.keys(kinds)[0] ?? '']
      const day = given.bill_date?.replaceAll('-', '') ?? ''
      if (!kind) throw noStatement()
      return announce(
        stated(() => make(sources, kind, day)),
        call,
      )
    },
  ]

  return [
    announces('v3/bill/tradebill', 'bill_type', KINDS, tradesOf),
    announces('v3/bill/fundflowbill', 'account_type', ACCOUNTS, fundsOf),
    ['GET', 'v3/billdownload/file', fetch],
  ]
}
