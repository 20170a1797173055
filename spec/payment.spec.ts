import { createPublicKey, verify } from 'node:crypto'
import { Payment, RequestError, TransportError } from '../lib'
import { merchant } from './support/keys'

const secret = '192006250b4c09247ec02edce69f6a2d'
const appid = 'wx2421b1c4370ec43b'
const bare = 'wx201410272009395522657a690389285100'
const prepay_id = `prepay_id=${bare}`
const nonce = '593BEC0C930BF1AFEB40B4A08C8FB242'
const stamp = { timestamp: 1554208460, nonce }
const mchid = '1900000109'

/** The public half of the key that WeChat Pay's pages sign their samples with, and two of those signatures. */
const PUBLISHED = {
  key: 'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAptpm+qvIDCh/9wjU26SQCK26ogYkBhDrYxnAaw2JbbBsp1oDbHKk+1r381NeBUG2HEFAuU+Fr72u5ot3yKdzoF/FajAzQNKnm569/D3upKoi8mYBaST15Uig8j8qoUW1U217LL0jEHlSnHV3lcaDTXqDpTRR4Bfz9IqOgJgFZ8/oTfEomSrjrLYef81Eyxr7ZIMQXEKKEK7V4UXKS0+/fDsiG/cXidhzt8UbTL9vqXqxM2+IDImyO+FAc/tkBG55LmzxPto1Nq0WbnZzRM/wTzrd0I/8NlevxtFbphg4evlHjFNI7+GrqR87ViEwuAJJ9Je5QQjct5YJfFRWiZ5CMQIDAQAB',
  jsapi:
    'mI35pfNEQV6777ke/1T+LJLQDNTm7yeoUJH+j/adPGhmCCi0PbgkvYQTRcXH0uibcLVtvFLdGLpmoYO9FV6lBBsTAjuhh5YOvQi0e2g3e0yytitiNET9FEuqM0pjnKfRW4K6LIZDdbWJv9KhZUx3DrJa5TL7OJ7VdADVivxVySIlPVKjGwuCXzuXSJes0UcILgWQUMyha5/3nYofuHtS7r+KYyMuxD+oJ9VM1Qdxk4UIG59CP5Y3wtYIFybyF3bdu1caHTRRX+DLyMXyYA/IrTmiW01c4RPjpHBX5Dk1sZyY1zVsWNsvMHr2e1NTWtBxKJ+qk5N61J7caYoepHFaxw==',
  app: 'gXx9KhTP6IooKV1SuG3OCGlBIgZbKtubCZvnau6khw1iffvNT28IzLbKmztq2xA/RCNbZa1XOsoiuVmAEeTZQicWfhv4P+O4oBRIrx0X9f3cnWFkMBU9alTWs0nyQ1N9fcILOTe0f4kxOhVh+/Xhn5hOiUK7Sz3XA1mcpa3R2NCWf/e+0ow/RDf15iTymOHgDrEkT/gedg/3E0iXfDX3mFicSZhrHESZDOTXcl9RzELREBUFznd/o2NQM99WcL86m23HY0cTy+QGWU4QDmNrbQ9ihmLW71qPb0Cx/d7EQvw/Kyx0A6s64ZQp3hHdcmiRcLnjVXrKCk7LShaCK+lS3Q==',
}

const payment = new Payment({ mchid, secret, privateKey: merchant.pkcs8 })

const isSignatureOf = (lines: string[], signature: string): boolean =>
  verify('sha256', Buffer.from(`${lines.join('\n')}\n`), merchant.publicKey, Buffer.from(signature, 'base64'))
const named = (field: string) => expect.objectContaining({ field })

