import assert from 'node:assert'
import { format, inspect, isDeepStrictEqual, types } from 'node:util'
import { Dispatcher } from 'undici'
import { Builder, type DynamicPath } from '../lib/lite'
import { credentials } from './support/keys'

/** Nothing in this file may send, so nothing may arrive here. */
class Silent extends Dispatcher {
  readonly seen: unknown[] = []
  override dispatch(options: Dispatcher.DispatchOptions): boolean {
    this.seen.push(options)
    throw new Error('nothing was to be sent')
  }
}

const dispatcher = new Silent()
const instance = Builder.factory({ ...credentials, dispatcher })

afterEach(async () => {
  // A rejection that nobody took is told after the microtasks; it fails the test it comes from.
  await new Promise((resolve) => setImmediate(resolve))
  expect(dispatcher.seen.splice(0)).toEqual([])
})

/** Every kind of node, with the path it stands for. */
const NODES: readonly (readonly [string, unknown, string])[] = [
  ['the root', instance, ''],
  ['a segment', instance.v3.certificates, 'v3/certificates'],
  ['a placeholder', Reflect.get(instance.v3, '_id_'), 'v3/{id}'],
  ['a template', instance.chain('v3/pay/{id}'), 'v3/pay/{id}'],
  ['a verb', instance.v3.certificates?.get, 'v3/certificates/get'],
  ['an Async verb', instance.v3.getAsync, 'v3/get-async'],
  ['chain', instance.v3.chain, 'v3/chain'],
  ['a segment called delete', instance.v3.chain('delete'), 'v3/delete'],
]

