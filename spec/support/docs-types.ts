import { join, resolve } from 'node:path'
import ts from 'typescript'
import { operations } from '../../lib/catalogue'
import { spellings } from '../../lib/generator/docs/address'
import { READING } from '../../lib/generator/docs/prose'
import { isCallable, sampleOf } from '../../lib/generator/docs/sample'

const ROOT = resolve(__dirname, '../..')
const FILE = join(ROOT, 'spec/support/samples.ts')

const HEAD = `
import { Builder, Notifications, Rsa, sensitive } from 'wechatpay-chain'
const instance = Builder.factory({ mchid: '', serial: '', privateKey: '', certs: {} })
declare const body: string, apiv3Key: string, secret: string, certs: Record<string, string>
declare const headers: Record<string, string>
export const used = [Notifications, Rsa, sensitive]
`

/** The samples of the reference as functions of one module. */
function moduleOf(): string {
  const calls = operations()
    .filter(isCallable)
    .flatMap((operation) => {
      const { before, after } = sampleOf(operation)
      const { property, declared, bracketed } = spellings(operation.uri)
      return [property, declared, bracketed].map((spelling) => before + spelling + after)
    })
  const samples = [...calls, READING.v2.code, READING.v3.code].map((code, index) => {
    return `export async function sample${index}() {${code.replace(/^import .*$/m, '')}\n}`
  })
  return [HEAD, ...samples].join('\n')
}

const text = moduleOf()
const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile)
const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, ROOT)
const host = ts.createCompilerHost(options)
const { getSourceFile, fileExists } = host
host.fileExists = (file) => file === FILE || fileExists(file)
host.getSourceFile = (file, ...rest) =>
  file === FILE ? ts.createSourceFile(file, text, ts.ScriptTarget.ES2022) : getSourceFile(file, ...rest)

const program = ts.createProgram([FILE], options, host)
const source = program.getSourceFile(FILE)
const diagnostics = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
for (const { start = 0, messageText } of diagnostics) {
  const message = ts.flattenDiagnosticMessageText(messageText, '\n')
  const beginning = text.lastIndexOf('export async function', start)
  console.error(`${message}\n${text.slice(beginning, text.indexOf('\n}\n', start))}\n`)
}
console.log(`${text.match(/^export async function/gm)?.length} samples, ${diagnostics.length} problems`)
process.exitCode = diagnostics.length > 0 ? 1 : 0
