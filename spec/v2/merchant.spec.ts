import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { createSecureContext, type TLSSocket } from 'node:tls'
import { pathToFileURL } from 'node:url'
import { Agent } from 'undici'
import { Builder, type Config, ConfigError } from '../../lib/lite'
import { signedXml } from '../conformance/apiv2'
import { keys, Loopback } from '../conformance/platform'
import type { CertificateCalls, CertificateOutcome } from '../support/certificate-calls'
import { openssl, temporaryFolder, testWithOpenssl } from '../support/keys'
import { leaks, thrownBy } from '../support/leaks'
import { runProcess } from '../support/process'
import { MCH_ID, rejection, serve, v2Config } from './server'

const PASSPHRASE = 'correct horse battery staple'
const SCRIPT = resolve(__dirname, '../support/certificate-calls.ts')
const cert = keys.merchantCertificate
const key = keys.merchantPrivate
const lock = (pem: string): string =>
  createPrivateKey(pem)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE })
    .toString()
const encrypted = lock(key)

const folder = temporaryFolder()
const file = (name: string, content: string | Buffer): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

type Merchant = Config['merchant']
const build = (merchant: unknown) => Builder.factory({ ...v2Config, merchant: merchant as Merchant })

function refusal(merchant: unknown): ConfigError {
  const error = thrownBy(() => build(merchant))
  expect(error).toBeInstanceOf(ConfigError)
  expect(error).toMatchObject({ code: 'ERR_CONFIG', delivery: 'not-sent' })
  expect(leaks(error, key, encrypted, PASSPHRASE)).toBe(false)
  return error as ConfigError
}

/** The certificate and its key as one file, made once. */
function pfx(passphrase: string = MCH_ID, ...options: readonly string[]): Buffer {
  const pair = `${key}${cert}`
  return openssl(['pkcs12', '-export', ...options, '-passout', `pass:${passphrase}`], pair)
}

describe('a client certificate is taken', () => {
  const asFile = (name: string, content: string | Buffer) => `file://${file(name, content)}`

  it.each<[string, () => unknown]>([
    ['as PEM', () => ({ cert, key })],
    ['in Buffers', () => ({ cert: Buffer.from(cert), key: Buffer.from(key) })],
    ['from files', () => ({ cert: asFile('cert.pem', cert), key: asFile('key.pem', key) })],
    [
      'from addresses that are escaped',
      () => ({
        cert: pathToFileURL(file('a cert.pem', cert)).href,
        key: pathToFileURL(file('a key.pem', key)).href,
      }),
    ],
    ['from a file and as PEM', () => ({ cert: asFile('cert.pem', cert), key })],
    ['with a passphrase', () => ({ cert, key: encrypted, passphrase: PASSPHRASE })],
    ['with a passphrase that is not needed', () => ({ cert, key, passphrase: PASSPHRASE })],
    ['with a chain behind it', () => ({ cert: `${cert}${keys.platformCertificate}`, key })],
    ['not at all', () => undefined],
    ['as null', () => null],
  ])('%s', (_, merchant) => {
    expect(() => build(merchant())).not.toThrow()
  })

  testWithOpenssl('as a .p12', () => {
    const bundle = pfx()
    for (const given of [
      bundle,
      new Uint8Array(bundle),
      `file://${file('apiclient_cert.p12', bundle)}`,
      pathToFileURL(file('apiclient cert.p12', bundle)).href,
    ]) {
      expect(() => build({ pfx: given, passphrase: MCH_ID })).not.toThrow()
    }
    expect(() => build({ pfx: pfx('') })).not.toThrow()
  })

  it('and is not shown by what was built with it', () => {
    const instance = build({ cert, key: encrypted, passphrase: PASSPHRASE })
    expect(leaks(Builder.driver(instance), key, encrypted, PASSPHRASE)).toBe(false)
  })

  it('and is read once: what happens to the file later does not matter', () => {
    const path = file('later.pem', key)
    const merchant = { cert, key: `file://${path}` }
    const instance = build(merchant)
    writeFileSync(path, 'garbage')
    merchant.key = 'garbage'
    expect(Builder.driver(instance)).toBeDefined()
    expect(refusal({ cert, key: `file://${path}` }).field).toBe('merchant')
  })
})

