/**
 * Reads a configuration from its standard input, makes a few calls, prints their outcomes and has nothing left to do.
 * With the argument `close` it closes the client before.
 */
import { readFileSync } from 'node:fs'
import { Builder, type Config } from '../../lib'

async function main(manner: string | undefined): Promise<void> {
  const instance = Builder.factory(JSON.parse(readFileSync(0, 'utf8')) as Config)
  const outcome = (call: Promise<{ status: number }>): Promise<unknown> =>
    call.then(
      ({ status }) => status,
      ({ code }: { code: string }) => code,
    )
  const { faceCollections } = instance.v3.offlineface
  const query = { organization_id: 'Ofewewfwefweewf' }
  const { signal } = new AbortController()
  const outcomes = await Promise.all([
    outcome(faceCollections.get({ query })),
    outcome(faceCollections.get({ query, timeout: 300_000, signal })),
    outcome(faceCollections._collection_id_.getAsync({ collection_id: 'unknown' })),
    outcome(faceCollections._collection_id_.get({ collection_id: 'hung', signal: AbortSignal.timeout(100) })),
    outcome(faceCollections._collection_id_.get({ collection_id: 'hung', timeout: 100 })),
  ])
  if (manner === 'close') await Builder.driver(instance).close()
  console.log(JSON.stringify(outcomes))
}

main(process.argv[2])
