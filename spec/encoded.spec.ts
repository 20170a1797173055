import fc from 'fast-check'
import { RequestError } from '../lib'
import { resolveConfig } from '../lib/config'
import { prepare } from '../lib/request'
import { sensitive } from '../lib/sensitive'
import { frozen } from './support/frozen'
import { credentials } from './support/keys'
import { printed, thrownBy } from './support/leaks'

type Members = Record<string, unknown>

const config = resolveConfig(credentials)
const made = (uri: string, options: Members, verb = 'post') => prepare(verb, uri, options, config)
const xml = (fields: Members, uri = 'v2/pay/unifiedorder') => made(uri, { xml: fields }).fields as Members
const json = (body: unknown, uri = 'v3/mch-manage/mch-manage-records/1/mch-manage-submissions'): Members =>
  JSON.parse(made(uri, { json: body }).body as string) as Members

const PERSONAL = 'personal-data'
function refused(call: () => unknown, field: string | undefined): RequestError {
  const error = thrownBy(call)
  expect(error).toBeInstanceOf(RequestError)
  expect(error).toMatchObject({ code: 'ERR_REQUEST', delivery: 'not-sent', field })
  expect(printed(error).join('\n')).not.toContain(PERSONAL)
  return error as RequestError
}

describe('the text', () => {
  it('is plain JSON, a bigint all its digits', () => {
    expect(xml({ scene_info: { id: 12345678901234567890n, url: 'a/b', name: '中' } })).toEqual({
      scene_info: '{"id":12345678901234567890,"url":"a/b","name":"中"}',
    })
    expect(json({ submit_data: { n: 12345678901234567890n } })).toEqual({
      submit_data: '{"n":12345678901234567890}',
    })
  })

  it('of risk_info is the official sample, but for the case of its digits', () => {
    const risk_info = { posttime: 123123412, clientversion: '234134', mobile: '122344545', deviceid: 'IOS' }
    for (const uri of ['v2/mmpaymkttransfers/sendredpack', 'v2/mmpaymkttransfers/sendgroupredpack']) {
      expect(xml({ risk_info }, uri)).toEqual({
        risk_info: 'posttime%3D123123412%26clientversion%3D234134%26mobile%3D122344545%26deviceid%3DIOS',
      })
    }
  })

  it('of risk_info leaves out what is empty, and keeps zero', () => {
    const risk_info = { posttime: 0, mobile: '', deviceid: null, clientversion: undefined, more: 7n }
    expect(xml({ risk_info }, 'v2/mmpaymkttransfers/sendredpack')).toEqual({
      risk_info: 'posttime%3D0%26more%3D7',
    })
    expect(xml({ risk_info: {} }, 'v2/mmpaymkttransfers/sendredpack')).toEqual({ risk_info: '' })
  })

  it('inside of other text comes first, in every item of a list', () => {
    const body = {
      submit_data: {
        record_fields: [{ repeated_field_data: [{ a: '"' }] }, {}, { repeated_field_data: '[]' }],
      },
    }
    expect(json(body)).toEqual({
      submit_data: JSON.stringify({
        record_fields: [{ repeated_field_data: '[{"a":"\\""}]' }, {}, { repeated_field_data: '[]' }],
      }),
    })
  })

  it('is written of instances of classes too, and of what writes itself', () => {
    class Scene {
      constructor(readonly id: string) {}
    }
    const self = { toJSON: () => ({ id: 1 }) }
    expect(xml({ scene_info: new Scene('x') })).toEqual({ scene_info: '{"id":"x"}' })
    expect(xml({ scene_info: self })).toEqual({ scene_info: '{"id":1}' })
    class Body {
      submit_data = { record_fields: [] }
    }
    expect(json(new Body())).toEqual({ submit_data: '{"record_fields":[]}' })
  })

  it('holds what is sensitive encrypted, and the call names the key', () => {
    const submit_data = { record_fields: [{ repeated_field_data: [{ name: sensitive(PERSONAL) }] }] }
    const uri = 'v3/mch-manage/mch-manage-records/1/mch-manage-submissions'
    const { body, headers } = made(uri, { json: { submit_data } })
    expect(body).toMatch(/name\\+":\\+"[\w+/]{342}==\\+"/)
    expect(headers).toContain('Wechatpay-Serial')
    refused(() => xml({ scene_info: { name: sensitive(PERSONAL) } }), 'xml.scene_info.name')
    refused(() => xml({ scene_info: sensitive(PERSONAL) }), 'xml.scene_info')
  })

  it('of an option that writes itself is its own business', () => {
    expect(json({ toJSON: () => ({ submit_data: { a: 1 } }) })).toEqual({ submit_data: { a: 1 } })
  })

  it.each([undefined, null, '', 'text', '{"a":1}', 5, 7n, true, false])('is not made of %p', (value) => {
    const fields = { scene_info: value, detail: 'd' }
    expect(made('v2/pay/unifiedorder', { xml: fields }).fields).toBe(fields)
    if (typeof value !== 'bigint') {
      expect(json({ submit_data: value })).toEqual(JSON.parse(JSON.stringify({ submit_data: value })))
    }
  })

  it('stands in a query as one parameter', () => {
    const query = { partner: { type: 'APPID', appid: 'wx1' }, authorized_data: '{}', limit: 5 }
    expect(made('v3/marketing/partnerships', { query }, 'get').path).toBe(
      '/v3/marketing/partnerships?partner=%7B%22type%22%3A%22APPID%22%2C%22appid%22%3A%22wx1%22%7D' +
        '&authorized_data=%7B%7D&limit=5',
    )
  })

  it.each(['a=b', new URLSearchParams('a=b')])('is not looked for in the query %p', (query) => {
    expect(made('v3/marketing/partnerships', { query }, 'get').path).toBe('/v3/marketing/partnerships?a=b')
  })
})

describe('what does not fit', () => {
  const circular: Members = { name: PERSONAL }
  circular.self = circular

  it.each<[string, Members, string, RegExp]>([
    ['a list for an object', { scene_info: [PERSONAL] }, 'xml.scene_info', /expected an object, or the JSON/],
    ['a cycle', { scene_info: circular }, 'xml.scene_info', /refers to itself/],
    ['NaN', { scene_info: { deep: { amount: Number.NaN } } }, 'xml.scene_info', /amount: NaN/],
    ['half a character', { scene_info: { a: '\ud83c' } }, 'xml.scene_info', /surrogate/],
    ['a promise', { scene_info: Promise.resolve() }, 'xml.scene_info', /expected an object/],
    ['a Map', { scene_info: new Map([[1, 2]]) }, 'xml.scene_info', /expected an object/],
    ['a Date', { scene_info: new Date() }, 'xml.scene_info', /expected an object/],
    ['a Buffer', { scene_info: Buffer.from(PERSONAL) }, 'xml.scene_info', /expected an object/],
    [
      'what writes nothing',
      { scene_info: { toJSON: () => undefined } },
      'xml.scene_info',
      /cannot be written/,
    ],
    ['what fails to write', { scene_info: { toJSON: () => JSON.parse('{') } }, 'xml.scene_info', /toJSON/],
  ])('%s', (_, fields, field, problem) => {
    expect(refused(() => xml(fields), field).message).toMatch(problem)
  })

  it.each<[string, unknown, string, RegExp]>([
    ['an object for a list', { a: 1 }, 'xml.receivers', /expected a list, or the JSON of one as text/],
    ['a cycle', [circular], 'xml.receivers', /refers to itself/],
  ])('%s', (_, receivers, field, problem) => {
    expect(refused(() => xml({ receivers }, 'v2/secapi/pay/profitsharing'), field).message).toMatch(problem)
  })

  it.each<[string, unknown, string, RegExp]>([
    ['a list', [PERSONAL], 'xml.risk_info', /expected an object, or its url-encoded pairs/],
    ['a query', new URLSearchParams('a=b'), 'xml.risk_info', /expected an object/],
    ['a nested value', { mobile: { a: 1 } }, 'xml.risk_info.mobile', /expected text or a number/],
    ['a boolean', { mobile: true }, 'xml.risk_info.mobile', /expected text or a number/],
    ['infinity', { posttime: 1 / 0 }, 'xml.risk_info.posttime', /expected text or a number/],
    ['a smuggled pair', { mobile: '1&deviceid=2' }, 'xml.risk_info.mobile', /another pair/],
    ['a smuggled name', { 'a=b': '1' }, 'xml.risk_info.a=b', /another pair/],
    ['half a character', { mobile: '\ud83c' }, 'xml.risk_info', /surrogate/],
  ])('risk_info: %s', (_, risk_info, field, problem) => {
    expect(refused(() => xml({ risk_info }, 'v2/mmpaymkttransfers/sendredpack'), field).message).toMatch(
      problem,
    )
  })

  it('names the place of what stands in a list', () => {
    const record_fields = [{}, { repeated_field_data: { a: PERSONAL } }]
    refused(
      () => json({ submit_data: { record_fields } }),
      'json.submit_data.record_fields[1].repeated_field_data',
    )
    refused(() => made('v3/marketing/partnerships', { query: { partner: [1] } }, 'get'), 'query.partner')
  })

  it('a getter or a proxy that throws', () => {
    const getter = {
      get scene_info(): unknown {
        throw new Error(PERSONAL)
      },
    }
    const proxy = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no')
        },
      },
    )
    expect(thrownBy(() => xml(getter))).toBeInstanceOf(RequestError)
    expect(thrownBy(() => xml(proxy))).toBeInstanceOf(RequestError)
    refused(
      () =>
        xml({
          scene_info: {
            get id(): unknown {
              throw new Error('no')
            },
          },
        }),
      'xml.scene_info',
    )
  })
})

