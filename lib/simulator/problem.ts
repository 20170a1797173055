/** Where a wrong value was found */
export type Location = 'body' | 'query' | 'path' | 'header' | 'authorization'

/** An answer that is an error: thrown by whatever finds it, sent as `{ code, message, detail }` */
export class Problem extends Error {
  override readonly name = 'Problem'

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly detail?: object,
  ) {
    super(message)
  }

  /** The answer's body */
  toJSON(): object {
    return { code: this.code, message: this.message, ...(this.detail && { detail: this.detail }) }
  }
}

/** 400 `PARAM_ERROR` that points at one value; `field` is a JSON pointer in bodies, queries and paths */
export const paramError = (field: string, value: unknown, issue: string, location: Location): Problem =>
  new Problem(400, 'PARAM_ERROR', `参数错误：${field}`, { field, value: value ?? null, issue, location })

/** 400 `INVALID_REQUEST`: well-formed, but not possible as things stand */
export const invalidRequest = (message: string): Problem => new Problem(400, 'INVALID_REQUEST', message)

/** 404 `RESOURCE_NOT_EXISTS` */
export const notExists = (what: string): Problem => new Problem(404, 'RESOURCE_NOT_EXISTS', `${what}不存在`)

/** 401 `SIGN_ERROR`; `field` is the part of the `Authorization` header that was wrong */
export const signError = (message: string, field: string, issue: string, more: object = {}): Problem =>
  new Problem(401, 'SIGN_ERROR', message, { field, issue, location: 'authorization', ...more })
