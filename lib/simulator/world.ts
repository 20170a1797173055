import { Authority } from './authorize'
import { Balance } from './balance'
import { Catalogue } from './catalogue'
import { certificateRoutes } from './certificates'
import type { Clock } from './clock'
import { Deliveries } from './deliveries'
import { echoRoutes } from './echo'
import { faceRoutes } from './face-routes'
import { Faces } from './faces'
import { Faults } from './faults'
import { createMerchant, createPlatform, type Merchant, type Mode, type Platform, platformKeys } from './keys'
import { Notices } from './notices'
import { Orders } from './orders'
import { Records } from './records'
import { RedPackets, redPacketRoutes } from './red-packets'
import { type RefundSettings, Refunds, refundRoutes } from './refunds'
import { Router } from './router'
import { addSamples, SAMPLE_PUBLIC_KEY_ID } from './samples'
import { Gateway } from './server'
import type { Suite } from './suite'
import { type ClientIdentity, createTls } from './tls'
import { transactionRoutes } from './transactions'
import { billRoutes } from './v2-bills'
import { V2Door } from './v2-door'
import { fundFlowRoutes } from './v2-fund-flow'
import { miscRoutes } from './v2-misc'
import { v2OrderRoutes } from './v2-orders'
import { v2RefundRoutes } from './v2-refunds'
import { v3BillRoutes } from './v3-bills'
import { V3Door } from './v3-door'

/** How a simulator is set up; everything may be left out */
export interface SimulatorOptions {
  /** the port; 0, any free one, when left out */
  readonly port?: number
  /** the address to listen on; loopback when left out */
  readonly host?: string
  /** whether to listen over TLS too, and to demand the merchant's certificate where the platform does */
  readonly tls?: boolean
  /** the port for TLS; 0, any free one, when left out */
  readonly securePort?: number
  /** which kinds of keys the platform has; `both` when left out */
  readonly mode?: Mode
  /** the algorithms of APIv3's keys; RSA and AES when left out. `tls` goes with those only */
  readonly suite?: Suite
  /** the merchant number */
  readonly mchid?: string
  /** the id of the platform's public key */
  readonly publicKeyId?: string
  /** the platform's clock, in milliseconds */
  readonly now?: Clock
  /** how many requests, orders and refunds are remembered each; 1,000 when left out */
  readonly capacity?: number
  /** milliseconds until a refund goes from `PROCESSING` to `SUCCESS`; 0 when left out: by its first query */
  readonly refundDelay?: number
  /** what the merchant has for red packets and refunds from `AVAILABLE`, in fen; a million yuan when left out */
  readonly balance?: number
  /** how many times faster than on the platform the waits between callbacks pass; 1,000 when left out */
  readonly callbackSpeed?: number
  /** how many APIv2 queries find a user still at the password; 2 when left out */
  readonly userpayingQueries?: number
}

/** A complete configuration for `Builder.factory` */
export interface Credentials {
  readonly mchid: string
  /** the serial number of the merchant's certificate */
  readonly serial: string
  /** PKCS#8, PEM */
  readonly privateKey: string
  /** the platform's keys: a public key (SPKI) by its id, a certificate (X.509) by its serial number; PEM */
  readonly certs: Readonly<Record<string, string>>
  /** the APIv2 key */
  readonly secret: string
  /** the APIv3 key */
  readonly apiv3Key: string
  readonly base_uri: string
  /** the merchant's API certificate and its key, for APIv2; there with `tls` */
  readonly merchant?: ClientIdentity
}

/** The parts of a running simulator that its methods reach for */
export interface World {
  readonly credentials: Credentials
  readonly secureUrl?: string
  readonly ca?: string
  readonly gateway: Gateway
  readonly orders: Orders
  readonly faces: Faces
  readonly faults: Faults
  readonly records: Records
  readonly notices: Notices
  readonly deliveries: Deliveries
  readonly platform: Platform
  readonly now: Clock
}

const credentialsOf = (merchant: Merchant, platform: Platform, base_uri: string): Credentials => ({
  mchid: merchant.mchid,
  serial: merchant.serial,
  privateKey: merchant.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  certs: Object.fromEntries(platformKeys(platform).map(({ serial, pem }) => [serial, pem])),
  secret: merchant.secret,
  apiv3Key: merchant.apiv3Key,
  base_uri,
})

/** Makes the keys and what the platform knows, and starts to listen */
export const createWorld = async (options: SimulatorOptions): Promise<World> => {
  const {
    port = 0,
    securePort = 0,
    host = '127.0.0.1',
    mode = 'both',
    capacity = 1000,
    now = Date.now,
  } = options
  const { mchid = '1900000109', publicKeyId = SAMPLE_PUBLIC_KEY_ID } = options
  const [merchant, platform] = await Promise.all([
    createMerchant(mchid, options.suite),
    createPlatform(mode, publicKeyId, now(), options.suite),
  ])
  const tls = options.tls ? await createTls(merchant, host) : undefined
  const { refundDelay: delay = 0, userpayingQueries = 2 } = options
  const balance = new Balance(options.balance ?? 100_000_000)
  const deliveries = new Deliveries(capacity, options.callbackSpeed ?? 1000)
  const notices = new Notices({ merchant, platform, deliveries, now })
  const orders = new Orders(capacity, now, (order) => notices.paid(order))
  const made: RefundSettings['made'] = (refund, notice) => void notices.refunded(refund, notice)
  const refunds = new Refunds(orders, { limit: capacity, delay, balance, now, made })
  const packets = new RedPackets(capacity, balance, now)
  const faces = new Faces()
  addSamples(faces, now())
  // Known once both servers listen; nobody asks before.
  const urls = { plain: '', secure: '' }
  const catalogue = new Catalogue({ merchant, url: (secure) => (secure ? urls.secure : urls.plain) })
  const bills = { orders, refunds, packets, balance }
  const url = (at: string): string => (urls.secure.includes(`//${at}/`) ? urls.secure : urls.plain)
  const routes = [
    ...faceRoutes(merchant, platform, faces),
    ...certificateRoutes(merchant, platform),
    ...echoRoutes(merchant, platform),
    ...transactionRoutes(merchant, orders),
    ...refundRoutes(refunds),
    ...v3BillRoutes(bills, { url, now }),
  ]
  const router = new Router(routes, catalogue)
  const v2 = new V2Door(merchant, catalogue, [
    ...v2OrderRoutes(orders, userpayingQueries),
    ...v2RefundRoutes(orders, refunds),
    ...redPacketRoutes(packets),
    ...billRoutes(bills),
    ...fundFlowRoutes(bills),
    ...miscRoutes(merchant),
  ])
  const faults = new Faults()
  const records = new Records(capacity)
  const v3 = new V3Door({ platform, authority: new Authority(merchant, now), router, catalogue, now })
  const gateway = new Gateway({ v2, v3, faults, records, now, ...(tls && { tls: tls.server }) })
  const ports = await gateway.listen({ port, securePort }, host)
  const authority = host.includes(':') ? `[${host}]` : host
  urls.plain = `http://${authority}:${ports.port}/`
  urls.secure = `https://${authority}:${ports.securePort}/`
  const credentials = credentialsOf(merchant, platform, urls.plain)
  const own = { gateway, orders, faces, faults, records, notices, deliveries, platform, now }
  if (!tls) return { ...own, credentials }
  return {
    ...own,
    credentials: { ...credentials, merchant: tls.merchant },
    secureUrl: urls.secure,
    ca: tls.server.ca,
  }
}
