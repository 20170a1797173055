import { createHash, randomBytes } from 'node:crypto'
import { createWriteStream, statSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Bill } from './child/platform'

const TITLES =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\r\n'

function row(): string {
  const id = randomBytes(16).toString('hex')
  return `\`2026-11-20 06:31:47,\`wx2421b1c4370ec43b,\`1900000109,\`0,\`,\`4200000847${id.slice(0, 18)},\`order${id},\`oUpF8u${id.slice(10)},\`JSAPI,\`SUCCESS,\`OTHERS,\`CNY,\`0.01,\`0.00,\`0,\`0,\`0.00,\`0.00,\`,\`,\`a book,\`1,\`0.00000,\`0.60%,\`0.01,\`0.00,\`\r\n`
}

/**
 * Writes a bill of so many bytes, at least, packed as the platform sends one.
 * @param folder where it may stay
 */
export async function writeBill(folder: string, bytes: number): Promise<Bill> {
  const path = join(folder, 'bill.csv.gz')
  const hash = createHash('sha1')
  // Longer than what gzip remembers: each block is as new to it as the first.
  const block = Array.from({ length: 1000 }, row).join('')
  function* pieces(): Generator<string> {
    for (let written = 0; written < bytes; written += block.length) {
      const piece = written === 0 ? `${TITLES}${block}` : block
      hash.update(piece)
      yield piece
    }
  }
  await pipeline(Readable.from(pieces()), createGzip({ level: 1 }), createWriteStream(path))
  return { path, size: statSync(path).size, sha1: hash.digest('hex') }
}
