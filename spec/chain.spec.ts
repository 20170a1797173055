import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Dispatcher } from 'undici'
import { createChain, rootOf, VERBS } from '../lib/chain'
import { Builder, type DynamicPath, type Instance, RequestError } from '../lib/lite'
import { normalize } from '../lib/uri'
import { credentials } from './support/keys'

interface Call {
  readonly verb: string
  readonly path: string
  readonly args: readonly unknown[]
}

interface Misuse {
  readonly misused: string
  readonly below: string
}

function recorded() {
  const calls: Call[] = []
  const root = createChain({
    segment: (name) => normalize(String(name)),
    send: (verb, path, args) => {
      calls.push({ verb, path, args })
      return 'sent'
    },
    misuse: (below, name): Misuse => ({ misused: name, below }),
  }) as unknown as Instance
  return { root, calls }
}

type Node = DynamicPath & ((...args: unknown[]) => unknown)

/** Walks by names, past what TypeScript knows about functions. */
function at(node: DynamicPath, ...names: readonly string[]): Node {
  return names.reduce((below, name) => Reflect.get(below, name) as Node, node as Node)
}

function pathOf(walk: (root: Instance) => DynamicPath): string | undefined {
  const { root, calls } = recorded()
  at(walk(root), 'get')()
  return calls[0]?.path
}

describe('three spellings', () => {
  const id = 'v3/pay/transactions/id/{transaction_id}'

  test.each<[string, (root: Instance) => DynamicPath, string]>([
    ['properties', (root) => root.v3.pay.transactions.id._transaction_id_ as DynamicPath, id],
    ['chain()', (root) => root.chain(id), id],
    ['one property', (root) => root[id] as DynamicPath, id],
    ['all mixed', (root) => root.v3.chain('pay/transactions')['id/{transaction_id}'] as DynamicPath, id],
    [
      'chain() on chain()',
      (root) => root.chain('v3').chain('pay/transactions').chain('id/{transaction_id}'),
      id,
    ],
    ['a placeholder as written', (root) => at(root, 'v3/pay/transactions/id', '{transaction_id}'), id],
    [
      'chain() of a placeholder name',
      (root) => root.chain('v3/pay/transactions/id').chain('_transaction_id_'),
      id,
    ],
    ['chain not called', (root) => at(root, 'v3', 'chain', 'x'), 'v3/chain/x'],
    [
      'chain of chain',
      (root) => (at(root, 'v3', 'chain', 'chain') as DynamicPath['chain'])('x'),
      'v3/chain/x',
    ],
    [
      'an address',
      (root) => root.chain('https://api2.mch.weixin.qq.com/v3/certificates'),
      'https://api2.mch.weixin.qq.com/v3/certificates',
    ],
    ['a slash at the end', (root) => root.v3.chain('marketing/{empty}'), 'v3/marketing/{empty}'],
    ['numbers', (root) => at(root, 'v3', '123', '4'), 'v3/123/4'],
    ['the root', (root) => root, ''],
  ])('%s', (_, walk, path) => {
    expect(pathOf(walk)).toBe(path)
  })
})

describe('normalisation through the chain', () => {
  test.each([
    ['faceCollections', 'face-collections'],
    ['FaceCollections', 'face-collections'],
    ['v3', 'v3'],
    ['V3', 'v3'],
    ['out_trade_no', 'out_trade_no'],
    ['_out_trade_no_', '{out_trade_no}'],
    ['_outTradeNo_', '{outTradeNo}'],
    ['{outTradeNo}', '{outTradeNo}'],
    ['pay/AbC', 'pay/AbC'],
    ['4200001234ABC', '4200001234ABC'],
    ['oUpF8uMuAJO-M2pxb1Q9zNjWeS6o', 'oUpF8uMuAJO-M2pxb1Q9zNjWeS6o'],
    ['out-user-id', 'out-user-id'],
    ['中文', '中文'],
    ['', ''],
    ['a b', 'a b'],
  ])('%j is %j, as property and in chain()', (name, segment) => {
    expect(pathOf((root) => at(root, 'v3', name))).toBe(`v3/${segment}`)
    expect(pathOf((root) => root.v3.chain(name))).toBe(`v3/${segment}`)
  })
})