describe('APIv3', () => {
  it.each(['jsapi', 'miniProgram'] as const)('%s: what is signed is what is handed out', async (method) => {
    for (const given of [bare, prepay_id]) {
      const { paySign, ...rest } = await payment[method]({ appid, prepay_id: given }, stamp)
      expect(rest).toEqual({
        appId: appid,
        timeStamp: '1554208460',
        nonceStr: nonce,
        package: prepay_id,
        signType: 'RSA',
      })
      expect(isSignatureOf([appid, '1554208460', nonce, prepay_id], paySign)).toBe(true)
    }
  })

  it('app: the bare prepay_id, and package under both of its names', async () => {
    for (const given of [bare, prepay_id]) {
      const { sign, ...rest } = await payment.app({ appid, prepay_id: given }, stamp)
      expect(rest).toEqual({
        appid,
        partnerid: mchid,
        prepayid: bare,
        package: 'Sign=WXPay',
        packageValue: 'Sign=WXPay',
        noncestr: nonce,
        timestamp: '1554208460',
      })
      expect(isSignatureOf([appid, '1554208460', nonce, bare], sign)).toBe(true)
    }
  })

  it('app: another partnerid, for combined orders', async () => {
    const { partnerid } = await payment.app({ appid, prepay_id, partnerid: '1230000108' })
    expect(partnerid).toBe('1230000108')
  })

  it('makes a moment and a nonce, new ones every time', async () => {
    const before = Math.floor(Date.now() / 1000)
    const first = await payment.jsapi({ appid, prepay_id })
    const second = await payment.jsapi({ appid, prepay_id })
    expect(first.timeStamp).toMatch(/^\d{10}$/)
    expect(Number(first.timeStamp)).toBeGreaterThanOrEqual(before)
    expect(Number(first.timeStamp)).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000))
    expect(first.nonceStr).toMatch(/^[A-Za-z0-9]{32}$/)
    expect(second.nonceStr).not.toBe(first.nonceStr)
    const { timeStamp, nonceStr, paySign } = second
    expect(isSignatureOf([appid, timeStamp, nonceStr, prepay_id], paySign)).toBe(true)
  })

  it('signs many at once', async () => {
    const all = await Promise.all(Array.from({ length: 40 }, () => payment.jsapi({ appid, prepay_id })))
    for (const { timeStamp, nonceStr, paySign } of all)
      expect(isSignatureOf([appid, timeStamp, nonceStr, prepay_id], paySign)).toBe(true)
  })

  it('signs what the published sample signs', async () => {
    const messages: string[] = []
    const sign = (message: string): string => {
      messages.push(message)
      return 'c2lnbmVk'
    }
    const remote = new Payment({ mchid, privateKey: { sign } })
    await remote.jsapi({ appid, prepay_id }, stamp)
    await remote.app({ appid, prepay_id }, stamp)
    const key = createPublicKey({ key: Buffer.from(PUBLISHED.key, 'base64'), format: 'der', type: 'spki' })
    const isPublished = (message = '', signature: string): boolean =>
      verify('sha256', Buffer.from(message), key, Buffer.from(signature, 'base64'))
    expect(isPublished(messages[0], PUBLISHED.jsapi)).toBe(true)
    expect(isPublished(messages[1], PUBLISHED.app)).toBe(true)
  })

  describe('a remote signer', () => {
    it('is asked to sign the lines', async () => {
      const messages: string[] = []
      const remote = new Payment({
        mchid,
        privateKey: {
          sign: async (message) => {
            messages.push(message)
            return 'c2lnbmVk'
          },
        },
      })
      expect(await remote.jsapi({ appid, prepay_id }, stamp)).toMatchObject({ paySign: 'c2lnbmVk' })
      expect(await remote.app({ appid, prepay_id }, stamp)).toMatchObject({ sign: 'c2lnbmVk' })
      expect(messages).toEqual([
        `${appid}\n1554208460\n${nonce}\n${prepay_id}\n`,
        `${appid}\n1554208460\n${nonce}\n${bare}\n`,
      ])
    })

    it.each([
      ['fails', () => Promise.reject(new Error('the KMS is away'))],
      ['throws', () => raise(new Error('the KMS is away'))],
      ['gives no base64', () => 'not base64!'],
      ['gives nothing', () => undefined as never],
    ])('that %s is a TransportError', async (_, sign) => {
      const remote = new Payment({ privateKey: { sign } })
      const failure = remote.jsapi({ appid, prepay_id })
      await expect(failure).rejects.toThrow(TransportError)
      await expect(failure).rejects.toMatchObject({ code: 'ERR_SIGNER', delivery: 'not-sent' })
    })
  })
})

