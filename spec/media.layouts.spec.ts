import { constants, createHash, privateDecrypt } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent } from 'undici'
import { Builder, type MediaInput, sensitive } from '../lib'
import { type Field, type Operation, operations } from '../lib/catalogue'
import { Builder as LiteBuilder } from '../lib/lite'
import { Simulator } from '../lib/simulator'
import { answered, SECRET, signatureOf } from './conformance/apiv2'
import { authorizationFaults, config, Loopback, PLATFORM_SERIAL, signed } from './conformance/platform'
import { type BusboyPart, readWithBusboy } from './support/busboy'
import { PUBLIC_KEY_ID, platform } from './support/keys'

/** What the documentation says of each upload, written down by hand. */
const LAYOUTS: Readonly<
  Record<string, readonly [part: string, name: string | null, digest: string, algorithm: string]>
> = {
  'v2/secapi/mch/uploadmedia': ['media', null, 'media_hash', 'md5'],
  'v3/ecommerce/account/cancel-applications/media': ['file', 'file_name', 'file_digest', 'sha256'],
  'v3/global/merchant-service/images/upload': ['file', 'filename', 'sha256', 'sha256'],
  'v3/global/merchant-storage/file/upload': ['file', 'filename', 'digest', 'sha256'],
  'v3/marketing/bank/packages/{package_id}/tasks': ['file', 'filename', 'sha256', 'sha256'],
  'v3/marketing/favor/media/image-upload': ['file', 'filename', 'sha256', 'sha256'],
  'v3/marketing/partner/product-coupon/media/upload-image': ['file', 'filename', 'sha256', 'sha256'],
  'v3/marketing/shopping-receipt/shoppingreceipts': ['file', null, 'sha256', 'sha256'],
  'v3/mch-manage/submission-files/sub-mchid/{sub_mchid}/upload': [
    'submission_file',
    'file_name',
    'file_digest',
    'sha256',
  ],
  'v3/mch-operation-manage/enhanced-due-diligence/{due_diligence_id}/upload': [
    'due_diligence_file',
    'file_name',
    'file_digest',
    'sha256',
  ],
  'v3/merchant-service/images/upload': ['file', 'filename', 'sha256', 'sha256'],
  'v3/merchant/media/upload': ['file', 'filename', 'sha256', 'sha256'],
  'v3/merchant/media/video_upload': ['file', 'filename', 'sha256', 'sha256'],
  'v3/new-tax-control-fapiao/fapiao-applications/upload-fapiao-file': ['file', null, 'digest', 'sm3'],
  'v3/taxi-invoice/cards/upload-file': ['file', null, 'digest', 'sm3'],
}

/** Which algorithm made the digest, where that is to be said. */
const STATED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'v3/new-tax-control-fapiao/fapiao-applications/upload-fapiao-file': { digest_alogrithm: 'SM3' },
  'v3/taxi-invoice/cards/upload-file': { digest_algorithm: 'DIGEST_ALGORITHM_SM3' },
}

const uploads = operations().filter(({ multipart }) => multipart !== undefined)
const CONTENT = Buffer.from('\x89PNG\r\n\x1a\n--not a boundary\r\n\0\xff', 'latin1')
let folder: string
let file: string
let loopback: Loopback

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'media-'))
  file = join(folder, '图 片.PNG')
  writeFileSync(file, CONTENT)
  loopback = await Loopback.start()
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await loopback.close()
})

const isV2 = ({ uri }: Operation): boolean => uri.startsWith('v2/')
const variables = ({ uri }: Operation): Record<string, string> =>
  Object.fromEntries([...uri.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, '7']))

function sample(field: Field): unknown {
  if (field.fields) return Object.fromEntries(field.fields.map((inner) => [inner.name, sample(inner)]))
  if (field.encrypted) return sensitive('13800138000')
  return field.enum?.[0] ?? (field.type === 'number' ? 7 : `some ${field.name}`)
}

/** All documented fields that the client cannot know. */
function further(operation: Operation): Record<string, unknown> {
  const [part, name, digest] = LAYOUTS[operation.uri] ?? []
  const own = [part, name, digest, 'sign', 'mch_id', 'sign_type', ...Object.keys(STATED[operation.uri] ?? {})]
  const fields = operation.multipart?.fields ?? []
  const meta = isV2(operation) ? fields : (fields.find((field) => field.name === 'meta')?.fields ?? [])
  const rest = meta.filter((field) => !own.includes(field.name))
  return Object.fromEntries(rest.map((field) => [field.name, sample(field)]))
}

async function send(operation: Operation, media: MediaInput): Promise<BusboyPart[]> {
  loopback.reset(() => (isV2(operation) ? answered() : signed()))
  const certs = { ...config.certs, [PUBLIC_KEY_ID]: platform.spki }
  const root = LiteBuilder.factory({ ...config, certs, secret: SECRET, dispatcher: loopback.dispatcher })
  await root.chain(operation.uri).post({ ...variables(operation), media })
  const [request, ...more] = loopback.received
  if (!request) throw new Error('nothing arrived')
  expect(more).toEqual([])
  expect(request.headers['transfer-encoding']).toBeUndefined()
  expect(request.headers['content-length']).toBe(String(request.body.length))
  if (!isV2(operation)) expect(authorizationFaults(request)).toEqual([])
  return readWithBusboy(request.headers['content-type'] ?? '', request.body)
}

test('the list is that of the catalogue', () => {
  expect(uploads.map(({ uri }) => uri).sort()).toEqual(Object.keys(LAYOUTS).sort())
})

