import { Builder, type Config, type DynamicPath, type VariablesOf } from 'wechatpay-chain'

// What is known of a template that is not documented: its variables.

declare const config: Config
const instance = Builder.factory(config)

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
declare function holds<T extends true>(): void

export function variables(): void {
  holds<Equal<VariablesOf<'v3/a'>, never>>()
  holds<Equal<VariablesOf<'v3/a/{b}'>, 'b'>>()
  holds<Equal<VariablesOf<'v3/a/{b}/c/{d}'>, 'b' | 'd'>>()
  holds<Equal<VariablesOf<'v3/a/{empty}'>, never>>()
  holds<Equal<VariablesOf<'v3/a/{b}/{empty}'>, 'b'>>()
  holds<Equal<VariablesOf<'v3/a{?b,c}'>, 'b' | 'c'>>()
  holds<Equal<VariablesOf<'v3/a{?b*,c:3}{&d}'>, 'b' | 'c' | 'd'>>()
  holds<Equal<VariablesOf<'v3/{+a}/{#b}{.c}{/d}{;e}'>, 'a' | 'b' | 'c' | 'd' | 'e'>>()
  holds<Equal<VariablesOf<'v3/{a*}/{b:3}'>, 'a' | 'b'>>()
}

export async function calls(template: string): Promise<void> {
  const node = instance.chain('v3/new/{thing}/of/{owner}')
  await node.post({
    thing: '1',
    owner: 2,
    json: { anything: true },
    headers: { 'X-Request': '1' },
    timeout: 1,
  })
  await node
    .getAsync({ thing: '1', owner: 2n, query: { anything: 1 } })
    .otherwise(console.error)
    .wait()
  // @ts-expect-error without a variable
  await node.post({ thing: '1' })
  // @ts-expect-error without options
  await node.get()
  // @ts-expect-error a list is no segment
  await node.get({ thing: ['1'], owner: 2 })
  // @ts-expect-error neither an option nor a variable
  await node.get({ thing: '1', owner: 2, ownr: 2 })
  // @ts-expect-error a node
  await node({ thing: '1', owner: 2 })

  await instance.chain('v3/new').get()
  await instance.chain('v3/new/{empty}').get()
  await instance.chain('v3/new/{empty}').get({ empty: '' })
  await instance.chain('v3/new{?list*,name}').get({ list: ['1', '2'], name: 'n' })
  await instance.chain('v3/{+path}').get({ path: 'a/b' })
  await instance.chain('v3/{name:3}').get({ name: 'abcdef' })

  const { data } = await instance.chain('v3/new').get<{ id: string }>()
  const id: string = data.id
  // @ts-expect-error nothing is known of it before one says so
  console.log((await instance.chain('v3/new').get()).data.id, id)

  const dynamic: DynamicPath = instance.chain(template)
  await dynamic.get({ whatever: 1 })
}
