import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { Simulator } from '../../lib/simulator'
import { explainSignError, type SignedMessage } from '../../lib/v3/sign-error'
import { authorization, send } from '../simulator/client'

const TIMESTAMP = '1601277177'
const NONCE = '593BEC0C930BF1AFEB40B4A08C8FB242'
/** What the platform shows of a body, in every report. */
const SHOWN = 8
const MOST = 700

const lines = (method: string, path: string, body: string, timestamp = TIMESTAMP, nonce = NONCE): string =>
  `${method}\n${path}\n${timestamp}\n${nonce}\n${body}\n`

const signed = (label: string, path: string, body: string | Buffer = ''): SignedMessage => {
  const [method = ''] = label.split(' ')
  const message = Buffer.isBuffer(body)
    ? Buffer.concat([Buffer.from(lines(method, path, '').slice(0, -1)), body, Buffer.from('\n')])
    : lines(method, path, body)
  return { method, path, message, label }
}

/** As the platform answers, by reports. */
const answered = (
  method: string,
  url: string,
  body: string | Buffer = '',
  timestamp = TIMESTAMP,
  nonce = NONCE,
) => {
  const bytes = Buffer.from(body)
  const head = lines(method, url, '', timestamp, nonce).slice(0, -1)
  return {
    detail: { issue: 'sign not match' },
    field: 'signature',
    location: 'authorization',
    sign_information: {
      method,
      sign_message_length: Buffer.byteLength(head) + bytes.length + 1,
      truncated_sign_message: `${head}${bytes.subarray(0, SHOWN)}\n`,
      url,
    },
  }
}

/** The path of WeChat Pay's own example, and its numbers. */
const OFFICIAL = {
  method: 'GET',
  url: '/payscore/user-service-state?service_id=500001&appid=wxeaf7bf1de621b0c2&openid=oWm9Z5JQwgV7BKAQUeKsUMVSjTpQ',
  truncated_sign_message:
    'GET\n/payscore/user-service-state?service_id=500001&appid=wxeaf7bf1de621b0c2&openid=oWm9Z5JQwgV7BKAQUeKsUMVSjTpQ\n1559194069\n18a427e78d2344e1a71156a2690cc4d6\n\n',
  sign_message_length: 157,
}
const OFFICIAL_SIGNED: SignedMessage = {
  method: 'GET',
  path: OFFICIAL.url,
  message: OFFICIAL.truncated_sign_message,
  label: 'GET payscore/user-service-state',
}
const OFFICIAL_DETAIL = {
  field: 'signature',
  issue: 'sign not match',
  location: 'authorization',
  sign_information: OFFICIAL,
}

