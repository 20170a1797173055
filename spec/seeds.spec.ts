import { ApiError, Builder, type Instance } from '../lib'
import { Simulator } from '../lib/simulator'
import {
  authorizationFaults,
  config,
  DEFAULT_BODY,
  Loopback,
  type Received,
  signed,
} from './conformance/platform'
import * as faceCollection from './support/seeds/face-collection'
import * as faceCollections from './support/seeds/face-collections'
import * as k12User from './support/seeds/k12-user'
import * as k12UserWithSerial from './support/seeds/k12-user-with-serial'
import * as realName from './support/seeds/real-name'
import type { Print, Sample, Samples } from './support/seeds/samples'

/** One operation of a page of the PHP SDK's documentation, and the request that the PHP SDK makes of it. */
interface Operation {
  readonly title: string
  readonly samples: Samples
  readonly method: 'GET' | 'PATCH'
  readonly target: string
  readonly body?: string
  readonly serial?: string
  /** The page leaves a path variable empty: there is no such thing, and the platform says so. */
  readonly incomplete: boolean
}

const NOBODY = '/v3/offlinefacemch/organizations//users/out-user-id/'
const NOTHING =
  '{"user_name":"","user_type":"STUDENT","student_info":{"class_name":""},"staff_info":{"occupation":""},"status":"NORMAL","phone":""}'

const OPERATIONS: readonly Operation[] = [
  {
    title: '刷脸用户信息查询',
    samples: k12User.query,
    method: 'GET',
    target: NOBODY,
    incomplete: true,
  },
  {
    title: '刷脸用户信息修改',
    samples: k12User.change,
    method: 'PATCH',
    target: NOBODY,
    body: NOTHING,
    incomplete: true,
  },
  {
    title: '刷脸用户信息查询, the page with Wechatpay-Serial',
    samples: k12UserWithSerial.query,
    method: 'GET',
    target: NOBODY,
    incomplete: true,
  },
  {
    title: '刷脸用户信息修改, the page with Wechatpay-Serial',
    samples: k12UserWithSerial.change,
    method: 'PATCH',
    target: NOBODY,
    body: NOTHING,
    serial: 'PUB_KEY_ID_0114232134912410000000000000',
    incomplete: true,
  },
  {
    title: '查询重采用户列表',
    samples: faceCollections.query,
    method: 'GET',
    target: '/v3/offlineface/face-collections?organization_id=Ofewewfwefweewf&offset=30&limit=20',
    incomplete: false,
  },
  {
    title: '查询用户授权的实名信息',
    samples: realName.query,
    method: 'GET',
    target:
      '/v3/facemch/users/aabbccdd12345?info_type=ASK_UNIONID&appid=wx2b029c08a6233333&sub_mchid=123456789&sub_appid=wx2b029c08a6255555&sub_serial_no=wx2b029c08a6255555',
    incomplete: false,
  },
  {
    title: '查询重采请求',
    samples: faceCollection.query,
    method: 'GET',
    target: '/v3/offlineface/face-collections/?appid=',
    incomplete: true,
  },
]

const CASES = OPERATIONS.flatMap((operation) =>
  Object.entries(operation.samples).map(
    ([spelling, sample]): [title: string, sample: Sample, operation: Operation] => [
      `${operation.title}: ${spelling}`,
      sample,
      operation,
    ],
  ),
)

/** What a sample prints, and what it fails with. */
async function run(sample: Sample, instance: Instance): Promise<{ printed: unknown[]; error: unknown }> {
  const printed: unknown[] = []
  const print: Print = (value) => printed.push(value)
  const error = await sample(instance, print).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return { printed, error }
}

test('the five pages have seven operations in six spellings', () => {
  expect(CASES).toHaveLength(42)
  expect(new Set(CASES.map(([, sample]) => sample)).size).toBe(42)
})

describe('what goes over the wire is what the PHP SDK sends', () => {
  let loopback: Loopback
  let instance: Instance

  beforeAll(async () => {
    loopback = await Loopback.start()
    instance = Builder.factory({ ...config, dispatcher: loopback.dispatcher })
  })
  afterAll(() => loopback.close())

  test.each(CASES)('%s', async (_, sample, { method, target, body = '', serial }) => {
    const patch = method === 'PATCH'
    loopback.reset(() => (patch ? signed('', { 'Content-Type': null }, 204) : signed()))
    const { printed, error } = await run(sample, instance)
    expect(error).toBeUndefined()
    expect(printed).toEqual([patch ? true : JSON.parse(DEFAULT_BODY)])

    expect(loopback.received).toHaveLength(1)
    const request = loopback.received[0] as Received
    expect(request).toMatchObject({ origin: 'https://api.mch.weixin.qq.com', method, target })
    expect(request.body.toString()).toBe(body)
    expect(request.headers).toMatchObject({
      accept: 'application/json, text/plain, application/x-gzip, application/pdf, image/png, image/*;q=0.5',
      'content-type': patch ? 'application/json' : 'application/json; charset=utf-8',
    })
    expect(request.headers['wechatpay-serial']).toBe(serial)
    expect(authorizationFaults(request)).toEqual([])
  })
})

describe('what the platform answers', () => {
  let simulator: Simulator
  let instance: Instance

  beforeAll(async () => {
    simulator = await Simulator.start()
    instance = Builder.factory(simulator.credentials)
  })
  afterAll(async () => {
    await Builder.driver(instance).close()
    await simulator.close()
  })

  test.each(CASES.filter(([, , { incomplete }]) => !incomplete))('%s', async (_, sample, { target }) => {
    const { printed, error } = await run(sample, instance)
    expect(error).toBeUndefined()
    expect(printed).toEqual([expect.objectContaining(target.includes('/facemch/') ? FACE : LIST)])
    expect(simulator.requests.at(-1)).toMatchObject({ target, status: 200, verified: true })
  })

  test.each(CASES.filter(([, , { incomplete }]) => incomplete))(
    '%s, with a path variable left empty',
    async (_, sample, { target }) => {
      const { printed, error } = await run(sample, instance)
      expect(printed).toEqual([])
      expect(error).toBeInstanceOf(ApiError)
      expect([400, 404]).toContain((error as ApiError).status)
      expect(error).toMatchObject({ delivery: 'delivered', verified: true })
      expect(simulator.requests.at(-1)).toMatchObject({ target, verified: true })
    },
  )
})

const LIST = {
  face_collections: Array.from({ length: 20 }, (_, row) =>
    expect.objectContaining({
      collection_id: `collection-00${31 + row}`,
      organization_id: 'Ofewewfwefweewf',
    }),
  ),
}
const FACE = { openid: expect.any(String), sub_openid: expect.any(String), union_id: expect.any(String) }
