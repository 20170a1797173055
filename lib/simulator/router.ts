import type { Catalogue } from './catalogue'
import type { Exchange } from './exchange'
import { headerOf } from './exchange'
import { readJson } from './json'
import { Problem } from './problem'
import { matches, segmentsOf, variablesOf } from './template'

/** An answer before it is signed; without a body or content the status is usually 204 */
export interface Answer {
  readonly status: number
  readonly body?: object
  /** what stands in the place of a body that is no JSON */
  readonly content?: { readonly type: string; readonly bytes: Buffer }
  readonly headers?: Readonly<Record<string, string>>
  /** what is signed in place of the bytes that are sent; `false`: nothing is */
  readonly signed?: Buffer | false
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
  readonly template: readonly string[]
  readonly handler: Handler
}

/** Finds the operation a request asks for: one that is simulated, else one that is documented */
export class Router {
  readonly #routes: readonly Compiled[]
  readonly #catalogue: Catalogue

  constructor(routes: readonly Route[], catalogue: Catalogue) {
    this.#catalogue = catalogue
    this.#routes = routes.map(([method, template, handler]) => ({
      method,
      template: template.split('/'),
      handler,
    }))
  }

  /** @throws Problem when there is no such operation, or it refuses */
  run(exchange: Exchange): Answer {
    const segments = segmentsOf(exchange.path)
    const here = this.#routes.filter(({ template }) => matches(template, segments))
    const route = here.find(({ method }) => method === exchange.method)
    const documented = this.#catalogue.find('v3', exchange)
    if (route) {
      const path = variablesOf(route.template, segments)
      if (documented?.asked) this.#catalogue.check(documented, exchange)
      return route.handler({
        path,
        query: exchange.query,
        header: (name) => headerOf(exchange.headers, name),
        json: () => readJson(exchange),
      })
    }
    if (documented?.asked) {
      this.#catalogue.check(documented, exchange)
      return this.#catalogue.answer(documented, exchange)
    }
    throw here.length || documented
      ? new Problem(405, 'METHOD_NOT_ALLOWED', `此接口不支持 ${exchange.method} 方法`)
      : new Problem(404, 'NOT_FOUND', '接口不存在')
  }
}