describe('without a signature', () => {
  const page = 'https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx2016&package=1037687096'
  const plain = new Payment({ mchid })

  it('h5: the address, and the way back', () => {
    expect(plain.h5(page)).toBe(page)
    expect(plain.h5(page, {})).toBe(page)
    expect(plain.h5(page, { redirect_url: 'https://www.wechatpay.com.cn' })).toBe(
      `${page}&redirect_url=https%3A%2F%2Fwww.wechatpay.com.cn`,
    )
    const back = 'https://www.example.com/paid?a=1&b=张#top'
    expect(new URL(plain.h5(page, { redirect_url: back })).searchParams.get('redirect_url')).toBe(back)
    expect(plain.h5('https://wx.tenpay.com/x', { redirect_url: 'http://a.cn/' })).toBe(
      'https://wx.tenpay.com/x?redirect_url=http%3A%2F%2Fa.cn%2F',
    )
  })

  it('h5: refuses what is no address', () => {
    for (const wrong of [
      '',
      'checkmweb',
      'http://wx.tenpay.com/',
      'javascript:alert(1)',
      undefined,
      1,
    ] as string[])
      expect(() => plain.h5(wrong)).toThrow(named('h5_url'))
    for (const redirect_url of ['', '/paid', 'javascript:alert(1)', 1] as string[])
      expect(() => plain.h5(page, { redirect_url })).toThrow(named('redirect_url'))
    expect(() => plain.h5(`${page}&redirect_url=x`, { redirect_url: 'https://a.cn' })).toThrow(
      named('h5_url'),
    )
  })

  it('native: the code_url, if it is one', () => {
    for (const code_url of [
      'weixin://wxpay/bizpayurl?pr=p4lpSuKzz',
      'weixin://wxpay/bizpayurl/up?pr=NwY5Mz9&groupid=00',
      'weixin://pay.weixin.qq.com/bizpayurl/up?pr=NwY5Mz9&groupid=00',
    ])
      expect(plain.native(code_url)).toBe(code_url)
    for (const wrong of [
      '',
      'weixin://',
      'weixin://wxpay/',
      'https://wxpay/x',
      'weixin://wxpay/a b',
      null,
    ] as string[])
      expect(() => plain.native(wrong)).toThrow(named('code_url'))
  })

  it("transfer: the merchant's, and a partner's", () => {
    const package_info = 'affffddafdfafddffda=='
    expect(plain.transfer({ appid, package_info })).toEqual({
      mchId: mchid,
      appId: appid,
      package: package_info,
    })
    expect(
      plain.transfer({ appid, package_info, sub_mchid: '1230000001', sub_appid: 'wx8888888888888889' }),
    ).toEqual({
      mchId: mchid,
      appId: appid,
      package: package_info,
      subMchId: '1230000001',
      subAppId: 'wx8888888888888889',
    })
    expect(plain.appTransfer({ appid, package_info })).toEqual({
      businessType: 'requestMerchantTransfer',
      extraData: { mchId: mchid, appId: appid, package: package_info },
      queryString: `mchId=${mchid}&appId=${appid}&package=affffddafdfafddffda%3D%3D`,
    })
  })

  it("PayScore's pages", () => {
    expect(plain.scoreEnable({ apply_permissions_token: 'a+b=' })).toEqual({
      businessType: 'wxpayScoreEnable',
      extraData: { apply_permissions_token: 'a+b=' },
      queryString: 'apply_permissions_token=a%2Bb%3D',
    })
    expect(plain.scoreUse({ package: 'AAQTnZ_-' })).toEqual({
      businessType: 'wxpayScoreUse',
      extraData: { package: 'AAQTnZ_-' },
      queryString: 'package=AAQTnZ_-',
    })
  })

  it('contract: where the answer says, or where the page does', () => {
    const extraData = { pre_entrustweb_id: '5778aadY9nltAsZzXixCkFIGYnV2V' }
    expect(plain.contract(extraData)).toEqual({
      appId: 'wxbd687630cd02ce1d',
      path: 'pages/index/index',
      extraData,
    })
    expect(plain.contract({ ...extraData, redirect_appid: 'wx1', redirect_path: 'pages/sign' })).toEqual({
      appId: 'wx1',
      path: 'pages/sign',
      extraData,
    })
  })
})

describe('what it refuses', () => {
  it.each<[field: string, given: unknown]>([
    ['appid', { prepay_id }],
    ['appid', { appid: undefined, prepay_id }],
    ['appid', { appid: null, prepay_id }],
    ['appid', { appid: '', prepay_id }],
    ['appid', { appid: 1, prepay_id }],
    ['appid', { appid: `${appid}\n`, prepay_id }],
    ['appid', { appid: '\ud800', prepay_id }],
    ['prepay_id', { appid }],
    ['prepay_id', { appid, prepay_id: 'prepay_id=' }],
    ['prepay_id', { appid, prepay_id: `${bare}\n` }],
    ['prepay_id', { appid, prepay_id: `${bare}&appid=x` }],
    ['prepay_id', { appid, prepay_id: 'prepay_id=prepay_id=x' }],
    ['prepayid', { appid, prepayid: bare }],
  ])('%s in %j', async (field, given) => {
    for (const method of ['jsapi', 'miniProgram', 'app'] as const) {
      await expect(payment[method](given as never)).rejects.toThrow(RequestError)
      await expect(payment[method](given as never)).rejects.toMatchObject({ field })
      expect(() => payment.v2[method](given as never)).toThrow(RequestError)
      expect(() => payment.v2[method](given as never)).toThrow(named(field))
    }
  })

  it.each([undefined, null, 'text', [], new Map()])('%p in place of the fields', async (given) => {
    await expect(payment.jsapi(given as never)).rejects.toThrow('expected { appid, prepay_id }')
    expect(() => payment.scoreUse(given as never)).toThrow(RequestError)
    expect(() => payment.v2.coupons(given as never)).toThrow(RequestError)
  })

  it('a misspelt field, with the nearest name', () => {
    expect(() => payment.v2.app({ appid, prepay_id, partnerId: '1' } as never)).toThrow(/"partnerid"/)
  })

  it.each<[field: string, wrong: object]>([
    ['timestamp', { timestamp: 1554208460000 }],
    ['timestamp', { timestamp: 'now' }],
    ['timestamp', { timestamp: 1.5 }],
    ['nonce', { nonce: '' }],
    ['nonce', { nonce: 'a\nb' }],
    ['nonce', { nonce: 'a'.repeat(33) }],
    ['nonce', { nonce: 12 }],
  ])('%s of %j', async (field, wrong) => {
    await expect(payment.jsapi({ appid, prepay_id }, wrong)).rejects.toMatchObject({ field })
    expect(() => payment.v2.jsapi({ appid, prepay_id }, wrong)).toThrow(named(field))
  })
})

function raise(error: Error): never {
  throw error
}
