import {
  createCipheriv,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  randomBytes,
  sign,
} from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { selfSigned } from '../conformance/certificate'

/*
 * A platform that has certificates and changes them. It shares no code with the SDK: ciphers and signatures are
 * node:crypto's.
 */

export interface Identity {
  readonly serial: string
  readonly privateKey: KeyObject
  readonly certificate: string
  readonly effective: Date
  readonly expires: Date
}

const DAY = 86_400_000
const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 })

/** @param from days from now; @param until days from now */
export function identity(serial: string, from = -1, until = 365): Identity {
  const { privateKey, publicKey } = pair()
  return {
    serial,
    privateKey,
    certificate: selfSigned(publicKey, privateKey, serial, 'platform'),
    effective: new Date(Date.now() + from * DAY),
    expires: new Date(Date.now() + until * DAY),
  }
}

export interface Arrived {
  readonly target: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export class RotatingPlatform {
  /** What `v3/certificates` hands out. */
  certificates: Identity[]
  /** Who signs. */
  signer: Identity
  /** What the certificates are encrypted with. */
  apiv3Key: string
  /** Answers `v3/certificates` in its own way. */
  answer: ((response: ServerResponse) => boolean) | undefined
  downloads = 0
  /** Milliseconds that a download takes. */
  delay = 0
  readonly arrived: Arrived[] = []
  readonly #server = createServer((request, response) => void this.#serve(request, response))

  constructor(first: Identity, apiv3Key: string) {
    this.certificates = [first]
    this.signer = first
    this.apiv3Key = apiv3Key
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  /** The body of `v3/certificates`. */
  listing(): string {
    const data = this.certificates.map(({ serial, certificate, effective, expires }) => {
      const nonce = randomBytes(6).toString('hex')
      const cipher = createCipheriv('aes-256-gcm', this.apiv3Key, nonce)
      cipher.setAAD(Buffer.from('certificate'))
      const ciphertext = Buffer.concat([cipher.update(certificate), cipher.final(), cipher.getAuthTag()])
      return {
        serial_no: serial,
        effective_time: effective.toISOString(),
        expire_time: expires.toISOString(),
        encrypt_certificate: {
          algorithm: 'AEAD_AES_256_GCM',
          nonce,
          associated_data: 'certificate',
          ciphertext: ciphertext.toString('base64'),
        },
      }
    })
    return JSON.stringify({ data })
  }

  /** What a sensitive field of an arrived request says. */
  decrypt(ciphertext: string, serial: unknown): string {
    const owner = this.certificates.find((each) => each.serial === serial)
    if (!owner) throw new Error(`no such certificate: ${serial}`)
    return privateDecrypt(
      { key: owner.privateKey, oaepHash: 'sha1' },
      Buffer.from(ciphertext, 'base64'),
    ).toString()
  }

  send(response: ServerResponse, body: string, status = 200, { serial, privateKey } = this.signer): void {
    const timestamp = String(Math.floor(Date.now() / 1000))
    const nonce = randomBytes(16).toString('hex')
    const signature = sign('sha256', Buffer.from(`${timestamp}\n${nonce}\n${body}\n`), privateKey)
    response.writeHead(status, {
      'Content-Type': 'application/json',
      'Wechatpay-Serial': serial,
      'Wechatpay-Timestamp': timestamp,
      'Wechatpay-Nonce': nonce,
      'Wechatpay-Signature': signature.toString('base64'),
    })
    response.end(body)
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = request.url ?? ''
    this.arrived.push({ target, headers: request.headers, body: (await buffer(request)).toString() })
    if (!target.endsWith('/certificates')) {
      this.send(response, '{"ok":true}')
      return
    }
    this.downloads++
    if (this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay))
    if (!this.answer?.(response)) this.send(response, this.listing())
  }
}
