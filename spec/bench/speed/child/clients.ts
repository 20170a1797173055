import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { floorOf } from './floor'
import { APPID, expect, isAnswer, order } from './orders'
import type { ClientSetup } from './protocol'
import { stubOf } from './stub'

/** What a client, or a parser, can be asked for. It throws when something is not as it must be. */
export interface Client {
  /** A signed request and its answer: an order when `n` is even, a query when it is odd. */
  request?(n: number): unknown
  /** A bill, saved to a file. */
  bill?(path: string): Promise<unknown>
  /** Six segments of a chain. */
  walk?(): unknown
  /** A template with two variables, as it comes. */
  expand?(n: number): unknown
  /** The same, parsed before. */
  expandParsed?(n: number): unknown
  parse?(xml: string): unknown
}

type Load = NodeJS.Require
type Make = (setup: ClientSetup, load: Load) => Client | Promise<Client>

const DAY = '2026-11-20'
const TEMPLATE = 'v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}'
const values = (n: number) => ({ organization_id: 'Ofewewfwefweewf', out_user_id: `user-${n}` })

type Get = (options: object) => Promise<{ readonly data: unknown }>
type Post = (body: object) => Promise<{ readonly data: unknown }>

/** As much of both chains as is walked here; the two differ in what their verbs take. */
interface Chain {
  readonly v3: {
    readonly pay: {
      readonly transactions: {
        readonly native: { readonly post: Post }
        readonly outTradeNo: { readonly _out_trade_no_: { readonly get: Get } }
      }
    }
    readonly bill: { readonly tradebill: { readonly get: Get } }
    readonly billdownload: { readonly file: { readonly get: Get } }
    readonly offlinefacemch: {
      readonly organizations: {
        readonly _organization_id_: { readonly users: { readonly outUserId: unknown } }
      }
    }
  }
}

const walked = (chain: Chain): unknown =>
  chain.v3.offlinefacemch.organizations._organization_id_.users.outUserId

