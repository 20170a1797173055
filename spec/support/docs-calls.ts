import ts from 'typescript'
import { Dispatcher } from 'undici'
import type { Operation } from '../../lib/catalogue'
import { type Spellings, spellings } from '../../lib/generator/docs/address'
import { sampleOf } from '../../lib/generator/docs/sample'
import { sensitive } from '../../lib/sensitive'

type Call = (instance: unknown) => Promise<unknown>

/** Takes note of where requests go, and sends none. */
export class Recorder extends Dispatcher {
  readonly seen: string[] = []

  override dispatch({ origin, method, path }: Dispatcher.DispatchOptions): boolean {
    this.seen.push(`${method} ${origin}${path.replace(/\?.*$/, '')}`)
    throw new Error('recorded')
  }
}

/** The samples of these operations as functions, compiled all at once. */
export function callsOf(
  operations: readonly Operation[],
  spelling: keyof Spellings,
): ReadonlyMap<Operation, Call> {
  const functions = operations.map((operation) => {
    const { before, after } = sampleOf(operation)
    const code = `${before}${spellings(operation.uri)[spelling]}${after}`.replace(/^import .*$/m, '')
    return `async (instance) => {${code.replace(/'\/path\/to\/file\.\w+'/, JSON.stringify(__filename))}\n}`
  })
  const calls = run(`return [${functions.join(',\n')}]`, {
    sensitive,
    Rsa: { encrypt: () => 'ciphertext' },
  }) as Call[]
  return new Map(operations.map((operation, index) => [operation, calls[index] as Call]))
}

/** Runs TypeScript in which these names are known; its imports are taken from among them. */
export function run(
  code: string,
  known: Readonly<Record<string, unknown>>,
  kind: 'async ' | '' = '',
): unknown {
  const source = `${kind}function sample() {${code.replace(/^import .*$/m, '')}\n}`
  const { outputText, diagnostics = [] } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022 },
    reportDiagnostics: true,
  })
  if (diagnostics.length > 0)
    throw new Error(ts.flattenDiagnosticMessageText(diagnostics[0]?.messageText, '\n'))
  return new Function(...Object.keys(known), `${outputText}\nreturn sample()`)(...Object.values(known))
}