describe('verbs', () => {
  const all = VERBS.flatMap((verb) => [verb, `${verb}Async`])

  test.each(all)('%s sends the path and its arguments', (verb) => {
    const { root, calls } = recorded()
    const options = { query: { a: 1 } }
    expect(at(root, 'v3', 'certificates', verb)(options)).toBe('sent')
    expect(calls).toEqual([{ verb, path: 'v3/certificates', args: [options] }])
    expect(calls[0]?.args[0]).toBe(options)
  })

  test.each(all)('%s is also a segment', (verb) => {
    const segment = normalize(verb)
    expect(pathOf((root) => at(root, 'v3', 'receivers', verb))).toBe(`v3/receivers/${segment}`)
    expect(pathOf((root) => at(root, 'v3', verb, 'x'))).toBe(`v3/${segment}/x`)
  })

  test('receivers.delete.post posts to …/receivers/delete', () => {
    const { root, calls } = recorded()
    at(root.v3.profitsharing as DynamicPath, 'receivers', 'delete', 'post')({})
    at(root.chain('v3/profitsharing/receivers/delete'), 'post')({})
    at(root.v3.profitsharing as DynamicPath, 'receivers')
      .chain('delete')
      .post({})
    expect(calls.map(({ verb, path }) => `${verb} ${path}`)).toEqual(
      Array(3).fill('post v3/profitsharing/receivers/delete'),
    )
  })

  test.each(all)("chain('%s') is a segment, not a verb", (verb) => {
    const { root, calls } = recorded()
    expect(at(root.v3.chain(verb))()).toEqual({ misused: verb, below: 'v3' })
    expect(at(root.v3.chain(`x/${verb}`))()).toEqual({ misused: `x/${verb}`, below: 'v3' })
    expect(calls).toEqual([])
    // Nor does it take the verb's place.
    expect(at(root.v3, verb)()).toBe('sent')
    expect(root.v3.chain(verb)).not.toBe(at(root.v3, verb))
  })

  test('a verb taken off its node, and one called with a foreign this, keep their path', () => {
    const { root, calls } = recorded()
    const { get } = root.v3.certificates as DynamicPath
    get()
    Reflect.apply(get, root.v3.pay, [{}])
    Reflect.apply(get, undefined, [])
    expect(calls.map(({ path }) => path)).toEqual(Array(3).fill('v3/certificates'))
  })

  test('arguments are handed on as they are: none, several, a node', () => {
    const { root, calls } = recorded()
    at(root, 'get')()
    at(root, 'get')(undefined, 1)
    at(root, 'get')(root)
    expect(calls.map(({ args }) => args.length)).toEqual([0, 2, 1])
    expect(calls[2]?.args[0]).toBe(root)
  })

  test.each([
    'Get',
    'GET',
    'GetAsync',
    'getasync',
    'head',
    'options',
    'trace',
    'connect',
    'then',
    'GETASYNC',
  ])('%s is no verb', (name) => {
    const { root, calls } = recorded()
    const node = Reflect.get(root.v3, name) as Node | undefined
    if (node) expect(node({})).toMatchObject({ below: 'v3' })
    expect(calls).toEqual([])
  })
})

/** Names that mean something to JavaScript, and nothing here. */
const PLAIN = [
  'apply',
  'bind',
  'call',
  'name',
  'length',
  'import',
  'return',
  'arguments',
  'caller',
  'constructor',
  'prototype',
  '__proto__',
  '__defineGetter__',
  'toString',
  'toLocaleString',
  'valueOf',
  'hasOwnProperty',
  'isPrototypeOf',
  'catch',
  'finally',
  'otherwise',
  'wait',
  'inspect',
  'next',
  'throw',
  'asymmetricMatch',
  '$$typeof',
  'nodeType',
  'message',
  'stack',
  'size',
] as const

