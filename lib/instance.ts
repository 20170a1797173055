import { Builder as untyped } from './builder'
import type { Client } from './client'
import type { BrandConfig, Config } from './config'
import type { Brackets, Paths } from './openapi/paths'
import type { V2 } from './openapi/v2'
import type { V3 } from './openapi/v3'
import type { OwnPaths, OwnTree } from './own-operations'
import type { Operations } from './settings'
import type { Template } from './template'
import type { Loosen } from './types'

// What has a name here is exported: declarations that mention an instance have to name all of it.

/** How a path is begun by its template. */
export interface Chainable<Known> {
  /** Starts from a documented template. */
  chain<P extends keyof Known>(path: P): Known[P]
  /** Starts from any template: its `{variables}` become required options. */
  chain<P extends string>(path: P): Template<P>
}

/** The documented paths. */
export interface Documented extends Brackets, AsyncDisposable {
  readonly v2: Loosen<V2>
  readonly v3: Loosen<V3>
}

type Root<Own> = [Own] extends [never]
  ? Loosen<Documented & Chainable<Paths>>
  : Loosen<Documented & OwnTree & OwnPaths & Chainable<Paths & OwnPaths>>

/** The root of a chain: what `Builder.factory` gives. */
export type Instance = Root<keyof Operations>

interface TypedBuilder {
  /**
   * The root of a chain. The configuration is checked, its keys are parsed, once and here.
   * @throws ConfigError that names the option and the remedy
   */
  factory(config: Config | BrandConfig): Instance
  /**
   * The client behind a chain, given by its root or any of its nodes.
   * @throws ConfigError for anything else
   */
  driver(instance: unknown): Client
}

/** Makes chains, and finds what stands behind them. */
export const Builder = untyped as unknown as TypedBuilder
