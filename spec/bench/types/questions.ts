import type { Editor } from './editor'

/** Something that an editor is asked while somebody types. `‸` is the cursor. */
export interface Question {
  readonly what: string
  readonly ask: (editor: Editor) => unknown
}

/** The lines above the cursor. */
export const PREAMBLES = {
  'wechatpay-chain': `import { Builder, type Config } from 'wechatpay-chain'
declare const config: Config
const instance = Builder.factory(config)
`,
  'wechatpay-chain/lite': `import { Builder, type Config } from 'wechatpay-chain/lite'
declare const config: Config
const instance = Builder.factory(config)
`,
  stripe: `import Stripe from 'stripe'
const stripe = new Stripe('')
`,
  'openapi-fetch': `import createClient from 'openapi-fetch'
import type { paths } from './schema.js'
const client = createClient<paths>({ baseUrl: '' })
`,
} as const
export type Client = keyof typeof PREAMBLES

const complete = (client: Client, what: string, line: string): Question => ({
  what,
  ask: (editor) => editor.complete(PREAMBLES[client] + line),
})
const hover = (client: Client, what: string, line: string): Question => ({
  what,
  ask: (editor) => editor.hover(PREAMBLES[client] + line),
})

const USERS = 'v3.offlinefacemch.organizations._organization_id_.users'

const chain = (client: 'wechatpay-chain' | 'wechatpay-chain/lite'): Question[] => [
  complete(client, 'completion, depth 1', 'instance.‸'),
  complete(client, 'completion, depth 3', 'instance.v3.pay.‸'),
  complete(client, 'completion, depth 6', `instance.${USERS}.‸`),
  hover(client, 'hover, depth 1', 'instance.‸v3'),
  hover(client, 'hover, depth 3', 'instance.v3.pay.‸transactions'),
  hover(client, 'hover, depth 6', `instance.${USERS}.‸outUserId`),
  hover(client, 'hover of a verb', 'instance.v3.pay.transactions.native.‸post'),
  complete(client, 'completion of a field', 'instance.v3.pay.transactions.native.post({ json: { ‸ } })'),
  complete(client, "inside chain('", "instance.chain('‸')"),
  complete(client, "inside ['", "instance['‸']"),
]

export const QUESTIONS: Readonly<Record<Client, readonly Question[]>> = {
  'wechatpay-chain': chain('wechatpay-chain'),
  'wechatpay-chain/lite': chain('wechatpay-chain/lite'),
  stripe: [
    complete('stripe', 'completion, depth 1', 'stripe.‸'),
    complete('stripe', 'completion, depth 3', 'stripe.testHelpers.terminal.‸'),
    hover('stripe', 'hover, depth 1', 'stripe.‸refunds'),
    hover('stripe', 'hover of a verb', 'stripe.paymentIntents.‸create'),
    complete('stripe', 'completion of a field', 'stripe.paymentIntents.create({ ‸ })'),
  ],
  'openapi-fetch': [
    complete('openapi-fetch', 'completion, depth 1', 'client.‸'),
    hover(
      'openapi-fetch',
      'hover of a verb',
      "client.‸POST('/v3/pay/transactions/native', { body: {} as never })",
    ),
    complete(
      'openapi-fetch',
      'completion of a field',
      "client.POST('/v3/pay/transactions/native', { body: { ‸ } })",
    ),
    complete('openapi-fetch', "inside chain('", "client.POST('‸')"),
  ],
}
