import { Authority } from './authorize'
import { certificateRoutes } from './certificates'
import type { Clock } from './clock'
import { echoRoutes } from './echo'
import { faceRoutes } from './face-routes'
import { Faces, openidOf } from './faces'
import { type Fault, type FaultHandle, Faults } from './faults'
import { createMerchant, createPlatform, type Merchant, type Mode, type Platform, platformKeys } from './keys'
import { Orders, type Transaction, transactionOf } from './orders'
import { type RecordedRequest, Records } from './records'
import { Refunds, refundRoutes } from './refunds'
import { Router } from './router'
import { addSamples, SAMPLE_PUBLIC_KEY_ID } from './samples'
import { Gateway } from './server'
import { transactionRoutes } from './transactions'

export type { FaceCollection, Faces, FaceUser, Organization, OrganizationUser } from './faces'
export type { Fault, FaultHandle, FaultKinds, FaultScope } from './faults'
export type { Mode } from './keys'
export type { TradeState, Transaction } from './orders'
export type { RecordedRequest } from './records'

/** How a simulator is set up; everything may be left out */
export interface SimulatorOptions {
  /** the port; 0, any free one, when left out */
  readonly port?: number
  /** the address to listen on; loopback when left out */
  readonly host?: string
  /** which kinds of keys the platform has; `both` when left out */
  readonly mode?: Mode
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
  /** what the merchant has for refunds from `AVAILABLE`, in fen; a million yuan when left out */
  readonly balance?: number
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
}

/** The parts of a running simulator that its methods reach for */
interface World {
  readonly credentials: Credentials
  readonly gateway: Gateway
  readonly orders: Orders
  readonly faces: Faces
  readonly faults: Faults
  readonly records: Records
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

/** A WeChat Pay on this machine: a real HTTP server with identities of its own, that checks, keeps state and signs */
export class Simulator {
  readonly #world: World

  private constructor(world: World) {
    this.#world = world
  }

  /** Makes the keys and starts the server */
  static async start(options: SimulatorOptions = {}): Promise<Simulator> {
    const { port = 0, host = '127.0.0.1', mode = 'both', capacity = 1000, now = Date.now } = options
    const { mchid = '1900000109', publicKeyId = SAMPLE_PUBLIC_KEY_ID } = options
    const [merchant, platform] = await Promise.all([
      createMerchant(mchid),
      createPlatform(mode, publicKeyId, now()),
    ])
    const { refundDelay: delay = 0, balance = 100_000_000 } = options
    const orders = new Orders(capacity, now)
    const refunds = new Refunds(orders, { limit: capacity, delay, balance, now })
    const faces = new Faces()
    addSamples(faces, now())
    const router = new Router([
      ...faceRoutes(merchant, platform, faces),
      ...certificateRoutes(merchant, platform),
      ...echoRoutes(merchant, platform),
      ...transactionRoutes(merchant, orders),
      ...refundRoutes(refunds),
    ])
    const faults = new Faults()
    const records = new Records(capacity)
    const authority = new Authority(merchant, now)
    const gateway = new Gateway({ platform, authority, router, faults, records, now })
    const base_uri = `http://${host.includes(':') ? `[${host}]` : host}:${await gateway.listen(port, host)}/`
    const credentials = credentialsOf(merchant, platform, base_uri)
    return new Simulator({ credentials, gateway, orders, faces, faults, records })
  }

  /** Where it listens, with a slash at the end */
  get url(): string {
    return this.#world.credentials.base_uri
  }

  /** The merchant's keys and the platform's, as a configuration for `Builder.factory` */
  get credentials(): Credentials {
    return this.#world.credentials
  }

  /** The latest requests, newest last; the list is live */
  get requests(): readonly RecordedRequest[] {
    return this.#world.records.list
  }

  /** Organisations, users, requests for new photos and recognised users: to look at and to add to */
  get faces(): Faces {
    return this.#world.faces
  }

  /** Makes requests go wrong until the handle removes it, or as many as `times` says */
  fault(fault: Fault): FaultHandle {
    return this.#world.faults.add(fault)
  }

  /**
   * A user pays an order; gives what a query answers from then on.
   * @throws Error when the order is missing, paid, closed or expired
   */
  pay(out_trade_no: string, openid: string = openidOf(out_trade_no)): Transaction {
    return transactionOf(this.#world.orders.pay(out_trade_no, openid))
  }

  /** Stops the server and drops its connections; nothing of it keeps the process alive afterwards */
  close(): Promise<void> {
    return this.#world.gateway.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
