import type { CallbackEvent } from './callback'
import type { Delivery } from './deliveries'
import { type Faces, openidOf } from './faces'
import type { Fault, FaultHandle } from './faults'
import { rotateCertificate } from './keys'
import { type Transaction, transactionOf } from './orders'
import type { RecordedRequest } from './records'
import { type Credentials, createWorld, type SimulatorOptions, type World } from './world'

export {
  type CallbackEvent,
  type CallbackIdentity,
  type SignedCallback,
  signCallback,
  signCallbackV2,
  signRefundCallbackV2,
} from './callback'
export type { Delivery } from './deliveries'
export type { FaceCollection, Faces, FaceUser, Organization, OrganizationUser } from './faces'
export type { Fault, FaultHandle, FaultKinds, FaultScope } from './faults'
export type { Mode } from './keys'
export type { Transaction } from './orders'
export type { RecordedRequest } from './records'
export type { Suite } from './suite'
export type { ClientIdentity } from './tls'
export type { TradeState } from './trade-states'
export type { Credentials, SimulatorOptions } from './world'

/**
 * A WeChat Pay on this machine: a real HTTP server with identities of its own, that checks and signs.
 *
 * Every documented operation is checked against its documentation: what is missing, of another type or not among the
 * listed values is a `PARAM_ERROR` that names the field. Orders, refunds, red packets, their bills, faces and
 * certificates are simulated: they remember. All other answers are made up, complete and as documented, with the
 * request's own values in them, the same for the same request; they carry the header `Simulator-Notice: made up from
 * the catalogue; nothing is remembered`. Addresses in them lead back to the simulator, to files of the hash beside them.
 */
export class Simulator {
  readonly #world: World

  private constructor(world: World) {
    this.#world = world
  }

  /** Makes the keys and starts the server, with `tls` two of them */
  static async start(options: SimulatorOptions = {}): Promise<Simulator> {
    return new Simulator(await createWorld(options))
  }

  /** Where it listens, with a slash at the end */
  get url(): string {
    return this.#world.credentials.base_uri
  }

  /** Where it listens over TLS, with a slash at the end; `undefined` without `tls` */
  get secureUrl(): string | undefined {
    return this.#world.secureUrl
  }

  /** The authority that vouches for the server at `secureUrl`, a certificate in PEM; `undefined` without `tls` */
  get ca(): string | undefined {
    return this.#world.ca
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
   * @throws Error when the order is missing, paid, closed, reversed or expired
   */
  pay(out_trade_no: string, openid: string = openidOf(out_trade_no)): Transaction {
    return transactionOf(this.#world.orders.pay(out_trade_no, openid))
  }

  /**
   * Tells a merchant of something: any event of the catalogue, encrypted and signed. What is not accepted is told again, on
   * the platform's schedule, but faster. Payments and refunds are told by themselves, at their `notify_url`.
   * @param url on this machine: the simulator never speaks to the world
   * @returns the last delivery, once it was accepted or given up
   */
  notify(url: string, event: CallbackEvent): Promise<Delivery> {
    return this.#world.notices.send(url, event)
  }

  /** What merchants were told, every attempt with its answer, newest last; the list is live */
  get deliveries(): readonly Delivery[] {
    return this.#world.deliveries.list
  }

  /**
   * The platform changes the certificate that it signs with; the former stays valid.
   * @returns the serial number of the new one
   * @throws Error in public-key mode
   */
  async rotate(): Promise<string> {
    const { platform, now } = this.#world
    return (await rotateCertificate(platform, now())).serial
  }

  /** Stops the server and drops its connections; nothing of it keeps the process alive afterwards */
  close(): Promise<void> {
    this.#world.deliveries.close()
    return this.#world.gateway.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
