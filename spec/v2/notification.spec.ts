import { createCipheriv, createHash } from 'node:crypto'
import fc from 'fast-check'
import { Notifications, RequestError, VerificationError } from '../../lib'
import {
  config,
  MCHID,
  notificationV2,
  PAID_V2,
  REFUNDED,
  refundV2,
  SECRET,
  sealed,
  signV2,
  toXml,
} from '../support/callbacks'
import { leaks } from '../support/leaks'

const { v2 } = new Notifications(config)
const XXE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><a>&a;</a></xml>'

/** As refunds are encrypted. */
function ecb(text: string, secret = SECRET): string {
  const cipher = createCipheriv('aes-256-ecb', createHash('md5').update(secret).digest('hex'), null)
  return Buffer.concat([cipher.update(text), cipher.final()]).toString('base64')
}

const refused = async (promise: Promise<unknown>): Promise<VerificationError> => {
  const error = await promise.then(
    (event) => {
      throw new Error(`it was believed: ${JSON.stringify(event)}`)
    },
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(VerificationError)
  expect(leaks(error, SECRET)).toBe(false)
  return error as VerificationError
}

describe('payments', () => {
  it.each(['MD5', 'HMAC-SHA256'])('signed with %s', async (type) => {
    const event = await v2.parse(notificationV2(PAID_V2, type))
    expect(event).toMatchObject(PAID_V2)
    expect(v2.merchantOf(event)).toBe(MCHID)
    expect(v2.keyOf(event)).toContain(PAID_V2.transaction_id)
  })

  it('the published samples', () => {
    const text =
      'appid=wxd930ea5d5a258f4f&body=test&device_info=1000&mch_id=10000100&nonce_str=ibuaiVcKdpRxkhJA'
    const fields = Object.fromEntries(new URLSearchParams(text))
    expect(signV2(fields)).toBe('9A0A8659F005D6984697E2CA0A9CF3B7')
    expect(signV2(fields, 'HMAC-SHA256')).toBe(
      '6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6',
    )
    expect(createHash('md5').update(SECRET).digest('hex')).toBe('d96eb16afdd491fa1e705096edbc2205')
  })

  it('signed with the former key, while it is being changed', async () => {
    const reader = new Notifications({ ...config, secret: ['new', SECRET] })
    expect(await reader.v2.parse(notificationV2())).toMatchObject(PAID_V2)
  })

  it.each<[string, string]>([
    ['without sign', toXml(PAID_V2)],
    ['with an empty sign', toXml({ ...PAID_V2, sign: '' })],
    ['signed with another key', notificationV2(PAID_V2, 'MD5', 'x'.repeat(32))],
    ['for another merchant', notificationV2({ ...PAID_V2, mch_id: '1' })],
    [
      'MD5 where HMAC is said',
      toXml({ ...PAID_V2, sign_type: 'HMAC-SHA256', sign: signV2({ ...PAID_V2, sign_type: 'HMAC-SHA256' }) }),
    ],
    ['with a field more', notificationV2().replace('</xml>', '<attach>x</attach></xml>')],
    [
      'with something nested that no sign covers',
      notificationV2().replace('</xml>', '<a><b>1</b></a></xml>'),
    ],
    [
      'whose sign is in lower case',
      notificationV2().replace(/(?<=<sign><!\[CDATA\[)\w+/, (sign) => sign.toLowerCase()),
    ],
    ['whose sign comes twice', notificationV2().replace('</xml>', `<sign>${signV2(PAID_V2)}</sign></xml>`)],
    [
      'whose amount comes twice',
      notificationV2().replace('<total_fee>', '<total_fee>9</total_fee><total_fee>'),
    ],
    ['whose sign holds an element', notificationV2().replace(/<sign>.*<\/sign>/, '<sign><a>1</a></sign>')],
    ['signed with an empty key', toXml({ ...PAID_V2, sign: signV2(PAID_V2, 'MD5', '') })],
    ['with names of a prototype', notificationV2().replace('</xml>', '<__proto__>1</__proto__></xml>')],
    ['empty', '<xml/>'],
    ['nothing but text', '<xml>SUCCESS</xml>'],
    ['with a field less', notificationV2().replace(/<total_fee>.*<\/total_fee>/, '')],
    ['with another amount', notificationV2().replace('<total_fee><![CDATA[1]', '<total_fee><![CDATA[9]')],
  ])('refused: %s', async (_, body) => {
    expect(await refused(v2.parse(body))).toMatchObject({ reason: 'signature' })
  })

  it('refused: whatever byte is changed', async () => {
    const bytes = Buffer.from(notificationV2())
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const changed = Buffer.from(bytes)
        changed.writeUInt8(changed.readUInt8(at) ^ mask, at)
        await expect(v2.parse(changed)).rejects.toBeInstanceOf(Error)
      }),
    )
  })
})

