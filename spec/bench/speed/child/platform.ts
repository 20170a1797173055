import { createPrivateKey, createPublicKey, randomUUID, sign, verify } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, type ReadStream } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** Who is who, as all of a bench's processes know it. Made anew for every run. */
export interface Credentials {
  readonly mchid: string
  readonly serial: string
  /** The merchant's, PEM. */
  readonly privateKey: string
  readonly publicKey: string
  /** The id of the platform's key. */
  readonly platformId: string
  readonly platformPrivateKey: string
  readonly platformPublicKey: string
}

export interface Bill {
  /** A file, packed with gzip. */
  readonly path: string
  readonly size: number
  /** Of what is inside. */
  readonly sha1: string
}

/** What is wrong with an answer: its signature by one bit, or its body by one letter. */
export type Forgery = 'signature' | 'body'

export interface Behaviour {
  /**
   * When signatures are checked: before the answer, which is then a 401 where they are wrong; or of all that came in when
   * the tally is asked for, so that checking costs no time while a client's is taken.
   */
  readonly check: 'at once' | 'later'
  readonly forge?: Forgery
}

/** What came in. */
export interface Tally {
  readonly requests: number
  readonly checked: number
  /** Those of the checked ones whose signature was wrong. */
  readonly wrong: number
}

export const PATHS = {
  order: '/v3/pay/transactions/native',
  query: '/v3/pay/transactions/out-trade-no/',
  bill: '/v3/bill/tradebill',
  file: '/v3/billdownload/file',
} as const

