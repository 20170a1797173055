import type { Readable } from 'node:stream'
import { AES_256_GCM } from './bill/cipher'
import type {
  BillRow,
  FundflowRow,
  FundflowSummary,
  PaymentRow,
  ProfitsharingRow,
  RefundRow,
  StatementRow,
  TradeRow,
  TradeSummary,
} from './bill/columns'
import { Download, type FileOptions, throwIfAborted } from './bill/file'
import { announced, answered, type Origin, type Source, stored } from './bill/source'
import { Table } from './bill/table'
import type { DownloadOptions } from './download'
import { RequestError } from './errors'
import { Builder } from './instance'
import { isPlainObject } from './plain'
import type { Response } from './response'
import type { Fields } from './v2/fields'

/** The rows of a bill of trades by its `bill_type`. */
export interface TradeRows {
  readonly ALL: TradeRow
  readonly SUCCESS: PaymentRow
  readonly REFUND: RefundRow
  readonly RECHARGE_REFUND: RefundRow
  readonly ALL_SPECIAL: TradeRow
  readonly SUC_SPECIAL: PaymentRow
  readonly REF_SPECIAL: RefundRow
}

/** What a bill is asked for with. It is sent packed unless `tar_type: undefined` says otherwise. */
interface BillQuery {
  /** `2026-11-20`: within the last three months. */
  readonly bill_date: string
  readonly tar_type?: 'GZIP' | undefined
}

interface SubMerchant {
  /** Of a partner: just this sub-merchant's. */
  readonly sub_mchid?: string | undefined
}

export interface TradeBillQuery<Type extends keyof TradeRows = 'ALL'> extends BillQuery, SubMerchant {
  readonly bill_type?: Type | undefined
}

export interface FundflowBillQuery extends BillQuery, SubMerchant {
  readonly account_type?: 'BASIC' | 'OPERATION' | 'FEES' | undefined
}

export interface ProfitsharingBillQuery extends BillQuery, SubMerchant {}

/** What an encrypted bill is asked for with. */
interface SealedBillQuery extends BillQuery {
  /** Default: `AEAD_AES_256_GCM`. `SM4_GCM` wants a configuration of `wechatpay-chain/shangmi`. */
  readonly algorithm?: 'AEAD_AES_256_GCM' | 'SM4_GCM' | undefined
}

export interface SubMerchantFundflowBillQuery extends SealedBillQuery {
  readonly sub_mchid: string
  readonly account_type: 'BASIC' | 'OPERATION' | 'FEES' | 'DEPOSIT'
}

export interface EcommerceFundflowBillQuery extends SealedBillQuery {
  readonly account_type?: 'ALL' | undefined
}

/** The fields of APIv2's bills of trades. */
export interface TradeBillFields<Type extends keyof TradeRows = 'ALL'> extends Fields {
  readonly appid: string
  readonly mch_id: string
  /** `20261120` */
  readonly bill_date: string
  readonly bill_type?: Type
}

/** The fields of APIv2's bills of funds. */
export interface FundflowBillFields extends Fields {
  readonly appid: string
  readonly mch_id: string
  /** `20261120` */
  readonly bill_date: string
  readonly account_type: 'Basic' | 'Operation' | 'Fees'
}

export interface StatementQuery {
  readonly mchid: string
  /** `20261120` */
  readonly date: string
  /** Of an institution. */
  readonly sp_mchid?: string | undefined
  readonly sub_mchid?: string | undefined
}

const PACKED = { tar_type: 'GZIP' } as const

/**
 * A bill: asked for, fetched, unpacked, its hash checked, read row by row, all in one stream. Nothing is sent before it is
 * wanted; each time it is wanted it is asked for anew, since the address of a bill lives for minutes.
 *
 * ```ts
 * const bill = Bill.trade(instance, { bill_date: '2026-11-20' })
 * for await (const row of bill) console.log(row.商户订单号, row.订单金额)
 * console.log((await bill.summary())?.总交易单数)
 * ```
 *
 * **When to act on a row.** Its hash covers a bill as a whole and is known at the end: a loop over rows that ends without an
 * error has read a bill that is whole and genuine; one that throws has read something else. Who must not act before that
 * saves the bill first, and reads the rows from there: `for await (const row of await bill.save(path))`.
 *
 * @typeParam Row a row by the titles of the columns
 * @typeParam Summary the last line of the bill
 */
