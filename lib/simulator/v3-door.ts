import type { Authority, Verdict } from './authorize'
import type { Catalogue } from './catalogue'
import { type Clock, seconds } from './clock'
import type { Visit } from './door'
import { type Exchange, headerOf } from './exchange'
import type { Effect } from './fault-effects'
import { type Platform, type PlatformKey, signingKey } from './keys'
import { Problem, paramError } from './problem'
import { JSON_TYPE, type Outcome } from './reply'
import type { Answer, Router } from './router'
import { createNonce, type Seal, sealHeaders } from './sign'

/** What APIv3 needs */
export interface V3Parts {
  readonly platform: Platform
  readonly authority: Authority
  readonly router: Router
  readonly catalogue: Catalogue
  readonly now: Clock
}

const bodyOf = (body: object | undefined): Buffer => Buffer.from(body ? JSON.stringify(body) : '')

/** An answer to someone who is not known: nothing vouches for it */
export const unsigned = (problem: Problem): Outcome => ({
  reply: { status: problem.status, headers: { 'Content-Type': JSON_TYPE }, body: bodyOf(problem) },
  code: problem.code,
})

/** An answer with its bytes, and the platform's error code when it is an error */
type Refusable = Omit<Answer, 'body'> & Required<Pick<Answer, 'content'>> & { readonly code?: string }

const written = (body: object | undefined): Required<Answer>['content'] => ({
  type: JSON_TYPE,
  bytes: bodyOf(body),
})

const refusal = (problem: Problem): Refusable => ({
  status: problem.status,
  content: written(problem),
  code: problem.code,
})

/** APIv3: JSON, signed with RSA in headers. Takes every request that no other protocol takes */
export class V3Door {
  readonly #parts: V3Parts

  constructor(parts: V3Parts) {
    this.#parts = parts
  }

  receive(exchange: Exchange): Visit {
    const verdict = this.#parts.authority.check(exchange)
    const { verified, message } = verdict
    return {
      version: 'v3',
      verified,
      ...(message !== undefined && { message }),
      answer: (effects) => this.#answer(exchange, verdict, effects),
    }
  }

  /** Unsigned to strangers, who are told nothing but what is open to all; signed to the merchant */
  async #answer(exchange: Exchange, verdict: Verdict, effects: readonly Effect[]): Promise<Outcome> {
    const { platform, catalogue, now } = this.#parts
    const open = catalogue.find('v3', exchange)?.operation.unsignedRequest
    if (!verdict.verified && !open) return unsigned(verdict.problem)
    const asked = headerOf(exchange.headers, 'wechatpay-serial')
    const key = signingKey(platform, asked)
    const wrong = key ? undefined : paramError('Wechatpay-Serial', asked, 'no key of the platform', 'header')
    const answer = wrong ? refusal(wrong) : this.#run(exchange)
    const { serial, privateKey } = key ?? (signingKey(platform, undefined) as PlatformKey)
    let seal: Seal = { serial, privateKey, timestamp: seconds(now()), nonce: createNonce() }
    for (const { v3 } of effects) seal = (await v3?.seal?.(seal)) ?? seal
    const { status, code, signed } = answer
    const { type, bytes } = answer.content
    const headers = {
      ...(bytes.length > 0 && { 'Content-Type': type }),
      ...answer.headers,
      ...(signed !== false && (await sealHeaders(seal, signed ?? bytes))),
    }
    return { reply: { status, headers, body: bytes }, ...(code !== undefined && { code }) }
  }

  /** Carries the operation out; what it throws is an answer too */
  #run(exchange: Exchange): Refusable {
    try {
      const { body, ...answer } = this.#parts.router.run(exchange)
      // Here, because not every body can be written: one that repeats a request may nest too deeply.
      return { ...answer, content: answer.content ?? written(body) }
    } catch (error) {
      return refusal(error instanceof Problem ? error : new Problem(500, 'SYSTEM_ERROR', '系统异常'))
    }
  }
}