const ORDER = { code_url: 'weixin://wxpay/bizpayurl?pr=p4lpSuKzz' }
/** As the documentation prints one. */
const TRANSACTION = {
  amount: { currency: 'CNY', payer_currency: 'CNY', payer_total: 3, total: 3 },
  appid: 'wxd678efh567hg6787',
  attach: '自定义数据说明',
  bank_type: 'OTHERS',
  mchid: '1230000109',
  out_trade_no: 'native12177525012014070332333',
  payer: { openid: 'ovqdowRIfstpQK_kYShFS2MSS9XS' },
  promotion_detail: [],
  success_time: '2026-11-20T10:34:56+08:00',
  trade_state: 'SUCCESS',
  trade_state_desc: '支付成功',
  trade_type: 'NATIVE',
  transaction_id: '4200000985202103031441826014',
}
/** Of the first text in an answer. */
const LAST_LETTER = /\w(?="[,}])/
/** The window of the real platform, in seconds. */
const WINDOW = 300

/** More than in any round that is timed. */
const MOST_UNCHECKED = 10_000

/** What a signature is of, and where it is. */
interface Request {
  readonly method: string
  readonly target: string
  readonly head: string
  readonly body: Buffer
  /** When it came in, in seconds. */
  readonly at: number
}

/**
 * A platform that costs little, so that what is measured is the client: it reads HTTP/1.1 as these clients write it, off
 * the socket, and signs each answer once a second. What it is sent it judges by Node's own crypto alone.
 */
export class Platform {
  readonly #merchant: ReturnType<typeof createPublicKey>
  readonly #own: ReturnType<typeof createPrivateKey>
  readonly #credentials: Credentials
  readonly #bill: Bill | undefined
  readonly #server = createServer((socket) => this.#serve(socket))
  readonly #sockets = new Set<Socket>()
  readonly #prepared = new Map<string, { readonly second: number; readonly answer: Buffer }>()
  readonly #tally = { requests: 0, checked: 0, wrong: 0 }
  #unchecked: Request[] = []
  #behaviour: Behaviour = { check: 'at once' }

  constructor(credentials: Credentials, bill?: Bill) {
    this.#credentials = credentials
    this.#merchant = createPublicKey(credentials.publicKey)
    this.#own = createPrivateKey(credentials.platformPrivateKey)
    this.#bill = bill
  }

  /** @returns its address, with a slash at the end */
  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  /** Behaves so from here on, and counts anew. */
  behave(behaviour: Behaviour): void {
    this.#behaviour = behaviour
    this.#prepared.clear()
    this.#unchecked = []
    Object.assign(this.#tally, { requests: 0, checked: 0, wrong: 0 })
  }

  /** Checks what is not checked yet. */
  get tally(): Tally {
    this.#checkAll()
    return { ...this.#tally }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.setNoDelay(true)
    // A client that is done, or was stopped, may cut its connections.
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    let pending = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
      const end = pending.indexOf('\r\n\r\n')
      if (end === -1) return
      const head = pending.toString('latin1', 0, end)
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
      if (pending.length < end + 4 + length) return
      // None of the clients sends the next request before it has its answer.
      const body = pending.subarray(end + 4)
      pending = Buffer.alloc(0)
      this.#answer(socket, head, body)
    })
  }

  #answer(socket: Socket, head: string, body: Buffer): void {
    const [method = '', target = ''] = head.split(' ', 2)
    const closing = /\r\nconnection: *close/i.test(head)
    const answer = this.#judge({ method, target, head, body, at: Date.now() / 1000 })
    if (Buffer.isBuffer(answer)) {
      socket.write(answer)
      if (closing) socket.end()
    } else {
      socket.write(plainHead('200 OK', this.#bill?.size ?? 0, 'application/x-gzip'))
      answer.pipe(socket, { end: closing })
    }
  }

  #judge(request: Request): Buffer | ReadStream {
    const { method, target, head } = request
    this.#tally.requests++
    if (this.#unchecked.length === MOST_UNCHECKED) this.#checkAll()
    if (this.#behaviour.check === 'later') this.#unchecked.push(request)
    else if (!this.#isRight(request)) {
      return unsigned('401 Unauthorized', { code: 'SIGN_ERROR', message: '签名错误' })
    }
    if (method === 'POST' && target === PATHS.order) return this.#signed('order', ORDER)
    if (method === 'GET' && target.startsWith(PATHS.query)) return this.#signed('query', TRANSACTION)
    if (this.#bill && target.startsWith(PATHS.file)) return createReadStream(this.#bill.path)
    if (this.#bill && target.startsWith(PATHS.bill)) return this.#announced(this.#bill, head)
    return unsigned('404 Not Found', { code: 'NOT_FOUND', message: 'no such path' })
  }

  #announced({ sha1 }: Bill, head: string): Buffer {
    const host = /\r\nhost: *(\S+)/i.exec(head)?.[1]
    const download_url = `http://${host}${PATHS.file}?token=bench`
    return this.#signed('bill', { hash_type: 'SHA1', hash_value: sha1, download_url })
  }

  #checkAll(): void {
    for (const request of this.#unchecked) this.#isRight(request)
    this.#unchecked = []
  }

  /** Counts what it sees. */
  #isRight(request: Request): boolean {
    const right = this.#isSigned(request)
    this.#tally.checked++
    if (!right) this.#tally.wrong++
    return right
  }

  /** Does the request carry the merchant's signature of exactly these bytes (official 4012365336)? */
  #isSigned({ method, target, head, body, at }: Request): boolean {
    const [, parameters = ''] = /\r\nauthorization: *WECHATPAY2-SHA256-RSA2048 +([^\r]*)/i.exec(head) ?? []
    const given = Object.fromEntries(
      [...parameters.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
    )
    const { mchid, serial_no, timestamp = '', nonce_str = '', signature = '' } = given
    if (mchid !== this.#credentials.mchid || serial_no !== this.#credentials.serial) return false
    if (nonce_str === '' || !(Math.abs(at - Number(timestamp)) <= WINDOW)) return false
    const message = Buffer.concat([
      Buffer.from(`${method}\n${target}\n${timestamp}\n${nonce_str}\n`),
      body,
      Buffer.from('\n'),
    ])
    return verify('sha256', message, this.#merchant, Buffer.from(signature, 'base64'))
  }

  /** Prepared once a second: far inside the 300 that a client accepts. */
  #signed(name: string, body: object): Buffer {
    const second = Math.floor(Date.now() / 1000)
    const known = this.#prepared.get(name)
    if (known?.second === second) return known.answer
    const answer = this.#sign(String(second), JSON.stringify(body))
    this.#prepared.set(name, { second, answer })
    return answer
  }

  #sign(timestamp: string, text: string): Buffer {
    const nonce = randomUUID().replaceAll('-', '')
    const signature = sign('sha256', Buffer.from(`${timestamp}\n${nonce}\n${text}\n`), this.#own)
    const { forge } = this.#behaviour
    if (forge === 'signature') signature.writeUInt8(signature.readUInt8(128) ^ 1, 128)
    const body = forge === 'body' ? text.replace(LAST_LETTER, (letter) => (letter === 'x' ? 'y' : 'x')) : text
    const headers = [
      'HTTP/1.1 200 OK',
      'Server: nginx',
      `Date: ${new Date().toUTCString()}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: keep-alive',
      'Keep-Alive: timeout=8',
      'Request-ID: 08F78BB5AF0610D302-268540549',
      `Wechatpay-Nonce: ${nonce}`,
      `Wechatpay-Serial: ${this.#credentials.platformId}`,
      `Wechatpay-Signature: ${signature.toString('base64')}`,
      'Wechatpay-Signature-Type: WECHATPAY2-SHA256-RSA2048',
      `Wechatpay-Timestamp: ${timestamp}`,
    ]
    return Buffer.from(`${headers.join('\r\n')}\r\n\r\n${body}`)
  }
}

const plainHead = (status: string, length: number, type: string): string =>
  `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`

function unsigned(status: string, body: object): Buffer {
  const text = JSON.stringify(body)
  return Buffer.from(`${plainHead(status, Buffer.byteLength(text), 'application/json')}${text}`)
}