describe.each(uploads.filter((each) => !isV2(each)).map((each) => [each.uri, each] as const))(
  '%s',
  (uri, operation) => {
    const [part, name, digest, algorithm] = LAYOUTS[uri] as (typeof LAYOUTS)[string]

    test('meta first, as JSON, then the file', async () => {
      const meta = further(operation)
      const parts = await send(operation, { file, meta })
      expect(parts.map((each) => [each.name, each.filename, each.type])).toEqual([
        ['meta', undefined, 'application/json'],
        [part, '图 片.PNG', 'image/png'],
      ])
      expect(parts[1]?.content).toEqual(CONTENT)
      const sent = JSON.parse(String(parts[0]?.content)) as Record<string, unknown>
      const { merchant_contact_information: contact, ...rest } = sent
      expect(rest).toEqual({
        ...(name && { [name]: '图 片.PNG' }),
        [digest]: createHash(algorithm).update(CONTENT).digest('hex'),
        ...STATED[uri],
        ...JSON.parse(JSON.stringify({ ...meta, merchant_contact_information: undefined })),
      })
      expect(contact === undefined).toBe(meta.merchant_contact_information === undefined)
      const documented = operation.multipart?.fields.find((field) => field.name === 'meta')?.fields ?? []
      expect(Object.keys(sent).sort()).toEqual(documented.map((field) => field.name).sort())
    })

    test('the path alone does, as far as nothing else is asked for', async () => {
      const [meta, sent] = await send(operation, file)
      expect(sent?.name).toBe(part)
      expect(JSON.parse(String(meta?.content))).toEqual({
        ...(name && { [name]: '图 片.PNG' }),
        [digest]: createHash(algorithm).update(CONTENT).digest('hex'),
        ...STATED[uri],
      })
    })
  },
)

test('a field of meta is encrypted for the platform, whose key is named', async () => {
  const operation = uploads.find(({ uri }) => uri.endsWith('shoppingreceipts')) as Operation
  const [meta] = await send(operation, { file, meta: further(operation) })
  const { merchant_contact_information } = JSON.parse(String(meta?.content)) as {
    merchant_contact_information: { consultation_phone_number: string }
  }
  const padding = constants.RSA_PKCS1_OAEP_PADDING
  const ciphertext = Buffer.from(merchant_contact_information.consultation_phone_number, 'base64')
  expect(String(privateDecrypt({ key: platform.privateKey, padding, oaepHash: 'sha1' }, ciphertext))).toBe(
    '13800138000',
  )
  expect(loopback.received[0]?.headers['wechatpay-serial']).toBe(PUBLIC_KEY_ID)
  expect(PLATFORM_SERIAL).not.toBe(PUBLIC_KEY_ID)
})

describe('APIv2', () => {
  const operation = uploads.find(isV2) as Operation

  test.each(['MD5', 'HMAC-SHA256'] as const)('signs the fields, not the file, by %s', async (type) => {
    loopback.reset(() => answered({}, type))
    const root = Builder.factory({ ...config, secret: SECRET, dispatcher: loopback.dispatcher })
    const meta = type === 'MD5' ? undefined : { sign_type: type }
    await root.v2.secapi.mch.uploadmedia.post({ security: true, media: { file, meta } })
    const [request] = loopback.received
    const parts = await readWithBusboy(
      request?.headers['content-type'] ?? '',
      request?.body ?? Buffer.alloc(0),
    )
    const sent = parts.pop()
    expect(sent).toEqual({ name: 'media', filename: '图 片.PNG', type: 'image/png', content: CONTENT })
    const fields = parts.map(({ name, content }) => [name, String(content)] as const)
    const { sign, ...others } = Object.fromEntries(fields)
    expect(others).toEqual({
      mch_id: config.mchid,
      sign_type: type,
      media_hash: createHash('md5').update(CONTENT).digest('hex'),
    })
    expect(sign).toBe(signatureOf(fields, type))
    expect(request?.headers.authorization).toBeUndefined()
    expect(Object.keys(others).sort()).toEqual(
      operation.multipart?.fields
        .map(({ name }) => name)
        .filter((name) => !['media', 'sign'].includes(name))
        .sort(),
    )
  })

  test('says what cannot be', async () => {
    const root = LiteBuilder.factory({ ...config, secret: SECRET, dispatcher: loopback.dispatcher })
    const { uploadmedia } = (root.v2.secapi as typeof root).mch as typeof root
    loopback.reset()
    await expect(uploadmedia.post({ media: { file, meta: { mch_id: '1' } } })).rejects.toMatchObject({
      field: 'media.meta.mch_id',
    })
    await expect(uploadmedia.post({ media: { file, meta: { sign_type: 'SM3' } } })).rejects.toMatchObject({
      field: 'media.meta.sign_type',
    })
    expect(loopback.dispatched).toBe(0)
  })
})

test('the simulator takes every documented upload', async () => {
  await using simulator = await Simulator.start({ tls: true })
  const { merchant, ...credentials } = simulator.credentials
  const dispatcher = new Agent({ connect: { ...merchant, ca: simulator.ca ?? '' } })
  const root = LiteBuilder.factory({ ...credentials, base_uri: String(simulator.secureUrl), dispatcher })
  const plain = { consultation_phone_number: 'ciphertext' }
  for (const operation of uploads) {
    const meta = further(operation)
    const media = {
      file,
      meta: meta.merchant_contact_information ? { ...meta, merchant_contact_information: plain } : meta,
    }
    const { status } = await root
      .chain(operation.uri)
      .post({ ...variables(operation), media, security: isV2(operation) })
    expect([operation.uri, status]).toEqual([operation.uri, operation.answer.status ?? 200])
  }
  await dispatcher.close()
})
