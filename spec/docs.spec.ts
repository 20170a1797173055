import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as api from '../lib'
import { type Callback, callbacks, type Operation, operations } from '../lib/catalogue'
import { anchor, baseUri, sentPath, spellings } from '../lib/generator/docs/address'
import { callbackFile, familiesOf } from '../lib/generator/docs/families'
import { fieldList } from '../lib/generator/docs/fields'
import { html, plural } from '../lib/generator/docs/html'
import { operationSection } from '../lib/generator/docs/operation'
import { firstRequest, READING } from '../lib/generator/docs/prose'
import { isCallable, sampleOf } from '../lib/generator/docs/sample'
import { searchIndex } from '../lib/generator/docs/search-index'
import { siteOf } from '../lib/generator/docs/site'
import { normalize } from '../lib/uri'
import { config, notification, PAID, PAID_V2, REFUNDED, refundV2, toXml } from './support/callbacks'
import { callsOf, Recorder, run } from './support/docs-calls'
import { PUBLIC_KEY_ID, platform } from './support/keys'

const OPERATIONS = operations()
const CALLBACKS = callbacks()
const FAMILIES = familiesOf(OPERATIONS)
const readme = readFileSync(join(__dirname, '../README.md'), 'utf8')
const site = siteOf({ operations: OPERATIONS, callbacks: CALLBACKS, readme })
const page = (file: string): string => site.get(file) ?? ''
const sections = (text: string): string[] =>
  [...text.matchAll(/<section class="operation" id="([^"]*)"/g)].map(([, id = '']) => id)

const minimal = (more: Partial<Operation>): Operation => ({
  verb: 'GET',
  uri: 'v3/certificates',
  answer: { kind: 'json' },
  ...more,
})

describe('the pages', () => {
  test('hold all operations, each once', () => {
    expect(OPERATIONS).toHaveLength(1147)
    const written = FAMILIES.flatMap(({ file }) => sections(page(file)).map((id) => `${file}#${id}`))
    const expected = FAMILIES.flatMap(({ file, operations }) =>
      operations.map((operation) => `${file}#${anchor(operation)}`),
    )
    expect(new Set(expected).size).toBe(OPERATIONS.length)
    expect(written).toEqual(expected)
    expect(new Set(FAMILIES.flatMap((family) => family.operations))).toEqual(new Set(OPERATIONS))
  })

  test('hold all callbacks, each once', () => {
    expect(CALLBACKS).toHaveLength(112)
    const ids = (version: Callback['version']) =>
      CALLBACKS.filter((callback) => callback.version === version).map(({ id }) => id)
    for (const version of ['v2', 'v3'] as const) {
      expect(sections(page(callbackFile(version)))).toEqual(ids(version))
      expect(new Set(ids(version)).size).toBe(ids(version).length)
    }
  })

  test('are of a size that a phone can bear', () => {
    for (const [file, text] of site) expect([file, text.length < 1_000_000]).toEqual([file, true])
    expect(Math.max(...FAMILIES.map((family) => family.operations.length))).toBeLessThanOrEqual(50)
  })

  test('the first one counts, and links to all others', () => {
    const home = page('index.html')
    expect(home).toContain('1,147 operations and 112 callbacks')
    for (const file of site.keys()) {
      if (file.endsWith('.html') && file !== 'index.html') expect(home).toContain(`href="${file}"`)
    }
  })

  test('show verb, path as sent, roles and fields of an operation', () => {
    const text = page('v3/refund.html')
    expect(text).toContain(
      '<b class="verb post">POST</b> <code>/v3/<wbr>refund/<wbr>domestic/<wbr>refunds</code>',
    )
    expect(text).toContain('<span class="tag">partner</span>')
    expect(text).toContain('<li><code>out_refund_no</code> <i>string</i> <b>required</b> <span lang="zh-CN">')
  })
})

test('the search index leads to every anchor', () => {
  const { pages, entries } = searchIndex(FAMILIES, CALLBACKS)
  expect(entries).toHaveLength(OPERATIONS.length + CALLBACKS.length)
  const anchors = new Map(pages.map((file) => [file, new Set(sections(page(file)))]))
  const lost = entries.filter(([index, id]) => !anchors.get(pages[index] ?? '')?.has(id))
  expect(lost).toEqual([])
})

describe('text', () => {
  const hostile = `<script>alert("&")</script>'`
  const safe = '&#60;script&#62;alert(&#34;&#38;&#34;)&#60;/script&#62;&#39;'

  test('is escaped, wherever it stands', () => {
    expect(html`<p title="${hostile}">${[hostile, html`<b>${1}</b>`, false, undefined]}</p>`.toString()).toBe(
      `<p title="${safe}">${safe}<b>1</b></p>`,
    )
    const field = {
      name: hostile,
      type: 'string',
      label: hostile,
      enum: [hostile],
      default: hostile,
    } as const
    const section = operationSection(
      minimal({
        title: hostile,
        docs: [hostile],
        query: { required: true, fields: [{ ...field, required: true }] },
      }),
    ).toString()
    expect(section).not.toContain('<script')
    expect(section.split(safe).length).toBeGreaterThan(6)
  })

  test('no label of the catalogue gets through as markup', () => {
    expect([...site.values()].join('')).not.toMatch(/<(?:script(?! src=)|img|iframe|style)|\son\w+=/)
  })

  test('values are shown, also false and many', () => {
    const flags = fieldList([{ name: 'a', type: 'boolean', enum: [true, false] }], 'required').toString()
    expect(flags).toContain('one of <code>true</code> <code>false</code>')
    const many = Array.from({ length: 20 }, (_, index) => index)
    expect(
      fieldList([{ name: 'a', type: 'integer', enum: many, enumOpen: true }], 'always').toString(),
    ).toContain('<summary>such as 20 values</summary>')
    expect([plural(1, 'page'), plural(1234, 'page')]).toEqual(['1 page', '1,234 pages'])
  })
})