describe('a client certificate is refused at factory', () => {
  const SHAPE = /^merchant: expected \{ cert, key \} or \{ pfx \}/
  const UNREADABLE = /^merchant(\.\w+)?: .*(cannot be read|not|expected).*/

  it.each<[string, unknown, RegExp]>([
    ['text', 'apiclient_cert.p12', SHAPE],
    ['a number', 5, SHAPE],
    ['a list', [], SHAPE],
    ['nothing in it', {}, SHAPE],
    ['no key', { cert }, SHAPE],
    ['no certificate', { key }, SHAPE],
    ['only a passphrase', { passphrase: PASSPHRASE }, SHAPE],
    ['both forms', { cert, key, pfx: Buffer.from('x') }, SHAPE],
    ['an empty key', { cert, key: '' }, SHAPE],
    ['a misspelt option', { cert, key, passPhrase: 'x' }, /^merchant\.passPhrase: no such option/],
    [
      'a passphrase that is no text',
      { cert, key, passphrase: 5 },
      /^merchant\.passphrase: expected a string/,
    ],
    ['a pfx as text', { pfx: 'MIIK' }, /^merchant\.pfx: expected a Buffer.*file:\/\//],
    ['a certificate that is no text', { cert: 5, key }, /^merchant\.cert: expected.*PEM.*file:\/\//],
    ['a key that is no text', { cert, key: {} }, /^merchant\.key: expected.*PEM.*file:\/\//],
    [
      'the key of somebody else',
      { cert: keys.platformCertificate, key },
      /^merchant: key is not the private key of cert/,
    ],
    [
      'a wrong passphrase',
      { cert, key: encrypted, passphrase: 'wrong' },
      /^merchant: wrong or missing passphrase/,
    ],
    ['no passphrase', { cert, key: encrypted }, /^merchant(\.\w+)?: .*passphrase/],
    ['an empty passphrase', { cert, key: encrypted, passphrase: '' }, /^merchant(\.\w+)?: .*passphrase/],
    ['a certificate that is none', { cert: 'garbage', key }, UNREADABLE],
    ['a key that is none', { cert, key: 'garbage' }, UNREADABLE],
    ['a public key', { cert, key: keys.merchantPublic }, UNREADABLE],
    ['the two exchanged', { cert: key, key: cert }, UNREADABLE],
    ['a pfx that is none', { pfx: Buffer.from('garbage') }, UNREADABLE],
    ['a pfx that is PEM', { pfx: Buffer.from(cert) }, UNREADABLE],
    ['an empty pfx', { pfx: Buffer.alloc(0) }, UNREADABLE],
    ['a path', { cert: '/nonexistent.pem', key: '/nonexistent.key' }, /^merchant(\.\w+)?: .*file:\/\//],
    [
      'a file that is not there',
      { cert: 'file:///nonexistent.pem', key: 'file:///nonexistent.key' },
      /^merchant\.cert: .*nonexistent\.pem.*ENOENT/,
    ],
    [
      'a .p12 that is not there',
      { pfx: 'file:///nonexistent.p12' },
      /^merchant\.pfx: .*nonexistent\.p12.*ENOENT/,
    ],
    ['a folder', { cert, key: `file://${__dirname}` }, /^merchant\.key: .*EISDIR/],
  ])('%s', (_, merchant, message) => {
    const error = refusal(merchant)
    expect(error.message).toMatch(message)
    expect(error.message.length).toBeLessThan(400)
  })

  it('no passphrase, even for a key that decrypts to nonsense without one', () => {
    // One key in 256 has a padding that fits: OpenSSL then complains of what comes behind it.
    for (let attempts = 0; attempts < 5_000; attempts++) {
      const locked = lock(key)
      const error = thrownBy(() => createSecureContext({ cert, key: locked })) as NodeJS.ErrnoException
      if (error.code === 'ERR_OSSL_BAD_DECRYPT') continue
      expect(refusal({ cert, key: locked }).message).toMatch(/^merchant(\.\w+)?: .*passphrase/)
      return
    }
    throw new Error('no such key was found')
  })

  testWithOpenssl('the passphrase of a .p12, wrong or missing', () => {
    const bundle = pfx()
    for (const passphrase of ['wrong', '', undefined]) {
      const error = refusal({ pfx: bundle, ...(passphrase === undefined ? {} : { passphrase }) })
      expect(error.message).toMatch(/^merchant: wrong or missing passphrase.*merchant number/)
    }
  })

  testWithOpenssl('a .p12 without its key, or without its certificate', () => {
    for (const options of [['-nokeys'], ['-nocerts']]) {
      const error = refusal({ pfx: pfx(MCH_ID, ...options), passphrase: MCH_ID })
      expect(error.message).toMatch(/^merchant: cannot be read as a certificate with its private key/)
    }
  })

  testWithOpenssl('an old .p12 (RC2-40), and how to convert it', () => {
    let old: Buffer
    try {
      old = pfx(MCH_ID, '-legacy')
    } catch {
      console.warn('not run: this openssl makes no old .p12')
      return
    }
    const { message } = refusal({ pfx: old, passphrase: MCH_ID })
    expect(message).toMatch(/^merchant: .*RC2-40/)
    const command = /"openssl ([^"]+)"/.exec(message)?.[1]?.split(' ') ?? []
    // The remedy must work as it is printed.
    const path = file('apiclient_cert.p12', old)
    const out = join(folder, 'apiclient.pem')
    openssl([
      ...command.map((word) =>
        word === 'apiclient_cert.p12' ? path : word === 'apiclient.pem' ? out : word,
      ),
      '-passin',
      `pass:${MCH_ID}`,
    ])
    const pem = readFileSync(out, 'utf8')
    expect(() => build({ cert: pem, key: pem })).not.toThrow()
  })

  it('security without one, before anything is sent', async () => {
    const { instance } = await serve(() => {
      throw new Error('something was sent')
    })
    const error = await rejection(
      instance.v2.secapi.pay.refund.post({ xml: { mch_id: MCH_ID }, security: true }),
    )
    expect(error).toMatchObject({ name: 'RequestError', field: 'security', delivery: 'not-sent' })
    expect((error as Error).message).toMatch(/merchant: \{ cert, key \}/)
  })
})

it('a dispatcher of the caller is used for security calls, too, and needs no merchant', async () => {
  const loopback = await Loopback.start()
  loopback.reset(() => ({ status: 200, headers: {}, body: Buffer.from(signedXml()) }))
  for (const merchant of [undefined, { cert, key }]) {
    const instance = Builder.factory({ ...v2Config, merchant, dispatcher: loopback.dispatcher })
    const { refund } = instance.v2.secapi.pay
    await expect(refund.post({ xml: { mch_id: MCH_ID }, security: true })).resolves.toMatchObject({
      verified: true,
    })
  }
  expect(loopback.received).toHaveLength(2)
  await loopback.close()
})

describe('over TLS', () => {
  interface Identity {
    readonly key: string
    readonly cert: string
  }

  /** An authority, and what it has issued. */
  interface Authority {
    readonly ca: string
    readonly server: Identity
    readonly client: Identity
  }

  /** As nginx: who has shown no certificate gets a page; strictly: not even that. */
  type Manner = 'politely' | 'strictly'

  interface Platform {
    readonly base_uri: string
    /** Of each connection: the name in the client's certificate. */
    readonly connections: (string | undefined)[]
    /** Of each request: its path, and on which connection it came. */
    readonly requests: (readonly [path: string, connection: number])[]
  }

  let authority: Authority | undefined
  const closers: (() => void)[] = []
  afterAll(() => {
    for (const close of closers) close()
  })

  function issue(): Authority {
    const at = (name: string): string => join(folder, name)
    const create = (name: string): void => {
      openssl(['genrsa', '-out', at(`${name}.key`), '2048'])
    }
    create('ca')
    openssl([
      'req',
      '-x509',
      '-new',
      '-key',
      at('ca.key'),
      '-days',
      '365',
      '-subj',
      '/CN=authority',
      '-out',
      at('ca.crt'),
    ])
    const identity = (name: string, extensions: string): Identity => {
      create(name)
      const request = openssl(['req', '-new', '-key', at(`${name}.key`), '-subj', `/CN=${name}`])
      const issuer = [
        '-CA',
        at('ca.crt'),
        '-CAkey',
        at('ca.key'),
        '-set_serial',
        `${name.length}`,
        '-days',
        '365',
      ]
      const extfile = ['-extfile', file(`${name}.ext`, extensions)]
      const issued = openssl(['x509', '-req', ...issuer, ...extfile], request)
      return { key: readFileSync(at(`${name}.key`), 'utf8'), cert: issued.toString() }
    }
    return {
      ca: readFileSync(at('ca.crt'), 'utf8'),
      server: identity('platform', 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n'),
      client: identity('merchant', 'extendedKeyUsage=clientAuth\n'),
    }
  }

  const issued = (): Authority => {
    authority ??= issue()
    return authority
  }

  async function start(manner: Manner): Promise<Platform> {
    const { ca, server: identity } = issued()
    const connections: (string | undefined)[] = []
    const requests: (readonly [string, number])[] = []
    const known = new Map<unknown, number>()
    const server = createServer(
      { ...identity, ca, requestCert: true, rejectUnauthorized: manner === 'strictly' },
      (request, response) => {
        const path = request.url ?? ''
        requests.push([path, known.get(request.socket) ?? -1])
        request.resume()
        if (path.startsWith('/secapi/') && !(request.socket as TLSSocket).authorized) {
          response.writeHead(400).end('<html>No required SSL certificate was sent</html>')
        } else response.end(signedXml())
      },
    )
    server.on('secureConnection', (socket: TLSSocket) => {
      known.set(socket, connections.length)
      connections.push([socket.getPeerCertificate().subject?.CN].flat()[0])
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    closers.push(() => {
      server.closeAllConnections()
      server.close()
    })
    return { base_uri: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`, connections, requests }
  }

  const REFUND = 'v2/secapi/pay/refund'
  const QUERY = 'v2/pay/orderquery'

  /** The calls, made by a process of its own that trusts the authority, with the SDK's own connections. */
  async function outcomes(
    { base_uri }: Platform,
    merchant: Merchant,
    calls: CertificateCalls['calls'],
  ): Promise<CertificateOutcome[]> {
    const input: CertificateCalls = { config: { ...v2Config, base_uri, merchant }, calls }
    const before = process.env.NODE_EXTRA_CA_CERTS
    process.env.NODE_EXTRA_CA_CERTS = file('trusted.crt', issued().ca)
    try {
      const ended = await runProcess(SCRIPT, { input: JSON.stringify(input), limit: 15_000 })
      expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' })
      return JSON.parse(ended.stdout) as CertificateOutcome[]
    } finally {
      if (before === undefined) delete process.env.NODE_EXTRA_CA_CERTS
      else process.env.NODE_EXTRA_CA_CERTS = before
    }
  }

  const plain = (path: string) => ({ path, security: false })
  const secure = (path: string) => ({ path, security: true })

  testWithOpenssl(
    'the certificate is shown to calls that ask for it, on connections of their own',
    async () => {
      const platform = await start('politely')
      const { client } = issued()
      const calls = [plain(QUERY), secure(REFUND), plain(QUERY), secure(REFUND), plain(REFUND)]
      expect(await outcomes(platform, client, calls)).toEqual([
        200,
        200,
        200,
        200,
        { code: 'HTTP_400', delivery: 'delivered' },
      ])
      expect(platform.connections).toEqual([undefined, 'merchant'])
      expect(platform.requests).toEqual([
        ['/pay/orderquery', 0],
        ['/secapi/pay/refund', 1],
        ['/pay/orderquery', 0],
        ['/secapi/pay/refund', 1],
        ['/secapi/pay/refund', 0],
      ])
    },
  )

  testWithOpenssl('without security, the connection with the certificate is never opened', async () => {
    const platform = await start('politely')
    expect(await outcomes(platform, issued().client, [plain(QUERY), plain(QUERY)])).toEqual([200, 200])
    expect(platform.connections).toEqual([undefined])
  })

  testWithOpenssl('with nothing but security, no other is opened', async () => {
    const platform = await start('politely')
    expect(await outcomes(platform, issued().client, [secure(REFUND)])).toEqual([200])
    expect(platform.connections).toEqual(['merchant'])
  })

  testWithOpenssl('from a .p12 as from PEM, and with an encrypted key', async () => {
    const platform = await start('strictly')
    const { client } = issued()
    const path = file(
      'client.p12',
      openssl(['pkcs12', '-export', '-passout', `pass:${MCH_ID}`], `${client.key}${client.cert}`),
    )
    for (const merchant of [
      { pfx: `file://${path}`, passphrase: MCH_ID },
      { cert: client.cert, key: lock(client.key), passphrase: PASSPHRASE },
    ]) {
      expect(await outcomes(platform, merchant, [secure(REFUND)])).toEqual([200])
    }
    expect(platform.connections).toEqual(['merchant', 'merchant'])
  })

  testWithOpenssl('a server that insists refuses a call without security', async () => {
    const platform = await start('strictly')
    const [refused, accepted] = await outcomes(platform, issued().client, [plain(REFUND), secure(REFUND)])
    expect(refused).toMatchObject({ code: expect.stringMatching(/^(?:ECONNRESET|EPIPE|ERR_SSL_|UND_ERR_)/) })
    expect(accepted).toBe(200)
    expect(platform.requests).toHaveLength(1)
  })

  testWithOpenssl('a server that insists refuses the certificate of another authority', async () => {
    const platform = await start('strictly')
    const [refused] = await outcomes(platform, { cert, key }, [secure(REFUND)])
    expect(refused).toMatchObject({ code: expect.stringMatching(/^(?:ECONNRESET|EPIPE|ERR_SSL_|UND_ERR_)/) })
    expect(platform.requests).toEqual([])
  })

  testWithOpenssl('the server is verified, with and without security', async () => {
    const platform = await start('politely')
    const { client } = issued()
    // This process does not trust the authority.
    const instance = Builder.factory({ ...v2Config, base_uri: platform.base_uri, merchant: client })
    for (const { path, security } of [plain(QUERY), secure(REFUND)]) {
      const error = await rejection(instance.chain(path).post({ xml: { mch_id: MCH_ID }, security }))
      expect(error).toMatchObject({ name: 'TransportError', delivery: 'not-sent' })
    }
    expect(platform.requests).toEqual([])
    await Builder.driver(instance).close()
  })

  testWithOpenssl('a dispatcher of the caller brings its own certificate', async () => {
    const platform = await start('strictly')
    const { ca, client } = issued()
    const agent = new Agent({ connect: { ca, ...client } })
    const instance = Builder.factory({ ...v2Config, base_uri: platform.base_uri, dispatcher: agent })
    const { refund } = instance.v2.secapi.pay
    await expect(refund.post({ xml: { mch_id: MCH_ID }, security: true })).resolves.toMatchObject({
      status: 200,
    })
    expect(platform.connections).toEqual(['merchant'])
    await agent.close()
  })

  testWithOpenssl('closing what was never used opens nothing', async () => {
    const platform = await start('politely')
    const instance = build(issued().client)
    await Builder.driver(instance).close()
    const options = { xml: { mch_id: MCH_ID }, security: true, base_uri: platform.base_uri }
    expect(await rejection(instance.chain(REFUND).post(options))).toMatchObject({
      name: 'RequestError',
      delivery: 'not-sent',
    })
    expect(platform.connections).toEqual([])
  })
})
