import { constants, privateDecrypt, publicEncrypt } from 'node:crypto'
import { Simulator } from '../../lib/simulator'
import { call, isGenuine } from './client'

const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }
const ORGANIZATION = 'Ofewewfwefweewf'
const KEY_ID = 'PUB_KEY_ID_0114232134912410000000000000'

describe('faces', () => {
  let simulator: Simulator

  beforeAll(async () => {
    simulator = await Simulator.start()
  })
  afterAll(() => simulator.close())

  const get = async (target: string) => {
    const reply = await call(simulator, 'GET', target)
    expect(isGenuine(simulator, reply)).toBe(true)
    return reply
  }
  const code = (reply: { json: unknown }): unknown => (reply.json as { code?: string }).code

  describe('organisations', () => {
    const base = '/v3/offlinefacemch/organizations'

    test.each([
      `organization_id=${ORGANIZATION}`,
      `organization_name=${encodeURIComponent('示例学校')}`,
      `organization_id=${ORGANIZATION}&organization_name=${encodeURIComponent('示例学校')}`,
    ])('are found by %s', async (query) => {
      const reply = await get(`${base}?${query}`)
      expect(reply.status).toBe(200)
      expect(reply.json).toEqual({ organization_id: ORGANIZATION, organization_name: '示例学校' })
    })

    test('are not found by what is wrong or left out', async () => {
      expect((await get(`${base}?organization_id=O1`)).status).toBe(404)
      expect((await get(`${base}?organization_id=${ORGANIZATION}&organization_name=x`)).status).toBe(404)
      const reply = await get(base)
      expect(reply.json).toMatchObject({ code: 'PARAM_ERROR', detail: { location: 'query' } })
    })
  })

  describe('users', () => {
    const path = (id: string, organization = ORGANIZATION): string =>
      `/v3/offlinefacemch/organizations/${organization}/users/out-user-id/${id}`

    const patch = (id: string, json: unknown, headers: Record<string, string> = {}) =>
      call(simulator, 'PATCH', path(id), { json, headers })

    test('are answered without their telephone number', async () => {
      expect((await get(path('student-0002'))).json).toEqual({
        use_id: 'use-0002',
        out_user_id: 'student-0002',
        organization_id: ORGANIZATION,
        user_name: '学生0002',
        user_type: 'STUDENT',
        student_info: { class_name: '3年级1班' },
        status: 'NORMAL',
        contract_state: 'CONTRACTED',
        face_image_ok: true,
        contract_id: 'contract-0002',
      })
      expect((await get(path('student-0012'))).json).not.toHaveProperty('contract_id')
      expect((await get(path('staff-0001'))).json).toMatchObject({ staff_info: { occupation: '教师' } })
    })

    test('are found through percent-encoding, a segment at a time', async () => {
      const [user] = simulator.faces.users(ORGANIZATION)
      if (!user) throw new Error('no user')
      simulator.faces.addUser({ ...user, out_user_id: 'a/b 中' })
      expect((await get(path('a%2Fb%20%E4%B8%AD'))).json).toMatchObject({ out_user_id: 'a/b 中' })
    })

    test('that nobody knows are 404', async () => {
      for (const target of [path('nobody'), path('student-0001', 'O1')]) {
        const reply = await get(target)
        expect([reply.status, code(reply)]).toEqual([404, 'RESOURCE_NOT_EXISTS'])
      }
      expect((await patch('nobody', { status: 'NORMAL' })).status).toBe(404)
    })

    test.each([
      ['GET', path('', ''), '/organization_id'],
      ['PATCH', path('', ''), '/organization_id'],
      ['GET', path(''), '/out_user_id'],
    ])('the empty samples are 400: %s %s', async (method, target, field) => {
      const reply = await call(simulator, method, target, method === 'PATCH' ? { json: {} } : {})
      expect(isGenuine(simulator, reply)).toBe(true)
      expect(reply.status).toBe(400)
      expect(reply.json).toMatchObject({
        code: 'PARAM_ERROR',
        detail: { field, value: '', location: 'path' },
      })
    })

    test('change as they are told, and in nothing else', async () => {
      const before = (await get(path('student-0003'))).json as object
      const json = { user_name: '李四', student_info: { class_name: '毕业班' }, status: 'DISABLED' }
      const reply = await patch('student-0003', { ...json, staff_info: null, contract_state: 'TERMINATED' })
      expect(reply.status).toBe(204)
      expect(reply.body).toHaveLength(0)
      expect(reply.headers).not.toHaveProperty('content-type')
      expect(isGenuine(simulator, reply)).toBe(true)
      expect((await get(path('student-0003'))).json).toEqual({ ...before, ...json })
    })

    test('take the sample as it stands, with its empty strings', async () => {
      const json = {
        user_name: '',
        user_type: 'STUDENT',
        student_info: { class_name: '' },
        staff_info: { occupation: '' },
        status: 'NORMAL',
        phone: '',
      }
      expect((await patch('student-0004', json)).status).toBe(204)
      expect((await patch('student-0004', json, { 'Wechatpay-Serial': KEY_ID })).status).toBe(204)
      const { phone, ...answered } = json
      expect((await get(path('student-0004'))).json).toMatchObject(answered)
    })

    test('have names and numbers decrypted with the key that the header names', async () => {
      for (const [serial, pem] of Object.entries(simulator.credentials.certs)) {
        const encrypt = (text: string): string =>
          publicEncrypt({ key: pem, ...OAEP }, Buffer.from(text)).toString('base64')
        const json = { user_name: encrypt(`名${serial}`), phone: encrypt('13811112222') }
        expect((await patch('student-0005', json, { 'Wechatpay-Serial': serial })).status).toBe(204)
        expect((await get(path('student-0005'))).json).toMatchObject({ user_name: `名${serial}` })
        const stored = simulator.faces.users(ORGANIZATION).find((user) => user.out_user_id === 'student-0005')
        expect(stored?.phone).toBe('13811112222')
        const unnamed = await patch('student-0005', json)
        expect(unnamed.json).toMatchObject({ detail: { field: 'Wechatpay-Serial', location: 'header' } })
      }
      const json = { user_name: Buffer.alloc(256, 1).toString('base64') }
      const undecipherable = await patch('student-0005', json, { 'Wechatpay-Serial': KEY_ID })
      expect(undecipherable.json).toMatchObject({ code: 'PARAM_ERROR', detail: { field: '/user_name' } })
    })

    test.each([
      ['/status', { status: 'GONE' }],
      ['/user_type', { user_type: 'TEACHER' }],
      ['/student_info', { student_info: '一班' }],
      ['/student_info/class_name', { student_info: { class_name: 1 } }],
    ])('refuse a wrong %s', async (field, json) => {
      const reply = await patch('student-0006', json)
      expect(reply.status).toBe(400)
      expect(reply.json).toMatchObject({ code: 'PARAM_ERROR', detail: { field, location: 'body' } })
    })
  })

  describe('requests for new photos', () => {
    const base = '/v3/offlineface/face-collections'
    const ids = async (query: string): Promise<string[]> => {
      const { json } = await get(`${base}?organization_id=${ORGANIZATION}${query}`)
      return (json as { face_collections: { collection_id: string }[] }).face_collections.map(
        ({ collection_id }) => collection_id,
      )
    }

    test('are listed from a row on, so many at a time', async () => {
      const all = simulator.faces.collections(ORGANIZATION).map(({ collection_id }) => collection_id)
      expect(all).toHaveLength(64)
      expect(await ids('&offset=30&limit=20')).toEqual(all.slice(30, 50))
      expect(await ids('&offset=0&limit=1')).toEqual(all.slice(0, 1))
      expect(await ids('')).toEqual(all.slice(0, 20))
      expect(await ids('&offset=60&limit=20')).toEqual(all.slice(60))
      expect(await ids('&offset=64')).toEqual([])
      expect(await ids('&limit=1000')).toEqual(all)
    })

    test.each([
      ['', '/organization_id'],
      ['?organization_id=', '/organization_id'],
      [`?organization_id=${ORGANIZATION}&offset=-1`, '/offset'],
      [`?organization_id=${ORGANIZATION}&offset=x`, '/offset'],
      [`?organization_id=${ORGANIZATION}&limit=0`, '/limit'],
      [`?organization_id=${ORGANIZATION}&limit=1.5`, '/limit'],
      [`?organization_id=${ORGANIZATION}&limit=`, '/limit'],
    ])('refuse %s', async (query, field) => {
      const reply = await get(`${base}${query}`)
      expect(reply.status).toBe(400)
      expect(reply.json).toMatchObject({ code: 'PARAM_ERROR', detail: { field, location: 'query' } })
    })

    test('are answered one by one, in every state', async () => {
      expect((await get(`${base}/collection-0003?appid=`)).json).toEqual({
        collection_id: 'collection-0003',
        use_id: 'use-0003',
        organization_id: ORGANIZATION,
        collection_state: 'COLLECTION_REQUIRED',
      })
      expect((await get(`${base}/collection-0002?appid=wx1`)).json).toMatchObject({
        collection_state: 'COMPLETE',
        register_photo_upload_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/),
        confirm_time: expect.stringMatching(/\+08:00$/),
      })
      expect((await get(`${base}/nothing`)).status).toBe(404)
      expect((await get(`${base}?organization_id=O1`)).status).toBe(404)
      const empty = await get(`${base}/?appid=`)
      expect(empty.json).toMatchObject({ detail: { field: '/collection_id', location: 'path' } })
    })
  })

  describe('recognised users', () => {
    const SAMPLE =
      'appid=wx2b029c08a6233333&sub_mchid=123456789&sub_appid=wx2b029c08a6255555&sub_serial_no=wx2b029c08a6255555'
    const ask = (query: string, sid = 'aabbccdd12345') => get(`/v3/facemch/users/${sid}?${query}`)

    test('tell their ids', async () => {
      const { json } = await ask(`info_type=ASK_UNIONID&${SAMPLE}`)
      const id = expect.stringMatching(/^o[\w-]{27}$/)
      expect(json).toEqual({ union_id: id, openid: id, sub_openid: id })
      expect(new Set(Object.values(json as object)).size).toBe(3)
      expect((await ask(`info_type=ASK_UNIONID&${SAMPLE}`)).json).toEqual(json)
      expect((await ask('info_type=ASK_UNIONID&appid=wx1')).json).not.toHaveProperty('sub_openid')
    })

    test('tell their names and document numbers, encrypted for the merchant', async () => {
      const { json } = await ask(`info_type=ASK_REAL_NAME&${SAMPLE}`)
      const { real_name_info } = json as { real_name_info: Record<string, string> }
      const read = (field: string): string => {
        const ciphertext = Buffer.from(real_name_info[field] ?? '', 'base64')
        return privateDecrypt({ key: simulator.credentials.privateKey, ...OAEP }, ciphertext).toString()
      }
      expect(Object.keys(json as object)).not.toContain('union_id')
      expect(real_name_info.credential_type).toBe(1)
      expect(read('encrypted_real_name')).toBe('张三')
      expect(read('encrypted_credential_id')).toBe('11010519491231002X')
    })

    test.each([
      ['appid=wx1', '/info_type'],
      ['info_type=ASK_ALL&appid=wx1', '/info_type'],
      ['info_type=ASK_UNIONID', '/appid'],
      ['info_type=ASK_REAL_NAME&appid=wx1&sub_mchid=1', '/sub_serial_no'],
    ])('refuse %s', async (query, field) => {
      expect((await ask(query)).json).toMatchObject({ code: 'PARAM_ERROR', detail: { field } })
    })

    test('that nobody knows are 404', async () => {
      expect((await ask('info_type=ASK_UNIONID&appid=wx1', 'x')).status).toBe(404)
    })
  })

  test('grow by what is added', async () => {
    const { faces } = simulator
    faces.addOrganization({ organization_id: 'O2', organization_name: '公司' })
    faces.addCollection({
      collection_id: 'c',
      use_id: 'u',
      organization_id: 'O2',
      collection_state: 'COMPLETE',
    })
    faces.addFace({ face_sid: 'f', real_name: 'x', credential_type: 2, credential_id: 'y' })
    expect(faces.organizations().map(({ organization_id }) => organization_id)).toContain('O2')
    const list = await get('/v3/offlineface/face-collections?organization_id=O2')
    expect((list.json as { face_collections: unknown[] }).face_collections).toHaveLength(1)
    expect((await get('/v3/facemch/users/f?info_type=ASK_UNIONID&appid=wx1')).status).toBe(200)
  })
})