describe('answers that WeChat Pay has given', () => {
  test('its own example, where the key is at fault (questions on signatures, "如何定位错误的签名")', () => {
    const text = explainSignError(OFFICIAL_DETAIL, OFFICIAL_SIGNED)
    expect(text).toMatch(/^the platform verified what was signed/)
    expect(text).toContain('GET /payscore/user-service-state?service_id&appid&openid (157 bytes)')
    expect(text).toMatch(/privateKey.*serial.*mchid/s)
    expect(text).toContain('openssl x509 -in apiclient_cert.pem -noout -serial -subject -pubkey')
    expect(text).toContain('openssl pkey -in apiclient_key.pem -pubout')
  })

  test.each([
    ['detail.detail', { detail: OFFICIAL_DETAIL }],
    ['detail.detail.detail', { detail: { detail: OFFICIAL_DETAIL } }],
    [
      'escaped line feeds',
      info({ truncated_sign_message: OFFICIAL.truncated_sign_message.replaceAll('\n', '\\n') }),
    ],
    ['a length that is text', info({ sign_message_length: '157' })],
  ])('the same with %s', (_, detail) => {
    expect(explainSignError(detail, OFFICIAL_SIGNED)).toBe(explainSignError(OFFICIAL_DETAIL, OFFICIAL_SIGNED))
  })

  test('certificates, where all was the same (developers.weixin.qq.com 0004a08edb8e685a560bd6d3e56800)', () => {
    const detail = answered('GET', '/v3/certificates')
    // The thread's own number: what stands here is what the platform counted.
    expect(detail.sign_information.sign_message_length).toBe(66)
    expect(explainSignError(detail, signed('GET v3/certificates', '/v3/certificates'))).toMatch(
      /^the platform verified what was signed, GET \/v3\/certificates \(66 bytes\), so that the key is at fault/,
    )
  })

  test('a body that did not arrive (wechatpay-axios-plugin 58)', () => {
    const body = '{"appid":"wx7463455b31d4b4ba","out_batch_no":"0000000019","total_amount":10}'
    const detail = {
      detail: { issue: 'sign not match' },
      field: 'signature',
      location: 'authorization',
      sign_information: {
        method: 'POST',
        sign_message_length: 71,
        truncated_sign_message:
          'POST\n/v3/transfer/batches\n1709745440\n5hMYYOOJpzdAfboMUB7QiPmfxmhVehVk\n\n',
        url: '/v3/transfer/batches',
      },
    }
    const message = `POST\n/v3/transfer/batches\n1709745440\n5hMYYOOJpzdAfboMUB7QiPmfxmhVehVk\n${body}\n`
    const text = explainSignError(detail, {
      ...signed('POST v3/transfer/batches', '/v3/transfer/batches'),
      message,
    })
    expect(text).toContain('verified POST /v3/transfer/batches (71 bytes)')
    expect(text).toContain(`signed POST /v3/transfer/batches (${message.length} bytes)`)
    expect(text).toContain('First difference: the body: none has arrived. Check that Content-Type')
  })

  test('an upload whose part meta was not found (0004068f1ec4a8658a9a5f07c5bc00)', () => {
    const label = 'POST v3/merchant/media/upload'
    const detail = answered('POST', '/v3/merchant/media/upload')
    expect(detail.sign_information.sign_message_length).toBe(76)
    expect(
      explainSignError(
        detail,
        signed(label, '/v3/merchant/media/upload', '{"filename":"a.png","sha256":"00"}'),
      ),
    ).toContain(
      'the body: none has arrived. Check that Content-Type and Content-Length arrive as sent (in an upload,',
    )
  })

  test('a body with CRLF (busifavor/stocks, 2109 bytes of which {CRLF and 4 more are shown)', () => {
    const body = JSON.stringify({ stock_name: 'x', comment: 'y' }, null, 2)
    const detail = answered('POST', '/v3/marketing/busifavor/stocks', body.replaceAll('\n', '\r\n'))
    expect(detail.sign_information.truncated_sign_message).toMatch(/\n\{\r\n {2}"st\n$/)
    const text = explainSignError(
      detail,
      signed('POST v3/marketing/busifavor/stocks', '/v3/marketing/busifavor/stocks', body),
    )
    expect(text).toContain('the body: what arrived fits the signed one whose line ends became CRLF')
  })
})

function info(more: object) {
  return { sign_information: { ...OFFICIAL, ...more } }
}

const BY_ID = 'GET v3/pay/transactions/id/{transaction_id}'

describe('the first difference', () => {
  const label = 'GET v3/a/{name}/b'
  test.each<[string, string, string, string | RegExp]>([
    [
      'a prefix added',
      '/v3/a/N/b',
      '/gw/v3/a/N/b',
      /verified GET \/\*\/v3\/a\/\{name\}\/b .*it arrived with 1 segment more before it/,
    ],
    [
      'prefixes added',
      '/v3/a/N/b',
      '/gw/x/v3/a/N/b',
      'it arrived with 2 segments more before it. A proxy adds a prefix',
    ],
    [
      'a prefix taken off',
      '/gw/v3/a/N/b',
      '/v3/a/N/b',
      /signed GET \/\*\/v3\/a\/\{name\}\/b .*it arrived without its first segment\. A proxy takes/,
    ],
    ['the beginning taken off', '/v3/a/N/b', '/N/b', 'it arrived without its first 2 segments'],
    [
      'scheme and host',
      '/v3/a/N/b',
      'https://api.mch.weixin.qq.com/v3/a/N/b',
      'it arrived with scheme and host before it',
    ],
    ['a slash doubled', '/v3/a/N/b', '/v3//a/N/b', 'slashes were doubled or taken away'],
    ['a slash doubled at the beginning', '/v3/a/N/b', '//v3/a/N/b', 'slashes were doubled or taken away'],
    ['a slash added', '/v3/a/N/b', '/v3/a/N/b/', 'slashes were doubled or taken away'],
    ['%2F decoded', '/v3/a/N%2FN/b', '/v3/a/N/N/b', '%2F arrived as /'],
    ['/ encoded', '/v3/a/N/N/b', '/v3/a/N%2fN/b', '/ arrived as %2F'],
    [
      'hex digits',
      '/v3/a/%E4%BD%A0/b',
      '/v3/a/%e4%bd%a0/b',
      'hexadecimal digits of its %XX arrived in another case',
    ],
    ['characters decoded', '/v3/a/%E4%BD%A0/b', '/v3/a/你/b', 'non-ASCII characters arrived unencoded'],
    ['ASCII decoded', '/v3/a/N%7EN/b', '/v3/a/N~N/b', 'characters that were sent as %XX arrived unencoded'],
    ['ASCII encoded', '/v3/a/N~N/b', '/v3/a/N%7EN/b', 'characters that were sent as they are arrived as %XX'],
    [
      'encoded twice',
      '/v3/a/%E4%BD%A0/b',
      '/v3/a/%25E4%25BD%25A0/b',
      'it arrived percent-encoded twice (%25XX)',
    ],
    ['letters', '/v3/a/N/b', '/v3/a/n/b', 'letters arrived in another case'],
    [
      'another value',
      '/v3/a/N/b',
      '/v3/a/M/b',
      /verified GET \/v3\/a\/\{name\}\/b.*segment 3 \(\{name\}\) is another one/,
    ],
    [
      'another word',
      '/v3/a/N/b',
      '/v3/c/N/b',
      /verified GET \/v3\/\*\/\{name\}\/b.*segment 2 \(a\) is another one/,
    ],
    ['words in between', '/v3/a/N/b', '/v3/x/y/N/b', 'verified GET /v3/*/*/{name}/b '],
    ['nothing left of it', '/v3/a/N/b', '?x=1', 'segment 1 (v3) is another one'],
    ['the end missing', '/v3/a/N/b', '/v3/a/N', 'its end is another one'],
    ['more at the end', '/v3/a/N/b', '/v3/a/N/b/c', 'its end is another one'],
    ['the path before the query', '/v3/a/N/b?x=1', '/v3/a/M/b?x=2', 'the path: segment 3'],

    [
      'another order',
      '/v3/a/N/b?x=1&y=2',
      '/v3/a/N/b?y=2&x=1',
      /verified GET \/v3\/a\/\{name\}\/b\?y&x .*signed .*\?x&y .*parameters arrived in another order\./,
    ],
    ['%20 as +', '/v3/a/N/b?x=1%202', '/v3/a/N/b?x=1+2', 'the query: %20 arrived as +'],
    ['+ as %20', '/v3/a/N/b?x=1+2', '/v3/a/N/b?x=1%202', 'the query: + arrived as %20'],
    ['colons decoded', '/v3/a/N/b?x=1%3A2', '/v3/a/N/b?x=1:2', 'the query: characters that were sent as %XX'],
    [
      'characters decoded',
      '/v3/a/N/b?x=%E4%BD%A0',
      '/v3/a/N/b?x=你',
      'the query: its non-ASCII characters arrived unencoded',
    ],
    [
      'order and encoding',
      '/v3/a/N/b?x=1%3A2&y=%2C',
      '/v3/a/N/b?y=,&x=1:2',
      'in another order, and encoded otherwise',
    ],
    ['no query', '/v3/a/N/b?x=1', '/v3/a/N/b', 'the query: it did not arrive'],
    [
      'a query of somebody else',
      '/v3/a/N/b',
      '/v3/a/N/b?t=1',
      /verified GET \/v3\/a\/\{name\}\/b\?\* .*one arrived, and none was sent/,
    ],
    ['a lone question mark', '/v3/a/N/b', '/v3/a/N/b?', 'one arrived, and none was sent'],
    ['parameters missing', '/v3/a/N/b?x=1&y=2&z=3', '/v3/a/N/b?y=2', 'the query: x, z did not arrive'],
    ['a parameter more', '/v3/a/N/b?x=1', '/v3/a/N/b?x=1&t=2', '1 parameter more arrived than were sent'],
    ['another value', '/v3/a/N/b?x=1&y=2', '/v3/a/N/b?x=1&y=3', 'another value arrived for y'],
    ['one of two', '/v3/a/N/b?x=1&x=1', '/v3/a/N/b?x=1', 'sent more than once arrived less often'],
  ])('of an address: %s, %s → %s', (_, ours, theirs, said) => {
    const text = explainSignError(answered('GET', theirs), signed(label, ours))
    expect(text).toMatch(
      said instanceof RegExp ? said : new RegExp(said.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')),
    )
    expect(text).toContain('First difference: the ')
  })

  test('is the method, when it is', () => {
    const text = explainSignError(answered('GET', '/v3/x'), signed('POST v3/x', '/v3/x', '{}'))
    expect(text).toMatch(
      /verified GET \/v3\/x .*signed POST \/v3\/x .*First difference: the method, which a redirect/,
    )
    expect(explainSignError(answered('BREW', '/v3/x'), signed('POST v3/x', '/v3/x'))).toContain(
      'verified * /v3/x',
    )
  })

  test.each([
    ['1601277137', NONCE, 'the timestamp (40 s older). The answer is to another request'],
    ['1601277178', 'another', 'the timestamp (1 s newer), and the nonce. The answer'],
    [TIMESTAMP, 'another', 'the nonce. The answer is to another request: look for a cache'],
    ['yesterday', NONCE, 'the timestamp. The answer'],
  ])('is the stamp: %s %s', (timestamp, nonce, said) => {
    const detail = answered('GET', '/v3/certificates', '', timestamp, nonce)
    const text = explainSignError(detail, signed('GET v3/certificates', '/v3/certificates'))
    expect(text).toContain(`First difference: ${said}`)
    expect(text).not.toContain(NONCE)
  })

  const BODY = '{"title":"图书 <a/b>","url":"https://x.example/y","n":1}'
  const php = BODY.replaceAll('/', '\\/').replace('图书', '\\u56fe\\u4e66')
  test.each<[string, string | Buffer, string | Buffer, string]>([
    ['a line feed added', BODY, `${BODY}\n`, 'with a line feed added to its end'],
    ['a CRLF added', BODY, `${BODY}\r\n`, 'with a line end (CRLF) added'],
    ['a line feed taken off', `${BODY}\n`, BODY, 'without the white space at its ends'],
    ['a BOM', BODY, `\uFEFF${BODY}`, 'with a byte order mark (BOM) added'],
    ['no BOM', `\uFEFF${BODY}`, BODY, 'without the white space at its ends'],
    ['CRLF', '{\n"a":1\n}', '{\r\n"a":1\r\n}', 'whose line ends became CRLF'],
    ['LF', '{\r\n"a":1\r\n}', '{\n"a":1\n}', 'whose CRLF line ends became LF'],
    ['PHP', BODY, php, 'whose / and non-ASCII characters were escaped'],
    ['PHP undone', php, BODY, 'whose \\uXXXX and \\/ were unescaped'],
    ['slashes', BODY, BODY.replaceAll('/', '\\/'), 'whose / were escaped as \\/'],
    ['slashes undone', BODY.replaceAll('/', '\\/'), BODY, 'whose \\/ were unescaped'],
    ['escapes', BODY, BODY.replace('图书', '\\u56fe\\u4e66'), 'whose non-ASCII characters were escaped'],
    ['escapes undone', BODY.replace('图书', '\\u56fe\\u4e66'), BODY, 'whose \\uXXXX were unescaped'],
    ['Go', BODY, BODY.replace('<', '\\u003c').replace('>', '\\u003e'), 'whose <, > and & were escaped'],
    [
      'Python',
      BODY,
      '{"title": "\\u56fe\\u4e66 <a/b>", "url": "https://x.example/y", "n": 1}',
      'with spaces, as Python does it',
    ],
    [
      'spaces',
      BODY,
      '{"title": "图书 <a/b>", "url": "https://x.example/y", "n": 1}',
      'parsed and written with spaces',
    ],
    ['minified', JSON.stringify(JSON.parse(BODY), null, 2), BODY, 'parsed and written without white space'],
    ['pretty, 2', BODY, JSON.stringify(JSON.parse(BODY), null, 2), 'pretty-printed'],
    ['pretty, 4', BODY, JSON.stringify(JSON.parse(BODY), null, 4), 'pretty-printed'],
    ['pretty, tabs', BODY, JSON.stringify(JSON.parse(BODY), null, '\t'), 'pretty-printed'],
    ['sorted', BODY, '{"n":1,"title":"图书 <a/b>","url":"https://x.example/y"}', 'with its fields sorted'],
    ['serialised twice', BODY, JSON.stringify(BODY), 'written as a JSON string, twice'],
    ['encoded twice', BODY, Buffer.from(BODY).toString('latin1'), 'UTF-8 was encoded as UTF-8 once more'],
    ['GBK', BODY, Buffer.from(BODY.replace('图书', '\xcd\xbc\xca\xe9'), 'latin1'), 'in GBK instead of UTF-8'],
    ['UTF-16', BODY, Buffer.from(BODY, 'utf16le'), 'in UTF-16 instead of UTF-8'],
    ['question marks', BODY, BODY.replace('图书', '??'), 'with one byte a character: ?'],
    ['question marks for pairs', '{"a":"\u{1f600}"}', '{"a":"?"}', 'with one byte a character: ?'],
    ['gzip', BODY, '\x1f\u{fffd}\x08\0\0\0\0\0xyz', 'it has arrived compressed'],
    ['cut short', BODY, BODY.slice(0, 30), '24 bytes fewer arrived than were signed'],
    ['longer', BODY, `${BODY}${'x'.repeat(13)}`, '13 bytes more arrived than were signed'],
    ['something else', BODY, '<html>', 'bytes fewer arrived than were signed, and it begins otherwise'],
    [
      'something else as long',
      '{"a":1}',
      '{"b":1}',
      'it begins otherwise, as one that was parsed and written anew',
    ],
    ['a body from nowhere', '', '{}', 'one has arrived, and none was signed'],
    ['no text at all', Buffer.from([0xff, 0xfe, 1]), Buffer.alloc(9), '6 bytes more arrived'],
  ])('of a body: %s', (_, ours, theirs, said) => {
    const text = explainSignError(answered('POST', '/v3/x', theirs), signed('POST v3/x', '/v3/x', ours))
    expect(text).toContain('First difference: the body: ')
    expect(text).toContain(said)
    expect(text.length).toBeLessThanOrEqual(MOST)
  })

  test('of a body with the same length and beginning is not to be seen, and is not ruled out', () => {
    expect(
      explainSignError(
        answered('POST', '/v3/x', '{"abcdefg":1}'),
        signed('POST v3/x', '/v3/x', '{"abcdefg":2}'),
      ),
    ).toMatch(
      /^as far as it tells, the platform verified what was signed, POST .* most likely the key is at fault/,
    )
  })

  test('of a large body is told without trying what has happened to it', () => {
    const body = 'x'.repeat(300_000)
    const text = explainSignError(answered('POST', '/v3/x', `${body}\n`), signed('POST v3/x', '/v3/x', body))
    expect(text).toContain('the body: 1 byte more arrived than were signed')
  })

  test('of a body that is no text is not looked for in its beginning', () => {
    const body = Buffer.from([0xff, 0xfe, 0xfd, 1, 2, 3])
    const detail = answered('POST', '/v3/x', '??????')
    expect(explainSignError(detail, signed('POST v3/x', '/v3/x', body))).toContain(
      'the platform verified what was signed',
    )
  })

  test('of a body that has not arrived shows without a length, too', () => {
    const information = { truncated_sign_message: lines('POST', '/v3/x', '') }
    expect(explainSignError({ sign_information: information }, signed('POST v3/x', '/v3/x', '{}'))).toContain(
      'the body: none has arrived. Check that Content-Type',
    )
  })

  test('of a body may be none, should the platform count characters after all', () => {
    const detail = answered('POST', '/v3/x', BODY)
    detail.sign_information.sign_message_length -= Buffer.byteLength(BODY) - BODY.length
    expect(explainSignError(detail, signed('POST v3/x', '/v3/x', BODY))).toMatch(
      /Should an ASCII-only body fail as well, check privateKey, serial and mchid instead$/,
    )
  })

  test('is none, when the cut went through a character', () => {
    const body = '{"a":"图书"}'
    const detail = answered('POST', '/v3/x', body)
    expect(detail.sign_information.truncated_sign_message).toContain('\ufffd')
    expect(explainSignError(detail, signed('POST v3/x', '/v3/x', body))).toContain(
      'the platform verified what was signed',
    )
  })

  test('is told of a Buffer as of a string', () => {
    const detail = answered('POST', '/v3/x', php)
    const text = signed('POST v3/x', '/v3/x', BODY)
    expect(explainSignError(detail, { ...text, message: Buffer.from(text.message) })).toBe(
      explainSignError(detail, text),
    )
  })

  test.each<[string, object, string]>([
    ['method and url', { method: 'GET', url: '/v3/y' }, 'the path: segment 2 (x) is another one'],
    ['the length alone', { sign_message_length: 40 }, 'bytes fewer arrived than were signed'],
    [
      'the message alone',
      { truncated_sign_message: lines('GET', '/v3/x?a=1', '') },
      'one arrived, and none was sent',
    ],
    ['a message cut off in the middle', { truncated_sign_message: 'POST\n/v3/x' }, 'the method'],
  ])('is found when all there is is %s', (_, information, said) => {
    const text = explainSignError({ sign_information: information }, signed('GET v3/x', '/v3/x'))
    expect(text).toContain(`First difference: `)
    expect(text).toContain(said)
  })

  test.each([
    { method: 'GET' },
    { url: '/v3/x' },
    { truncated_sign_message: lines('GET', '/v3/x', '') },
    { sign_message_length: lines('GET', '/v3/x', '').length },
  ])('is not ruled out by %j', (information) => {
    expect(explainSignError({ sign_information: information }, signed('GET v3/x', '/v3/x'))).toMatch(
      /^as far as it tells, the platform verified what was signed, GET \/v3\/x/,
    )
  })
})

describe('an answer that does not say what was verified', () => {
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'sign_information'],
    ['a list', [OFFICIAL_DETAIL]],
    ['no information', { field: 'signature', detail: { issue: 'sign not match' } }],
    ['empty information', { sign_information: {} }],
    [
      'information of other types',
      { sign_information: { method: 1, url: {}, sign_message_length: '-1', truncated_sign_message: [] } },
    ],
    ['a list of information', { sign_information: [OFFICIAL] }],
    ['lengths that are none', { sign_information: { sign_message_length: 0.5 } }],
    ['a length of nothing', { sign_information: { sign_message_length: 0 } }],
    ['a length below nothing', { sign_information: { sign_message_length: -7 } }],
    [
      'a message too long for a request',
      { sign_information: { truncated_sign_message: 'x\n'.repeat(1_000_000) } },
    ],
  ])('names key, serial and merchant, and how to check them: %s', (_, detail) => {
    const text = explainSignError(detail, OFFICIAL_SIGNED)
    expect(text).toMatch(
      /^the platform does not say what it verified: privateKey, serial or mchid can be the cause/,
    )
    expect(text).toContain('openssl x509 -in apiclient_cert.pem -noout -serial -subject -pubkey')
    expect(text).toContain('sub_mchid')
  })

  test('of thousands of levels', () => {
    let detail: object = OFFICIAL_DETAIL
    for (let level = 0; level < 100_000; level++) detail = { detail }
    expect(explainSignError(detail, OFFICIAL_SIGNED)).toContain('does not say what it verified')
  })

  test.each([
    ['timestamp', /clock \(NTP\)/],
    ['nonce_str', /nonce was used before: .*repeats requests/],
    ['authorization', /header did not arrive as it was sent.*proxy/],
    ['serial_no', /privateKey, serial or mchid/],
  ])('goes by the field: %s', (field, said) => {
    expect(explainSignError({ field, location: 'authorization' }, OFFICIAL_SIGNED)).toMatch(said)
  })

  test('or where nobody knows what was signed', () => {
    const text = explainSignError(OFFICIAL_DETAIL, undefined)
    expect(text).toContain('(157 bytes), but what was signed is not known here: privateKey, serial or mchid')
    expect(text).not.toContain('openid')
  })
})

