import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { Simulator } from '../lib/simulator'
import { runProcess } from './support/process'

const LIMIT = 30_000
const FOLDER = resolve(__dirname, '../examples')
const EXAMPLES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.ts') && name !== 'support.ts')
  .sort()

/** What nobody should copy into a log. */
const SECRETS: readonly [what: string, pattern: RegExp][] = [
  ['a key in PEM', /-----BEGIN|PRIVATE KEY/],
  ['a private key in DER', /MII[A-Za-z0-9+/]{3}IBA/],
  ['a signature', /signature="/i],
  ['an Authorization value', /WECHATPAY2-/],
  ['an APIv2 or APIv3 key', /(?<![\w-])[0-9a-f]{32}(?![\w-])/],
  ['an option that holds one', /\b(?:privateKey|apiv3Key|secret)\b/],
  ['a stack trace', /^\s+at .+:\d+:\d+\)?$/m],
]

/** OpenTelemetry's numbers of a trace look like keys. */
const TRACE = /\btraceId: '[0-9a-f]{32}'/g

test('there are examples', () => {
  expect(EXAMPLES).not.toEqual([])
})

test('the patterns know what they are looking for', async () => {
  await using simulator = await Simulator.start()
  const { privateKey, secret, apiv3Key } = simulator.credentials
  const [, ...lines] = privateKey.trim().split('\n')
  const { stack = '' } = new Error('a failure')
  for (const text of [privateKey, lines.join(''), `{ key: '${secret}' }`, `${apiv3Key}\n`, stack])
    expect(SECRETS.filter(([, pattern]) => pattern.test(text))).not.toEqual([])
})

describe.each(EXAMPLES)('examples/%s', (name) => {
  let output: string

  test(
    'runs to its end and says something',
    async () => {
      const { code, stdout, stderr } = await runProcess(resolve(FOLDER, name), { limit: LIMIT })
      output = (stdout + stderr).replace(TRACE, '')
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toMatch(/\S/)
    },
    2 * LIMIT,
  )

  test.each(SECRETS)('does not print %s', (_, pattern) => {
    expect(output).not.toMatch(pattern)
  })
})
