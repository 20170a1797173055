import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, parse } from 'node:path'
import { promisify } from 'node:util'
import ts from 'typescript'
import type { Behaviour, Tally } from './child/platform'
import type {
  Answer,
  ClientSetup,
  PlatformReport,
  PlatformSetup,
  PlatformTask,
  Reports,
  Task,
} from './child/protocol'

const execute = promisify(execFile)
const SOURCES = join(__dirname, 'child')
const CLIENT = require.resolve('./child/client-process')
const PLATFORM = require.resolve('./child/platform-process')
/** Linux keeps a process on some cores with it. */
const TASKSET = 'taskset'

/**
 * How many of the machine's cores a client has. On one, its CPU is measured, beside a platform on another. On two, it is as
 * fast as it can be, its pool of threads included; the platform then has a third core, where there is one, and else shares
 * these two.
 */
export type Place = 'one' | 'two'
type Cores = readonly [first: number, second: number, third?: number]

/** What would change what is measured, and how. */
const UNWANTED = /^(?:https?_proxy|all_proxy|no_proxy|node_options|node_debug|uv_threadpool_size)$/i
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !UNWANTED.test(name)))

/**
 * The processes of a bench. What they run is compiled before, so that nothing of a compiler's is in a process that is
 * measured.
 */
export class Processes implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'wechatpay-chain-bench-'))
  readonly #cores = pinnable()
  readonly #children = new Set<ChildProcess>()

  constructor() {
    const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 }
    for (const name of readdirSync(SOURCES)) {
      const source = readFileSync(join(SOURCES, name), 'utf8')
      const { outputText } = ts.transpileModule(source, { compilerOptions })
      writeFileSync(this.#compiled(name), outputText)
    }
  }

  /** How many cores processes are kept on: none where they run as they like. */
  get pinned(): 0 | 2 | 3 {
    if (!this.#cores) return 0
    return this.#cores[2] === undefined ? 2 : 3
  }

  /** @param beside the client's place */
  async platform(setup: PlatformSetup, beside: Place): Promise<PlatformProcess> {
    const [first, second, third] = this.#cores ?? []
    const apart = beside === 'one' ? second : third
    const child = this.#start(PLATFORM, apart === undefined ? [first, second] : [apart], [])
    const { url } = (await ask(child, setup)) as Extract<PlatformReport, { url: string }>
    return new PlatformProcess(child, url)
  }

  /** @param node options of Node.js itself */
  async client(setup: ClientSetup, place: Place, node: readonly string[] = []): Promise<ClientProcess> {
    const child = this.#start(CLIENT, this.#coresOf(place), node)
    await ask(child, setup)
    return new ClientProcess(child, setup.name)
  }

  /**
   * Runs a program of one line.
   * @param folder whose packages it may load
   * @returns the number that it prints
   */
  async evaluate(code: string, folder: string, node: readonly string[] = []): Promise<number> {
    const [program, args] = this.#command(this.#coresOf('one'), [...node, '-e', code])
    return Number((await execute(program, args, { cwd: folder, env: ENVIRONMENT })).stdout)
  }

  #coresOf(place: Place): readonly (number | undefined)[] {
    return (this.#cores ?? []).slice(0, place === 'one' ? 1 : 2)
  }

  #command(
    cores: readonly (number | undefined)[],
    args: readonly string[],
  ): [program: string, args: string[]] {
    return this.#cores
      ? [TASKSET, ['-c', cores.join(), process.execPath, ...args]]
      : [process.execPath, [...args]]
  }

  #compiled(source: string): string {
    return join(this.folder, `${parse(source).name}.js`)
  }

  /** @param source of the program, in TypeScript */
  #start(source: string, cores: readonly (number | undefined)[], node: readonly string[]): ChildProcess {
    const [program, args] = this.#command(cores, [...node, this.#compiled(source)])
    const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: ENVIRONMENT })
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    return child
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill('SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export class ClientProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #name: string

  constructor(child: ChildProcess, name: string) {
    this.#child = child
    this.#name = name
  }

  async run<T extends Task>(task: T): Promise<Reports[T['task']]> {
    try {
      return (await ask(this.#child, task)) as Reports[T['task']]
    } catch (error) {
      throw new Error(`${this.#name}, ${task.task}: ${(error as Error).message}`)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end(this.#child)
  }
}

export class PlatformProcess {
  readonly #child: ChildProcess
  readonly url: string

  constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  /** Requests that were counted, every one of which was checked. */
  requests = 0

  /** From here on, and counts anew. */
  async behave(behave: Behaviour): Promise<void> {
    await ask(this.#child, { behave } satisfies PlatformTask)
  }

  /** @returns what came in since it was told how to behave */
  tally(): Promise<Tally> {
    return ask(this.#child, { tally: true } satisfies PlatformTask) as Promise<Tally>
  }

  /**
   * Runs what makes so many requests, all of them signed as they must be; they are checked when it is done.
   * @throws when they are not
   */
  async counted<T>(expected: number, run: () => Promise<T>): Promise<T> {
    await this.behave({ check: 'later' })
    const result = await run()
    const { requests, checked, wrong } = await this.tally()
    if (wrong > 0 || checked !== expected || requests !== expected) {
      throw new Error(
        `${expected} requests were expected: ${requests} came, ${checked} were checked, ${wrong} were wrong`,
      )
    }
    this.requests += requests
    return result
  }
}

/** One question at a time, and its answer. */
async function ask(
  child: ChildProcess,
  message: ClientSetup | PlatformSetup | Task | PlatformTask,
): Promise<unknown> {
  const gone = new AbortController()
  const onExit = (): void => gone.abort()
  child.once('exit', onExit)
  try {
    const answered = once(child, 'message', { signal: gone.signal })
    child.send(message)
    const [answer] = (await answered) as [Answer<unknown>]
    if ('error' in answer) throw new Error(answer.error)
    return answer.report
  } catch (error) {
    throw gone.signal.aborted ? new Error('its process ended') : error
  } finally {
    child.off('exit', onExit)
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** The cores that may be used, where there are two, and where a process can be kept on one of them. */
function pinnable(): Cores | undefined {
  try {
    execFileSync(TASKSET, ['--version'], { stdio: 'ignore' })
    const [, list = ''] = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    const [first, second, third] = list.split(',').flatMap(range)
    if (first === undefined || second === undefined) return undefined
    return third === undefined ? [first, second] : [first, second, third]
  } catch {
    return undefined
  }
}

/** `4-6` → 4, 5, 6 */
function range(text: string): number[] {
  const [from = 0, to = from] = text.split('-').map(Number)
  return Array.from({ length: to - from + 1 }, (_, at) => from + at)
}