describe('the spellings', () => {
  test('of a family', () => {
    expect(spellings('v3/offlineface/face-collections/{collection_id}')).toEqual({
      property: 'instance.v3.offlineface.faceCollections._collection_id_',
      declared: "instance.chain('v3/offlineface/face-collections/{collection_id}')",
      bracketed: "instance['v3/offlineface/face-collections/{collection_id}']",
    })
    expect(spellings('v3/3d-secure/a.b').property).toBe("instance.v3['3d-secure']['a.b']")
  })

  test('the property form of every template is that template', () => {
    const lost = OPERATIONS.filter(({ uri }) => {
      const [, ...names] = spellings(uri).property.match(/[\w$]+|\['[^']*'\]/g) ?? []
      return names.map((name) => normalize(name.replace(/^\['|'\]$/g, ''))).join('/') !== uri
    })
    expect(lost).toEqual([])
  })

  test('the path as sent', () => {
    expect(sentPath(minimal({ uri: 'v2/pay/micropay' }))).toBe('/pay/micropay')
    expect(sentPath(minimal({ uri: 'v3/refunds', path: '/hk/v3/refunds' }))).toBe('/hk/v3/refunds')
  })
})

describe('the samples', () => {
  const callable = OPERATIONS.filter(isCallable)

  test.each(['property', 'declared', 'bracketed'] as const)(
    'run, and reach the documented path: %s',
    async (spelling) => {
      const dispatcher = new Recorder()
      const instance = api.Builder.factory({
        mchid: '1900000109',
        serial: '3775B6A45ACD588826D15E583A95F5DD00000000',
        privateKey: { sign: () => 'c2lnbmF0dXJl' },
        certs: { [PUBLIC_KEY_ID]: platform.publicKey },
        secret: 'x'.repeat(32),
        dispatcher,
        retry: false,
      })
      const wrong: string[] = []
      for (const [operation, call] of callsOf(callable, spelling)) {
        const { host } = operation
        const origin = new URL(host?.required ? baseUri(host) : 'https://api.mch.weixin.qq.com').origin
        const path = sentPath(operation).replace(/\{\w+\}/g, '*')
        const problem: unknown = await call(instance).catch((error: unknown) => error)
        const reached = dispatcher.seen.pop() ?? ''
        const pattern = `${operation.verb} ${origin}${path}`.replace(/[.]/g, '\\.').replaceAll('*', '[^/]+')
        if (new RegExp(`^${pattern}$`).test(reached) && problem instanceof api.TransportError) continue
        wrong.push(`${operation.verb} ${operation.uri}: ${reached} ${problem}`)
      }
      expect(wrong).toEqual([])
      await api.Builder.driver(instance).close()
    },
  )

  test('hold what is required and nothing else', () => {
    const sample = sampleOf(
      minimal({
        verb: 'POST',
        uri: 'v2/x/{id}',
        variables: [{ name: 'id', type: 'string' }],
        security: true,
        host: { name: 'fraud.mch.weixin.qq.com', required: true },
        xml: {
          required: true,
          fields: [
            { name: 'sign', type: 'string', required: true },
            { name: 'note', type: 'string' },
            { name: 'total_fee', type: 'integer', required: true },
            { name: 'coupon_$n', type: 'string', required: true, indexed: true, enum: ['CASH'] },
            {
              name: 'detail',
              type: 'string',
              required: true,
              encoded: 'json',
              encodedAs: 'object[]',
              fields: [{ name: 'goods_id', type: 'string', required: true }],
            },
          ],
        },
      }),
    )
    expect(sample).toEqual({
      before: 'const { data } = await ',
      after: `.post({
  id: '…',
  base_uri: 'https://fraud.mch.weixin.qq.com/',
  security: true,
  xml: {
    mch_id: '1900000109',
    total_fee: 100,
    coupon_0: 'CASH',
    detail: [{ goods_id: '…' }],
  },
})`,
    })
  })

  test('encrypt what the platform is to decrypt', () => {
    const fields = [{ name: 'name', type: 'string', required: true, encrypted: 'platform' }] as const
    const { before, after } = sampleOf(minimal({ verb: 'PUT', answer: { kind: 'empty' }, json: { fields } }))
    expect(before).toBe(`import { sensitive } from 'wechatpay-chain'

await `)
    expect(after).toBe(".put({ json: { name: sensitive('…') } })")
  })
})

describe('how to read a callback', () => {
  test('of APIv3', async () => {
    const { body, headers } = notification()
    const known = { ...api, ...config, headers, body }
    const code = `${READING.v3.code}\nreturn event`
    expect(await run(code, known, 'async ')).toMatchObject({ data: PAID })
    await expect(run(code, { ...known, body: `${body} ` }, 'async ')).rejects.toMatchObject({
      reason: 'signature',
    })
  })

  test('of APIv2', async () => {
    const code = `${READING.v2.code}\nreturn event`
    expect(await run(code, { ...api, ...config, body: refundV2() }, 'async ')).toMatchObject({
      data: REFUNDED,
    })
    await expect(run(code, { ...api, ...config, body: toXml(PAID_V2) }, 'async ')).rejects.toMatchObject({
      reason: 'signature',
    })
  })
})

test('the first request is the README’s', () => {
  expect(firstRequest(readme)).toMatch(/^import \{ Builder \} from 'wechatpay-chain'\n/)
  expect(() => firstRequest('# nothing')).toThrow('shows no TypeScript')
})
