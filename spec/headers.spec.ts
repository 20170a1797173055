import { inspect } from 'node:util'
import { RequestError } from '../lib'
import { resolveConfig } from '../lib/config'
import { prepare } from '../lib/request'
import { credentials } from './support/keys'
import { leaks, thrownBy } from './support/leaks'

const VALUE = 'Bearer-oUpF8uMuAJO-M2pxb1Q9zNjWeS6o'

/** The header fields of a call, by their names as sent. */
function sent(
  headers: unknown,
  configured: Record<string, string> = {},
  options: object = {},
): Record<string, string> {
  const config = resolveConfig({ ...credentials, headers: configured })
  const flat = prepare('post', 'v3/x', { headers, ...options }, config).headers
  expect(flat.length % 2).toBe(0)
  return Object.fromEntries(
    flat.flatMap((text, at) => (at % 2 === 0 ? [[text, flat[at + 1] as string]] : [])),
  )
}

function refused(headers: unknown): RequestError {
  const error = thrownBy(() => sent(headers))
  expect(error).toBeInstanceOf(RequestError)
  expect(leaks(error, VALUE)).toBe(false)
  return error as RequestError
}

describe('what is sent', () => {
  test('defaults, once each', () => {
    expect(Object.keys(sent(undefined))).toEqual(['Accept', 'Content-Type', 'User-Agent', 'Wechatpay-Serial'])
    expect(sent(null)).toEqual(sent(undefined))
    expect(sent({})).toEqual(sent(undefined))
  })

  test.each<[string, unknown, string]>([
    ['text', 'y', 'y'],
    ['empty text', '', ''],
    ['spaces and tabs', 'a\tb c', 'a\tb c'],
    ['Latin-1', 'é', 'é'],
    ['a number', 5, '5'],
    ['zero', 0, '0'],
    ['true', true, '1'],
    ['false', false, ''],
    ['null', null, ''],
    ['a list', ['a', 1], 'a, 1'],
    ['an empty list', [], ''],
    ['a long value', 'x'.repeat(10_000), 'x'.repeat(10_000)],
  ])('%s', (_, value, text) => {
    expect(sent({ 'X-Y': value })['X-Y']).toBe(text)
  })

  test('undefined is left out', () => {
    expect(sent({ 'X-Y': undefined })).toEqual(sent({}))
  })

  test('Headers, Map and pairs from an iterator do as well', () => {
    expect(sent(new Headers({ 'X-Y': 'z' }))['x-y']).toBe('z')
    expect(sent(new Map([['X-Y', 'z']]))['X-Y']).toBe('z')
  })

  test.each(['constructor', 'toString', 'valueOf', '__proto__', 'hasOwnProperty', 'prototype'])(
    'a field may be called %s',
    (name) => {
      expect(Object.entries(sent(JSON.parse(`{"${name}":"z"}`)))).toContainEqual([name, 'z'])
    },
  )

  test('names are the same in any letter case: the call beats the configuration beats the default', () => {
    const configured = { ACCEPT: 'text/csv', 'X-One': '1', 'x-two': '2' }
    expect(sent({}, configured)).toMatchObject({ ACCEPT: 'text/csv', 'X-One': '1', 'x-two': '2' })
    const both = sent({ 'X-TWO': 'two', accept: 'image/png' }, configured)
    expect(both).toEqual({
      ...sent({}),
      Accept: undefined,
      accept: 'image/png',
      'X-One': '1',
      'X-TWO': 'two',
    })
    expect(Object.keys(both).map((name) => name.toLowerCase())).toHaveLength(
      new Set(Object.keys(both).map((name) => name.toLowerCase())).size,
    )
  })

  test('one name twice in two letter cases is one field with both values', () => {
    const found = Object.entries(sent({ 'X-Y': 'a', 'x-y': 'b' })).filter(([name]) => /^x-y$/i.test(name))
    expect(found.map(([, value]) => value)).toEqual(['a, b'])
  })

  test('an explicit Content-Type, User-Agent or Wechatpay-Serial wins', () => {
    expect(sent({ 'content-type': 'text/plain' }, {}, { json: {} })['content-type']).toBe('text/plain')
    expect(sent({ 'User-Agent': 'me' })['User-Agent']).toBe('me')
    expect(sent({ 'Wechatpay-Serial': 'ABC' })['Wechatpay-Serial']).toBe('ABC')
  })
})

describe('refused', () => {
  test.each([
    'Authorization',
    'authorization',
    'AUTHORIZATION',
    'Host',
    'hOsT',
    'Content-Length',
    'content-length',
    'Transfer-Encoding',
    'TRANSFER-ENCODING',
  ])('%s is the client’s own', (name) => {
    for (const value of [VALUE, '', null, 0]) expect(refused({ [name]: value }).field).toBe(`headers.${name}`)
    expect(refused(new Map([[name, VALUE]])).field).toBe(`headers.${name}`)
  })

  test.each([
    'a\r\nX-Injected: b',
    'a\nb',
    'a\rb',
    '\n',
    'a\0b',
    'a\x7fb',
    'a\x1bb',
    '公',
    '🎁',
    'a\u2028b',
    'a\u0100',
  ])('the value %j', (value) => {
    expect(refused({ 'X-Y': VALUE + value }).field).toBe('headers.X-Y')
    expect(refused({ 'X-Y': [VALUE, value] }).field).toBe('headers.X-Y')
  })

  test.each([
    '',
    ' ',
    'X Y',
    'X:',
    'X-Y ',
    ' X-Y',
    'X\r\nY',
    'X\nY',
    'X\0',
    '公',
    'X"',
    'X(',
    'X/',
    'X@',
    '[X]',
    '{X}',
    'X=1',
    'X;',
    'X,',
  ])('the name %j', (name) => {
    const error = refused({ [name]: VALUE })
    expect(error.field).toMatch(/^headers/)
    expect(error.message).not.toMatch(/[\r\n\0]/)
  })

  test.each<[string, unknown]>([
    ['an object', { a: VALUE }],
    ['a function', () => VALUE],
    ['a symbol', Symbol(VALUE)],
    ['a list with an object', [{}]],
    ['a Date', new Date()],
    ['a Buffer', Buffer.from(VALUE)],
    ['a promise', Promise.resolve(VALUE)],
  ])('%s for a value', (_, value) => {
    expect(refused({ 'X-Y': value }).field).toBe('headers.X-Y')
  })

  test.each([[`X: ${VALUE}`], [5], [true], [[]], [[['X', VALUE]]], [() => ({})], [Symbol('x')]])(
    'instead of an object of fields: %#',
    (headers) => {
      expect([inspect(headers), refused(headers).field]).toEqual([inspect(headers), 'headers'])
    },
  )
})