describe('names that mean something elsewhere', () => {
  test.each(PLAIN)('%s is a segment', (name) => {
    const segment = normalize(name)
    expect(pathOf((root) => at(root, 'v3', name))).toBe(`v3/${segment}`)
    expect(pathOf((root) => at(root, 'v3', 'x', name, 'y'))).toBe(`v3/x/${segment}/y`)
    expect(pathOf((root) => root.v3.chain(name))).toBe(`v3/${segment}`)
    expect(pathOf((root) => at(root, 'v3', 'get', name))).toBe(`v3/get/${segment}`)
  })

  test('toJSON answers JSON.stringify, chain("toJSON") is a segment', () => {
    const { root } = recorded()
    expect(Reflect.apply(at(root.v3, 'toJSON'), root.v3, [])).toBe('v3')
    expect(pathOf((node) => node.v3.chain('toJSON'))).toBe('v3/to-j-s-o-n')
  })

  test('then is nothing, chain("then") is a segment', () => {
    const { root } = recorded()
    expect(Reflect.get(root.v3, 'then')).toBeUndefined()
    expect(pathOf((node) => node.v3.chain('then'))).toBe('v3/then')
    expect(Reflect.get(root.v3.chain('then'), 'then')).toBeUndefined()
  })

  test('chain("chain") is a segment that has a chain() of its own', () => {
    expect(pathOf((root) => root.v3.chain('chain'))).toBe('v3/chain')
    expect(pathOf((root) => root.v3.chain('chain').chain('x'))).toBe('v3/chain/x')
  })
})

describe('identity', () => {
  test('the same way gives the same node', () => {
    const { root } = recorded()
    expect(root.v3).toBe(root.v3)
    expect(root.v3.pay).toBe(root.v3.pay)
    expect(root.v3.get).toBe(root.v3.get)
    expect(root.v3.chain).toBe(root.v3.chain)
    expect(root.chain('v3')).toBe(root.v3)
    expect(root.chain('v3/x')).toBe(root['v3/x'])
    expect(root.chain('delete')).toBe(root.chain('delete'))
    expect(Reflect.get(root, Symbol.for('delete'))).toBeUndefined()
  })

  test('a node walked again and again is found without a call, and is no different for it', () => {
    const { root, calls } = recorded()
    const [first, second, third] = [1, 2, 3].map(() => at(root, 'v3', 'refund'))
    expect([second, third]).toEqual([first, first])
    expect(Object.keys(root.v3)).toEqual([])
    for (const name in root.v3) expect(name).toBeUndefined()
    expect(() => Object.assign(root.v3, { refund: 1 })).toThrow(TypeError)
    at(root, 'v3', 'refund', 'get')()
    expect(calls).toEqual([{ verb: 'get', path: 'v3/refund', args: [] }])
  })

  test('different paths and different roots give different nodes', () => {
    const { root } = recorded()
    expect(root.v3.pay).not.toBe(root.v3.refund)
    expect(recorded().root.v3).not.toBe(root.v3)
  })

  test('every node knows its root', () => {
    const { root } = recorded()
    for (const node of [root, root.v3, root.v3.get, root.chain('x'), root.v3.chain]) {
      expect(rootOf(node)).toBe(root)
    }
    for (const other of [undefined, null, {}, () => {}, 'v3', Symbol.iterator]) {
      expect(rootOf(other)).toBeUndefined()
    }
  })

  const IDS = 100_000

  test(`segments in use keep their identity while ${IDS} ids pass by, and few of the ids are remembered`, async () => {
    const collect = exposedGc()
    const { root } = recorded()
    const transactions = at(root, 'v3', 'pay', 'transactions', 'id')
    const seen: WeakRef<object>[] = []
    for (let id = 0; id < IDS; id++) {
      const node = at(root, 'v3', 'pay', 'transactions', 'id', `4200${id}`)
      seen.push(new WeakRef(node), new WeakRef(node.get))
    }
    expect(at(root, 'v3', 'pay', 'transactions', 'id')).toBe(transactions)
    // A WeakRef holds its target until the end of the job it was made in.
    await new Promise((resolve) => setTimeout(resolve))
    collect()
    expect(seen.filter((node) => node.deref()).length).toBeLessThan(10_000)
  })

  test(`a node in use stays the same while ${IDS} ids pass by elsewhere`, () => {
    const { root } = recorded()
    const held = at(root, 'v3', 'refund', 'domestic', 'refunds')
    for (let id = 0; id < IDS; id++) {
      at(root, 'v3', 'pay', `4200${id}`)
      if (id % 1_000 === 0) at(root, 'v3', 'refund', 'domestic', 'refunds')
    }
    expect(at(root, 'v3', 'refund', 'domestic', 'refunds')).toBe(held)
  })

  test('a path walked again after it was forgotten is the same path', () => {
    const { root, calls } = recorded()
    const first = at(root, 'v3', 'a1')
    for (let id = 0; id < 10_000; id++) at(root, 'v3', `4200${id}`)
    first.get()
    at(root, 'v3', 'a1').get()
    expect(calls.map(({ path }) => path)).toEqual(['v3/a1', 'v3/a1'])
  })
})

