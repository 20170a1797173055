import { createDecipheriv, createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { wechatpay } from '../../lib/adapters/web'
import { headerLookup, rawBytes } from '../../lib/callback-input'
import { RequestError, VerificationError, WechatpayError } from '../../lib/errors'
import { Notifications } from '../../lib/notification'
import { readXml } from '../../lib/simulator/xml'
import { XmlError } from '../../lib/transformer'
import {
  APIV3_KEY,
  config,
  type Fields,
  MCHID,
  type Notification,
  notification,
  notificationV2,
  PAID,
  PAID_V2,
  REFUNDED,
  refundV2,
  SECRET,
  sealed,
  signed,
  signV2,
} from '../support/callbacks'
import { signedCallback } from '../support/signed-callback'
import { anything, JSON_WORDS, jsonText, NAMES, OWN, XML_WORDS } from './hostile'
import { cutAt, cuts, damage, damaged, effort, fuzz } from './runs'

/*
 * Notifications as they come from anybody: those that WeChat Pay has signed, and what was made of them on the way.
 */

const heard: unknown[] = []
const notifications = new Notifications(config, { seen: false, onError: (error) => void heard.push(error) })

/** What nobody may read in a log: the merchant's keys, and what was encrypted. */
const SECRETS = [APIV3_KEY, SECRET, 'out_trade_no', 'privatum']

/** What came of a notification; an error is one of ours, and says nothing of what is secret. */
async function parsed(
  body: unknown,
  headers: unknown,
): Promise<{ event: unknown } | { error: WechatpayError }> {
  try {
    return { event: await notifications.parse(body as Buffer, headers) }
  } catch (error) {
    expect(error).toBeInstanceOf(WechatpayError)
    expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_/), delivery: 'not-sent' })
    const { message, stack, cause } = error as WechatpayError
    for (const secret of SECRETS) expect(`${message}${stack}${String(cause)}`).not.toContain(secret)
    expect(message.length).toBeLessThan(1_000)
    return { error: error as WechatpayError }
  }
}

const data = fc.record({
  mchid: fc.constantFrom(MCHID, '1900000000', 1),
  out_trade_no: fc.string({ unit: 'binary', maxLength: 8 }),
  note: fc.constantFrom('privatum', '__proto__', '\ud800'),
  // Written by JSON.parse, which makes members of such names.
  more: jsonText.filter((text) => text.length < 2_000).map((text): unknown => JSON.parse(text)),
})

/** The forms in which frameworks hand over headers. */
const FORMS: readonly ((headers: Record<string, string>) => unknown)[] = [
  (headers) => headers,
  (headers) =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value, 'x']])),
  (headers) => new Headers(headers),
  (headers) => new Map(Object.entries(headers)),
  (headers) => Object.entries(headers),
  (headers) => Object.entries(headers).flat(),
]
const form = fc.constantFrom(...FORMS)

const blank = fc.constantFrom('', '', ' ', '\n', '\u{feff}')
const HEADERS = ['timestamp', 'nonce', 'serial', 'signature'] as const