describe('what is shown', () => {
  test.each([
    [BY_ID, '/v3/pay/transactions/id/4200', 'GET /v3/pay/transactions/id/{transaction_id}'],
    [BY_ID, '/base/v3/pay/transactions/id/4200', 'GET /*/v3/pay/transactions/id/{transaction_id}'],
    ['GET /v3/a/{b}', '/v3/a/1', 'GET /v3/a/{b}'],
    ['GET https://api2.wechatpay.cn/v3/a/{b}', '/v3/a/1', 'GET /v3/a/{b}'],
    ['GET v3/a/{b}{?query*}', '/v3/a/1?mchid=2', 'GET /v3/a/{b}?mchid'],
    ['GET v3/a{/b*}/c', '/v3/a/1/2/3/c', 'GET /v3/a/{b*}/{b*}/{b*}/c'],
    ['GET v3/a{/b*}/c', '/v3/a/c', 'GET /v3/a/c'],
    ['GET v3/{+b}', '/v3/1/2', 'GET /v3/{b}/{b}'],
    ['GET v3/{a,b}.{c}/d', '/v3/1,2.3/d', 'GET /v3/{a,b,c}/d'],
    ['GET v3/a{;b}', '/v3/a;b=1', 'GET /v3/{b}'],
    ['GET v3/a/4200001234', '/v3/a/4200001234', 'GET /v3/a/*'],
    ['GET v3/a/oUpF8uMuAJO_M2pxb1Q9zNjWeS6o', '/v3/a/oUpF8uMuAJO_M2pxb1Q9zNjWeS6o', 'GET /v3/a/*'],
    ['GET v3/a{?query*}', '/v3/a', 'GET /v3/a'],
    [`GET v3/${'a'.repeat(49)}`, `/v3/${'a'.repeat(49)}`, 'GET /v3/*'],
    ['GET v3/a', `/v3/a?${'a'.repeat(49)}=1`, 'GET /v3/a?*'],
    ['GET v3/a/{b', '/v3/a/%7Bb', 'GET /v3/a/*'],
    ['GET v3/a', '/v3/zhangsan', 'GET /v3/*'],
    ['GET v3/a', '/v3/a?openid=1&a%5Bb%5D=2&list[0]=3', 'GET /v3/a?openid&*&list[0]'],
    ['GET v3/a', '/v3/a?oUpF8uMuAJO', 'GET /v3/a?*'],
    ['GET v3/a', '/v3/a?b1VwRjh1TXVBSk8=', 'GET /v3/a?*'],
    ['GET v3/a', '/v3/a?b1VwRjh1TXVBSkw==', 'GET /v3/a?*'],
    ['GET v3/a', '/v3/a?a=1&b=1&c=1&d=1&e=1&f=1&g=1', 'GET /v3/a?a&b&c&d&e&f&…'],
  ])('of %s and %s', (label, path, shown) => {
    const text = explainSignError(answered('GET', path), signed(label, path))
    expect(text).toContain(`what was signed, ${shown} (`)
  })

  test('is short, however long its parts are', () => {
    const label = `POST v3/${'a-b-c/'.repeat(20)}{${'name'.repeat(10)}}`
    const bare = `/v3/${'a-b-c/'.repeat(20)}1`
    const query = Array.from({ length: 9 }, (_, at) => `${'parameter'.repeat(5)}${at}=${at}`)
    const path = `${bare}?${query.join('&')}`
    const body = JSON.stringify({ a: '图书/', b: ' '.repeat(400) })
    const escaped = body.replace('图书', '\\u56fe\\u4e66')
    const arrivals: [string, string][] = [
      [path, body],
      [bare, body],
      [`/gateway${path}`, body],
      [path.replace(/1\?.*/, '2'), body],
      [path.replaceAll(/=\d/g, '=x'), body],
      [path.replaceAll('parameter', 'other'), body],
      [path, ''],
      [path, escaped],
      [path, Buffer.from(body).toString('latin1')],
      [path, body.replace('图书', '??')],
    ]
    for (const [url, text] of arrivals) {
      const said = explainSignError(answered('POST', url, text), signed(label, path, body))
      expect(said).toMatch(/POST \/v3\/a-b-c\/a-b-c|POST \/\*\/v3\/a-b-c\/a-b-c/)
      expect(said.length).toBeLessThanOrEqual(MOST)
    }
  })

  test('of a path that somebody has lengthened without end', () => {
    const text = explainSignError(answered('GET', '/v3'.repeat(20_000)), signed('GET v3/a', '/v3/a'))
    expect(text).toMatch(/verified GET \/v3(?:\/\*)+\/?…/)
    expect(text.length).toBeLessThanOrEqual(MOST)
  })

  test('of a parameter that only the platform has: nothing, since it may be what a value was decoded to', () => {
    const text = explainSignError(
      answered('GET', '/v3/a?x=1&secret=2'),
      signed('GET v3/a', '/v3/a?x=1%26secret%3D2'),
    )
    expect(text).toContain('verified GET /v3/a?x&* ')
    expect(text).not.toContain('secret')
  })
})

