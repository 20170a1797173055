export const JSON_TYPE = 'application/json; charset=utf-8'
/** APIv2 calls its XML plain text, as it does its bills */
export const XML_TYPE = 'text/plain'

/** An answer as it goes over the wire */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** An answer, and the platform's error code when it is an error */
export interface Outcome {
  readonly reply: Reply
  readonly code?: string
}