describe('several merchants', () => {
  const theirs = { ...config, mchid: '1900000109', secret: 'y'.repeat(32) }
  const both = new Notifications([config, theirs]).v2

  it('are told by the number in the notification, whatever its name', async () => {
    const { mch_id: _, ...rest } = PAID_V2
    for (const name of ['mch_id', 'mchid', 'combine_mch_id']) {
      const event = await both.parse(notificationV2({ ...rest, [name]: theirs.mchid }, 'MD5', theirs.secret))
      expect(both.merchantOf(event)).toBe(theirs.mchid)
    }
    expect(both.merchantOf(await both.parse(notificationV2()))).toBe(MCHID)
  })

  it('cannot sign for each other', async () => {
    await refused(both.parse(notificationV2(PAID_V2, 'MD5', theirs.secret)))
    await refused(both.parse(notificationV2({ ...PAID_V2, mch_id: theirs.mchid })))
    await refused(both.parse(refundV2(REFUNDED, theirs.secret)))
  })

  it('are told by it for refunds, too', async () => {
    const event = await both.parse(refundV2(REFUNDED, theirs.secret, { mch_id: theirs.mchid }))
    expect(both.merchantOf(event)).toBe(theirs.mchid)
  })
})

describe('refunds', () => {
  it('are decrypted; nothing beside the envelope is handed on', async () => {
    const event = await v2.parse(refundV2(REFUNDED, SECRET, { refund_status: 'SUCCESS', total_fee: '1' }))
    expect(event).toMatchObject({ return_code: 'SUCCESS', mch_id: MCHID, data: REFUNDED })
    expect(event).not.toHaveProperty('total_fee')
    expect(event).not.toHaveProperty('refund_status')
    expect(v2.keyOf(event)).toBe(`v2:refund:${REFUNDED.refund_id}:SUCCESS`)
  })

  it('do not lend their proof to a payment', async () => {
    const forged = { ...PAID_V2, sign: signV2(PAID_V2), result_code: 'SUCCESS' }
    const event = await v2.parse(refundV2(REFUNDED, SECRET, forged))
    for (const name of ['transaction_id', 'out_trade_no', 'total_fee', 'result_code', 'sign'])
      expect(event).not.toHaveProperty(name)
  })

  it.each<[string, string]>([
    [
      'that is encrypted, but no XML',
      refundV2().replace(
        /<req_info>.*<\/req_info>/,
        `<req_info>${ecb('{"refund_status":"SUCCESS"}')}</req_info>`,
      ),
    ],
    ['with a DTD inside', refundV2().replace(/<req_info>.*<\/req_info>/, `<req_info>${ecb(XXE)}</req_info>`)],
    ['encrypted with another key', refundV2(REFUNDED, 'y'.repeat(32))],
    ['that is not encrypted', refundV2().replace(/<req_info>.*<\/req_info>/, '<req_info>AAAA</req_info>')],
    ['that is empty', refundV2().replace(/<req_info>.*<\/req_info>/, '<req_info><![CDATA[]]></req_info>')],
  ])('refused: %s', async (_, body) => {
    expect(await refused(v2.parse(body))).toMatchObject({ reason: 'decrypt' })
  })
})

