import { spawnSync } from 'node:child_process'
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect } from 'node:tls'
import { Simulator } from '../../lib/simulator'
import { issueCertificate } from '../../lib/simulator/x509'
import { withOpenssl } from '../support/openssl'
import { authorization } from './client'
import { APPID, callV2, isGenuineV2, merchantTls, orderV2, sendV2, signed, xmlOf } from './v2-client'

const REFUND = '/secapi/pay/refund'
const refund = (out_refund_no: string) => ({
  appid: APPID,
  out_trade_no: 'TLS-1',
  out_refund_no,
  total_fee: 100,
  refund_fee: 1,
})

describe('over TLS', () => {
  let simulator: Simulator

  beforeAll(async () => {
    simulator = await Simulator.start({ mode: 'public-key', tls: true })
    await callV2(simulator, '/pay/unifiedorder', orderV2('TLS-1'))
    simulator.pay('TLS-1')
  })
  afterAll(() => simulator.close())

  const trust = () => ({ ca: simulator.ca ?? '' })

  /** A certificate that says the same but that somebody else has issued */
  const foreign = () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const name = { C: 'CN', O: 'wechatpay-chain', CN: simulator.credentials.mchid }
    const authority = { ...name, CN: 'Simulated WeChat Pay authority' }
    const cert = issueCertificate({
      ...{ subject: name, issuer: authority, serial: simulator.credentials.serial, publicKey },
      issuerKey: privateKey,
      ...{ notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 60_000) },
    })
    return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
  }

  test('the merchant is let in with its certificate', async () => {
    const reply = await callV2(simulator, REFUND, refund('TLS-R1'), merchantTls(simulator))
    expect(reply.fields).toMatchObject({ result_code: 'SUCCESS', out_refund_no: 'TLS-R1' })
    expect(isGenuineV2(simulator, reply)).toBe(true)
    expect(simulator.requests.at(-1)).toMatchObject({ verified: true, status: 200 })
  })

  test('nobody is let in without one', async () => {
    const reply = await callV2(simulator, REFUND, refund('TLS-R2'), trust())
    expect(reply.status).toBe(400)
    expect(reply.headers['content-type']).toBe('text/html')
    expect(reply.body.toString()).toContain('No required SSL certificate was sent')
    expect(simulator.requests.at(-1)).toMatchObject({ verified: true, status: 400, code: 'CERT_ERROR' })
  })

  test('nobody is let in with somebody else’s', async () => {
    const reply = await callV2(simulator, REFUND, refund('TLS-R2'), { ...trust(), ...foreign() })
    expect(reply.status).toBe(400)
    expect(reply.body.toString()).toContain('The SSL certificate error')
    expect(simulator.requests.at(-1)).toMatchObject({ status: 400, code: 'CERT_ERROR' })
  })

  test('nobody is let in without TLS', async () => {
    const reply = await callV2(simulator, REFUND, refund('TLS-R2'))
    expect(reply.status).toBe(200)
    expect(reply.fields).toEqual({ return_code: 'FAIL', return_msg: expect.stringContaining('商户证书') })
    expect(simulator.requests.at(-1)).toMatchObject({ verified: true, status: 200, code: 'CERT_ERROR' })
  })

  test('what was refused was not done', async () => {
    const query = await callV2(simulator, '/pay/refundquery', { appid: APPID, out_refund_no: 'TLS-R2' })
    expect(query.fields).toMatchObject({ result_code: 'FAIL', err_code: 'REFUNDNOTEXIST' })
  })

  test('a certificate does not stand for a signature', async () => {
    const fields = { ...signed(simulator, refund('TLS-R2')), refund_fee: 2 }
    const reply = await sendV2(simulator, 'POST', REFUND, xmlOf(fields), merchantTls(simulator))
    expect(reply.fields).toEqual({ return_code: 'FAIL', return_msg: '签名错误' })
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'a connection of %s that is resumed is what it was',
    async (version) => {
      const { hostname, port } = new URL(simulator.secureUrl ?? '')
      const ask = (
        options: ConnectionOptions,
        out_refund_no: string,
      ): Promise<{ text: string; reused: boolean; session: Buffer | undefined }> =>
        new Promise((resolve, reject) => {
          let text = ''
          let reused = false
          let session: Buffer | undefined
          const body = xmlOf(signed(simulator, refund(out_refund_no)))
          const socket = connect(
            {
              host: hostname,
              port: Number(port),
              servername: 'localhost',
              minVersion: version,
              maxVersion: version,
              ...options,
            },
            () => {
              reused = socket.isSessionReused()
              const head = `POST ${REFUND} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n`
              socket.write(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
            },
          )
          socket.on('session', (given: Buffer) => {
            session = given
          })
          socket.on('data', (chunk: Buffer) => {
            text += chunk.toString()
          })
          socket.on('error', reject)
          socket.on('close', () => resolve({ text, reused, session }))
        })
      const without = await ask(trust(), 'TLS-R3')
      expect(without.text).toMatch(/^HTTP\/1\.1 400/)
      const again = await ask({ ...trust(), session: without.session }, 'TLS-R3')
      expect(again.reused).toBe(true)
      expect(again.text).toMatch(/^HTTP\/1\.1 400/)
      const number = `TLS-R4-${version.slice(-1)}`
      const merchant = { ...trust(), ...simulator.credentials.merchant }
      const first = await ask(merchant, number)
      expect(first.text).toMatch(/^HTTP\/1\.1 200/)
      const second = await ask({ ...merchant, session: first.session }, number)
      expect(second.reused).toBe(true)
      expect(second.text).toContain('<result_code><![CDATA[SUCCESS]]></result_code>')
    },
  )

  test('everything else is there too, with or without a certificate, in one book', async () => {
    for (const [id, tls] of [
      ['TLS-2', trust()],
      ['TLS-3', merchantTls(simulator)],
    ] as const) {
      const placed = await callV2(simulator, '/pay/unifiedorder', orderV2(id), tls)
      expect(placed.fields).toMatchObject({ result_code: 'SUCCESS' })
      const query = await callV2(simulator, '/pay/orderquery', { appid: APPID, out_trade_no: id })
      expect(query.fields).toMatchObject({ trade_state: 'NOTPAY' })
      const target = `/v3/pay/transactions/out-trade-no/${id}?mchid=${simulator.credentials.mchid}`
      const status = await new Promise((resolve, reject) => {
        const headers = { 'User-Agent': 'spec', Authorization: authorization(simulator, 'GET', target) }
        request(new URL(target, simulator.secureUrl), { headers, agent: false, ...tls }, (response) =>
          response.resume().on('end', () => resolve(response.statusCode)),
        )
          .on('error', reject)
          .end()
      })
      expect(status).toBe(200)
    }
  })

  test('the server is the one that its authority vouches for, under its names only', async () => {
    const { port } = new URL(simulator.secureUrl ?? '')
    const reach = (options: ConnectionOptions): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect({ port: Number(port), host: '127.0.0.1', ...options }, () => {
          resolve(socket.getPeerCertificate().subjectaltname ?? '')
          socket.destroy()
        }).on('error', reject)
      })
    expect(await reach({ ...trust(), servername: 'localhost' })).toBe(
      'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    )
    expect(await reach(trust())).toContain('localhost')
    await expect(reach({ ...trust(), servername: 'shop.example' })).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
    await expect(reach({})).rejects.toMatchObject({ code: expect.stringMatching(/SELF_SIGNED|UNABLE_TO/) })
  })

  test('the merchant’s certificate is that of its APIv3 key', () => {
    const { merchant, serial, privateKey } = simulator.credentials
    const certificate = new X509Certificate(merchant?.cert ?? '')
    const ca = new X509Certificate(simulator.ca ?? '')
    expect(certificate.serialNumber).toBe(serial)
    expect(certificate.subject).toContain(`CN=${simulator.credentials.mchid}`)
    expect(certificate.publicKey.equals(createPublicKey(privateKey))).toBe(true)
    expect(certificate.checkIssued(ca)).toBe(true)
    expect(certificate.verify(ca.publicKey)).toBe(true)
    expect([ca.ca, certificate.ca]).toEqual([true, false])
    expect(merchant?.key).toBe(privateKey)
  })

  withOpenssl('openssl accepts all of it by its strictest rules', () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'))
    try {
      const [ca, client] = [join(folder, 'ca.pem'), join(folder, 'client.pem')]
      writeFileSync(ca, simulator.ca ?? '')
      writeFileSync(client, simulator.credentials.merchant?.cert ?? '')
      const verify = (purpose: string) =>
        spawnSync('openssl', ['verify', '-x509_strict', '-purpose', purpose, '-CAfile', ca, client])
      expect(verify('sslclient').stdout.toString()).toContain('OK')
      expect(verify('sslserver').status).not.toBe(0)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('faults befall TLS as well', async () => {
    simulator.fault({ kind: 'reset', times: 1 })
    await expect(callV2(simulator, REFUND, refund('TLS-R5'), merchantTls(simulator))).rejects.toThrow()
  })
})

test('without `tls` there is none of it', async () => {
  await using simulator = await Simulator.start({ mode: 'public-key' })
  expect([simulator.secureUrl, simulator.ca, simulator.credentials.merchant]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
})

test('closing closes both servers, and a port that is taken leaves none open', async () => {
  const simulator = await Simulator.start({ mode: 'public-key', tls: true })
  const securePort = Number(new URL(simulator.secureUrl ?? '').port)
  const port = Number(new URL(simulator.url).port)
  await using other = await Simulator.start({ mode: 'public-key' })
  const taken = Number(new URL(other.url).port)
  await simulator.close()
  await simulator.close()
  await expect(
    Simulator.start({ mode: 'public-key', tls: true, port, securePort: taken }),
  ).rejects.toMatchObject({
    code: 'EADDRINUSE',
  })
  const next = await Simulator.start({ mode: 'public-key', tls: true, port, securePort })
  expect(next.url).toBe(simulator.url)
  expect(next.secureUrl).toBe(simulator.secureUrl)
  await next.close()
  await expect(fetch(next.url)).rejects.toThrow()
  await expect(fetch(next.secureUrl ?? '')).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
})

test.each(['localhost', '0.0.0.0'])('the server’s certificate names the host %s', async (host) => {
  const simulator = await Simulator.start({ mode: 'public-key', tls: true, host }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') return undefined
      throw error
    },
  )
  if (!simulator) return
  const reply = await callV2(simulator, '/pay/unifiedorder', orderV2('HOST-1'), {
    ...merchantTls(simulator),
    host,
  })
  expect(reply.fields).toMatchObject({ result_code: 'SUCCESS' })
  await simulator.close()
})
