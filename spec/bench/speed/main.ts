import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeBill } from './bill'
import type { Credentials } from './child/platform'
import type { Name } from './child/protocol'
import { AXIOS, type Bench, type Clients, FLOOR, NODE_V3, OURS, URI, XML } from './compare'
import { build, installOurs, installPeers, PEERS, ROOT, versionOf } from './install'
import { Processes } from './processes'
import { type Conditions, type Findings, markdown, merged, missed } from './report'
import { selfTest } from './self-test'
import { bill, billSize, chain, imports, size, uri, xml } from './suites/parts'
import { cpu, delay, heap, speed } from './suites/requests'

// `npm run bench`: what the package costs beside other clients, and beside what cannot be saved. It is packed and installed as
// users have it. Writes BENCHMARKS.md. A goal that is missed is reported; what fails is a bench that cannot be believed.
//
//   --quick      a fifth of the work, two rounds; prints only
//   --only=…     only these suites, as in --only=speed,cpu; prints only
//   --self-test  only what the bench tests of itself, with the package as it is built, and without peers
//   --installed  a folder in which the package is installed already: that one is measured

const REPORT = join(ROOT, 'BENCHMARKS.md')
const SUITES = { speed, cpu, delay, heap, bill, chain, uri, xml, import: imports, size }

interface Options {
  readonly quick: boolean
  readonly selfTest: boolean
  readonly installed?: string | undefined
  readonly only: readonly (keyof typeof SUITES)[]
}

function optionsOf(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      'self-test': { type: 'boolean', default: false },
      installed: { type: 'string' },
    },
  })
  const only = values.only.flatMap((names) => names.split(','))
  const unknown = only.find((name) => !Object.hasOwn(SUITES, name))
  if (unknown !== undefined) {
    throw new Error(`--only: there is no ${unknown}, but there are ${Object.keys(SUITES).join(', ')}`)
  }
  return {
    quick: values.quick,
    selfTest: values['self-test'],
    installed: values.installed,
    only: only as Options['only'],
  }
}

function credentialsOf(): Credentials {
  const [merchant, platform] = [1, 2].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }))
  const pem = (key: KeyObject | undefined, type: 'pkcs8' | 'spki'): string =>
    String(key?.export({ type, format: 'pem' } as { type: 'spki'; format: 'pem' }))
  return {
    mchid: '1230000109',
    serial: '3775B6A45ACD588826D15E583A95F5DD00000001',
    privateKey: pem(merchant?.privateKey, 'pkcs8'),
    publicKey: pem(merchant?.publicKey, 'spki'),
    platformId: 'PUB_KEY_ID_0112345678902026010100000000000001',
    platformPrivateKey: pem(platform?.privateKey, 'pkcs8'),
    platformPublicKey: pem(platform?.publicKey, 'spki'),
  }
}

const say = (text: string): void => console.error(`${(performance.now() / 1000).toFixed(0)} s: ${text}`)

const clientsOf = (processes: Processes, ours: string): Clients => ({
  processes,
  credentials: credentialsOf(),
  homes: {
    [OURS]: ours,
    [AXIOS]: PEERS,
    [NODE_V3]: PEERS,
    [XML]: PEERS,
    [URI]: PEERS,
    crypto: PEERS,
    undici: ours,
    stub: PEERS,
  },
})

async function testItself(processes: Processes): Promise<void> {
  build()
  const clients = clientsOf(processes, ROOT)
  const platform = await processes.platform({ credentials: clients.credentials }, 'two')
  await selfTest(clients, platform, [OURS])
  say('what is right is taken, and what is wrong is noticed')
}

async function started(processes: Processes, { quick, installed }: Options): Promise<Bench> {
  say('installs')
  installPeers()
  if (installed === undefined) build()
  const clients = clientsOf(processes, installed ?? installOurs(processes.folder))
  say('starts')
  const setup = {
    credentials: clients.credentials,
    bill: await writeBill(processes.folder, billSize({ quick })),
  }
  return {
    ...clients,
    quick,
    rounds: quick ? 2 : 5,
    platforms: {
      one: await processes.platform(setup, 'one'),
      two: await processes.platform(setup, 'two'),
    },
  }
}

async function measured(bench: Bench, only: Options['only']): Promise<Findings> {
  const found: Findings[] = []
  for (const [name, suite] of Object.entries(SUITES)) {
    if (only.length > 0 && !only.some((each) => each === name)) continue
    say(name)
    found.push(await suite(bench))
  }
  return merged(found)
}

async function measure(processes: Processes, options: Options): Promise<void> {
  const [load = 0] = loadavg()
  const bench = await started(processes, options)
  const { rounds, homes, platforms } = bench
  say('tests itself')
  const credulous = await selfTest(bench, platforms.two, [OURS, AXIOS, NODE_V3, FLOOR])
  const findings = await measured(bench, options.only)
  const packages: readonly Name[] = [OURS, AXIOS, NODE_V3, FLOOR, XML, URI]
  const conditions: Conditions = {
    rounds,
    pinned: processes.pinned,
    load,
    credulous,
    requests: platforms.one.requests + platforms.two.requests,
    versions: Object.fromEntries(packages.map((name) => [name, versionOf(homes[name], name)])),
  }
  const text = markdown(findings, conditions)
  console.log(text)
  if (!options.quick && options.only.length === 0) writeFileSync(REPORT, text)
  for (const { what } of missed(findings)) say(`goal missed: ${what}`)
  say('done')
}

async function main(): Promise<void> {
  const options = optionsOf(process.argv.slice(2))
  using processes = new Processes()
  await (options.selfTest ? testItself(processes) : measure(processes, options))
}

main().catch((error: Error) => {
  console.error(error.message)
  process.exitCode = 1
})
