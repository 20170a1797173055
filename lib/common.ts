export type { Apiv3Key, RemoteDecrypter } from './apiv3-key'
export {
  Bill,
  type EcommerceFundflowBillQuery,
  type FundflowBillFields,
  type FundflowBillQuery,
  type ProfitsharingBillQuery,
  type StatementQuery,
  type SubMerchantFundflowBillQuery,
  type TradeBillFields,
  type TradeBillQuery,
  type TradeRows,
} from './bill'
export type { FileCipher, FileDecipher } from './bill/cipher'
export type {
  BillRow,
  FundflowRow,
  FundflowSummary,
  GlobalProfitsharingRow,
  PaymentRow,
  ProfitsharingRow,
  RefundRow,
  StatementRow,
  TradeRow,
  TradeSummary,
} from './bill/columns'
export { Download, type FileOptions, type Progress } from './bill/file'
export type { Announced, AnnouncedParts, Announcement, Origin } from './bill/source'
export type { CallbackEnvelope, CallbackOf, CallbackResource } from './callback'
export { Certificates, type PlatformCertificate } from './certificates'
export { type Claim, Claims, type ClaimsOptions } from './claims'
export type { Client, Rotation } from './client'
export type { BrandConfig, Config, RemoteSigner } from './config'
export { AesEcb } from './crypto/aes-ecb'
export { AesGcm } from './crypto/aes-gcm'
export { Hash } from './crypto/hash'
export type { EncryptedKey, KeyInput, KeyMaterial } from './crypto/key'
export { Rsa } from './crypto/rsa'
export type { AnswerEvent, FailoverEvent, KeysEvent, RequestEvent, RetryEvent } from './diagnostics'
export type { DownloadOptions } from './download'
export {
  ApiError,
  ConfigError,
  type Delivery,
  RequestError,
  TransportError,
  VerificationError,
  type VerificationReason,
  WechatpayError,
} from './errors'
export { Formatter } from './formatter'
export type {
  CallbackAnswer,
  CallbackHandler,
  CallbackHandling,
  HandlingOptions,
  OnCallbackError,
  RawBody,
} from './handle-callback'
export type { HeadersInput } from './headers'
export { type MediaFile, type MediaInput, type MediaSource, MediaUtil, type Uploaded } from './media'
export type { MerchantCertificate } from './merchant'
export { CallbackReply, isCallback, Notifications, type NotificationsV2 } from './notification'
export {
  type AppParameters,
  type BusinessView,
  type JsapiParameters,
  type MiniProgramJump,
  Payment,
  type PaymentConfig,
  type PaymentSignType,
  type PaymentStamp,
  type PaymentV2,
  type PluginCoupon,
  type PluginParameters,
  type PrepaidAppOrder,
  type PrepaidOrder,
  type RedPacketParameters,
  type TransferParameters,
} from './payment'
export { PemUtil } from './pem'
export type { Certs, PlatformKey, PlatformKeys, RemoteVerifier } from './platform-keys'
export type { PendingResponse } from './promise'
export type { QueryInput, QueryValue } from './query'
export type { NotificationsConfig } from './recipients'
export { type RedisClient, type RedisStoreOptions, redisStore } from './redis-store'
export type { BodyInput, CallSettings, Protocol, RequestOptions } from './request'
export type { Response } from './response'
export type { CallRetryPolicy, RetryPolicy } from './retry'
export type { OwnSeen, Seen } from './seen'
export { type Sensitive, sensitive } from './sensitive'
export * from './settings'
export { MemoryStore, type Store } from './store'
export type { TemplateNode, TemplateOptions, VariablesOf } from './template'
export type { Timeouts } from './timeouts'
export { Transformer, XmlError, type XmlValue } from './transformer'
export type {
  AsyncVerb,
  CallOptions,
  ChainMethod,
  Ciphertext,
  DynamicPath,
  Encrypted,
  Loosen,
  PathValue,
  SyncVerb,
  Unlisted,
} from './types'
export type { Field, Fields } from './v2/fields'
export { workwxSign } from './v2/workwx'