describe.each(NODES)('%s', (_, given, path) => {
  const node = given as DynamicPath
  const text = `[chain ${path || '/'}]`

  test('await and promises give the node itself', async () => {
    expect((await node) === node).toBe(true)
    expect((await Promise.resolve(node)) === node).toBe(true)
    expect((await Promise.all([node]))[0] === node).toBe(true)
    expect((await Promise.race([node])) === node).toBe(true)
    expect((await (async () => node)()) === node).toBe(true)
    for await (const each of [node]) expect(each === node).toBe(true)
  })

  test('JSON holds the path', () => {
    expect(JSON.stringify(node)).toBe(JSON.stringify(path))
    expect(JSON.stringify({ node, list: [node] }, null, 2)).toBe(
      JSON.stringify({ node: path, list: [path] }, null, 2),
    )
  })

  test('text holds the path', () => {
    expect(String(node)).toBe(path)
    expect(`${node}`).toBe(path)
    expect([node, node].join()).toBe(`${path},${path}`)
    // biome-ignore lint/style/useTemplate: the operator is what is tested
    expect(node + '').toBe(path)
    expect(Number.isNaN(Number(node))).toBe(path !== '')
  })

  test('inspection shows the path', () => {
    expect(inspect(node)).toBe(text)
    expect(inspect({ a: [node] }, { depth: 5 })).toContain(text)
    for (const options of [
      { showProxy: true },
      { showHidden: true },
      { showProxy: true, showHidden: true, depth: Infinity },
      { depth: 0 },
      { depth: -1 },
      { compact: false, sorted: true, getters: true, customInspect: false },
    ]) {
      expect(typeof inspect(node, options)).toBe('string')
    }
    expect(inspect(node, { showProxy: true, showHidden: true, depth: Infinity })).toContain(text)
  })

  test('format takes it', () => {
    expect(format('%s', node)).toBe(path)
    expect(format('%j', node)).toBe(JSON.stringify(path))
    expect(format('%O', node)).toBe(text)
    expect(format('%o', node)).toContain(text)
    expect(format('%d %i %f %c', node, node, node, node)).toMatch(/^\S+ \S+ \S+ $/)
    expect(format(node)).toBe(text)
  })

  test('console prints it', () => {
    const lines: unknown[] = []
    const write = jest.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(line) > 0)
    const printer = new console.Console(process.stdout)
    printer.log(node)
    printer.log('%s %o %j %d', node, node, node, node)
    printer.dir(node, { showHidden: true })
    printer.table([node])
    write.mockRestore()
    expect(lines[0]).toBe(`${text}\n`)
    expect(lines.length).toBeGreaterThanOrEqual(4)
  })

  test('has no properties to list', () => {
    expect(Object.keys(node)).toEqual([])
    expect(Object.entries(node)).toEqual([])
    expect(Object.values(node)).toEqual([])
    expect(Object.getOwnPropertyNames(node)).toEqual([])
    expect(JSON.stringify({ ...node })).toBe('{}')
    const names: string[] = []
    for (const name in node) names.push(name)
    expect(names).toEqual([])
    expect(JSON.stringify(Object.assign({}, node))).toBe('{}')
  })

  test('in and descriptors answer no', () => {
    for (const name of ['never walked', 'then', 'prototype', 'constructor']) {
      expect(name in node).toBe(false)
    }
    for (const name of ['v3', 'get', 'then', 'name', 'length', 'prototype', 'constructor', '0']) {
      expect(Object.hasOwn(node, name)).toBe(false)
      expect(Object.getOwnPropertyDescriptor(node, name)).toBeUndefined()
    }
  })

  test.each([
    Symbol.iterator,
    Symbol.asyncIterator,
    Symbol.hasInstance,
    Symbol.isConcatSpreadable,
    Symbol.species,
    Symbol.match,
    Symbol.replace,
    Symbol.unscopables,
    Symbol.dispose,
    Symbol('x'),
    Symbol.for('x'),
    Symbol.for('delete'),
    Symbol.for('nodejs.rejection'),
  ])('%p is nothing', (symbol) => {
    expect(Reflect.get(node, symbol)).toBeUndefined()
  })

  test('cannot be iterated or cloned, as JavaScript says it', () => {
    expect(() => [...(node as unknown as Iterable<unknown>)]).toThrow(TypeError)
    expect(() => new Set(node as unknown as Iterable<unknown>)).toThrow(TypeError)
    expect(() => structuredClone(node)).toThrow(expect.objectContaining({ name: 'DataCloneError' }))
    expect([].concat(node as never)).toHaveLength(1)
    expect(new Set([node, node]).size).toBe(1)
    expect(new WeakMap([[node, 1]]).get(node)).toBe(1)
  })

  test('is a function of no class', () => {
    expect(typeof node).toBe('function')
    expect(Array.isArray(node)).toBe(false)
    expect(Object.prototype.toString.call(node)).toBe('[object Chain]')
    const line: object[] = []
    for (let one: object = node; one !== null; one = Object.getPrototypeOf(one)) line.push(one)
    expect(line).not.toContain(Function.prototype)
    expect(line).not.toContain(Object.prototype)
    for (const type of [Function, Object, Promise, Array, Error, Map, RegExp, Date, Buffer]) {
      expect((node as unknown) instanceof type).toBe(false)
    }
    expect({} instanceof (node as never)).toBe(false)
    expect(Buffer.isBuffer(node)).toBe(false)
    expect(ArrayBuffer.isView(node)).toBe(false)
  })

  test('util.types finds nothing', () => {
    const found = Object.entries(types).filter(
      ([name, is]) => name.startsWith('is') && (is as (value: unknown) => boolean)(node),
    )
    expect(found.map(([name]) => name)).toEqual([])
  })

  test('compares by path with text and by identity with nodes', () => {
    // biome-ignore lint/suspicious/noDoubleEquals: the operator is what is tested
    expect((node as unknown) == path).toBe(true)
    expect((node as unknown) == null).toBe(false)
    expect(typeof ((node as unknown as string) < 'w')).toBe('boolean')
    expect([instance.v3, node].sort()).toHaveLength(2)
    expect(Object.is(node, node)).toBe(true)
  })

  test('refuses every change', () => {
    const changes: (() => unknown)[] = [
      () => Object.assign(node, { x: 1 }),
      () => Object.defineProperty(node, 'x', { value: 1 }),
      () => Object.defineProperty(node, 'get', { get: () => 1 }),
      () => Object.setPrototypeOf(node, {}),
      () => Object.assign(Object.getPrototypeOf(node), { x: 1 }),
      () => {
        ;(node as unknown as Record<string, unknown>).get = 1
      },
      () => {
        ;(node as unknown as Record<symbol, unknown>)[Symbol.toPrimitive] = () => 'x'
      },
      () => {
        ;(node as unknown as Record<string, unknown>)[['__proto__'].join()] = {}
      },
    ]
    for (const change of changes) expect(change).toThrow(TypeError)
    expect(Reflect.set(node, 'x', 1)).toBe(false)
    expect(String(node)).toBe(path)
  })

  test('is frozen: to freeze it, and to delete what it never had, changes nothing', () => {
    const known = Reflect.get(node, 'x') as unknown
    expect(Object.isFrozen(node)).toBe(true)
    expect(Object.freeze(Object.seal(node)) === node).toBe(true)
    Reflect.deleteProperty(node, 'x')
    expect(Reflect.get(node, 'x') === known).toBe(true)
    expect(String(Reflect.get(node, 'never walked before'))).toBe(`${path && `${path}/`}never walked before`)
    expect(Object.keys(Object.create(node) as object)).toEqual([])
  })

  test('equals itself only', () => {
    expect(node).toBe(node)
    expect(node).toEqual(node)
    expect(node).toStrictEqual(node)
    expect({ node }).toEqual({ node })
    expect({ node }).toMatchObject({ node })
    expect([node]).toContain(node)
    expect(isDeepStrictEqual(node, node)).toBe(true)
    assert.deepStrictEqual(node, node)
    const others: readonly unknown[] = [
      instance.v3.other,
      instance.v3.chain('another').post,
      () => {},
      {},
      null,
      undefined,
      1,
      path,
      [],
      Promise.resolve(),
    ]
    for (const other of others) {
      expect(node).not.toBe(other)
      expect(node).not.toEqual(other)
      expect(other).not.toEqual(node)
      expect(node).not.toStrictEqual(other)
      expect({ node }).not.toEqual({ node: other })
      expect(isDeepStrictEqual(node, other)).toBe(false)
      expect(isDeepStrictEqual(other, node)).toBe(false)
      assert.notDeepStrictEqual(node, other)
    }
  })

  test('asymmetric matchers judge it like any function', () => {
    expect(node).toEqual(expect.anything())
    expect(node).not.toEqual(expect.any(String))
    expect(node).not.toEqual(expect.stringContaining('v3'))
    expect(node).not.toEqual(expect.arrayContaining([1]))
    expect(node).not.toEqual(expect.objectContaining({ v9: 1 }))
    expect(expect.anything()).toEqual(node)
  })

  test.each<[string, () => unknown]>([
    ['toBe', () => expect(node).toBe(1)],
    ['not.toBe', () => expect(node).not.toBe(node)],
    ['toEqual', () => expect(node).toEqual({ a: 1 })],
    ['toEqual, inside', () => expect({ a: [node] }).toEqual({ a: [1] })],
    ['toEqual, the other way', () => expect({ a: 1 }).toEqual(node)],
    ['toStrictEqual', () => expect(node).toStrictEqual(instance.v3.other)],
    ['toMatchObject', () => expect({ node }).toMatchObject({ node: 1 })],
    ['toHaveProperty', () => expect(node).toHaveProperty('then')],
    ['toHaveLength', () => expect(node).toHaveLength(1)],
    ['toContain', () => expect([node]).toContain(1)],
    ['toBeInstanceOf', () => expect(node).toBeInstanceOf(Map)],
    ['toBeUndefined', () => expect(node).toBeUndefined()],
    ['toBeNull', () => expect(node).toBeNull()],
    ['toBeFalsy', () => expect(node).toBeFalsy()],
    ['toBeNaN', () => expect(node).toBeNaN()],
    ['toMatch', () => expect(node).toMatch('x')],
    ['toBeGreaterThan', () => expect(node).toBeGreaterThan(1)],
    ['assert.deepStrictEqual', () => assert.deepStrictEqual(node, { a: 1 })],
    ['assert.deepEqual', () => assert.deepEqual([node], [1])],
    ['assert.strictEqual', () => assert.strictEqual(node, 1)],
  ])('a failing %s says so in words', (_, check) => {
    const error = (() => {
      try {
        check()
      } catch (failure) {
        return failure
      }
      return undefined
    })() as Error | undefined
    expect(typeof error?.message).toBe('string')
    expect(error?.message).not.toMatch(/is not a function|Cannot read|Cannot convert|proxy/i)
  })

  test('a mock called with it can be asked', () => {
    const mock = jest.fn()
    mock(node)
    expect(mock).toHaveBeenCalledWith(node)
    expect(() => expect(mock).toHaveBeenCalledWith(1)).toThrow(/Expected/)
  })

  test('as this of a function it is only a value', () => {
    const self = Reflect.apply(
      function (this: unknown) {
        return this
      },
      node,
      [],
    )
    expect(self === node).toBe(true)
    expect(Reflect.apply(Object.prototype.hasOwnProperty, node, ['get'])).toBe(false)
    expect(Reflect.apply(Object.prototype.valueOf, node, []) === node).toBe(true)
    expect(() => Reflect.apply(Function.prototype.toString, node, [])).not.toThrow()
    expect(() => Reflect.apply(Map.prototype.get, node, [1])).toThrow(TypeError)
    expect(() => Reflect.apply(Promise.prototype.then, node, [])).toThrow(TypeError)
  })
})

