import type { Catalogue } from './catalogue'
import type { Documented } from './catalogue-find'
import type { Visit } from './door'
import type { Exchange } from './exchange'
import type { Effect } from './fault-effects'
import type { Merchant } from './keys'
import { Problem } from './problem'
import { type Outcome, type Reply, XML_TYPE } from './reply'
import { checkFields, type Shape } from './shape'
import { createNonce } from './sign'
import { V2Authority, type V2Demands, type V2Verdict } from './v2-authorize'
import { type Failure, failureOf } from './v2-problem'
import { digestOf, messageOf, type SignType } from './v2-sign'
import { type Fields, legal, writeXml } from './xml'

/** Fields of an answer; those that are `undefined` are left out */
export type V2Fields = Readonly<Record<string, string | number | undefined>>

/** What a handler gets to see of a request */
export interface V2Call {
  readonly fields: Fields
  /** reads the fields; @throws Problem `PARAM_ERROR` when they do not fit the shape */
  read<T>(shape: Shape): T
}

/** One operation */
export interface V2Route extends V2Demands {
  readonly path: string
  /** needs the merchant's client certificate */
  readonly security?: boolean
  /** answers without `sign` */
  readonly unsigned?: boolean
  /** gives the fields of a success, or the whole answer, which then is not signed; @throws Problem */
  readonly handler: (call: V2Call) => V2Fields | Reply
  /** how a failure is told, when not in the usual way */
  readonly failure?: (failure: Failure) => Reply
  /** what a failed operation says besides */
  readonly failed?: V2Fields
  /** headers of a success */
  readonly headers?: Readonly<Record<string, string>>
}

/** What a request repeats of itself in its answer */
const REPEATED = ['appid', 'mch_id', 'sub_appid', 'sub_mch_id', 'device_info'] as const

/** An answer of HTTP 200 in XML */
export const xmlReply = (fields: V2Fields): Reply => ({
  status: 200,
  headers: { 'Content-Type': XML_TYPE },
  body: writeXml(present(fields)),
})

const present = (fields: V2Fields): [string, string][] =>
  Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, legal(String(value))])

const isReply = (answer: V2Fields | Reply): answer is Reply => Buffer.isBuffer(answer.body)

const page = (text: string): Reply => ({
  status: 400,
  headers: { 'Content-Type': 'text/html' },
  body: Buffer.from(
    `<html><head><title>400 ${text}</title></head><body><h1>400 Bad Request</h1><p>${text}</p></body></html>\n`,
  ),
})

/** What stands before the operation when it asks for a client certificate and there is no good one */
const CERTIFICATES: { readonly [K in Exchange['certificate']]?: Outcome } = {
  missing: { reply: page('No required SSL certificate was sent'), code: 'CERT_ERROR' },
  untrusted: { reply: page('The SSL certificate error'), code: 'CERT_ERROR' },
}

/** APIv2: flat XML with a `sign` of its own. Takes the requests for what is simulated or documented of it */
export class V2Door {
  readonly #merchant: Merchant
  readonly #authority: V2Authority
  readonly #catalogue: Catalogue
  readonly #routes: ReadonlyMap<string, V2Route>

  constructor(merchant: Merchant, catalogue: Catalogue, routes: readonly V2Route[]) {
    this.#merchant = merchant
    this.#catalogue = catalogue
    this.#authority = new V2Authority(merchant)
    this.#routes = new Map(routes.map((route) => [route.path, route]))
  }

  receive(exchange: Exchange): Visit | undefined {
    const documented = this.#catalogue.find('v2', exchange)
    const route =
      this.#routes.get(exchange.path) ?? (documented && this.#catalogue.route(documented, exchange))
    if (!route) return undefined
    const verdict = this.#authority.check(exchange, route)
    const { verified, message } = verdict
    return {
      version: 'v2',
      verified,
      ...(message !== undefined && { message }),
      answer: (effects) => this.#answer({ route, documented }, exchange, verdict, effects),
    }
  }

  async #answer(
    { route, documented }: { readonly route: V2Route; readonly documented: Documented | undefined },
    exchange: Exchange,
    verdict: V2Verdict,
    effects: readonly Effect[],
  ): Promise<Outcome> {
    const { certificate } = exchange
    const barred = route.security ? CERTIFICATES[certificate] : undefined
    if (barred) return barred
    if (!verdict.verified) return this.#refuse(route, failureOf(verdict.problem))
    const { fields, type } = verdict
    try {
      if (route.security && certificate === 'plain')
        throw new Problem(200, 'CERT_ERROR', '请使用商户证书以双向TLS调用此接口')
      const read = <T>(shape: Shape): T => checkFields<T>(fields, shape)
      if (documented) this.#catalogue.check(documented, exchange, fields)
      const answer = route.handler({ fields, read })
      const reply = isReply(answer)
        ? answer
        : await this.#seal(route, verdict, { result_code: 'SUCCESS', ...answer }, effects)
      return { reply: { ...reply, headers: { ...reply.headers, ...route.headers } } }
    } catch (error) {
      const failure = failureOf(error)
      if (failure.refused || route.failure) return this.#refuse(route, failure)
      const { code, message } = failure
      const told = { result_code: 'FAIL', err_code: code, err_code_des: message, ...route.failed }
      return { reply: await this.#seal(route, { fields, type }, told, effects), code }
    }
  }

  #refuse({ failure: tell }: V2Route, failure: Failure): Outcome {
    const usual = { return_code: 'FAIL', return_msg: failure.message }
    return { reply: tell ? tell(failure) : xmlReply(usual), code: failure.code }
  }

  async #seal(
    { unsigned }: V2Route,
    { fields, type }: { readonly fields: Fields; readonly type: SignType },
    result: V2Fields,
    effects: readonly Effect[],
  ): Promise<Reply> {
    const head = { return_code: 'SUCCESS', return_msg: 'OK' }
    if (unsigned) return xmlReply({ ...head, ...result })
    const repeated = Object.fromEntries(REPEATED.map((name) => [name, fields.get(name)]))
    const entries = present({ ...head, ...repeated, nonce_str: createNonce(), ...result })
    let seal = { type, key: this.#merchant.secret }
    for (const { v2 } of effects) seal = (await v2?.seal?.(seal)) ?? seal
    const sign = digestOf(seal, messageOf(new Map(entries)))
    return xmlReply({ ...Object.fromEntries(entries), sign })
  }
}
