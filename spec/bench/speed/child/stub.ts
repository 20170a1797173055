import { createPrivateKey, createPublicKey, randomUUID, sign, verify } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request as send } from 'node:http'
import { text } from 'node:stream/consumers'
import { APPID, expect, isAnswer, order } from './orders'
import { PATHS } from './platform'
import type { ClientSetup } from './protocol'

/**
 * A client of Node's own parts alone, with which the bench tests itself: it does everything right, or one thing wrong.
 * @returns what makes the request with this number
 */
export function stubOf({ url, credentials, flaw }: ClientSetup): (n: number) => Promise<void> {
  const own = createPrivateKey(credentials.privateKey)
  const known = createPublicKey(credentials.platformPublicKey)
  const { mchid, serial, platformId } = credentials

  const authorization = (method: string, target: string, body: string): string => {
    const [timestamp, nonce] = [Math.floor(Date.now() / 1000), randomUUID()]
    const signed = {
      target: flaw === 'signs another path' ? `${target}?a=1` : target,
      body: flaw === 'signs another body' ? `${body} ` : body,
    }
    const message = `${method}\n${signed.target}\n${timestamp}\n${nonce}\n${signed.body}\n`
    const signature = sign('sha256', Buffer.from(message), own).toString('base64')
    return `WECHATPAY2-SHA256-RSA2048 mchid="${mchid}",serial_no="${serial}",timestamp="${timestamp}",nonce_str="${nonce}",signature="${signature}"`
  }

  const isSigned = ({ headers }: IncomingMessage, body: string): boolean => {
    const of = (name: string): string => String(headers[`wechatpay-${name}`])
    const message = Buffer.from(`${of('timestamp')}\n${of('nonce')}\n${body}\n`)
    return (
      of('serial') === platformId && verify('sha256', message, known, Buffer.from(of('signature'), 'base64'))
    )
  }

  return async (n) => {
    const isOrder = n % 2 === 0
    const method = isOrder ? 'POST' : 'GET'
    const target = isOrder ? PATHS.order : `${PATHS.query}order-${n}?mchid=${mchid}`
    const body = isOrder ? JSON.stringify({ appid: APPID, mchid, ...order(n) }) : ''
    const headers = {
      Authorization: authorization(method, target, body),
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    }
    const sending = send(new URL(target, url), { method, headers })
    sending.end(body)
    const [response] = (await once(sending, 'response')) as [IncomingMessage]
    const answer = await text(response)
    expect(response.statusCode === 200 && (flaw === 'verifies nothing' || isSigned(response, answer)))
    expect(isAnswer(n, JSON.parse(answer)))
  }
}