describe('what others call in passing', () => {
  const call = (name: string, ...args: unknown[]): unknown =>
    Reflect.apply(Reflect.get(instance.v3, name) as unknown as () => unknown, instance.v3, args)

  test.each([
    ['getMockName', 'the serialiser of snapshots, for whatever has _isMockFunction'],
    ['hasAttribute', 'the printer of DOM elements, for whatever has constructor.name'],
    ['asymmetricMatch', 'matchers'],
    ['inspect', 'inspectors of old'],
    ['toJSON', 'serialisers'],
  ])('%s (%s) leaves no rejection behind that ends the process', async (name) => {
    expect(() => call(name, 'is')).not.toThrow()
    await new Promise((resolve) => setTimeout(resolve, 10))
  })

  test('who awaits such a call is told all the same', async () => {
    await expect(call('getMockName')).rejects.toThrow('getMockName')
    await expect(expect(instance.v3.certificates).rejects.toThrow(/no verb/)).resolves.toBeUndefined()
  })
})

describe('destructuring', () => {
  test('takes nodes out', () => {
    const { v3, v2 } = instance
    const { certificates, pay: payments } = v3
    expect(v3 === instance.v3).toBe(true)
    expect(v2 === instance.v2).toBe(true)
    expect(certificates === instance.v3.certificates).toBe(true)
    expect(String(payments)).toBe('v3/pay')
  })

  test('the rest and defaults find nothing to take', () => {
    const { v3, ...rest } = instance
    expect(String(v3)).toBe('v3')
    expect(Object.keys(rest)).toEqual([])
    const { certificates = 1 } = instance.v3 as unknown as Record<string, unknown>
    expect(String(certificates)).toBe('v3/certificates')
  })
})