/** Found nowhere in what the function says by itself. */
const WINDOW = 5
const value = fc.string({
  unit: fc.constantFrom(...'QXZJKW57你好é\u{1f600} /+%&=?#;\n"\\'),
  minLength: WINDOW,
  maxLength: 24,
})
const strict = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, '_')
const windowsOf = (text: string): string[] =>
  Array.from({ length: Math.max(0, text.length - WINDOW + 1) }, (_, at) => text.slice(at, at + WINDOW))
/** A piece of it, in whatever form it may have been given. */
const traces = (secret: string): string[] =>
  [secret, strict(secret), encodeURIComponent(strict(secret)), secret.toLowerCase()].flatMap(windowsOf)

describe('whatever the platform answers', () => {
  const PRINTABLE = /^[\x20-\x7e…]*$/
  const check = (detail: unknown, message: SignedMessage | undefined, secrets: readonly string[]): void => {
    const text = explainSignError(detail, message)
    expect(text).toMatch(PRINTABLE)
    expect(text.length).toBeGreaterThan(0)
    expect(text.length).toBeLessThanOrEqual(MOST)
    const found = secrets.flatMap(traces).filter((trace) => text.includes(trace))
    expect(found).toEqual([])
  }

  const LABELS = [
    ['v3/a/{one}/b/{two}', (one: string, two: string) => `/v3/a/${strict(one)}/b/${strict(two)}`],
    ['v3/a/{one}.{two}', (one: string, two: string) => `/v3/a/${strict(one)}.${strict(two)}`],
    ['v3{/one*}/b{?two*}', (one: string, two: string) => `/v3/${strict(one)}/x/b?two=${strict(two)}`],
    ['v3/{+one}/{two}', (one: string, two: string) => `/v3/${encodeURI(one)}/${strict(two)}`],
    ['v3/a/b', (one: string, two: string) => `/base/v3/${strict(one)}/${strict(two)}`],
    ['', (one: string, two: string) => `/${strict(one)}/${strict(two)}`],
  ] as const

  const scene = fc.record({
    label: fc.constantFrom(...LABELS),
    method: fc.constantFrom('GET', 'POST'),
    one: value,
    two: value,
    query: fc.dictionary(fc.constantFrom('mchid', 'openid', 'a[0]'), value),
    body: fc.oneof(
      fc.constant(''),
      fc.dictionary(fc.constantFrom('name', 'phone'), value).map((x) => JSON.stringify(x)),
    ),
    nonce: value.map((text) => strict(text)),
  })
  const messageOf = ({ label: [template, write], method, one, two, query, body, nonce }: Scene) => {
    const pairs = Object.entries(query).map(([name, text]) => `${name}=${strict(text)}`)
    const bare = write(one, two)
    const path = pairs.length > 0 ? `${bare}${bare.includes('?') ? '&' : '?'}${pairs.join('&')}` : bare
    return {
      method,
      path,
      message: lines(method, path, body, TIMESTAMP, nonce),
      label: `${method} ${template}`,
    }
  }
  const secretsOf = ({ one, two, query, body, nonce }: Scene): string[] => [
    one,
    two,
    nonce,
    ...Object.values(query),
    ...Object.values(body === '' ? {} : (JSON.parse(body) as Record<string, string>)),
  ]
  type Scene = Parameters<Parameters<typeof scene.map>[0]>[0]

  const ALTERATIONS: readonly ((text: string) => string)[] = [
    (text) => text,
    decodeLoosely,
    encodeURIComponent,
    (text) => text.toLowerCase(),
    (text) => text.replaceAll('%20', '+'),
    (text) => `/gateway${text}`,
    (text) => `http://host${text}`,
    (text) => text.slice(4),
    (text) => text.slice(0, -3),
    (text) => text.split('?').reverse().join('?'),
    (text) => text.split('&').reverse().join('&'),
    (text) => text.replaceAll('=', '&'),
    (text) => text.replaceAll('/', '?'),
    (text) => text.replaceAll('?', '/'),
    (text) => text.replaceAll('&', '='),
  ]
  const alteration = fc.constantFrom(...ALTERATIONS)

  test('shows no value of path, query and body, and no nonce', () => {
    const property = fc.property(
      scene,
      fc.array(alteration, { maxLength: 3 }),
      alteration,
      (given, changes, rewrite) => {
        const message = messageOf(given)
        const path = changes.reduce((text, change) => change(text), message.path)
        const detail = answered(given.method, path, rewrite(given.body), TIMESTAMP, given.nonce)
        check(detail, message, secretsOf(given))
      },
    )
    fc.assert(property, { numRuns: 2000 })
  })

  test('shows none wherever else they stand', () => {
    const property = fc.property(
      scene,
      fc.array(fc.nat(4), { minLength: 6, maxLength: 6 }),
      (given, choice) => {
        const message = messageOf(given)
        const texts = [given.one, message.path, decodeLoosely(message.path), given.nonce, message.message]
        const [method, url, head, field, issue, wrapped] = choice.map((at) => texts[at] as string)
        const sign_information = {
          method,
          url,
          truncated_sign_message: head,
          sign_message_length: message.message.length,
        }
        check({ field, issue, sign_information }, message, secretsOf(given))
        check(
          { field, detail: { issue, sign_information: { method: given.method, url: wrapped } } },
          message,
          secretsOf(given),
        )
      },
    )
    fc.assert(property, { numRuns: 700 })
  })

  test('says something short and printable of any detail', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.constantFrom('GET\n/v3/a/b\n', '\n\n\n\n\n', '\0'),
    )
    const information = fc.record(
      {
        method: fc.oneof(text, fc.jsonValue()),
        url: fc.oneof(text, fc.jsonValue()),
        truncated_sign_message: fc.oneof(text, fc.jsonValue()),
        sign_message_length: fc.oneof(fc.double(), fc.integer(), fc.nat(200), fc.jsonValue()),
      },
      { requiredKeys: [] },
    )
    const detail = fc.oneof(
      fc.anything(),
      fc.jsonValue(),
      fc.record({ sign_information: information, field: fc.anything() }),
    )
    const property = fc.property(detail, fc.option(scene, { nil: undefined }), (answer, given) => {
      check(answer, given && messageOf(given), [])
    })
    fc.assert(property, { numRuns: 1500 })
  })

  test('takes no time for it', () => {
    const big = 'x/%2f?&=\n\ufffd'.repeat(6_000)
    const body = JSON.stringify(Array.from({ length: 20_000 }, (_, at) => ({ name: `图书/${at}` })))
    const began = performance.now()
    for (const url of [big, `${big}?${big}`, '/'.repeat(65_000), '&'.repeat(65_000), '%'.repeat(65_000)]) {
      check(
        { sign_information: { url, truncated_sign_message: `POST\n/v3/x\n\n\n${big}` } },
        signed('POST v3/x', '/v3/x', body),
        [],
      )
      check(
        { sign_information: { url, sign_message_length: 77 } },
        signed('POST v3/x', '/v3/x', '[{"a":"'.repeat(30_000)),
        [],
      )
    }
    expect(performance.now() - began).toBeLessThan(5_000)
  })
})

