#!/usr/bin/env node
import { randomUUID } from 'node:crypto'
import { rename, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { type Credentials, type Mode, Simulator } from './index'

const USAGE = `Usage: wechatpay-chain-simulator [options]

Runs a WeChat Pay on this machine. Stop it with Ctrl+C.

  --port N            listen on this port (default: any free one)
  --mode MODE         public-key, certificate or both (default: both): the kinds of platform keys
  --tls FILE          listen over TLS too; write the certificate of the authority to trust to FILE as PEM
  --credentials FILE  write the merchant's keys and the platform's to FILE as JSON, readable by you alone
  --help              show this text
`

const MODES: readonly string[] = ['public-key', 'certificate', 'both'] satisfies Mode[]

const isMode = (value: string): value is Mode => MODES.includes(value)

interface Settings {
  readonly port: number
  readonly mode: Mode
  readonly credentials?: string
  readonly tls?: string
}

/** Reads the command line; `undefined` asks for the usage text. @throws Error on a wrong option */
const readSettings = (): Settings | undefined => {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      mode: { type: 'string', default: 'both' },
      credentials: { type: 'string' },
      tls: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return undefined
  const { port, mode, credentials, tls } = values
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    throw new Error(`--port must be a number up to 65535, not "${port}"`)
  if (!isMode(mode)) throw new Error(`--mode must be one of ${MODES.join(', ')}, not "${mode}"`)
  return {
    port: Number(port),
    mode,
    ...(credentials !== undefined && { credentials }),
    ...(tls !== undefined && { tls }),
  }
}

/** Writes beside the file and renames: it is never half there, nor readable by others than `mode` says */
const writeWhole = async (file: string, content: string, mode: number): Promise<void> => {
  const draft = `${file}.${randomUUID()}`
  await writeFile(draft, content, { mode, flag: 'wx' })
  await rename(draft, file)
}

const writeCredentials = (file: string, credentials: Credentials): Promise<void> =>
  writeWhole(file, `${JSON.stringify(credentials, undefined, 2)}\n`, 0o600)

const run = async ({ port, mode, credentials: file, tls }: Settings): Promise<void> => {
  const simulator = await Simulator.start({ port, mode, tls: tls !== undefined })
  const stop = (): void => {
    simulator.close().catch(fail)
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  try {
    if (file !== undefined) await writeCredentials(file, simulator.credentials)
    if (tls !== undefined && simulator.ca) await writeWhole(tls, simulator.ca, 0o644)
  } catch (error) {
    await simulator.close()
    throw error
  }
  const { mchid, serial, certs } = simulator.credentials
  console.log(simulator.url)
  console.log(`merchant ${mchid}, certificate ${serial}`)
  console.log(`platform ${Object.keys(certs).join(', ')}`)
  if (simulator.secureUrl) console.log(`over TLS ${simulator.secureUrl}`)
  console.log(file === undefined ? 'keys: not written, see --credentials' : `keys: ${file}`)
}

const fail = (error: unknown): void => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

const main = (): void => {
  let settings: Settings | undefined
  try {
    settings = readSettings()
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`)
    process.exitCode = 2
    return
  }
  if (settings) run(settings).catch(fail)
  else console.log(USAGE)
}

main()
