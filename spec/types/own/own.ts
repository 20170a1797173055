import { Builder, type Config } from 'wechatpay-chain'

// Operations of the user's own, beside the documented ones.

declare module 'wechatpay-chain' {
  interface Operations {
    'POST v3/own-things/{thing}': {
      options: { thing: string; json: { amount: number } }
      data: { id: string }
    }
    'GET v3/own-things/{thing}': { options: { thing: string }; data: { state: 'OPEN' | 'CLOSED' } }
    'GET v3/own-things': { options: { query?: { limit?: number } }; data: { things: string[] } }
    'DELETE v3/pay/transactions/{thing}/own-thing': { options: { thing: string } }
    'GET v3/certificates/own': { data: { own: boolean } }
  }
}

declare const config: Config
const instance = Builder.factory(config)

export async function calls(): Promise<void> {
  const node = instance.v3.ownThings._thing_
  const posted: string = (await node.post({ thing: '1', json: { amount: 1 }, timeout: 1 })).data.id
  const state: 'OPEN' | 'CLOSED' = (await node.getAsync({ thing: '1' }).otherwise(() => Promise.reject()))
    .data.state
  const chained: string = (
    await instance.chain('v3/own-things/{thing}').post({ thing: '1', json: { amount: 1 } })
  ).data.id
  const bracket: string = (await instance['v3/own-things/{thing}'].post({ thing: '1', json: { amount: 1 } }))
    .data.id
  const things: string[] = (await instance.v3.ownThings.get()).data.things
  await instance.v3.pay.transactions._thing_.ownThing.delete({ thing: '1' })
  const own: boolean = (await instance.v3.certificates.own.get()).data.own
  console.log(posted, state, chained, bracket, things, own)
  // @ts-expect-error a variable is missing
  await node.post({ json: { amount: 1 } })
  // @ts-expect-error a group is missing
  await node.post({ thing: '1' })
  // @ts-expect-error a wrong type
  await instance['v3/own-things/{thing}'].post({ thing: '1', json: { amount: '1' } })
  // @ts-expect-error a misspelt field
  await instance.chain('v3/own-things/{thing}').post({ thing: '1', json: { amount: 1, amont: 1 } })
  // @ts-expect-error no verb of it
  await node.put({ thing: '1' })
  // @ts-expect-error a node
  await node({ thing: '1' })
}

/** What is documented stays as it is. */
export async function documented(): Promise<void> {
  await instance.v3.certificates.get()
  await instance['v3/bill/tradebill'].get({ query: { bill_date: '2026-01-01' } })
  // @ts-expect-error
  await instance.chain('v3/pay/transactions/id/{transaction_id}').get({ transaction_id: '1' })
}
