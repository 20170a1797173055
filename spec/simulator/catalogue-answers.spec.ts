import { constants, createDecipheriv, createHash, privateDecrypt } from 'node:crypto'
import fs from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { operations } from '../../lib/catalogue'
import { Simulator } from '../../lib/simulator'
import { CatalogueClient } from '../support/catalogue-client'
import { requestOf } from '../support/catalogue-requests'
import { ciphertexts } from '../support/catalogue-schemas'
import { call, isGenuine, isUnsigned, order, send } from './client'
import { APPID, callV2, isGenuineV2 } from './v2-client'

const NOTICE = 'simulator-notice'

type Json = Record<string, unknown>

test('a file of the catalogue is read when a path asks for it', async () => {
  const reads = jest.spyOn(fs, 'readFileSync')
  const read = (): string[] =>
    reads.mock.calls.flatMap(([file]) => /\/lib\/catalogue\/(.*)$/.exec(String(file))?.[1] ?? [])
  const simulator = await Simulator.start()
  expect(read()).toEqual([])
  await call(simulator, 'GET', '/v3/no-such-domain/at/all')
  expect(read()).toEqual([])
  await call(simulator, 'GET', '/v3/vehicle/parking/services/find')
  await call(simulator, 'GET', '/v3/vehicle/transactions/out-trade-no/1')
  expect(read()).toEqual(['v3/vehicle.json'])
  await simulator.close()
  reads.mockRestore()
})

