import { execFile } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { packDeclarations } from '../../lib/generator/pack/declarations'
import { exports as conditions } from '../../package.json'

const ROOT = join(__dirname, '..', '..')
const MODULES = join(ROOT, 'node_modules')

/** The compilers that users have, by the names under which they are installed here. */
export const COMPILERS = {
  '5.4': 'typescript54',
  '5.9': 'typescript59',
  '6': 'typescript',
  '7': 'typescript7',
} as const
export type Compiler = keyof typeof COMPILERS

/** What a project may set. Everything that finds mistakes is on. */
export type CompilerOptions = Readonly<Record<string, unknown>>

const OPTIONS: CompilerOptions = {
  noEmit: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable'],
  module: 'nodenext',
  types: ['node'],
  skipLibCheck: true,
}

export interface Diagnostic {
  readonly file: string
  readonly line: number
  readonly message: string
}

/** A folder in which the package is installed as users install it, and programs that use it. */
export class Workspace implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'wechatpay-chain-types-'))

  /** Compiles the declarations of the package. */
  static async create(): Promise<Workspace> {
    const workspace = new Workspace()
    const modules = join(workspace.folder, 'node_modules')
    mkdirSync(join(modules, 'wechatpay-chain'), { recursive: true })
    for (const name of readdirSync(MODULES)) {
      if (!name.startsWith('.')) symlinkSync(join(MODULES, name), join(modules, name), 'junction')
    }
    const home = join(modules, 'wechatpay-chain')
    writeFileSync(join(home, 'package.json'), readFileSync(join(ROOT, 'package.json')))
    // TypeScript 7 is the fastest of them, and writes the same. What it would find is found by `npm run typecheck`.
    const dist = ['--noCheck', '--emitDeclarationOnly', '--outDir', join(home, 'dist')]
    const output = await compile('7', ['-p', join(ROOT, 'tsconfig.build.json'), ...dist], ROOT)
    if (output !== '') throw new Error(output)
    packDeclarations(home, conditions)
    return workspace
  }

  write(path: string, text: string): void {
    const file = join(this.folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }

  /** Writes a project, to be compiled by its name. */
  project(name: string, files: readonly string[], options: CompilerOptions = {}): void {
    this.write(`${name}.json`, JSON.stringify({ compilerOptions: { ...OPTIONS, ...options }, files }))
  }

  /** @returns what a compiler finds wrong in a project */
  async check(compiler: Compiler, project: string): Promise<Diagnostic[]> {
    const output = await compile(compiler, ['-p', `${project}.json`, '--pretty', 'false'], this.folder)
    return output
      .split('\n')
      .filter((line) => /^\S/.test(line))
      .map((text) => {
        const [, file = '', line = '0', message = text] = /^(\S+)\((\d+),\d+\): (.*)$/.exec(text) ?? []
        return { file, line: Number(line), message }
      })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/**
 * Runs a compiler. What it finds is told by what it prints.
 * @param flags for Node.js
 */
export function compile(
  compiler: Compiler,
  args: readonly string[],
  cwd: string,
  flags: readonly string[] = [],
): Promise<string> {
  const tsc = join(MODULES, COMPILERS[compiler], 'bin', 'tsc')
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [...flags, tsc, ...args],
      { cwd, maxBuffer: 1 << 28 },
      (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') reject(error)
        else resolve(`${stdout}${stderr}`)
      },
    )
  })
}