describe('everything else', () => {
  it('nested stays nested in APIv3', () => {
    expect(json({ submit: { a: 1 }, deep: { submit_data: { a: 1 } } })).toEqual({
      submit: { a: 1 },
      deep: { submit_data: { a: 1 } },
    })
    for (const uri of [
      'v3/mch-manage/mch-manage-records/1/2/mch-manage-submissions',
      'v3/mch-manage/mch-manage-records/1/mch-manage-submissions/',
      'x/v3/mch-manage/mch-manage-records/1/mch-manage-submissions',
      'v3/x?/v3/med-ins/orders',
      'v3/constructor',
    ]) {
      const body = { submit_data: { a: 1 }, passthrough_request_content: { b: 1 } }
      expect(json(body, uri)).toEqual(body)
    }
    const put = made('v3/med-ins/orders', { json: { passthrough_request_content: { b: 1 } } }, 'put')
    expect(put.body).toBe('{"passthrough_request_content":{"b":1}}')
  })

  it('a list where an object is documented, or the other way round, on the way to a field, is left as it is', () => {
    const submit_data = { record_fields: { repeated_field_data: [1] } }
    expect(json({ submit_data })).toEqual({ submit_data: JSON.stringify(submit_data) })
    expect(json([{ submit_data }])).toEqual([{ submit_data }])
    expect(json('text')).toBe('text')
  })

  it('is not reached through a prototype', () => {
    const inherited = Object.create({ submit_data: { a: 1 } }) as Members
    expect(json(inherited)).toEqual({})
    const named = JSON.parse('{"__proto__":{"submit_data":{"a":1}},"constructor":{"b":1},"submit_data":{}}')
    const request = made('v3/mch-manage/mch-manage-records/1/mch-manage-submissions', { json: named })
    expect(request.body).toBe(
      '{"__proto__":{"submit_data":{"a":1}},"constructor":{"b":1},"submit_data":"{}"}',
    )
  })
})

