import { createHash } from 'node:crypto'
import { Agent } from 'undici'
import { ApiError, Builder, type Instance, type Response } from '../../lib'
import type { Operation } from '../../lib/catalogue'
import type { Simulator } from '../../lib/simulator'
import { authorization } from '../simulator/client'
import { fieldsOf, signOf } from '../simulator/v2-client'
import { type Options, templateOf } from './catalogue-requests'

/** An answer, whether the client took it for one or for an error */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly data: unknown
  readonly body: Buffer
  /** what the client made of the signature */
  readonly verified: boolean
}

const BASE = /^\/(?:hk|global)(?=\/v3\/)/

/** Calls documented operations of a simulator that has TLS: with the client, uploads and unsigned requests by hand */
export class CatalogueClient {
  readonly #simulator: Simulator
  readonly #agent: Agent
  readonly #instance: Instance

  constructor(simulator: Simulator) {
    const { merchant, ...credentials } = simulator.credentials
    this.#simulator = simulator
    this.#agent = new Agent({ connect: { ...merchant, ca: simulator.ca ?? '' } })
    const base_uri = String(simulator.secureUrl)
    this.#instance = Builder.factory({ ...credentials, base_uri, dispatcher: this.#agent })
  }

  async close(): Promise<void> {
    await Builder.driver(this.#instance).close()
    await this.#agent.close()
  }

  call(operation: Operation, options: Options): Promise<Answer> {
    if (operation.multipart) return this.#upload(operation, options)
    return operation.unsignedRequest ? this.#plainly(operation, options) : this.#signed(operation, options)
  }

  /** Fetches an address as it stands in an answer */
  async fetch(address: string): Promise<Answer> {
    const { origin, pathname, search } = new URL(address)
    expect(`${origin}/`).toBe(this.#simulator.secureUrl)
    const target = `${pathname}${search}`
    return this.#send('GET', target, { Authorization: authorization(this.#simulator, 'GET', target) })
  }

  async #signed(operation: Operation, { variables, query, json, xml, headers }: Options): Promise<Answer> {
    const template = templateOf(operation)
    const [base = ''] = BASE.exec(template) ?? []
    const isXml = operation.uri.startsWith('v2/')
    const chain = this.#instance.chain(isXml ? `v2${template}` : template.slice(base.length + 1))
    const verb = operation.verb.toLowerCase() as 'get'
    try {
      return answerOf(
        await chain[verb]({
          ...variables,
          ...(query && { query }),
          ...(json && { json }),
          ...(xml && { xml }),
          ...(headers && { headers: headers as Record<string, string> }),
          ...(base && { base_uri: `${this.#simulator.secureUrl}${base.slice(1)}/` }),
          ...(operation.security && { security: true }),
          ...(operation.nonceless && { nonceless: true }),
          retry: false,
        }),
      )
    } catch (error) {
      if (!(error instanceof ApiError) || !error.response) throw error
      return { ...answerOf(error.response), verified: error.verified }
    }
  }

  #plainly(operation: Operation, { query = {} }: Options): Promise<Answer> {
    const text = new URLSearchParams(query as Record<string, string>).toString()
    return this.#send(operation.verb, `${templateOf(operation)}?${text}`, {})
  }

  async #upload(operation: Operation, { variables, multipart = {}, headers }: Options): Promise<Answer> {
    const { credentials } = this.#simulator
    const target = templateOf(operation).replace(/\{(\w+)\}/g, (_, name: string) => String(variables[name]))
    const isXml = operation.uri.startsWith('v2/')
    const fields = multipart as Record<string, string>
    const { media, ...signed } = fields
    const all = isXml
      ? { ...fields, sign: signOf(signed, credentials.secret, String(fields.sign_type)) }
      : fields
    const boundary = createHash('sha1').update(JSON.stringify(all)).digest('hex')
    const isFile = (name: string): boolean =>
      operation.multipart?.fields.find((field) => field.name === name)?.type === 'file'
    const parts = Object.entries(all).map(([name, content]) => {
      const file = isFile(name) ? '; filename="x.png"' : ''
      return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${content}\r\n`
    })
    const body = `${parts.join('')}--${boundary}--\r\n`
    return this.#send(
      operation.verb,
      target,
      {
        ...(headers as Record<string, string>),
        'Content-Type': `multipart/form-data; boundary=${boundary}`,
        ...(!isXml && {
          Authorization: authorization(this.#simulator, operation.verb, target, fields.meta ?? ''),
        }),
      },
      body,
    )
  }

  async #send(
    method: string,
    path: string,
    headers: Record<string, string>,
    body: string | null = null,
  ): Promise<Answer> {
    const origin = String(this.#simulator.secureUrl).slice(0, -1)
    const reply = await this.#agent.request({
      origin,
      path,
      method: method as 'GET',
      headers: { 'User-Agent': 'spec', Accept: 'application/json', ...headers },
      body,
    })
    const bytes = Buffer.from(await reply.body.arrayBuffer())
    return {
      status: reply.statusCode,
      headers: new Headers(reply.headers as Record<string, string>),
      data: dataOf(bytes),
      body: bytes,
      verified: false,
    }
  }
}

/** JSON or XML, if it is one of them */
const dataOf = (body: Buffer): unknown => {
  const text = body.toString()
  if (text.startsWith('{')) return JSON.parse(text)
  return text.startsWith('<xml>') ? fieldsOf(body) : body
}

const answerOf = ({ status, headers, data, body, verified }: Response<unknown>): Answer => ({
  status,
  headers,
  data: data ?? dataOf(body),
  body,
  verified,
})
