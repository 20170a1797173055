/** An order that waits for its payer. */
export interface PrepaidOrder {
  /** The one that the order was placed with: for a partner's order `sp_appid` or `sub_appid`, for combined ones `combine_appid`. */
  readonly appid: string
  /** As the order answered it, or with `prepay_id=` before it. */
  readonly prepay_id: string
}

/** The same, for an App. */
export interface PrepaidAppOrder extends PrepaidOrder {
  /**
   * Default: the configured `mchid`. Combined orders want `combine_mchid`, an APIv2 partner's the sub-merchant's number
   * (official v2 4011986561).
   */
  readonly partnerid?: string | undefined
}

/** APIv2's algorithms: the one that the order itself was signed with. */
export type PaymentSignType = 'MD5' | 'HMAC-SHA256'

/** What `WeixinJSBridge`'s `getBrandWCPayRequest`, `wx.chooseWXPay` and `wx.requestPayment` take. */
export interface JsapiParameters<SignType extends string = 'RSA'> {
  readonly appId: string
  /** Text, in seconds. */
  readonly timeStamp: string
  readonly nonceStr: string
  /** `prepay_id=…` */
  readonly package: string
  readonly signType: SignType
  readonly paySign: string
}

/** What the open SDK's `PayReq` takes. */
export interface AppParameters {
  readonly appid: string
  readonly partnerid: string
  /** Without `prepay_id=`. */
  readonly prepayid: string
  readonly package: 'Sign=WXPay'
  /** The same, as Android and HarmonyOS call it. */
  readonly packageValue: 'Sign=WXPay'
  readonly noncestr: string
  /** Text, in seconds. */
  readonly timestamp: string
  readonly sign: string
}

/** What opens a page of WeChat Pay's: three ways to say the same. */
export interface BusinessView {
  readonly businessType: string
  /** For `wx.openBusinessView` of a mini program. */
  readonly extraData: Readonly<Record<string, string>>
  /** For the JS-SDK's `openBusinessView`; an App's open SDK calls it `query`. */
  readonly queryString: string
}

/** What `wx.requestMerchantTransfer` and `WeixinJSBridge`'s take. */
export interface TransferParameters {
  readonly mchId: string
  readonly appId: string
  readonly package: string
  readonly subMchId?: string
  readonly subAppId?: string
}

/** What `wx.navigateToMiniProgram` takes. */
export interface MiniProgramJump {
  readonly appId: string
  readonly path: string
  readonly extraData: Readonly<Record<string, string>>
}

/** What `wx.sendBizRedPacket` takes. */
export interface RedPacketParameters {
  /** Text, in seconds. */
  readonly timeStamp: string
  readonly nonceStr: string
  /** Percent-encoded. */
  readonly package: string
  readonly signType: 'MD5'
  readonly paySign: string
}

/** A coupon that the mini program's plug-in shall give. */
export interface PluginCoupon {
  readonly stock_id: string
  readonly out_request_no: string
  /** Where the stock wants the merchant to choose the code. */
  readonly coupon_code?: string | undefined
  /** RFC 3339. */
  readonly customize_send_time?: string | undefined
  /** For cash coupons: the merchant that made the stock. */
  readonly create_coupon_merchant?: string | undefined
}

/** What the plug-in's `<send-coupon>` takes. */
export interface PluginParameters {
  readonly send_coupon_params: readonly PluginCoupon[]
  readonly send_coupon_merchant: string
  readonly sign: string
}
