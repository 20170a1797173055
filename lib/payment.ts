import { type Credentials, type PaymentConfig, resolveCredentials } from './payment/config'
import { barePrepayId, encodeFields, makeStamp, type PaymentStamp, readTexts } from './payment/fields'
import { checkCodeUrl, h5Link } from './payment/links'
import { signLines } from './payment/sign'
import type {
  AppParameters,
  BusinessView,
  JsapiParameters,
  MiniProgramJump,
  PrepaidAppOrder,
  PrepaidOrder,
  TransferParameters,
} from './payment/types'
import { PaymentV2 } from './payment/v2'

export type { PaymentConfig } from './payment/config'
export type { PaymentStamp } from './payment/fields'
export type * from './payment/types'
export type { PaymentV2 } from './payment/v2'

/**
 * What the front end needs so that its user can pay, confirm or collect.
 *
 * `payment.jsapi`, `miniProgram` and `app` sign with the merchant's private key, as APIv3 wants it; they are promises,
 * since a remote signer may take its time. `payment.v2` signs with the APIv2 key. The rest needs no signature.
 *
 * A configuration that lacks something is a ConfigError, a field that is missing or cannot be signed a RequestError that
 * names it. Times are text in seconds. Nothing is sent.
 *
 * ```ts
 * const payment = new Payment({ mchid, privateKey })
 * const parameters = await payment.jsapi({ appid, prepay_id })
 * ```
 */
export class Payment {
  readonly #credentials: Credentials
  /** What is signed with the APIv2 key. */
  readonly v2: PaymentV2

  /**
   * @param config `mchid`, `privateKey` and `secret`, as far as the methods in use need them; the factory's will do
   * @throws ConfigError that names the option and the remedy
   */
  constructor(config: PaymentConfig) {
    this.#credentials = resolveCredentials(config)
    this.v2 = new PaymentV2(this.#credentials)
  }

  /**
   * For an order that is paid in WeChat's browser; a combined one too. Needs `privateKey`, of the same certificate as
   * the order (official, JSAPI调起支付签名).
   * @param order with the appid that it was placed with
   * @throws TransportError (`ERR_SIGNER`) when a remote signer fails
   */
  async jsapi(order: PrepaidOrder, stamp?: PaymentStamp): Promise<JsapiParameters> {
    const { appid, prepay_id } = readTexts(order, ['appid', 'prepay_id'])
    const { timestamp, nonce } = makeStamp(stamp)
    const data = `prepay_id=${barePrepayId(prepay_id)}`
    const paySign = await signLines(this.#credentials.signer(), appid, timestamp, nonce, data)
    return { appId: appid, timeStamp: timestamp, nonceStr: nonce, package: data, signType: 'RSA', paySign }
  }

  /** The same for a mini program, whose `wx.requestPayment` leaves `appId` aside. */
  async miniProgram(order: PrepaidOrder, stamp?: PaymentStamp): Promise<JsapiParameters> {
    return this.jsapi(order, stamp)
  }

  /**
   * For an order that is paid in an App. Needs `privateKey`, and `mchid` unless `partnerid` is given (official
   * 4012265144).
   * @throws TransportError (`ERR_SIGNER`) when a remote signer fails
   */
  async app(order: PrepaidAppOrder, stamp?: PaymentStamp): Promise<AppParameters> {
    const {
      appid,
      prepay_id,
      partnerid = this.#credentials.mchid(),
    } = readTexts(order, ['appid', 'prepay_id'], ['partnerid'])
    const { timestamp, nonce } = makeStamp(stamp)
    const prepayid = barePrepayId(prepay_id)
    const sign = await signLines(this.#credentials.signer(), appid, timestamp, nonce, prepayid)
    const data = 'Sign=WXPay'
    return { appid, partnerid, prepayid, package: data, packageValue: data, noncestr: nonce, timestamp, sign }
  }

  /**
   * The address that an H5 order's payer is sent to.
   * @param h5_url as the order answered it; APIv2 and cross-border orders call it `mweb_url`
   * @param options `redirect_url`: where the payer comes back to, paid or not (official, H5.php?chapter=15_4)
   */
  h5(h5_url: string, options?: { readonly redirect_url?: string | undefined }): string {
    return h5Link(h5_url, readTexts(options ?? {}, [], ['redirect_url']).redirect_url)
  }

  /**
   * The text of a Native order's QR code: the `code_url` itself, after a look at whether it is one. It is good for two
   * hours.
   */
  native(code_url: string): string {
    return checkCodeUrl(code_url)
  }

  /**
   * The page where a user confirms a transfer, or that later ones need no confirmation (official 4016960577,
   * 4015930512). Needs `mchid`.
   * @param transfer `package_info` as the transfer answered it; the others, a partner's, as it was asked for
   */
  transfer(transfer: {
    readonly appid: string
    readonly package_info: string
    readonly sub_mchid?: string | undefined
    readonly sub_appid?: string | undefined
  }): TransferParameters {
    const { appid, package_info, sub_mchid, sub_appid } = readTexts(
      transfer,
      ['appid', 'package_info'],
      ['sub_mchid', 'sub_appid'],
    )
    return {
      mchId: this.#credentials.mchid(),
      appId: appid,
      package: package_info,
      ...(sub_mchid && { subMchId: sub_mchid }),
      ...(sub_appid && { subAppId: sub_appid }),
    }
  }

  /** The same from an App, by its open SDK (official 4012719576). Needs `mchid`. */
  appTransfer(transfer: { readonly appid: string; readonly package_info: string }): BusinessView {
    const { appid, package_info } = readTexts(transfer, ['appid', 'package_info'])
    return view('requestMerchantTransfer', {
      mchId: this.#credentials.mchid(),
      appId: appid,
      package: package_info,
    })
  }

  /**
   * PayScore's page to authorise a service (official, wiki apis/chapter6_1_9).
   * @param permissions `apply_permissions_token` as `v3/payscore/permissions` answered it; good for an hour
   */
  scoreEnable(permissions: { readonly apply_permissions_token: string }): BusinessView {
    return view('wxpayScoreEnable', readTexts(permissions, ['apply_permissions_token']))
  }

  /**
   * PayScore's page to confirm an order (official 4012155295); cross-border orders want `payment.v2.scoreUse`.
   * @param order `package` as `v3/payscore/serviceorder` answered it
   */
  scoreUse(order: { readonly package: string }): BusinessView {
    return view('wxpayScoreUse', readTexts(order, ['package']))
  }

  /**
   * The mini program where a user signs a contract for automatic payments (official 4017177420,
   * entrusted-payment/redirect-mini-program).
   * @param contract the three fields of what `v3/papay/…/pre-entrust-sign/mini-program` answered, as far as it has them
   */
  contract(contract: {
    readonly pre_entrustweb_id: string
    readonly redirect_appid?: string | undefined
    readonly redirect_path?: string | undefined
  }): MiniProgramJump {
    const {
      pre_entrustweb_id,
      redirect_appid: appId = 'wxbd687630cd02ce1d',
      redirect_path: path = 'pages/index/index',
    } = readTexts(contract, ['pre_entrustweb_id'], ['redirect_appid', 'redirect_path'])
    return { appId, path, extraData: { pre_entrustweb_id } }
  }
}

function view(businessType: string, extraData: Record<string, string>): BusinessView {
  return { businessType, extraData, queryString: encodeFields(extraData) }
}