describe('notifications', () => {
  fuzz(
    'say what was encrypted, in whatever form their headers are',
    60,
    fc.asyncProperty(data, form, async (data, form) => {
      const { body, headers } = notification({ data })
      const outcome = await parsed(Buffer.from(body), form(headers))
      expect(outcome).toMatchObject({ event: { id: 'EV-2018022511223320873', original_type: 'transaction' } })
      const { event } = outcome as unknown as { event: { data: unknown } }
      expect(event.data).toEqual(JSON.parse(JSON.stringify(data)))
    }),
  )

  fuzz(
    'of which one byte was changed are not believed',
    150,
    fc.asyncProperty(damage(JSON_WORDS), async (changes) => {
      const { body, headers } = signedCallback()
      const bytes = damaged(Buffer.from(body), changes)
      const outcome = await parsed(bytes, headers)
      if (bytes.equals(Buffer.from(body))) expect(outcome).toHaveProperty('event')
      // Whoever puts a bracket before it makes it one of APIv2.
      else if (/^[\s\xef\xbb\xbf]*</.test(bytes.toString('latin1', 0, 64)))
        expect(outcome).toHaveProperty('error')
      else if (bytes.length === 0) expect(outcome).toMatchObject({ error: { field: 'body' } })
      else expect(outcome).toMatchObject({ error: { code: 'ERR_VERIFICATION_SIGNATURE' } })
    }),
  )

  fuzz(
    'of which a header was changed are not believed',
    150,
    fc.asyncProperty(
      fc.constantFrom(...HEADERS),
      fc.oneof(
        fc.constant([]),
        damage(['0', ' ', '=', '\0', '\n', 'WECHATPAY/SIGNTEST/', '书', '-', 'e3', '\xff']),
      ),
      blank,
      blank,
      async (part, changes, before, after) => {
        const { body, headers } = notification({ data: PAID })
        const name = `wechatpay-${part}`
        const given = headers[name] as string
        const changed = before + damaged(Buffer.from(given), changes).toString() + after
        const outcome = await parsed(body, { ...headers, [name]: changed })
        // The last character of base64 has bits to spare.
        const same =
          part === 'signature' && Buffer.from(changed, 'base64').equals(Buffer.from(given, 'base64'))
        if (changed === given) expect(outcome).toHaveProperty('event')
        else if ('event' in outcome) expect(same && changed.length === given.length).toBe(true)
        else expect(outcome.error).toBeInstanceOf(VerificationError)
      },
    ),
  )

  const member = fc.oneof(
    fc.constantFrom(
      '""',
      'null',
      '1',
      '{}',
      '[]',
      '"AEAD_AES_256_GCM"',
      '"AEAD_SM4_GCM"',
      '"fdasflkja484"',
      '"transaction"',
      `"${'A'.repeat(500)}"`,
    ),
    jsonText,
  )
  const parts = fc.constantFrom(
    'algorithm',
    'ciphertext',
    'nonce',
    'associated_data',
    'original_type',
    'resource',
    ...NAMES,
  )

  fuzz(
    'that are signed, and no notifications, are refused',
    80,
    fc.asyncProperty(
      fc.array(fc.tuple(parts, member), { maxLength: 4 }),
      jsonText,
      fc.boolean(),
      async (members, text, inside) => {
        const good = Object.entries(sealed('{"out_trade_no":"privatum"}')).map(([name, value]) => [
          name,
          JSON.stringify(value),
        ])
        const object = (pairs: readonly (readonly string[])[]): string =>
          `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`
        // The last of several members counts.
        const resource = object([...good, ...(inside ? members : [])])
        const body = object([
          ['id', '"EV-1"'],
          ['__proto__', text],
          ['resource', resource],
          ...(inside ? [] : members),
        ])
        const outcome = await parsed(body, signed(body).headers)
        if ('error' in outcome) return
        const { data, ...event } = outcome.event as Record<string, unknown>
        expect(data).toEqual({ out_trade_no: 'privatum' })
        expect(Object.getPrototypeOf(outcome.event)).toBe(Object.prototype)
        expect(event).toMatchObject({ id: expect.anything() })
      },
    ),
  )

  fuzz(
    'whose resource was changed before they were signed are refused',
    80,
    fc.asyncProperty(
      data,
      damage(['=', 'A', ' ', '\0', '书']),
      fc.constantFrom('ciphertext', 'nonce', 'associated_data'),
      async (data, changes, part) => {
        const resource: Record<string, string> = { ...sealed(JSON.stringify(data)) }
        const given = resource[part] as string
        const changed = damaged(Buffer.from(given), changes).toString()
        const { body, headers } = notification({ resource: { ...resource, [part]: changed } })
        const outcome = await parsed(body, headers)
        if ('event' in outcome) {
          // The last character of base64 has bits to spare.
          const same = part === 'ciphertext' && changed.length === given.length
          expect(
            changed === given ||
              (same && Buffer.from(changed, 'base64').equals(Buffer.from(given, 'base64'))),
          ).toBe(true)
        } else {
          expect(changed).not.toBe(given)
          expect(outcome.error.code).toBe('ERR_VERIFICATION_DECRYPT')
        }
      },
    ),
  )

  fuzz(
    'of whatever they are made are read, or there is an error',
    200,
    fc.asyncProperty(anything, anything, async (body, headers) => {
      for (const read of [() => rawBytes(body), () => headerLookup(headers)('a')]) {
        try {
          read()
        } catch (error) {
          if (error !== OWN) expect(error).toBeInstanceOf(RequestError)
        }
      }
    }),
  )
})