function decodeLoosely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text.replaceAll('%', '')
  }
}

describe('a proxy before the simulator', () => {
  const PATH = '/v3/pay/transactions/id/4200%2F0001?mchid=1900007291&x=%20'
  const BODY = '{"echo_message":"张三"}'
  let simulator: Simulator

  beforeAll(async () => {
    simulator = await Simulator.start()
  })
  afterAll(() => simulator.close())

  /** What was signed goes in the header, what arrives is something else. */
  const explain = async (
    message: SignedMessage & { body?: string },
    arrives: { method?: string; path?: string; body?: string; key?: string },
  ) => {
    const { method, path, body = '' } = message
    const signing = { timestamp: String(Math.floor(Date.now() / 1000)), nonce: NONCE.slice(1) }
    const text = arrives.body ?? body
    const reply = await send(
      simulator,
      arrives.method ?? method,
      arrives.path ?? path,
      {
        'User-Agent': 'spec',
        ...(text && {
          'Content-Type': 'application/json',
          'Content-Length': String(Buffer.byteLength(text)),
        }),
        Authorization: authorization(simulator, method, path, body, {
          ...signing,
          ...(arrives.key && { privateKey: arrives.key }),
        }),
      },
      text,
    )
    const answer = reply.json as { code: string; detail: unknown }
    expect(answer.code).toBe('SIGN_ERROR')
    const whole = lines(method, path, body, signing.timestamp, signing.nonce)
    const said = explainSignError(answer.detail, { ...message, message: whole })
    for (const secret of ['4200', '1900007291', '张', NONCE.slice(1)]) expect(said).not.toContain(secret)
    return said
  }

  test.each<[string, { method?: string; path?: string }, string]>([
    ['that adds a prefix', { path: `/gateway${PATH}` }, 'it arrived with 1 segment more before it'],
    ['that decodes', { path: PATH.replace('%2F', '/') }, '%2F arrived as /'],
    ['that writes the query anew', { path: PATH.replace('%20', '+') }, '%20 arrived as +'],
    [
      'that sorts the query',
      { path: PATH.replace(/\?(.*)&(.*)/, '?$2&$1') },
      'its parameters arrived in another order',
    ],
    ['that changes the method', { method: 'DELETE' }, 'the method'],
  ])('%s', async (_, arrives, said) => {
    expect(await explain(signed(BY_ID, PATH), arrives)).toContain(said)
  })

  const ECHO = { ...signed('POST v3/security/echo', '/v3/security/echo', BODY), body: BODY }
  test.each([
    ['that drops the body', '', 'none has arrived'],
    [
      'that escapes the body',
      '{"echo_message":"\\u5f20\\u4e09"}',
      'non-ASCII characters were escaped as \\uXXXX',
    ],
    ['that pretty-prints it', JSON.stringify(JSON.parse(BODY), null, 2), 'pretty-printed'],
    ['that replaces characters', BODY.replace('张三', '??'), 'with one byte a character: ?'],
  ])('%s', async (_, body, said) => {
    expect(await explain(ECHO, { body })).toContain(said)
  })

  test('that is not there: another key', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    expect(await explain(ECHO, { key })).toMatch(
      /the platform verified what was signed, POST \/v3\/security\/echo/,
    )
    expect(await explain(signed(BY_ID, PATH), { key })).toMatch(/^the platform verified what was signed/)
  })
})