test('walks through a Proxy that someone puts around every node', () => {
  const handler: ProxyHandler<object> = {
    get: (target, key, receiver) => around(Reflect.get(target, key, receiver)),
    apply: (target, self, args) => around(Reflect.apply(target as () => unknown, self, args)),
  }
  const around = <T>(value: T): T =>
    typeof value === 'function' || (typeof value === 'object' && value !== null)
      ? (new Proxy(value, handler) as T)
      : value
  const wrapped = around(instance)
  for (const _ of [1, 2, 3]) expect(String(wrapped.v3.refund)).toBe('v3/refund')
  // It is another object, as far as anyone can tell.
  expect(() => Builder.driver(wrapped.v3)).toThrow('expected what Builder.factory() gave')
})

test('whoever freezes all that there is freezes nothing of a chain', () => {
  const root = Builder.factory({ ...credentials, dispatcher })
  for (let one: object = root; one !== null; one = Object.getPrototypeOf(one)) Object.freeze(one)
  for (const _ of [1, 2, 3]) expect(String(root.v3.pay)).toBe('v3/pay')
})

test('nothing of the configuration is to be seen in a chain or its driver', () => {
  for (const thing of [instance, instance.v3, instance.v3.get, Builder.driver(instance)]) {
    const shown = [
      inspect(thing, { showProxy: true, showHidden: true, depth: Infinity, getters: true }),
      inspect(thing, { customInspect: false, showHidden: true, depth: Infinity }),
      JSON.stringify(thing),
      format('%o %s', thing, thing),
    ].join('\n')
    expect(shown).not.toContain(credentials.serial)
    expect(shown).not.toContain(credentials.privateKey.slice(100, 140))
    expect(shown).not.toMatch(/PRIVATE KEY|KeyObject/)
  }
})

test('await using closes the client, and only the root can', async () => {
  const root = Builder.factory({ ...credentials, dispatcher })
  expect(typeof Reflect.get(root, Symbol.asyncDispose)).toBe('function')
  expect(Reflect.get(root.v3, Symbol.asyncDispose)).toBeUndefined()
  await root[Symbol.asyncDispose]()
  await expect(root.v3.certificates?.get()).rejects.toThrow(/closed/)
})