describe('what is made up', () => {
  let simulator: Simulator
  let client: CatalogueClient

  beforeAll(async () => {
    simulator = await Simulator.start({ tls: true })
    client = new CatalogueClient(simulator)
  })
  afterAll(async () => {
    await client.close()
    await simulator.close()
  })

  const get = async (target: string, headers: Record<string, string> = {}) => {
    const reply = await call(simulator, 'GET', target, { headers })
    return { ...reply, json: reply.json as Json }
  }
  const operation = (name: string) => {
    const found = operations().find(({ verb, uri }) => `${verb} ${uri}` === name)
    if (!found) throw new Error(`${name} is not documented`)
    return found
  }
  const ask = (name: string, more: object = {}) => {
    const known = operation(name)
    return client.call(known, { ...requestOf(known, simulator.credentials.mchid), ...more })
  }

  test('is signed, and says what it is', async () => {
    const made = await get('/v3/marketing/favor/stocks/1?stock_creator_mchid=1900000109')
    expect(made.status).toBe(200)
    expect(made.headers[NOTICE]).toBe('made up from the catalogue; nothing is remembered')
    expect(isGenuine(simulator, made)).toBe(true)
    const lived = await get('/v3/certificates')
    expect(lived.status).toBe(200)
    expect(lived.headers).not.toHaveProperty(NOTICE)
    const refused = await get('/v3/marketing/favor/stocks/1')
    expect([refused.status, refused.headers[NOTICE]]).toEqual([400, undefined])
    expect(isGenuine(simulator, refused)).toBe(true)
  })

  test('is the same for the same request, and another for another', async () => {
    const target = '/v3/marketing/favor/stocks/1?stock_creator_mchid=1900000109'
    const [one, two, three] = [await get(target), await get(target), await get(target.replace('/1?', '/2?'))]
    expect(two.body).toEqual(one.body)
    expect(three.body).not.toEqual(one.body)
    const fields = { appid: APPID, out_trade_no: '1', transaction_id: '2' }
    const again = () => callV2(simulator, '/pay/refundqueryv2', fields)
    expect((await again()).body).toEqual((await again()).body)
  })

  test('repeats what the request says', async () => {
    const combined = await call(simulator, 'GET', '/v3/combine-transactions/out-trade-no/COMBINED-7')
    expect(combined.json).toMatchObject({ combine_out_trade_no: 'COMBINED-7' })
    const { data } = await ask('POST v3/profitsharing/orders', {
      json: {
        appid: APPID,
        transaction_id: '4208450740201411110007820472',
        out_order_no: 'SHARE-1',
        unfreeze_unsplit: true,
        receivers: [{ type: 'MERCHANT_ID', account: '1900000110', amount: 88, description: '分账' }],
      },
    })
    expect(data).toMatchObject({
      transaction_id: '4208450740201411110007820472',
      out_order_no: 'SHARE-1',
      receivers: [{ type: 'MERCHANT_ID', account: '1900000110', amount: 88 }, ...[]],
    })
  })

  test('never repeats what was encrypted, nor shows it in an error', async () => {
    const secret = 'c2VjcmV0LWNpcGhlcnRleHQ='
    const name = 'POST v3/profitsharing/receivers/add'
    const known = operation(name)
    const { json = {} } = requestOf(known, simulator.credentials.mchid)
    const made = await client.call(known, { variables: {}, json: { ...json, name: secret } })
    expect([made.status, made.body.toString().includes(secret)]).toEqual([200, false])
    const refused = await client.call(known, { variables: {}, json: { ...json, name: [secret] } })
    expect(refused.status).toBe(400)
    expect(refused.data).toMatchObject({ detail: { field: '/name', value: '***' } })
  })

  test('is encrypted for the merchant where the merchant decrypts', async () => {
    const { privateKey: key } = simulator.credentials
    const sealed = operations().filter(({ answer }) =>
      JSON.stringify(answer).includes('"encrypted":"merchant"'),
    )
    const chosen = sealed.filter(({ uri }) => uri.startsWith('v3/')).slice(0, 12)
    for (const one of chosen) {
      const { data } = await client.call(one, requestOf(one, simulator.credentials.mchid))
      const found = ciphertexts(data, one.answer.fields)
      for (const text of found) {
        const padding = constants.RSA_PKCS1_OAEP_PADDING
        const plain = privateDecrypt({ key, padding, oaepHash: 'sha1' }, Buffer.from(text, 'base64'))
        expect(plain.length).toBeGreaterThan(0)
      }
    }
    expect(chosen).toHaveLength(12)
  })

  test.each([
    ['GET v3/profitsharing/bills', { query: { bill_date: '2026-01-01' } }],
    ['GET v3/profitsharing/bills', { query: { bill_date: '2026-01-01', tar_type: 'GZIP' } }],
    ['GET v3/marketing/favor/stocks/{stock_id}/use-flow', {}],
    ['GET v3/transfer/bill-receipt/{out_batch_no}', {}],
    ['GET v3/fund-app/mch-transfer/elecsign/out-bill-no/{out_bill_no}', {}],
  ])('%s %j leads to a file of that hash', async (name, more) => {
    const { data } = await ask(name, more)
    const { download_url, url = download_url, hash_type, hash_value } = data as Record<string, string>
    const file = await client.fetch(String(url))
    expect([file.status, file.headers.get(NOTICE) !== null]).toEqual([200, true])
    const plain =
      file.headers.get('content-type') === 'application/x-gzip' ? gunzipSync(file.body) : file.body
    const hash = createHash(String(hash_type).toLowerCase()).update(plain).digest('hex')
    expect(hash).toBe(hash_value)
    expect(JSON.stringify(more).includes('GZIP')).toBe(plain !== file.body)
  })

  test('an encrypted bill can be decrypted with the key beside its address', async () => {
    const { data } = await ask('GET v3/ecommerce/bill/fundflowbill', {
      query: { bill_date: '2026-01-01', account_type: 'ALL', algorithm: 'AEAD_AES_256_GCM' },
    })
    const [part] = (data as { download_bill_list: Record<string, string>[] }).download_bill_list
    const { download_url = '', encrypt_key = '', nonce = '', hash_value } = part ?? {}
    const { body } = await client.fetch(download_url)
    const key = privateDecrypt(
      { key: simulator.credentials.privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
      Buffer.from(encrypt_key, 'base64'),
    )
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce))
    decipher.setAuthTag(body.subarray(-16))
    const plain = Buffer.concat([decipher.update(body.subarray(0, -16)), decipher.final()])
    expect(createHash('sha1').update(plain).digest('hex')).toBe(hash_value)
  })

  test('pictures of a complaint and invoices can be fetched too', async () => {
    const { data } = await ask('GET v3/merchant-service/complaints-v2/{complaint_id}')
    const [media] = (data as { complaint_media_list: { media_url: string[] }[] }).complaint_media_list
    const picture = await client.fetch(String(media?.media_url[0]))
    expect(picture.headers.get('content-type')).toBe('image/png')
    const files = await ask(
      'GET v3/new-tax-control-fapiao/fapiao-applications/{fapiao_apply_id}/fapiao-files',
    )
    const [file] = (files.data as { fapiao_download_info_list: { download_url: string }[] })
      .fapiao_download_info_list
    const { pathname, search } = new URL(String(file?.download_url))
    const invoice = await send(simulator, 'GET', `${pathname}${search}`, { 'User-Agent': 'spec' })
    expect(invoice.status).toBe(200)
    expect(isUnsigned(invoice)).toBe(true)
    expect(invoice.body.toString('latin1')).toMatch(/^%PDF-1\.\d\n[\s\S]*%%EOF\n$/)
  })

  test.each(['/hk/v3/statements', '/v3/global/statements'])('%s signs the hash of its body', async (path) => {
    const plain = await get(`${path}?date=2026-01-01&mchid=1900000109`)
    const packed = await get(`${path}?date=2026-01-01&mchid=1900000109`, { 'Accept-Encoding': 'gzip' })
    const sha1 = createHash('sha1').update(plain.body).digest('hex')
    for (const reply of [plain, packed]) {
      expect(reply.headers['wechatpay-statement-sha1']).toBe(sha1)
      expect(isGenuine(simulator, { ...reply, body: Buffer.from(JSON.stringify({ sha1 })) })).toBe(true)
    }
    expect([plain, packed].map(({ headers }) => headers['content-encoding'])).toEqual([undefined, 'gzip'])
    expect(gunzipSync(packed.body)).toEqual(plain.body)
  })

  test('answers of APIv2 are signed, and hold one of what comes in numbers', async () => {
    const fields = { appid: APPID, out_trade_no: 'OUT-9', transaction_id: '2' }
    const reply = await callV2(simulator, '/pay/refundqueryv2', fields)
    expect(isGenuineV2(simulator, reply)).toBe(true)
    expect(reply.headers[NOTICE]).toBeDefined()
    expect(reply.fields).toMatchObject({
      return_code: 'SUCCESS',
      result_code: 'SUCCESS',
      out_trade_no: 'OUT-9',
      refund_count: '1',
      refund_id_0: expect.any(String),
    })
    expect(reply.fields).not.toHaveProperty('refund_id_1')
  })

  test('a list is no longer than its limit, and counted', async () => {
    const { json } = await get('/v3/marketing/favor/stocks?offset=3&limit=1&stock_creator_mchid=1900000109')
    expect(json).toMatchObject({ data: [expect.any(Object)], total_count: 4, limit: 1, offset: 3 })
  })

  test.each([
    ['DELETE', '/v3/marketing/favor/stocks', 405, 'METHOD_NOT_ALLOWED'],
    ['GET', '/v3/refunds', 404, 'NOT_FOUND'],
    ['GET', '/global/v3/refunds', 404, 'NOT_FOUND'],
    ['GET', '/hk/v3/refunds/id/', 400, 'PARAM_ERROR'],
    ['GET', '/v3/marketing/favor/stocks/%E4%B8?stock_creator_mchid=1', 400, 'PARAM_ERROR'],
    ['GET', '/v3/__proto__/constructor', 404, 'NOT_FOUND'],
    ['GET', '/hk/v3/../v3/refunds', 404, 'NOT_FOUND'],
  ])('%s %s is answered with %i %s', async (method, target, status, code) => {
    const reply = await call(simulator, method, target)
    expect([reply.status, reply.json]).toEqual([status, expect.objectContaining({ code })])
  })

  describe('whatever is sent', () => {
    const ORDERS = '/v3/profitsharing/orders'
    const post = (body: string) =>
      call(simulator, 'POST', ORDERS, { body, headers: { 'Content-Type': 'application/json' } })

    test.each<[string, string]>([
      ['deep lists', `{"receivers":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
      ['deep objects', `{"appid":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`],
      ['names of prototypes', '{"__proto__":{"appid":"wx"},"constructor":1,"toString":[]}'],
      ['a huge list', `{"receivers":[${'0,'.repeat(500_000)}0]}`],
      ['a huge text', JSON.stringify({ appid: 1, unfreeze_unsplit: 'x'.repeat(1_000_000) })],
    ])('%s are refused in few words', async (_, body) => {
      const reply = await post(body)
      expect([reply.status, reply.json]).toEqual([400, expect.objectContaining({ code: 'PARAM_ERROR' })])
      expect(reply.body.length).toBeLessThan(1000)
    })

    test('an order that nests too deeply to be repeated is an error of the platform', async () => {
      const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`
      const { mchid } = simulator.credentials
      const body = `${JSON.stringify(order(simulator, 'DEEP-1')).slice(0, -1)},"detail":${deep}}`
      const path = '/v3/pay/transactions'
      expect((await call(simulator, 'POST', `${path}/native`, { body })).status).toBe(200)
      const reply = await call(simulator, 'GET', `${path}/out-trade-no/DEEP-1?mchid=${mchid}`)
      expect([reply.status, reply.json]).toEqual([500, expect.objectContaining({ code: 'SYSTEM_ERROR' })])
    })

    test('it goes on', async () => {
      expect((await get('/v3/certificates')).status).toBe(200)
    })
  })
})
