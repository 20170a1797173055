import { rfc3339 } from './clock'
import type { FaceCollection, Faces, OrganizationUser } from './faces'

const HOUR = 3_600_000
const STUDENTS = 64
const STATES = ['COLLECTION_REQUIRED', 'PHOTO_UPLOADED', 'COMPLETE'] as const

/** The public key's id unless another is asked for: the one that the documentation's samples name */
export const SAMPLE_PUBLIC_KEY_ID = 'PUB_KEY_ID_0114232134912410000000000000'

/** The organisation that the documentation's samples ask about */
const SAMPLE_ORGANIZATION_ID = 'Ofewewfwefweewf'

/** The recognised user that the documentation's samples ask about */
const SAMPLE_FACE_SID = 'aabbccdd12345'

const number = (index: number): string => String(index).padStart(4, '0')

const student = (index: number): OrganizationUser => ({
  use_id: `use-${number(index)}`,
  out_user_id: `student-${number(index)}`,
  organization_id: SAMPLE_ORGANIZATION_ID,
  user_name: `学生${number(index)}`,
  user_type: 'STUDENT',
  student_info: { class_name: `${1 + (index % 6)}年级1班` },
  status: 'NORMAL',
  contract_state: index % 3 ? 'CONTRACTED' : 'NOT_CONTRACTED',
  face_image_ok: index % 4 !== 0,
  ...(index % 3 && { contract_id: `contract-${number(index)}` }),
  phone: `1380000${number(index)}`,
})

const teacher: OrganizationUser = {
  use_id: 'use-staff-0001',
  out_user_id: 'staff-0001',
  organization_id: SAMPLE_ORGANIZATION_ID,
  user_name: '王老师',
  user_type: 'STUFF',
  staff_info: { occupation: '教师' },
  status: 'NORMAL',
  contract_state: 'CONTRACTED',
  face_image_ok: true,
  contract_id: 'contract-staff-0001',
  phone: '13900000001',
}

const collection = (index: number, now: number): FaceCollection => {
  const collection_state = STATES[index % STATES.length] as FaceCollection['collection_state']
  return {
    collection_id: `collection-${number(index)}`,
    use_id: `use-${number(index)}`,
    organization_id: SAMPLE_ORGANIZATION_ID,
    collection_state,
    ...(collection_state !== 'COLLECTION_REQUIRED' && {
      register_photo_upload_time: rfc3339(now - 48 * HOUR),
    }),
    ...(collection_state === 'COMPLETE' && { confirm_time: rfc3339(now - 24 * HOUR) }),
  }
}

/** Fills in what the documentation's samples ask for; `now` is in milliseconds */
export const addSamples = (faces: Faces, now: number): void => {
  faces.addOrganization({ organization_id: SAMPLE_ORGANIZATION_ID, organization_name: '示例学校' })
  faces.addUser(teacher)
  for (let index = 1; index <= STUDENTS; index++) {
    faces.addUser(student(index))
    faces.addCollection(collection(index, now))
  }
  faces.addFace({
    face_sid: SAMPLE_FACE_SID,
    real_name: '张三',
    credential_type: 1,
    credential_id: '11010519491231002X',
  })
}
