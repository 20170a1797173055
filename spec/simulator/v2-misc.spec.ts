import { Simulator } from '../../lib/simulator'
import { APPID, callV2, sendV2, signed, type V2Reply, type Values } from './v2-client'

describe('operations with answers of their own', () => {
  let simulator: Simulator

  beforeAll(async () => {
    simulator = await Simulator.start({ mode: 'public-key' })
  })
  afterAll(() => simulator.close())

  const get = (path: string, fields: Values): Promise<V2Reply> => {
    const { nonce_str, ...rest } = signed(simulator, { nonce_str: '', ...fields }) as Record<string, string>
    return sendV2(simulator, 'GET', `${path}?${new URLSearchParams(rest)}`)
  }
  const access = {
    ...{ appid: APPID, openid: 'oX', code: 'c', grant_type: 'authorization_code' },
    ...{ scope: 'pay_identity', sign_type: 'HMAC-SHA256' },
  }
  const entrust = {
    ...{
      appid: APPID,
      plan_id: 12,
      contract_code: 'C1',
      request_serial: 1,
      contract_display_account: '张三',
    },
    ...{ notify_url: 'https://shop.example/n', version: '1.0', timestamp: '1414488825' },
  }

  test('an access token comes as JSON', async () => {
    const reply = await get('/appauth/getaccesstoken', access)
    expect(reply.headers['content-type']).toBe('application/json')
    expect(JSON.parse(reply.body.toString())).toEqual({
      retcode: 0,
      retmsg: 'SUCCESS',
      access_token: expect.any(String),
      access_token_expire_in: 7200,
      refresh_token: expect.any(String),
      refresh_token_expire_in: 2_592_000,
    })
    for (const more of [{ sign_type: 'MD5' }, { scope: 'x' }]) {
      const wrong = await get('/appauth/getaccesstoken', { ...access, ...more })
      expect(JSON.parse(wrong.body.toString())).toEqual({ retcode: -1, retmsg: expect.any(String) })
    }
    const forged = await sendV2(simulator, 'GET', `/appauth/getaccesstoken?mch_id=1900000109&sign=x`)
    expect(JSON.parse(forged.body.toString())).toEqual({ retcode: -1, retmsg: expect.any(String) })
  })

  test('an entrusted deduction begins with a redirect', async () => {
    const reply = await get('/papay/entrustweb', entrust)
    expect(reply.status).toBe(302)
    expect(reply.headers.location).toMatch(/^https:\/\/payapp\.weixin\.qq\.com\//)
    expect(simulator.requests.at(-1)).toMatchObject({ verified: true, status: 302 })
    const wrong = await get('/papay/entrustweb', { ...entrust, version: '2.0' })
    expect(wrong.fields).toMatchObject({
      return_code: 'FAIL',
      return_msg: expect.stringContaining('version'),
    })
  })

  test('a query that was changed is refused', async () => {
    const query = new URLSearchParams(signed(simulator, entrust) as Record<string, string>).toString()
    for (let at = 0; at < query.length; at++) {
      if (!/\w/.test(query[at] ?? '')) continue
      const changed = `${query.slice(0, at)}${query[at] === '0' ? '1' : '0'}${query.slice(at + 1)}`
      const reply = await sendV2(simulator, 'GET', `/papay/entrustweb?${changed}`)
      expect(reply.fields.return_code).toBe('FAIL')
      expect(simulator.requests.at(-1)?.verified).toBe(false)
    }
  })

  test('the key of the sandbox is given, unsigned, and stays the same', async () => {
    const path = '/xdc/apiv2getsignkey/sign/getsignkey'
    const { fields } = await callV2(simulator, path, {})
    expect(fields).toEqual({
      ...{ return_code: 'SUCCESS', return_msg: 'OK', mch_id: simulator.credentials.mchid },
      sandbox_signkey: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
    expect((await callV2(simulator, path, {})).fields).toEqual(fields)
    expect(fields.sandbox_signkey).not.toBe(simulator.credentials.secret)
  })
})
