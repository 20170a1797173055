import { mkdirSync, readdirSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Bill, Builder, type Config, type Instance } from '../../lib'
import type { BillServer } from './bill-server'
import { temporaryFolder } from './keys'

/* What the specs of bills share: a bill of two thousand rows, clients, folders, and what goes wrong. */

export const folder = temporaryFolder()
export const DAY = { bill_date: '2026-11-20' } as const
const FUNDS =
  '记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号'
const ROW = '`2026-11-20 08:09:10,`50,`42,`退款,`退款,`支出,`0.02,`0.17,`system,`缺货,`REF42\r\n'
export const SUMMARY = '资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n`1,`0,`0.00,`1,`0.02\r\n'
export const BILL = `${FUNDS}\r\n${ROW.repeat(2000)}${SUMMARY}`
export const PACKED = gzipSync(BILL)

const closers: (() => Promise<unknown>)[] = []
afterAll(() => Promise.all(closers.map((close) => close())))

export function instanceOf({ config }: BillServer, changes: Partial<Config> = {}): Instance {
  const instance = Builder.factory({ ...config, ...changes })
  closers.push(() => Builder.driver(instance).close())
  return instance
}

export const failing = (promise: Promise<unknown>): Promise<Error & { code?: string; reason?: string }> =>
  promise.then(
    () => {
      throw new Error('it did not fail')
    },
    (error: Error) => error,
  )

/** A folder of its own for a file, so that what is left behind shows. */
let count = 0
export function placeFor(name = 'bill.csv'): { readonly path: string; readonly left: () => string[] } {
  const place = join(folder, `place-${++count}`)
  mkdirSync(place)
  return { path: join(place, name), left: () => readdirSync(place) }
}

export async function rowsOf(bill: Bill): Promise<number> {
  let rows = 0
  for await (const _ of bill) rows++
  return rows
}

export const file = (bytes: Buffer | string) => (_: unknown, response: ServerResponse) => response.end(bytes)