const value = fc.oneof(
  fc.constantFrom(...'&=<>]', '&amp;', ' ', '\r', '\n', '书', '1', 'SUCCESS', '', 'privatum'),
  fc.stringMatching(/^[a-z0-9]{1,8}$/),
)
const fields: fc.Arbitrary<Fields> = fc
  .dictionary(
    fc.oneof(fc.stringMatching(/^[a-z_]{1,5}$/), fc.constantFrom('transaction_id', 'event_id')),
    value,
    { maxKeys: 6 },
  )
  .map((more) => ({ ...PAID_V2, ...more }))

/** What anyone can write beside a refund. */
const outside: fc.Arbitrary<Fields> = fc.dictionary(
  fc.constantFrom('transaction_id', 'data', 'event_id', 'result_code', 'sub_mch_id'),
  fc.constantFrom('1', 'SUCCESS'),
  { maxKeys: 2 },
)

/** What is signed of fields. */
const canonical = (fields: Fields): string =>
  Object.keys(fields)
    .filter((name) => name !== 'sign' && fields[name] !== '')
    .sort()
    .map((name) => `${name}=${fields[name]}`)
    .join('&')

describe('notifications of APIv2', () => {
  fuzz(
    'say what was signed',
    100,
    fc.asyncProperty(fields, fc.constantFrom('MD5', 'HMAC-SHA256'), async (fields, type) => {
      const outcome = await parsed(notificationV2(fields, type).replaceAll('\r', ']]>&#13;<![CDATA['), {})
      expect(outcome).toMatchObject({ event: fields })
    }),
  )

  fuzz(
    'that were damaged are not believed, unless they say what was signed',
    200,
    fc.asyncProperty(
      fields,
      fc.constantFrom('MD5', 'HMAC-SHA256'),
      damage(XML_WORDS),
      async (fields, type, changes) => {
        const bytes = damaged(Buffer.from(notificationV2(fields, type).replaceAll('\r', '')), changes)
        const outcome = await parsed(bytes, {})
        if ('error' in outcome) {
          expect(
            [VerificationError, XmlError, RequestError].some((type) => outcome.error instanceof type),
          ).toBe(true)
          return
        }
        const said = outcome.event as Record<string, string>
        expect(signV2(said, said.sign?.length === 64 ? 'HMAC-SHA256' : 'MD5')).toBe(said.sign)
        expect(said.mch_id).toBe(MCHID)
        const flat = readXml(bytes)
        if (flat !== undefined) expect(canonical(said)).toBe(canonical(Object.fromEntries(flat)))
      },
    ),
  )

  fuzz(
    'of which the sign was changed are not believed',
    100,
    fc.asyncProperty(
      fc.constantFrom('MD5', 'HMAC-SHA256'),
      damage(['0', 'F', ' ', '\n', '']),
      async (type, changes) => {
        const xml = notificationV2(PAID_V2, type)
        const [, given = ''] = /<sign><!\[CDATA\[(\w+)/.exec(xml) ?? []
        const changed = damaged(Buffer.from(given), changes)
        const [before, after] = xml.split(given) as [string, string]
        const outcome = await parsed(Buffer.concat([Buffer.from(before), changed, Buffer.from(after)]), {})
        if (changed.toString() === given) expect(outcome).toHaveProperty('event')
        else expect(outcome).toHaveProperty('error')
      },
    ),
  )

  fuzz(
    'of refunds that were damaged are not believed, unless they decrypt',
    100,
    fc.asyncProperty(damage(XML_WORDS), fc.boolean(), outside, async (changes, inside, outside) => {
      const whole = Buffer.from(refundV2(REFUNDED, SECRET, outside))
      const { index = 0 } = /req_info><!\[CDATA\[/.exec(whole.toString()) ?? {}
      const bytes = inside
        ? Buffer.concat([whole.subarray(0, index + 18), damaged(whole.subarray(index + 18), changes)])
        : damaged(whole, changes)
      const outcome = await parsed(bytes, {})
      if ('error' in outcome) return
      const { req_info, data, ...rest } = outcome.event as { req_info: string; data: Record<string, string> }
      const decipher = createDecipheriv('aes-256-ecb', createHash('md5').update(SECRET).digest('hex'), null)
      const text = Buffer.concat([decipher.update(req_info, 'base64'), decipher.final()])
      const news = readXml(Buffer.from(text.toString().replaceAll('root>', 'xml>')))
      if (news !== undefined) expect(Object.entries(data)).toEqual([...news])
      expect(
        Object.keys(rest).every((name) =>
          /^(?:return_code|return_msg|appid|mch_id|sub_appid|sub_mch_id|nonce_str)$/.test(name),
        ),
      ).toBe(true)
    }),
  )
})

const delivery = fc.oneof(
  fc.constant(undefined).map((): Notification => signedCallback() as Notification),
  fc.constant(undefined).map((): Notification => ({ body: notificationV2(), headers: {} })),
  fc.constant(undefined).map((): Notification => ({ body: refundV2(), headers: {} })),
)

describe('handling a notification', () => {
  fuzz(
    'in pieces is handling it whole, and never fails',
    100,
    fc.asyncProperty(
      delivery,
      fc.option(damage([...JSON_WORDS, ...XML_WORDS])),
      cuts,
      fc.boolean(),
      async ({ body, headers }, changes, places, fails) => {
        heard.length = 0
        const bytes = changes ? damaged(Buffer.from(body), changes) : Buffer.from(body)
        const outcome = await parsed(bytes, headers)
        const believed = 'event' in outcome
        let handled = 0
        const handler = () => {
          handled++
          if (fails) throw new Error('of the merchant')
        }
        const whole = await notifications.handle(bytes, headers, handler)
        const pieces = new ReadableStream({
          start(controller) {
            for (const piece of cutAt(bytes, places)) controller.enqueue(new Uint8Array(piece))
            controller.close()
          },
        })
        const request = new Request('http://127.0.0.1/', {
          method: 'POST',
          headers,
          body: pieces,
          duplex: 'half',
        })
        const answer = await wechatpay(notifications, handler)(request)
        expect(handled).toBe(believed ? 2 : 0)
        expect([answer.status, await answer.text()]).toEqual([whole.status, whole.body])
        if (believed && !fails) expect([200, 204]).toContain(whole.status)
        else {
          const forged = 'error' in outcome && outcome.error instanceof VerificationError
          expect(whole.status).toBe(forged ? 401 : 500)
        }
        expect(heard).toHaveLength(believed && !fails ? 0 : 2)
      },
    ),
  )

  const repeated = fc
    .array(fc.constantFrom(...JSON_WORDS, ...XML_WORDS, ' ', '<a>', '{"resource":', '\n'), {
      minLength: 1,
      maxLength: 4,
    })
    .map((pieces) => pieces.join(''))

  fuzz(
    'takes no long time, whatever is repeated in it',
    15,
    fc.asyncProperty(
      fc.constantFrom('', '<xml>', '{', '<xml><sign>', ' '),
      repeated,
      async (beginning, unit) => {
        const body = beginning + unit.repeat(2 ** 20 / Buffer.byteLength(unit))
        const { headers } = signed(body)
        expect(await effort(() => parsed(body, headers))).toBeLessThan(3)
      },
    ),
  )
})

describe('found', () => {
  test('of headers a value that is no text was no error of ours', () => {
    const header = headerLookup({ a: Object.create(null), b: [{}], c: ['1', '2'], d: 1, e: Symbol('e') })
    expect(['a', 'b', 'c', 'd', 'e'].map(header)).toEqual([undefined, undefined, '1', '1', undefined])
    expect(headerLookup([[Object.create(null), '1']])('a')).toBeUndefined()
  })

  test('an algorithm of twenty thousand brackets was no error of ours', async () => {
    const deep = JSON.stringify(sealed('{}')).replace(
      '"AEAD_AES_256_GCM"',
      '['.repeat(20_000) + ']'.repeat(20_000),
    )
    const { body, headers } = signed(`{"id":"EV-1","resource":${deep}}`)
    expect(await parsed(body, headers)).toMatchObject({ error: { code: 'ERR_VERIFICATION_DECRYPT' } })
  })
})