export class Bill<Row extends BillRow = BillRow, Summary extends BillRow = BillRow>
  extends Download
  implements AsyncIterable<Row>
{
  /** Does a bill of this kind end with a summary? */
  readonly #summed: boolean
  #summary: Summary | undefined
  /** Were all rows read, and with them the summary? */
  #read = false

  private constructor(source: Source, summed: boolean) {
    super(source, true)
    this.#summed = summed
  }

  /** The trades of a day (交易账单). */
  static trade<Type extends keyof TradeRows = 'ALL'>(
    instance: unknown,
    query: TradeBillQuery<Type>,
  ): Bill<TradeRows[Type], TradeSummary> {
    return new Bill(asked(instance, 'v3/bill/tradebill', query), true)
  }

  /** The movements of the merchant's funds on a day (资金账单). */
  static fundflow(instance: unknown, query: FundflowBillQuery): Bill<FundflowRow, FundflowSummary> {
    return new Bill(asked(instance, 'v3/bill/fundflowbill', query), true)
  }

  /** The shares of a day (分账账单). */
  static profitsharing(instance: unknown, query: ProfitsharingBillQuery): Bill<ProfitsharingRow> {
    return new Bill(asked(instance, 'v3/profitsharing/bills', query), true)
  }

  /** The movements of one sub-merchant's funds (单个子商户资金账单): encrypted for the partner, in one part or several. */
  static subMerchantFundflow(
    instance: unknown,
    query: SubMerchantFundflowBillQuery,
  ): Bill<FundflowRow, FundflowSummary> {
    return new Bill(asked(instance, 'v3/bill/sub-merchant-fundflowbill', sealed(query)), true)
  }

  /** The movements of all sub-merchants' funds (二级商户资金账单): encrypted for the platform's partner, likewise. */
  static ecommerceFundflow(
    instance: unknown,
    query: EcommerceFundflowBillQuery,
  ): Bill<FundflowRow, FundflowSummary> {
    const all = { account_type: 'ALL', ...sealed(query) }
    return new Bill(asked(instance, 'v3/ecommerce/bill/fundflowbill', all), true)
  }

  /** APIv2's bill of funds, by `account_type`: needs the client certificate. It has no hash. */
  static v2(instance: unknown, fields: FundflowBillFields): Bill<FundflowRow, FundflowSummary>
  /** APIv2's bill of trades. It has no hash: that all of it came is told by its summary. */
  static v2<Type extends keyof TradeRows = 'ALL'>(
    instance: unknown,
    fields: TradeBillFields<Type>,
  ): Bill<TradeRows[Type], TradeSummary>
  static v2(instance: unknown, fields: Fields): Bill {
    const client = Builder.driver(instance)
    const funds = fields.account_type !== undefined
    const uri = funds ? 'v2/pay/downloadfundflow' : 'v2/pay/downloadbill'
    const xml = { ...PACKED, ...(funds && { sign_type: 'HMAC-SHA256' }), ...fields }
    const ask = (options: DownloadOptions): Promise<Response<Readable>> =>
      client.request<Readable>('post', uri, { ...options, xml, security: funds, stream: true })
    return new Bill(answered(ask), true)
  }

  /**
   * The statement of an overseas merchant. Its SHA-1 is in a signed header and checked before its first byte is handed out,
   * for which it has to fit into memory (128 MiB).
   * @param endpoint `hk/v3/statements` for QuickPay in Hong Kong
   */
  static statement(
    instance: unknown,
    query: StatementQuery,
    endpoint: 'v3/global/statements' | 'hk/v3/statements' = 'v3/global/statements',
  ): Bill<StatementRow> {
    const client = Builder.driver(instance)
    const ask = (options: DownloadOptions): Promise<Response<Readable>> =>
      client.request<Readable>('get', endpoint, { ...options, query, stream: true })
    return new Bill(answered(ask), false)
  }

  /**
   * Any other bill, by the answer that announces it; also one in encrypted parts.
   * @param origin as for `Download.from`: `() => instance.v3.payscore.merchantBill.get({ query })`
   * @typeParam Row such as `GlobalProfitsharingRow`
   */
  static override from<Row extends BillRow = BillRow, Summary extends BillRow = BillRow>(
    instance: unknown,
    origin: Origin,
  ): Bill<Row, Summary> {
    return new Bill(announced(Builder.driver(instance), origin), false)
  }

  /** A bill that was saved. */
  static file<Row extends BillRow = BillRow, Summary extends BillRow = BillRow>(
    path: string,
  ): Bill<Row, Summary> {
    return new Bill(stored(path), false)
  }

  [Symbol.asyncIterator](): AsyncGenerator<Row, void, undefined> {
    return this.rows()
  }

  /**
   * The rows one by one, in bounded memory however long the bill is. Leaving the loop ends the download.
   *
   * Throws what `stream` fails with, and a TransportError (`ERR_BILL`) when what came is no bill, or not all of one.
   */
  async *rows(options: FileOptions = {}): AsyncGenerator<Row, void, undefined> {
    const table = new Table(this.#summed)
    for await (const chunk of this.stream(options)) {
      for (const row of table.push(chunk as Buffer)) {
        throwIfAborted(options.signal)
        yield row as Row
      }
    }
    for (const row of table.end()) yield row as Row
    this.#summary = table.summary as Summary | undefined
    this.#read = true
  }

  /**
   * The last line of the bill: of the rows that were just read, else all of them are read for it.
   * @returns `undefined` for a bill that has none
   */
  async summary(options: FileOptions = {}): Promise<Summary | undefined> {
    if (!this.#read) for await (const _ of this.rows(options));
    return this.#summary
  }

  /** @returns the same bill, read from the file */
  override async save(path: string, options: FileOptions = {}): Promise<Bill<Row, Summary>> {
    await this.write(path, options)
    return new Bill(stored(path), this.#summed)
  }

  /** Without a hash the summary at its end tells that all of a bill has come. */
  protected override async *unvouched(file: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const table = this.#summed ? new Table(true) : undefined
    for await (const chunk of file) {
      table?.push(chunk)
      yield chunk
    }
    table?.end()
  }
}

/** An encrypted bill names its algorithm when it is asked for. */
function sealed<Query extends SealedBillQuery>(query: Query): Query & { readonly algorithm: string } {
  return { ...query, algorithm: query?.algorithm ?? AES_256_GCM.algorithm }
}

/** A bill whose address an operation gives. */
function asked(instance: unknown, uri: string, query: BillQuery & { readonly algorithm?: string }): Source {
  const client = Builder.driver(instance)
  if (!isPlainObject(query) || typeof query.bill_date !== 'string' || query.bill_date === '') {
    throw new RequestError('bill_date', 'expected the day of the bill, such as 2026-11-20')
  }
  const ask = (options: DownloadOptions): Promise<Response<object>> =>
    client.request<object>('get', uri, { ...options, query: { ...PACKED, ...query } })
  return announced(client, ask, query.algorithm)
}
