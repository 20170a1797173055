import type { Authority, Verdict } from './authorize'
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
  readonly now: Clock
}

const bodyOf = (body: object | undefined): Buffer => Buffer.from(body ? JSON.stringify(body) : '')

/** An answer to someone who is not known: nothing vouches for it */
export const unsigned = (problem: Problem): Outcome => ({
  reply: { status: problem.status, headers: { 'Content-Type': JSON_TYPE }, body: bodyOf(problem) },
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

  /** Unsigned to strangers, signed to the merchant */
  async #answer(exchange: Exchange, verdict: Verdict, effects: readonly Effect[]): Promise<Outcome> {
    if (!verdict.verified) return unsigned(verdict.problem)
    const { platform, now } = this.#parts
    const asked = headerOf(exchange.headers, 'wechatpay-serial')
    const key = signingKey(platform, asked)
    const wrong = key ? undefined : paramError('Wechatpay-Serial', asked, 'no key of the platform', 'header')
    const { status, body, code } = wrong ? { ...wrong, body: wrong } : this.#run(exchange)
    const { serial, privateKey } = key ?? (signingKey(platform, undefined) as PlatformKey)
    let seal: Seal = { serial, privateKey, timestamp: seconds(now()), nonce: createNonce() }
    for (const { v3 } of effects) seal = (await v3?.seal?.(seal)) ?? seal
    const bytes = bodyOf(body)
    const headers = {
      ...(bytes.length > 0 && { 'Content-Type': JSON_TYPE }),
      ...(await sealHeaders(seal, bytes)),
    }
    return { reply: { status, headers, body: bytes }, ...(code !== undefined && { code }) }
  }

  /** Carries the operation out; what it throws is an answer too */
  #run(exchange: Exchange): Answer & { readonly code?: string } {
    try {
      return this.#parts.router.run(exchange)
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem(500, 'SYSTEM_ERROR', '系统异常')
      return { status: problem.status, body: problem, code: problem.code }
    }
  }
}