const MAKERS: Readonly<Record<ClientSetup['name'], Make>> = {
  'wechatpay-chain': ({ name, url, credentials }, load) => {
    const { Builder, Bill, Transformer } = load(name) as {
      Builder: { factory(config: object): Chain }
      Bill: { trade(chain: Chain, query: object): { save(path: string): Promise<void> } }
      Transformer: { toObject(xml: string): { readonly return_code?: unknown } }
    }
    // It has no name of its own in the package, but is the one that every call goes through.
    const { parse } = load(join(load.resolve(`${name}/package.json`), '..', 'dist', 'joined.js'))(
      'uri.js',
    ) as {
      parse(template: string): { fill(values: object): string }
    }
    const parsed = parse(TEMPLATE)
    const { mchid, serial, privateKey, platformId, platformPublicKey } = credentials
    const chain = Builder.factory({
      mchid,
      serial,
      privateKey,
      certs: { [platformId]: platformPublicKey },
      base_uri: url,
    })
    const { transactions } = chain.v3.pay
    return {
      async request(n) {
        const response = await (n % 2 === 0
          ? transactions.native.post({ json: { appid: APPID, mchid, ...order(n) } })
          : transactions.outTradeNo._out_trade_no_.get({ out_trade_no: `order-${n}`, query: { mchid } }))
        expect((response as { readonly verified?: unknown }).verified === true)
        expect(isAnswer(n, response.data))
      },
      bill: (path) => Bill.trade(chain, { bill_date: DAY, tar_type: 'GZIP' }).save(path),
      walk: () => walked(chain),
      expand: (n) => parse(TEMPLATE).fill(values(n)),
      expandParsed: (n) => parsed.fill(values(n)),
      parse: (xml) => expect(Transformer.toObject(xml).return_code === 'SUCCESS'),
    }
  },

  'wechatpay-axios-plugin': ({ name, url, credentials }, load) => {
    const { Wechatpay } = load(name) as { Wechatpay: new (config: object) => Chain }
    const { mchid, serial, privateKey, platformId, platformPublicKey } = credentials
    const chain = new Wechatpay({
      mchid,
      serial,
      privateKey: createPrivateKey(privateKey),
      certs: { [platformId]: createPublicKey(platformPublicKey) },
      baseURL: url,
    })
    const { transactions } = chain.v3.pay
    return {
      async request(n) {
        const { data } = await (n % 2 === 0
          ? transactions.native.post({ appid: APPID, mchid, ...order(n) })
          : transactions.outTradeNo._out_trade_no_.get({ out_trade_no: `order-${n}`, params: { mchid } }))
        expect(isAnswer(n, data))
      },
      // It has nothing of its own for bills: in memory, and without a look at the hash.
      async bill() {
        const { gunzipSync } = load('node:zlib') as typeof import('node:zlib')
        const announced = await chain.v3.bill.tradebill.get({ params: { bill_date: DAY, tar_type: 'GZIP' } })
        const { download_url } = announced.data as { readonly download_url: string }
        const params = Object.fromEntries(new URL(download_url).searchParams)
        const packed = await chain.v3.billdownload.file.get({ params, responseType: 'arraybuffer' })
        expect(gunzipSync(packed.data as Buffer).length > 0)
      },
      walk: () => walked(chain),
    }
  },

  'wechatpay-node-v3': ({ name, url, credentials }, load) => {
    interface Http {
      get(address: string, headers: object): Promise<unknown>
      post(address: string, body: object, headers: object): Promise<unknown>
    }
    interface Pay {
      readonly httpService: Http
      createHttp(http: Http): void
      transactions_native(order: object): Promise<{ readonly data: unknown }>
      query(query: object): Promise<{ readonly data: unknown }>
    }
    const Pay = load(name) as new (config: object) => Pay
    const { mchid, serial, privateKey, platformPublicKey } = credentials
    const pay = new Pay({
      appid: APPID,
      mchid,
      serial_no: serial,
      publicKey: Buffer.from(platformPublicKey),
      privateKey: Buffer.from(privateKey),
    })
    // It knows one host only: its own HTTP service is asked for the same path on this one.
    const { httpService } = pay
    const here = (address: string): string => address.replace('https://api.mch.weixin.qq.com/', url)
    pay.createHttp({
      get: (address, headers) => httpService.get(here(address), headers),
      post: (address, body, headers) => httpService.post(here(address), body, headers),
    })
    return {
      async request(n) {
        const { data } = await (n % 2 === 0
          ? pay.transactions_native(order(n))
          : pay.query({ out_trade_no: `order-${n}` }))
        expect(isAnswer(n, data))
      },
    }
  },

  // As wechatpay-axios-plugin sets it up.
  'fast-xml-parser': ({ name }, load) => {
    const { XMLParser } = load(name) as {
      XMLParser: new (
        options: object,
      ) => { parse(xml: string): { readonly xml?: { readonly return_code?: unknown } } }
    }
    const parser = new XMLParser({ ignoreDeclaration: true, parseTagValue: false, processEntities: true })
    return { parse: (xml) => expect(parser.parse(xml).xml?.return_code === 'SUCCESS') }
  },

  'uri-template': ({ name }, load) => {
    const { parse } = load(name) as { parse(template: string): { expand(values: object): string } }
    const parsed = parse(TEMPLATE)
    return {
      expand: (n) => parse(TEMPLATE).expand(values(n)),
      expandParsed: (n) => parsed.expand(values(n)),
    }
  },

  stub: (setup) => ({ request: stubOf(setup) }),

  undici: (setup, load) => ({ request: floorOf(setup, load) }),

  // What no client can do without: one signature and one verification, of messages as long as those of the others.
  crypto: ({ credentials }) => {
    const [own, platform] = [
      createPrivateKey(credentials.privateKey),
      createPrivateKey(credentials.platformPrivateKey),
    ]
    const known = createPublicKey(credentials.platformPublicKey)
    const messages = [Buffer.alloc(300, 'm'), Buffer.alloc(130, 'm')] as const
    const answers = [Buffer.alloc(100, 'a'), Buffer.alloc(650, 'a')] as const
    const signatures = answers.map((answer) => sign('sha256', answer, platform))
    return {
      request(n) {
        sign('sha256', messages[n & 1] as Buffer, own)
        expect(verify('sha256', answers[n & 1] as Buffer, known, signatures[n & 1] as Buffer))
      },
    }
  },
}

export function clientOf(setup: ClientSetup): Client | Promise<Client> {
  return MAKERS[setup.name](setup, createRequire(pathToFileURL(setup.home)))
}
