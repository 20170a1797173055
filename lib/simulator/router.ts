import type { Exchange } from './exchange'
import { headerOf } from './exchange'
import { Problem, paramError } from './problem'

/** An answer before it is signed; without a body the status is usually 204 */
export interface Answer {
  readonly status: number
  readonly body?: object
}

/** What a handler gets to see of a request */
export interface Call {
  /** the template's variables, percent-decoded */
  readonly path: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** the value of a request header */
  header(name: string): string | undefined
  /** reads the body as JSON; @throws Problem `PARAM_ERROR` when it is none */
  json(): unknown
}

/** Carries out one operation */
type Handler = (call: Call) => Answer

/** One operation: a method, a URI template of plain variables, and what it does */
export type Route = readonly [method: string, template: string, handler: Handler]

interface Compiled {
  readonly method: string
  readonly segments: readonly string[]
  readonly handler: Handler
}

const VARIABLE = /^\{(\w+)\}$/

/** Percent-decodes one segment; what is no valid encoding stands for nothing the platform has */
const decode = (segment: string): string | undefined => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

const matches = (route: Compiled, segments: readonly (string | undefined)[]): boolean =>
  route.segments.length === segments.length &&
  route.segments.every((segment, at) => VARIABLE.test(segment) || segment === segments[at])

const variables = (route: Compiled, segments: readonly (string | undefined)[]): Record<string, string> => {
  const found: Record<string, string> = {}
  for (const [at, segment] of route.segments.entries()) {
    const name = VARIABLE.exec(segment)?.[1]
    if (name === undefined) continue
    const value = segments[at]
    if (!value)
      throw paramError(`/${name}`, value, value === '' ? 'must not be empty' : 'bad percent-encoding', 'path')
    found[name] = value
  }
  return found
}

const readJson = ({ headers, body }: Exchange): unknown => {
  const type = headerOf(headers, 'content-type')
  if (!/^application\/json\s*(?:;|$)/i.test(type ?? ''))
    throw paramError('Content-Type', type, 'must be application/json', 'header')
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw paramError('', undefined, 'is not JSON in UTF-8', 'body')
  }
}

/** Finds the operation a request asks for */
export class Router {
  readonly #routes: readonly Compiled[]

  constructor(routes: readonly Route[]) {
    this.#routes = routes.map(([method, template, handler]) => ({
      method,
      segments: template.split('/'),
      handler,
    }))
  }

  /** @throws Problem when there is no such operation, or it refuses */
  run(exchange: Exchange): Answer {
    const segments = exchange.path.slice(1).split('/').map(decode)
    const here = this.#routes.filter((route) => matches(route, segments))
    const route = here.find(({ method }) => method === exchange.method)
    if (!route)
      throw here.length
        ? new Problem(405, 'METHOD_NOT_ALLOWED', `此接口不支持 ${exchange.method} 方法`)
        : new Problem(404, 'NOT_FOUND', '接口不存在')
    return route.handler({
      path: variables(route, segments),
      query: exchange.query,
      header: (name) => headerOf(exchange.headers, name),
      json: () => readJson(exchange),
    })
  }
}
