import { createCipheriv, publicEncrypt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { Bill, RequestError } from '../lib'
import { billServer, signed } from './support/bill-server'
import { BILL, DAY, failing, instanceOf, placeFor, rowsOf } from './support/bill-stage'
import { merchant } from './support/keys'

describe('a bill in encrypted parts', () => {
  const key = Buffer.from('0123456789abcdef0123456789ABCDEF')
  const seal = (content: string | Buffer, nonce: string): Buffer => {
    const cipher = createCipheriv('aes-256-gcm', key, Buffer.from(nonce))
    return Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()])
  }
  const half = Math.floor(BILL.length / 2)
  const halves = [BILL.slice(0, half), BILL.slice(half)]
  const encrypt_key = publicEncrypt({ key: merchant.publicKey, oaepHash: 'sha1' }, key).toString('base64')
  const list = (url: string) =>
    [2, 1].map((bill_sequence) => ({
      bill_sequence,
      download_url: `${url}v3/billdownload/file?part=${bill_sequence}`,
      encrypt_key,
      nonce: `nonce-${bill_sequence}`,
      hash_type: 'SHA1',
      hash_value: '',
    }))
  const server = (
    part: (index: number) => Buffer,
    announcement = (url: string): object => ({ download_bill_count: 2, download_bill_list: list(url) }),
  ) =>
    billServer((request, response, url) => {
      const [, index] = /part=(\d)/.exec(request.url ?? '') ?? []
      if (index) response.end(part(Number(index)))
      else signed(response, announcement(url))
    })
  const query = { ...DAY, sub_mchid: '1900000110', account_type: 'BASIC' } as const
  const good = (index: number) => seal(gzipSync(halves[index - 1] as string), `nonce-${index}`)

  test('is decrypted, unpacked and joined', async () => {
    const platform = await server(good)
    const { path } = placeFor()
    const saved = await Bill.subMerchantFundflow(instanceOf(platform), query).save(path)
    expect(readFileSync(path, 'utf8')).toBe(BILL)
    expect(await rowsOf(saved)).toBe(2000)
    expect(platform.requests[0]?.url).toContain('algorithm=AEAD_AES_256_GCM')
    expect(await rowsOf(Bill.ecommerceFundflow(instanceOf(platform), DAY))).toBe(2000)
  })

  test('is asked for again when the address of a later part has grown old', async () => {
    const platform = await server(good)
    const start = Date.now()
    const clock = jest.spyOn(Date, 'now').mockReturnValue(start)
    const bill = Bill.subMerchantFundflow(instanceOf(platform), query)
    const onProgress = () => clock.mockReturnValue(start + 250_000)
    expect(String(await bill.buffer({ onProgress }))).toBe(BILL)
    clock.mockRestore()
    expect(platform.requests.map(({ url }) => url?.split('?')[0])).toEqual(
      Array(2).fill(['/v3/bill/sub-merchant-fundflowbill', '/v3/billdownload/file']).flat(),
    )
  })

  test('a part that was changed, cut or encrypted with another key', async () => {
    const changed = good(2)
    changed[100] = (changed[100] as number) ^ 1
    for (const second of [
      changed,
      good(2).subarray(0, -20),
      good(2).subarray(0, 3),
      seal(halves[1] as string, 'x'),
    ]) {
      const platform = await server((index) => (index === 1 ? good(1) : second))
      const { path, left } = placeFor()
      const error = await failing(Bill.subMerchantFundflow(instanceOf(platform), query).save(path))
      expect(['ERR_VERIFICATION_DECRYPT', 'ERR_DECODE']).toContain(error.code)
      expect(left()).toEqual([])
    }
  })

  test.each([
    ['a part that is missing', (url: string) => ({ download_bill_count: 3, download_bill_list: list(url) })],
    ['a part that is there twice', (url: string) => ({ download_bill_list: [list(url)[0], list(url)[0]] })],
    ['no parts', () => ({ download_bill_list: [] })],
  ])('%s', async (_, announcement) => {
    const platform = await server(good, announcement)
    expect(await failing(rowsOf(Bill.subMerchantFundflow(instanceOf(platform), query)))).toBeInstanceOf(
      RequestError,
    )
  })

  test('a key that is none', async () => {
    const short = publicEncrypt({ key: merchant.publicKey, oaepHash: 'sha1' }, Buffer.from('short')).toString(
      'base64',
    )
    for (const encrypt of [short, 'nonsense']) {
      const platform = await server(good, (url) => ({
        download_bill_list: [{ ...list(url)[1], encrypt_key: encrypt }],
      }))
      const error = await failing(rowsOf(Bill.subMerchantFundflow(instanceOf(platform), query)))
      expect(error).toMatchObject({ code: 'ERR_VERIFICATION_DECRYPT' })
    }
  })
})
