import { Hash } from '../crypto/hash'
import { RequestError } from '../errors'
import { Formatter } from '../formatter'
import type { Credentials } from './config'
import { barePrepayId, encodeFields, makeStamp, type PaymentStamp, readTexts } from './fields'
import type {
  AppParameters,
  BusinessView,
  JsapiParameters,
  MiniProgramJump,
  PaymentSignType,
  PluginCoupon,
  PluginParameters,
  PrepaidAppOrder,
  PrepaidOrder,
  RedPacketParameters,
} from './types'

const { ALGO_MD5, ALGO_HMAC_SHA256 } = Hash
/** The plug-in gives no more at once (official, 小程序发券插件). */
const MOST_COUPONS = 10

/**
 * What is signed with the APIv2 key: `k=v&…` in byte order, `&key=` and the key behind it, upper-case hex. All of it needs
 * `secret`, a few also `mchid`: ConfigError when it is missing, RequestError for a field that is.
 */
export class PaymentV2 {
  readonly #credentials: Credentials

  /** @internal `new Payment(…).v2` */
  constructor(credentials: Credentials) {
    this.#credentials = credentials
  }

  /**
   * For an order of APIv2's `unifiedorder`, paid in WeChat's browser (official v2 4011983201).
   * @param order with the `signType` that the order was placed with; default MD5
   */
  jsapi<SignType extends PaymentSignType = 'MD5'>(
    order: PrepaidOrder & { readonly signType?: SignType | undefined },
    stamp?: PaymentStamp,
  ): JsapiParameters<SignType> {
    const { appid, prepay_id, signType = ALGO_MD5 } = readTexts(order, ['appid', 'prepay_id'], ['signType'])
    const { timestamp, nonce } = makeStamp(stamp)
    const signed = {
      appId: appid,
      timeStamp: timestamp,
      nonceStr: nonce,
      package: `prepay_id=${barePrepayId(prepay_id)}`,
      signType: checkSignType(signType) as SignType,
    }
    return { ...signed, paySign: this.#sign(signed, signType) }
  }

  /** The same for a mini program. */
  miniProgram<SignType extends PaymentSignType = 'MD5'>(
    order: PrepaidOrder & { readonly signType?: SignType | undefined },
    stamp?: PaymentStamp,
  ): JsapiParameters<SignType> {
    return this.jsapi(order, stamp)
  }

  /**
   * The same for an App; just these six fields are signed (official v2 4011986561).
   * @param order with the `signType` that the order was placed with; default MD5
   */
  app(
    order: PrepaidAppOrder & { readonly signType?: PaymentSignType | undefined },
    stamp?: PaymentStamp,
  ): AppParameters {
    const {
      appid,
      prepay_id,
      partnerid = this.#credentials.mchid(),
      signType = ALGO_MD5,
    } = readTexts(order, ['appid', 'prepay_id'], ['partnerid', 'signType'])
    const { timestamp, nonce } = makeStamp(stamp)
    const signed = {
      appid,
      partnerid,
      prepayid: barePrepayId(prepay_id),
      package: 'Sign=WXPay',
      noncestr: nonce,
      timestamp,
    } as const
    return { ...signed, packageValue: signed.package, sign: this.#sign(signed, checkSignType(signType)) }
  }

  /**
   * The text of a QR code for a product rather than an order: WeChat Pay asks the merchant's callback for the order when
   * it is scanned (official v2, Native mode one: native.php?chapter=6_4).
   */
  native(product: { readonly appid: string; readonly product_id: string }, stamp?: PaymentStamp): string {
    const { appid, product_id } = readTexts(product, ['appid', 'product_id'])
    const { timestamp, nonce } = makeStamp(stamp)
    const mch_id = this.#credentials.mchid()
    const signed = { appid, mch_id, product_id, time_stamp: timestamp, nonce_str: nonce }
    return `weixin://wxpay/bizpayurl?${encodeFields({ sign: this.#sign(signed, ALGO_MD5), ...signed })}`
  }

  /**
   * For a mini program's red packet: `package` goes out percent-encoded and is signed so, `signType` is not signed, and
   * `paySign` is in lower case (official v2 4011937428).
   * @param packet `package` as `sendminiprogramhb` answered it, encoded or not
   */
  redPacket(
    packet: { readonly appid: string; readonly package: string },
    stamp?: PaymentStamp,
  ): RedPacketParameters {
    const { appid, package: data } = readTexts(packet, ['appid', 'package'])
    const { timestamp, nonce } = makeStamp(stamp)
    const encoded = /^[\w%.~*-]+$/.test(data) && /%3D/i.test(data) ? data : encodeURIComponent(data)
    const signed = { timeStamp: timestamp, nonceStr: nonce, package: encoded }
    const paySign = this.#sign({ appId: appid, ...signed }, ALGO_MD5).toLowerCase()
    return { ...signed, signType: ALGO_MD5, paySign }
  }

  /**
   * For the plug-in that gives coupons in a mini program, at most ten at once: the fields of each are signed with its
   * place behind their names, `stock_id0`, `out_request_no0`, … (official, 小程序发券插件).
   * @param given `send_coupon_merchant` is the configured `mchid` by default
   */
  coupons(given: {
    readonly coupons: readonly PluginCoupon[]
    readonly send_coupon_merchant?: string | undefined
  }): PluginParameters {
    const { coupons, ...rest } = Object(given) as typeof given
    const { send_coupon_merchant = this.#credentials.mchid() } = readTexts(rest, [], ['send_coupon_merchant'])
    if (!Array.isArray(coupons) || coupons.length === 0 || coupons.length > MOST_COUPONS) {
      throw new RequestError('coupons', `expected a list of one to ${MOST_COUPONS} coupons`)
    }
    const send_coupon_params = coupons.map((coupon: unknown, index) => readCoupon(coupon, index))
    const signed = Object.fromEntries([
      ['send_coupon_merchant', send_coupon_merchant],
      ...send_coupon_params.flatMap((coupon, index) =>
        Object.entries(coupon).map(([name, value]) => [`${name}${index}`, value]),
      ),
    ]) as Record<string, string>
    return { send_coupon_params, send_coupon_merchant, sign: this.#sign(signed, ALGO_HMAC_SHA256) }
  }

  /**
   * The page where a user of WeChat's browser gets a business coupon. What is signed is the plain text, what stands in
   * the address is encoded; the fragment is compulsory (official, H5发券).
   * @param coupon `send_coupon_merchant` is the configured `mchid` by default
   */
  couponLink(coupon: {
    readonly stock_id: string
    readonly out_request_no: string
    readonly open_id: string
    /** Where the stock wants the merchant to choose the code. */
    readonly coupon_code?: string | undefined
    readonly send_coupon_merchant?: string | undefined
  }): string {
    const {
      stock_id,
      out_request_no,
      send_coupon_merchant = this.#credentials.mchid(),
      ...rest
    } = readTexts(coupon, ['stock_id', 'out_request_no', 'open_id'], ['coupon_code', 'send_coupon_merchant'])
    const sign = this.#sign({ stock_id, out_request_no, send_coupon_merchant, ...rest }, ALGO_HMAC_SHA256)
    const query = encodeFields({ stock_id, out_request_no, sign, send_coupon_merchant, ...rest })
    return `https://action.weixin.qq.com/busifavor/getcouponinfo?${query}#wechat_pay&wechat_redirect`
  }

  /**
   * PayScore's page to confirm an order, in its signed form: orders of cross-border institutions want it (official
   * global 4014096514), domestic ones no longer do: `payment.scoreUse`.
   * @param order `package` as the order answered it
   */
  scoreUse(order: { readonly package: string }, stamp?: PaymentStamp): BusinessView {
    return this.#score('wxpayScoreUse', readTexts(order, ['package']), stamp)
  }

  /** PayScore's page with the details of an order (official, wx.openBusinessView: weixin-pay-score/applets-order). */
  scoreDetail(
    order: { readonly service_id: string; readonly out_order_no: string },
    stamp?: PaymentStamp,
  ): BusinessView {
    return this.#score('wxpayScoreDetail', readTexts(order, ['service_id', 'out_order_no']), stamp)
  }

  /**
   * The mini program where a user signs a contract for automatic payments, without an order and without a call before
   * it (official v2 4011984050, 4011989901 for partners).
   */
  contract(
    contract: {
      readonly appid: string
      readonly plan_id: string
      readonly contract_code: string
      /** Digits only, unique among the merchant's requests. */
      readonly request_serial: string
      readonly contract_display_account: string
      readonly notify_url: string
      /** For partners. */
      readonly sub_mch_id?: string | undefined
    },
    stamp?: Pick<PaymentStamp, 'timestamp'>,
  ): MiniProgramJump {
    const required = [
      'appid',
      'plan_id',
      'contract_code',
      'request_serial',
      'contract_display_account',
      'notify_url',
    ] as const
    const signed = {
      mch_id: this.#credentials.mchid(),
      ...readTexts(contract, required, ['sub_mch_id']),
      timestamp: makeStamp(stamp).timestamp,
    }
    return {
      appId: 'wxbd687630cd02ce1d',
      path: 'pages/index/index',
      extraData: { ...signed, sign: this.#sign(signed, ALGO_MD5) },
    }
  }

  #score(businessType: string, order: Record<string, string>, stamp: PaymentStamp | undefined): BusinessView {
    const { timestamp, nonce } = makeStamp(stamp)
    const mch_id = this.#credentials.mchid()
    const signed = { mch_id, ...order, timestamp, nonce_str: nonce, sign_type: ALGO_HMAC_SHA256 }
    const extraData = { ...signed, sign: this.#sign(signed, ALGO_HMAC_SHA256) }
    return { businessType, extraData, queryString: encodeFields(extraData) }
  }

  #sign(fields: Readonly<Record<string, string>>, type: string): string {
    return Hash.sign(type, Formatter.queryStringLike(Formatter.ksort(fields)), this.#credentials.secret())
  }
}

function checkSignType(type: string): PaymentSignType {
  if (type === ALGO_MD5 || type === ALGO_HMAC_SHA256) return type
  throw new RequestError('signType', `expected ${ALGO_MD5} or ${ALGO_HMAC_SHA256}: that of the order`)
}

function readCoupon(coupon: unknown, index: number): PluginCoupon {
  const optional = ['coupon_code', 'customize_send_time', 'create_coupon_merchant'] as const
  return readTexts(coupon, ['stock_id', 'out_request_no'], optional, `coupons[${index}].`)
}
