import { Builder } from '../../lib'

/** What a verb's promise resolves to. */
export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly data: unknown
  readonly body: Buffer
  readonly requestId: string | undefined
  readonly verified: boolean
}

interface Pending extends Promise<Answered> {
  otherwise(onrejected: (error: unknown) => unknown): Pending
  wait(): Promise<unknown>
}

/** The names that the tables use as segments. A closed list, so that a misspelt one does not compile. */
type Segment =
  | ''
  | '0'
  | '7'
  | 'Foo'
  | 'MerchantService'
  | 'Pay'
  | 'V2'
  | '__x__'
  | '_id_'
  | '_outTradeNo_'
  | '_x_'
  | 'a'
  | 'b'
  | 'billdownload'
  | 'chain'
  | 'complaintNotifications'
  | 'delete'
  | 'downloadbill'
  | 'driver'
  | 'file'
  | 'get'
  | 'getAsync'
  | 'head'
  | 'merchantService/x'
  | 'mmpaymkttransfers'
  | 'null'
  | 'patch'
  | 'pay'
  | 'post'
  | 'postAsync'
  | 'promotion'
  | 'put'
  | 'request'
  | 'transfers'
  | 'v2'
  | 'v3'
  | 'v3/{x}'
  | 'x'
  | 'y'

/** A node, typed loosely on purpose: most of what is called here a typed program could not write. */
export interface Chain extends Readonly<Record<Exclude<Segment, 'chain'>, Chain>> {
  (...args: readonly unknown[]): Pending
  readonly chain: ((template: unknown) => Chain) & Chain
}

export interface Driver {
  request(verb: string, uri: string, options?: unknown): Promise<Answered>
  requestAsync(verb: string, uri: string, options?: unknown): Pending
  select(protocol?: string): { dispatch: unknown }
  close(): Promise<void>
}

/** `Builder.factory` with whatever a caller without types could give it. */
export function factory(...config: readonly unknown[]): Chain {
  return (Builder.factory as (...config: readonly unknown[]) => unknown)(...config) as Chain
}

export function driver(root: Chain): Driver {
  return Builder.driver(root as unknown as ReturnType<typeof Builder.factory>) as unknown as Driver
}

/** A segment whose name is not known before run time. */
export function segment(node: Chain, name: string): Chain {
  return Reflect.get(node, name) as Chain
}
