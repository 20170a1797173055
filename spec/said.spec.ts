import { inspect } from 'node:util'
import { assert, constantFrom, integer, property, string } from 'fast-check'
import type { ApiError } from '../lib/lite'
import { codeOf, insteadOf, shortened } from '../lib/said'
import { answered, xmlAnswer } from './conformance/apiv2'
import { signed, unsigned } from './conformance/platform'
import { type Act, answers, scripted } from './support/scripted'
import { MCH_ID, rejection } from './v2/server'

const HUGE = 'A'.repeat(300_000)

describe('a code', () => {
  test.each(['PARAM_ERROR', 'SYSTEMERROR', '40001', 'FAIL', 'invalid-request', '参数错误', 'A'.repeat(64)])(
    '%s',
    (code) => {
      expect([codeOf(code), insteadOf(code)]).toEqual([code, ''])
    },
  )

  test.each([
    'A'.repeat(65),
    'TWO WORDS',
    'LINE\nBREAK',
    'NUL\0',
    '\u001b[31mRED',
    '\u2028',
    '\u202egnp',
    '\ud800',
  ])('is not %j', (text) => {
    expect(codeOf(text)).toBeUndefined()
    expect(insteadOf(text)).toMatch(/^ \(what stands for its code is none: "[\x20-\u{10ffff}]{1,400}"\)$/u)
  })

  test.each([undefined, null, '', 40001, {}, []])('is not there: %j', (value) => {
    expect([codeOf(value), insteadOf(value)]).toEqual([undefined, ''])
  })
})

test('a text is cut to the length that it may have, and never in the middle of a character', () => {
  const text = string({ unit: constantFrom('a', '支', '😀', '\ud83d', '\n'), maxLength: 40 })
  assert(
    property(text, integer({ min: 2, max: 30 }), (given, longest) => {
      const cut = shortened(given, longest)
      if (given.length <= longest) return cut === given
      const kept = cut.slice(0, -1)
      const isWhole = !/[\ud800-\udbff]$/.test(kept) || !/^[\udc00-\udfff]/.test(given.slice(kept.length))
      return (
        cut.endsWith('…') &&
        cut.length >= longest - 1 &&
        cut.length <= longest &&
        given.startsWith(kept) &&
        isWhole
      )
    }),
  )
  expect(shortened('😀'.repeat(600))).toBe(`${'😀'.repeat(499)}…`)
  expect(shortened('a'.repeat(1_000))).toHaveLength(1_000)
})

describe('an error of the API is short, whatever the answer says', () => {
  const failing = async (act: Act): Promise<Record<'v2' | 'v3', ApiError>> => {
    const { instance } = await scripted([act], { retry: false })
    const v3 = (await rejection(instance.v3.x.post({ json: {} }))) as ApiError
    const v2 = (await rejection(instance.v2.pay.unifiedorder.post({ xml: { mch_id: MCH_ID } }))) as ApiError
    return { v2, v3 }
  }
  const expectShort = (error: ApiError): void => {
    expect(error.message.length).toBeLessThan(2_500)
    const logged = [inspect(error, { depth: 10 }), JSON.stringify(error), error.stack ?? '']
    for (const text of logged) expect(text.length).toBeLessThan(10_000)
  }

  test.each([400, 502])('APIv3, %d', async (status) => {
    const body = JSON.stringify({
      code: HUGE,
      message: '支'.repeat(9_000),
      detail: { field: HUGE, issue: HUGE },
    })
    for (const answer of [unsigned(status, {}, body), signed(body, {}, status)]) {
      const { v3 } = await failing(answers(answer))
      expect(v3).toMatchObject({ name: 'ApiError', code: `HTTP_${status}`, status, detail: { field: HUGE } })
      expect(v3.message).toMatch(
        new RegExp(
          `^POST v3/x: HTTP_${status} \\(HTTP ${status}\\): 支{999}… \\(what stands .* none: "A{63}…"\\) \\[field A`,
        ),
      )
      expect(v3.response.body.toString()).toBe(body)
      expectShort(v3)
    }
  })

  test('APIv2', async () => {
    const fields = { result_code: 'FAIL', err_code: HUGE, err_code_des: '支'.repeat(9_000) }
    const { v2 } = await failing(answers(() => answered(fields)))
    expect(v2).toMatchObject({ name: 'ApiError', code: 'HTTP_200', result_code: 'FAIL', verified: true })
    expect(v2.err_code_des).toBe(`${'支'.repeat(999)}…`)
    expect(v2.message).toMatch(
      /^POST v2\/pay\/unifiedorder: HTTP_200 \(HTTP 200\): 支{999}… \(what .* none: "A{63}…"\)$/,
    )
    expect(v2.response.data).toMatchObject(fields)
    expectShort(v2)
  })

  test('APIv2, of a gateway', async () => {
    const body = `<xml><return_code>TWO WORDS</return_code><return_msg>${HUGE}</return_msg></xml>`
    for (const status of [200, 503]) {
      const { v2 } = await failing(answers(xmlAnswer(body, status)))
      expect(v2).toMatchObject({ code: `HTTP_${status}`, return_code: 'TWO WORDS' })
      expect(v2.message).toContain('(what stands for its code is none: "TWO WORDS")')
      expectShort(v2)
    }
  })

  test('what WeChat Pay says is repeated as it is', async () => {
    const { v3 } = await failing(answers(unsigned(400, {}, '{"code":"PARAM_ERROR","message":"参数错误"}')))
    expect([v3.code, v3.message]).toEqual(['PARAM_ERROR', 'POST v3/x: PARAM_ERROR (HTTP 400): 参数错误'])
  })
})