function exposedGc(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

class Silent extends Dispatcher {
  readonly seen: unknown[] = []
  override dispatch(options: Dispatcher.DispatchOptions): boolean {
    this.seen.push(options)
    throw new Error('nothing was to be sent')
  }
}

describe('a node that is no verb, called', () => {
  const dispatcher = new Silent()
  const instance = Builder.factory({ ...credentials, dispatcher })
  afterEach(() => expect(dispatcher.seen).toEqual([]))

  test.each<[string, (root: Instance) => Node]>([
    ['the root', (root) => at(root)],
    ['a segment', (root) => at(root, 'v3', 'certificates')],
    ['a template', (root) => at(root.chain('v3/certificates'))],
    ['a verb given to chain()', (root) => at(root.chain('v3').chain('get'))],
    ['a verb misspelt', (root) => at(root, 'v3', 'certificates', 'fetch')],
    ['a verb in capitals', (root) => at(root, 'v3', 'GET')],
    ['call', (root) => at(root, 'v3', 'certificates', 'get', 'call')],
    ['apply', (root) => at(root, 'v3', 'apply')],
    ['bind', (root) => at(root, 'v3', 'get', 'bind')],
    ['catch', (root) => at(root, 'v3', 'catch')],
    ['toString', (root) => at(root, 'v3', 'toString')],
    ['hasOwnProperty', (root) => at(root, 'hasOwnProperty')],
    ['constructor', (root) => at(root, 'constructor')],
  ])('%s: a rejection that names the verbs', async (_, walk) => {
    const promise = walk(instance)({ json: {} })
    expect(promise).toBeInstanceOf(Promise)
    const error = await Promise.resolve(promise).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(RequestError)
    for (const verb of VERBS) expect((error as Error).message).toContain(verb)
    expect(error).toMatchObject({ code: 'ERR_REQUEST', delivery: 'not-sent' })
  })

  test('has otherwise() and wait(), for the call may have been meant as an Async one', async () => {
    const promise = Reflect.apply(at(instance, 'v3', 'getAsyc'), undefined, []) as {
      otherwise(fn: (reason: unknown) => unknown): { wait(): Promise<unknown> }
    }
    await expect(promise.otherwise((reason) => reason).wait()).resolves.toBeInstanceOf(RequestError)
  })

  test('names the call, not the arguments', async () => {
    const error = await Promise.resolve(at(instance, 'v3', 'fetch')({ name: 'secret name' })).catch(String)
    expect(error).toContain('"fetch"')
    expect(error).toContain('"v3"')
    expect(error).not.toContain('secret name')
  })

  test('new is a TypeError, as with any arrow function', () => {
    expect(() => Reflect.construct(at(instance, 'v3', 'Certificates'), [])).toThrow(TypeError)
  })
})

describe('chain() with what is no path', () => {
  const dispatcher = new Silent()
  const instance = Builder.factory({ ...credentials, dispatcher })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['an object', {}],
    ['a list', ['v3']],
    ['a symbol', Symbol('v3')],
    ['a boolean', true],
    ['a function', () => 'v3'],
    ['a node', instance.v3],
    ['a bigint', 1n],
  ])('%s: RequestError', (_, value) => {
    expect(() => Reflect.apply(instance.chain, instance, [value])).toThrow(RequestError)
    expect(() => Reflect.apply(instance.v3.chain, instance, [value])).toThrow(RequestError)
    expect(dispatcher.seen).toEqual([])
  })
})

describe('Builder.driver', () => {
  const instance = Builder.factory({ ...credentials, dispatcher: new Silent() })

  test('is found from any node, and is one per factory', () => {
    const driver = Builder.driver(instance)
    expect(Builder.driver(instance.v3)).toBe(driver)
    expect(Builder.driver(instance.v3.chain('x').get)).toBe(driver)
    expect(Builder.driver(Builder.factory({ ...credentials, dispatcher: new Silent() }))).not.toBe(driver)
  })

  test.each([[undefined], [null], [{}], [() => {}], ['x'], [5], [recorded().root], [new Proxy({}, {})]])(
    'anything else is a ConfigError (%#)',
    (value) => {
      expect(() => Builder.driver(value)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }))
    },
  )
})