describe('whatever it holds', () => {
  const objects = fc.dictionary(fc.string(), fc.jsonValue())
  const copied = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

  it('an object can be read back, and is not changed', () => {
    fc.assert(
      fc.property(objects, (scene_info) => {
        const before = JSON.stringify(scene_info)
        const found = xml(frozen({ scene_info, body: 'x' }))
        expect(copied(JSON.parse(found.scene_info as string))).toEqual(copied(scene_info))
        expect(found.body).toBe('x')
        expect(JSON.stringify(scene_info)).toBe(before)
      }),
    )
  })

  it('so can text in text', () => {
    const items = fc.array(
      fc.record({ repeated_field_data: fc.array(fc.jsonValue()), other: fc.jsonValue() }),
    )
    fc.assert(
      fc.property(items, (record_fields) => {
        const { submit_data } = json(frozen({ submit_data: { record_fields } })) as { submit_data: string }
        const read = (JSON.parse(submit_data) as { record_fields: Members[] }).record_fields
        const inner = read.map((item) => ({
          ...item,
          repeated_field_data: JSON.parse(item.repeated_field_data as string) as unknown,
        }))
        expect(copied(inner)).toEqual(copied(record_fields))
      }),
    )
  })

  it('pairs can be read back', () => {
    const value = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !text.includes('&'))
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]+$/), value, { minKeys: 1 }), (risk_info) => {
        const text = xml({ risk_info }, 'v2/mmpaymkttransfers/sendredpack').risk_info as string
        expect(text).not.toMatch(/[&=]/)
        const read = decodeURIComponent(text).split('&')
        expect(read).toEqual(Object.entries(risk_info).map(([name, member]) => `${name}=${member}`))
      }),
    )
  })

  it('hostile values are told by a RequestError, or sent', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSparseArray: true }),
        (value) => {
          for (const call of [
            () => xml({ scene_info: value }),
            () => xml({ receivers: value }, 'v2/secapi/pay/profitsharing'),
            () => xml({ risk_info: value }, 'v2/mmpaymkttransfers/sendredpack'),
          ]) {
            try {
              const [found] = Object.values(call())
              if (typeof value === 'object' && value !== null) expect(typeof found).toBe('string')
            } catch (error) {
              expect(error).toBeInstanceOf(RequestError)
            }
          }
        },
      ),
    )
  })
})
