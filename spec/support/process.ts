import { spawn } from 'node:child_process'
import { resolve } from 'node:path'

const ROOT = resolve(__dirname, '../..')

/** A process that has come to its end. */
export interface Ended {
  /** `null`: it hung and was killed. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** Milliseconds from the last thing it printed to its end. */
  readonly lingered: number
}

export interface ProcessOptions {
  readonly args?: readonly string[]
  /** Options of Node itself. */
  readonly node?: readonly string[]
  /** What it reads from its standard input. */
  readonly input?: string
  /** Milliseconds after which it counts as hung. */
  readonly limit: number
}

/** Runs a TypeScript file of this repository in a process of its own, and waits until that ends by itself. */
export function runProcess(file: string, options: ProcessOptions): Promise<Ended> {
  const { args = [], node = [], input = '', limit } = options
  // Examples would take another platform from the one; the other is meant for the terminal the tests run in.
  const { WECHATPAY_CONFIG: _config, FORCE_COLOR: _colour, ...env } = process.env
  const child = spawn(process.execPath, [...node, '--import', 'tsx', file, ...args], { cwd: ROOT, env })
  const output = { stdout: '', stderr: '' }
  let printedAt = performance.now()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
      printedAt = performance.now()
    })
  }
  // One that fails early does not read: its exit code tells.
  child.stdin.on('error', () => {}).end(input)
  const hung = setTimeout(() => child.kill('SIGKILL'), limit)
  return new Promise((resolve, reject) => {
    let endedAt = printedAt
    child.on('error', reject)
    child.on('exit', () => {
      endedAt = performance.now()
      clearTimeout(hung)
    })
    child.on('close', (code) => resolve({ code, ...output, lingered: endedAt - printedAt }))
  })
}