describe('deposits', () => {
  const data = { out_order_no: 'o-1', state: 'PAID' }
  const { ciphertext, nonce } = sealed(JSON.stringify(data), config.apiv3Key, 'deposit')
  const fields = {
    mch_id: MCHID,
    appid: 'wx1',
    algorithm: 'HMAC-SHA256',
    nonce_str: 'n',
    event_id: 'EV-1',
    event_type: 'TRANSACTION.SUCCESS',
    event_algorithm: 'AEAD_AES_256_GCM',
    event_nonce: nonce,
    event_associated_data: 'deposit',
    event_ciphertext: ciphertext,
  }

  it('name their sign_type algorithm, and are encrypted with the APIv3 key', async () => {
    const event = await v2.parse(toXml({ ...fields, sign: signV2(fields, 'HMAC-SHA256') }))
    expect(event).toMatchObject({ event_type: 'TRANSACTION.SUCCESS', data })
    expect(v2.keyOf(event)).toBe('v2:EV-1')
  })

  it('say so when there is no APIv3 key', async () => {
    const reader = new Notifications({ mchid: MCHID, secret: SECRET })
    const body = toXml({ ...fields, sign: signV2(fields, 'HMAC-SHA256') })
    await expect(reader.v2.parse(body)).rejects.toMatchObject({ name: 'ConfigError', field: 'apiv3Key' })
  })

  it('refused: without sign, however well it decrypts', async () => {
    expect(await refused(v2.parse(toXml(fields)))).toMatchObject({ reason: 'signature' })
  })

  it('refused: signed, but for other associated data', async () => {
    const changed = { ...fields, event_associated_data: 'x' }
    const error = await refused(v2.parse(toXml({ ...changed, sign: signV2(changed, 'HMAC-SHA256') })))
    expect(error).toMatchObject({ reason: 'decrypt' })
  })
})

it('has a key for what has no number: the same for the same news', async () => {
  const contract = {
    mch_id: MCHID,
    contract_id: 'c',
    change_type: 'ADD',
    operate_time: '2026-01-01 00:00:00',
    nonce_str: 'a',
  }
  const keys = await Promise.all(
    [contract, { ...contract, nonce_str: 'b' }, { ...contract, change_type: 'DELETE' }].map(async (fields) =>
      v2.keyOf(await v2.parse(notificationV2(fields))),
    ),
  )
  expect(keys[0]).toBe(keys[1])
  expect(keys[0]).not.toBe(keys[2])
})

it('says what to change', async () => {
  for (const body of [undefined, '', { xml: {} }]) {
    await expect(v2.parse(body as string)).rejects.toMatchObject({ name: 'RequestError', field: 'body' })
  }
  await expect(v2.parse('{"id":1}')).rejects.toThrow(RequestError)
  await expect(v2.parse('<xml><a>')).rejects.toMatchObject({ name: 'XmlError' })
  await expect(v2.parse(XXE)).rejects.toMatchObject({ name: 'XmlError' })
  const keyless = new Notifications({ certs: config.certs, apiv3Key: config.apiv3Key })
  await expect(keyless.v2.parse(notificationV2())).rejects.toMatchObject({
    name: 'ConfigError',
    field: 'secret',
  })
})

it.each<[string, string | Uint8Array]>([
  ['huge', `<xml><a>${'x'.repeat(1024 * 1024)}</a></xml>`],
  ['deep', '<a>'.repeat(100_000)],
  [
    'no UTF-8',
    Buffer.concat([Buffer.from('<xml><a>'), Buffer.from([0xff, 0xfe]), Buffer.from('</a></xml>')]),
  ],
  ['two documents', `${notificationV2()}<xml/>`],
])('what is %s is no notification', async (_, body) => {
  const error = await v2.parse(body).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ name: 'XmlError' })
  expect(leaks(error, SECRET)).toBe(false)
})

it('answers in XML', () => {
  expect(v2.success().body).toContain('<return_code>SUCCESS</return_code>')
  expect(v2.failure(']]><x>').body).toContain('<![CDATA[]]]]><![CDATA[><x>]]></return_msg>')
})
