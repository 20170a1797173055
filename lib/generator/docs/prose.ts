import type { Version } from './families'

/** How to read a notification: what is compiled in the specs, with `headers`, `body` and the keys given. */
export const READING: Readonly<Record<Version, { readonly text: string; readonly code: string }>> = {
  v3: {
    text: 'Adapters for Express, Koa, Fastify, NestJS, Hono and the web do the rest. The same notification may come more than once.',
    code: `import { Notifications } from 'wechatpay-chain'

const notifications = new Notifications({ certs, apiv3Key })
// body: the bytes as they came. What is not WeChat Pay's is a VerificationError.
const event = await notifications.parse(body, headers)`,
  },
  v2: {
    text: 'Refunds have no sign: of them only what decrypts is proven. The same notification may come more than once.',
    code: `import { Notifications } from 'wechatpay-chain'

const notifications = new Notifications({ secret })
const event = await notifications.v2.parse(body)`,
  },
}

/** The first block of TypeScript in the README. */
export function firstRequest(readme: string): string {
  const [, code] = /^```ts\n(.*?)^```$/ms.exec(readme) ?? []
  if (code === undefined) throw new Error('the README shows no TypeScript')
  return code.trimEnd()
}
