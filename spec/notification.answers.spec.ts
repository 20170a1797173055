import { publicEncrypt } from 'node:crypto'
import { isCallback, Notifications, type NotificationsConfig, Transformer } from '../lib'
import { config, type Notification, notification } from './support/callbacks'
import { merchant, rsaPair } from './support/keys'
import { leaks, printed } from './support/leaks'

const notifications = new Notifications(config)
const parse = ({ body, headers }: Notification, reader = notifications) => reader.parse(body, headers)

describe('answers', () => {
  it('success, failure', async () => {
    const event = await parse(notification())
    expect(notifications.success(event)).toEqual({ status: 204, headers: {}, body: '' })
    expect(notifications.success(event, { more: 1 })).toEqual({ status: 204, headers: {}, body: '' })
    const { status, body } = notifications.failure(`out of\nstock ${'x'.repeat(500)}`)
    expect(status).toBe(500)
    expect(JSON.parse(body)).toEqual({ code: 'FAIL', message: expect.stringMatching(/^out of stock x+$/) })
    expect(body.length).toBeLessThan(300)
    expect(notifications.failure('no', 401).status).toBe(401)
  })

  it.each(['x'.repeat(255).concat('😀'), 'a\u0000b\u001b[31m', '\ud800', '\ufffe\uffff', ']]><a>&amp;'])(
    'failure, whatever the message: %j',
    (message) => {
      const { body } = notifications.failure(message)
      expect(JSON.parse(body).message.length).toBeLessThanOrEqual(256)
      expect(body).toMatch(/^[^\p{Cc}\p{Cs}]*$/u)
      const { return_msg } = Transformer.toObject(notifications.v2.failure(message).body)
      expect(return_msg).toBe(JSON.parse(body).message)
    },
  )

  it('are their own: to change one changes no other', () => {
    for (const answer of [notifications, notifications.v2]) {
      Object.assign(answer.failure('x').headers, { 'X-Trace': '1' })
      expect(answer.failure('x').headers).not.toHaveProperty('X-Trace')
    }
    Object.assign(notifications.v2.success().headers, { 'X-Trace': '1' })
    expect(notifications.v2.success().headers).toEqual({ 'Content-Type': 'text/xml' })
  })

  it('are typed by the event', async () => {
    const event = await parse(notification({ event: { event_type: 'CROSS_BORDER_PAY.PUSH_ORDER_INFO' } }))
    if (!isCallback(event, 'CROSS_BORDER_PAY.PUSH_ORDER_INFO')) throw new Error('not told')
    const { acq_tid } = event.data
    // @ts-expect-error the prepay_id is missing
    notifications.reply(event, { acq_tid, expire_time: '', client_ip: '' })
    const reply = notifications.reply(event, { acq_tid, prepay_id: 'wx', expire_time: '', client_ip: '' })
    expect(JSON.parse(notifications.success(event, reply).body)).toMatchObject({ prepay_id: 'wx' })
    const paid = await parse(notification())
    if (!isCallback(paid, 'TRANSACTION.SUCCESS')) throw new Error('not told')
    // @ts-expect-error it wants no data
    notifications.reply(paid, {})
  })

  it('with data for an event that wants some', async () => {
    const event = await parse(notification({ event: { event_type: 'PARKING_FEE.QUERY_TRANS_INFO' } }))
    if (!isCallback(event, 'PARKING_FEE.QUERY_TRANS_INFO')) throw new Error('not told')
    const reply = notifications.reply(event, { total_amount: 100 }, { headers: { Authorization: 'x' } })
    const { status, headers, body } = notifications.success(event, reply)
    expect(status).toBe(200)
    expect(headers).toEqual({ 'Content-Type': 'application/json', Authorization: 'x' })
    expect(JSON.parse(body)).toMatchObject({ code: 'SUCCESS', total_amount: 100 })
  })
})

describe('fields encrypted once more', () => {
  const NAME = '张三'
  const seal = (text: string, { publicKey } = merchant): string =>
    publicEncrypt({ key: publicKey, oaepHash: 'sha1' }, Buffer.from(text)).toString('base64')
  const { privateKey: _, ...keyless } = config

  it('are decrypted on request, with the event or without', async () => {
    const event = await parse(notification({ data: { name: seal(NAME) } }))
    expect(await notifications.decrypt(seal(NAME), event)).toBe(NAME)
    expect(await notifications.decrypt(seal(NAME))).toBe(NAME)
    // As it comes out of a queue.
    expect(await notifications.decrypt(seal(NAME), structuredClone(event))).toBe(NAME)
  })

  it('with the key of the merchant whose event it is', async () => {
    const theirs = rsaPair()
    const reader = new Notifications([
      config,
      { ...config, mchid: '1900000109', apiv3Key: 'y'.repeat(32), privateKey: theirs.pkcs8 },
    ])
    const event = await parse(notification({ apiv3Key: 'y'.repeat(32) }), reader)
    expect(await reader.decrypt(seal(NAME, theirs), event)).toBe(NAME)
    await refusedField(reader.decrypt(seal(NAME), event))
  })

  it('by whoever keeps the key', async () => {
    const decrypt = jest.fn(async () => NAME)
    const reader = new Notifications({ ...keyless, privateKey: { decrypt } })
    expect(await reader.decrypt('c2VhbGVk')).toBe(NAME)
    expect(decrypt).toHaveBeenCalledWith('c2VhbGVk')
  })

  it('by nobody, without a key that can', async () => {
    for (const privateKey of [undefined, { sign: () => '' }]) {
      const reader = new Notifications({ ...keyless, privateKey } as NotificationsConfig)
      await expect(reader.decrypt(seal(NAME))).rejects.toMatchObject({
        name: 'ConfigError',
        field: 'privateKey',
      })
    }
  })

  it('of another key are refused', async () => {
    const error = await refusedField(notifications.decrypt(seal(NAME, rsaPair())))
    for (const text of printed(error)) expect(text).not.toContain(NAME)
    await refusedField(notifications.decrypt('AAAA'))
  })

  async function refusedField(promise: Promise<unknown>): Promise<unknown> {
    const error = await promise.catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'VerificationError', reason: 'decrypt' })
    expect(leaks(error, merchant.pkcs8)).toBe(false)
    return error
  }
})
