import { type Faces, type FaceUser, type OrganizationUserChange, openidOf } from './faces'
import type { Merchant, Platform } from './keys'
import { paramError } from './problem'
import type { Call, Route } from './router'
import { encryptFor, readSensitive } from './sensitive'
import { checkBody, checkQuery, type Shape } from './shape'

const DEFAULT_LIMIT = 20
const TEXT = { type: 'string' } as const
const COUNT = { type: 'integer', min: 0 } as const

const ORGANIZATION_QUERY: Shape = { organization_id: TEXT, organization_name: TEXT }

const COLLECTIONS_QUERY: Shape = {
  organization_id: { type: 'string', required: true },
  offset: COUNT,
  limit: { type: 'integer', min: 1 },
}

const USER_CHANGE: Shape = {
  user_name: TEXT,
  user_type: { type: 'string', enum: ['STUDENT', 'STUFF'] },
  student_info: { type: 'object', fields: { class_name: TEXT } },
  staff_info: { type: 'object', fields: { occupation: TEXT } },
  status: { type: 'string', enum: ['NORMAL', 'DISABLED'] },
  phone: TEXT,
}
const SENSITIVE: readonly string[] = ['user_name', 'phone']

const FACE_QUERY: Shape = {
  info_type: { type: 'string', required: true, enum: ['ASK_UNIONID', 'ASK_REAL_NAME'] },
  appid: { type: 'string', required: true },
  sub_mchid: TEXT,
  sub_appid: TEXT,
  sub_serial_no: TEXT,
}

interface FaceQuery {
  readonly info_type: 'ASK_UNIONID' | 'ASK_REAL_NAME'
  readonly appid: string
  readonly sub_mchid?: string
  readonly sub_appid?: string
  readonly sub_serial_no?: string
}

/** The known fields of a change, without `null`, the sensitive ones decrypted */
const readChange = (platform: Platform, call: Call): OrganizationUserChange => {
  const body = checkBody<Record<string, unknown>>(call.json(), USER_CHANGE)
  const given = Object.keys(USER_CHANGE).filter((name) => body[name] !== undefined && body[name] !== null)
  return Object.fromEntries(
    given.map((name) => {
      const value = body[name]
      return SENSITIVE.includes(name) && typeof value === 'string'
        ? [name, readSensitive(platform, call, `/${name}`, value)]
        : [name, value]
    }),
  )
}

const describeFace = (merchant: Merchant, face: FaceUser, query: FaceQuery): object => ({
  openid: openidOf(query.appid, face.face_sid),
  ...(query.sub_appid && { sub_openid: openidOf(query.sub_appid, face.face_sid) }),
  ...(query.info_type === 'ASK_UNIONID'
    ? { union_id: openidOf(face.face_sid) }
    : {
        real_name_info: {
          encrypted_real_name: encryptFor(merchant, face.real_name),
          credential_type: face.credential_type,
          encrypted_credential_id: encryptFor(merchant, face.credential_id),
        },
      }),
})

const USER = 'v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}'

/** Organisations, their users, requests for new photos, and recognised users */
export const faceRoutes = (merchant: Merchant, platform: Platform, faces: Faces): Route[] => [
  [
    'GET',
    'v3/offlinefacemch/organizations',
    ({ query }) => {
      const wanted = checkQuery<{ organization_id?: string; organization_name?: string }>(
        query,
        ORGANIZATION_QUERY,
      )
      if (!wanted.organization_id && !wanted.organization_name)
        throw paramError('/organization_id', null, 'is required without organization_name', 'query')
      return { status: 200, body: faces.organization(wanted) }
    },
  ],
  [
    'GET',
    USER,
    ({ path }) => {
      const { phone, ...user } = faces.user(path.organization_id as string, path.out_user_id as string)
      return { status: 200, body: user }
    },
  ],
  [
    'PATCH',
    USER,
    (call) => {
      const { organization_id, out_user_id } = call.path as { organization_id: string; out_user_id: string }
      faces.changeUser(organization_id, out_user_id, readChange(platform, call))
      return { status: 204 }
    },
  ],
  [
    'GET',
    'v3/offlineface/face-collections',
    ({ query }) => {
      const {
        organization_id,
        offset = 0,
        limit = DEFAULT_LIMIT,
      } = checkQuery<{
        organization_id: string
        offset?: number
        limit?: number
      }>(query, COLLECTIONS_QUERY)
      faces.organization({ organization_id })
      const rows = faces.collections(organization_id).slice(offset, offset + limit)
      return { status: 200, body: { face_collections: rows } }
    },
  ],
  [
    'GET',
    'v3/offlineface/face-collections/{collection_id}',
    ({ path }) => ({ status: 200, body: faces.collection(path.collection_id as string) }),
  ],
  [
    'GET',
    'v3/facemch/users/{face_sid}',
    ({ path, query }) => {
      const asked = checkQuery<FaceQuery>(query, FACE_QUERY)
      if (asked.info_type === 'ASK_REAL_NAME' && asked.sub_mchid && !asked.sub_serial_no)
        throw paramError('/sub_serial_no', null, 'is required with sub_mchid', 'query')
      return { status: 200, body: describeFace(merchant, faces.face(path.face_sid as string), asked) }
    },
  ],
]
