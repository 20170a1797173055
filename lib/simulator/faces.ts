import { createHash } from 'node:crypto'
import { notExists } from './problem'

/** A school or company whose people pay by face */
export interface Organization {
  readonly organization_id: string
  readonly organization_name: string
}

/** Someone of an organisation; `phone` is told to the platform but never answered by it */
export interface OrganizationUser {
  readonly use_id: string
  readonly out_user_id: string
  readonly organization_id: string
  readonly user_name: string
  readonly user_type: 'STUDENT' | 'STUFF'
  readonly student_info?: { readonly class_name?: string }
  readonly staff_info?: { readonly occupation?: string }
  readonly status: 'NORMAL' | 'DISABLED'
  readonly contract_state: 'NOT_CONTRACTED' | 'TERMINATED' | 'CONTRACTED'
  readonly face_image_ok: boolean
  readonly contract_id?: string
  readonly phone?: string
}

/** What a merchant may change of a user */
export type OrganizationUserChange = Partial<
  Pick<OrganizationUser, 'user_name' | 'user_type' | 'student_info' | 'staff_info' | 'status' | 'phone'>
>

/** A request to take a user's photo anew; times in RFC 3339 */
export interface FaceCollection {
  readonly collection_id: string
  readonly use_id: string
  readonly organization_id: string
  readonly collection_state: 'COLLECTION_REQUIRED' | 'PHOTO_UPLOADED' | 'COMPLETE'
  readonly register_photo_upload_time?: string
  readonly confirm_time?: string
}

/** Someone a terminal has recognised, and what the user agreed to tell */
export interface FaceUser {
  readonly face_sid: string
  readonly real_name: string
  /** 1 is the identity card */
  readonly credential_type: number
  readonly credential_id: string
}

/** An id that stays the same for the same origin: 28 characters that begin with `o`, as an `openid` does */
export const openidOf = (...origin: readonly string[]): string =>
  `o${createHash('sha256').update(origin.join('\n')).digest('base64url').slice(0, 27)}`

const userKey = (organization_id: string, out_user_id: string): string =>
  JSON.stringify([organization_id, out_user_id])

/** Everything about faces that the platform knows; grows only by what is added to it here, never by requests */
export class Faces {
  readonly #organizations = new Map<string, Organization>()
  readonly #users = new Map<string, OrganizationUser>()
  readonly #collections = new Map<string, FaceCollection>()
  readonly #faces = new Map<string, FaceUser>()

  /** Adds an organisation, or replaces the one of the same id */
  addOrganization(organization: Organization): void {
    this.#organizations.set(organization.organization_id, { ...organization })
  }

  /** Adds a user, or replaces the one of the same organisation and id */
  addUser(user: OrganizationUser): void {
    this.#users.set(userKey(user.organization_id, user.out_user_id), { ...user })
  }

  /** Adds a request for a new photo, or replaces the one of the same id */
  addCollection(collection: FaceCollection): void {
    this.#collections.set(collection.collection_id, { ...collection })
  }

  /** Adds someone recognised by a terminal, or replaces the one of the same `face_sid` */
  addFace(face: FaceUser): void {
    this.#faces.set(face.face_sid, { ...face })
  }

  /** All organisations, in the order they were added */
  organizations(): Organization[] {
    return [...this.#organizations.values()]
  }

  /** All users of an organisation, in the order they were added */
  users(organization_id: string): OrganizationUser[] {
    return [...this.#users.values()].filter((user) => user.organization_id === organization_id)
  }

  /** All requests for new photos in an organisation, in the order they were added */
  collections(organization_id: string): FaceCollection[] {
    return [...this.#collections.values()].filter((one) => one.organization_id === organization_id)
  }

  /** Looks an organisation up by id, name or both. @throws Problem `RESOURCE_NOT_EXISTS` */
  organization(wanted: Partial<Organization>): Organization {
    const { organization_id, organization_name } = wanted
    const found = this.organizations().find(
      (one) =>
        (organization_id === undefined || one.organization_id === organization_id) &&
        (organization_name === undefined || one.organization_name === organization_name),
    )
    if (!found) throw notExists('机构')
    return found
  }

  /** @throws Problem `RESOURCE_NOT_EXISTS` */
  user(organization_id: string, out_user_id: string): OrganizationUser {
    const user = this.#users.get(userKey(organization_id, out_user_id))
    if (!user) throw notExists('用户')
    return user
  }

  /** Changes the given fields of a user. @throws Problem `RESOURCE_NOT_EXISTS` */
  changeUser(organization_id: string, out_user_id: string, change: OrganizationUserChange): void {
    const user = this.user(organization_id, out_user_id)
    const { student_info, staff_info } = change
    this.addUser({
      ...user,
      ...change,
      ...(student_info && { student_info: { ...user.student_info, ...student_info } }),
      ...(staff_info && { staff_info: { ...user.staff_info, ...staff_info } }),
    })
  }

  /** @throws Problem `RESOURCE_NOT_EXISTS` */
  collection(collection_id: string): FaceCollection {
    const collection = this.#collections.get(collection_id)
    if (!collection) throw notExists('重采请求')
    return collection
  }

  /** @throws Problem `RESOURCE_NOT_EXISTS` */
  face(face_sid: string): FaceUser {
    const face = this.#faces.get(face_sid)
    if (!face) throw notExists('face_sid')
    return face
  }
}
