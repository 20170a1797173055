/** How a value is written in JSON; `[]` marks a list. XML and queries write all of them as text. */
export type FieldType =
  | 'string'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'object'
  | 'file'
  | 'string[]'
  | 'integer[]'
  | 'number[]'
  | 'object[]'

export type Format =
  | 'int32'
  | 'int64'
  | 'numeric'
  | 'base64'
  | 'rfc3339'
  | 'date'
  | 'yyyyMMddHHmmss'
  | 'url'
  | 'media-id'
  | 'media-url'

/** Who can decrypt a value: see the protocol's rules on sensitive fields. */
export type EncryptionKey = 'platform' | 'merchant' | 'apiv3-key' | 'apiv2-key' | 'v2-risk-pubkey'

export interface Field {
  readonly name: string
  readonly type: FieldType
  readonly required?: true
  /** The official short name, in Chinese. */
  readonly label?: string
  /** The documented values. */
  readonly enum?: readonly (string | number | boolean)[]
  /** The documented values may be incomplete. */
  readonly enumOpen?: true
  readonly format?: Format
  readonly default?: string
  readonly encrypted?: EncryptionKey
  /** A string on the wire that holds the fields below it, or, as `encodedAs` says, a list of them. */
  readonly encoded?: 'json' | 'urlencoded'
  readonly encodedAs?: FieldType
  /** APIv2: one key for each index, `coupon_id_$n` stands for `coupon_id_0`, `coupon_id_1`, … */
  readonly indexed?: true
  /** Signed with the merchant's certificate beside the request's own signature. */
  readonly signed?: true
  readonly fields?: readonly Field[]
  readonly variants?: readonly Variant[]
}

/** One of several shapes of an object, and the value that another field then has. */
export interface Variant {
  readonly when?: string
  readonly fields: readonly Field[]
}

export interface Group {
  readonly required?: true
  /** At least one of these is needed, none by itself: the order's number or the platform's. */
  readonly anyOf?: readonly string[]
  readonly fields: readonly Field[]
}

export type Verb = 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE'

/** Where the fields of a request stand. */
export type GroupName = 'query' | 'json' | 'xml' | 'headers' | 'multipart'

export interface Host {
  readonly name: string
  /** Answers on this host only; absent: on this one too. */
  readonly required?: true
  /** Stands before the path. */
  readonly basePath?: string
}

export interface Answer {
  readonly kind: 'json' | 'xml' | 'empty' | 'csv' | 'text' | 'pdf' | 'image' | 'redirect'
  /** Of success; absent: 200. */
  readonly status?: number
  readonly gzip?: 'optional'
  readonly fields?: readonly Field[]
  /** The answer carries no signature, and why that is no danger. */
  readonly unsigned?: string
  /** What is signed in place of the body. */
  readonly signedPart?: 'statement-sha1'
  /** APIv2: the field that holds the signature. */
  readonly signField?: string
  /** Fields that hold an address to fetch from. */
  readonly downloadUrls?: readonly string[]
  /** Failures are of another kind. */
  readonly errorKind?: 'xml'
  readonly errorFields?: readonly Field[]
}

/** A documented call: `verb` and `uri` name it. */
export interface Operation extends Readonly<Partial<Record<GroupName, Group>>> {
  readonly verb: Verb
  /** The URI template as one writes it, beginning with `v2/` or `v3/`. */
  readonly uri: string
  /** As sent, where that is not what the template says. */
  readonly path?: string
  readonly host?: Host
  /** The official short name, in Chinese. */
  readonly title?: string
  readonly docs?: readonly string[]
  readonly roles?: readonly ('merchant' | 'partner')[]
  readonly deprecated?: true
  /** Needs the merchant's client certificate. */
  readonly security?: true
  /** APIv2: takes no `nonce_str`. */
  readonly nonceless?: true
  /** Is sent without a signature. */
  readonly unsignedRequest?: true
  readonly variables?: readonly Field[]
  readonly answer: Answer
}

/** A notification that WeChat Pay sends. */
export interface Callback {
  readonly id: string
  readonly version: 'v2' | 'v3'
  readonly title?: string
  readonly docs: readonly string[]
  readonly deprecated?: true
  readonly format: 'json' | 'xml'
  readonly eventTypes: readonly string[]
  readonly originalTypes?: readonly string[]
  readonly resourceTypes?: readonly string[]
  readonly algorithms?: readonly string[]
  readonly headers: readonly Field[]
  readonly body: readonly Field[]
  readonly ciphertext?: {
    readonly path: string
    readonly algorithm: 'aes-gcm' | 'aes-ecb'
    readonly key: EncryptionKey
    readonly fields?: readonly Field[]
    readonly variants?: readonly Variant[]
  }
  /** What the answer to it may hold. */
  readonly ack: {
    readonly format: 'json' | 'xml'
    readonly statuses?: readonly string[]
    readonly headers?: Group
    readonly body?: Group
  }
}
