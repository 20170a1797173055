/**
 * Reads a configuration and a list of calls from its standard input, makes the calls one after the other with the
 * built-in connections and prints their outcomes. What it trusts is up to NODE_EXTRA_CA_CERTS.
 */
import { readFileSync } from 'node:fs'
import { Builder, type Config } from '../../lib'

/** What the process is told. */
export interface CertificateCalls {
  readonly config: Config
  /** Each a path, and whether the certificate is asked for. */
  readonly calls: readonly { readonly path: string; readonly security: boolean }[]
}

/** What it prints for each call: the status, or the code of the error and whether the platform may have acted. */
export type CertificateOutcome = number | { readonly code: string; readonly delivery: string }

async function main({ config, calls }: CertificateCalls): Promise<void> {
  const instance = Builder.factory(config)
  const outcomes: CertificateOutcome[] = []
  for (const { path, security } of calls) {
    const sending = instance.chain(path).post({ xml: { mch_id: config.mchid }, security })
    outcomes.push(
      await sending.then(
        ({ status }) => status,
        ({ code, delivery }: { code: string; delivery: string }) => ({ code, delivery }),
      ),
    )
  }
  await Builder.driver(instance).close()
  console.log(JSON.stringify(outcomes))
}

main(JSON.parse(readFileSync(0, 'utf8')) as CertificateCalls)
