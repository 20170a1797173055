import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, posix, resolve } from 'node:path'
import ts from 'typescript'

const ROOT = resolve(__dirname, '..')
const NAMES = ['README.md', 'README.zh-CN.md'] as const

interface Block {
  readonly language: string
  readonly code: string
  /** The line of the file, from 1, on which the code begins. */
  readonly line: number
}

interface Document {
  readonly name: string
  readonly blocks: readonly Block[]
  /** What stands outside the code blocks. */
  readonly prose: readonly string[]
}

function parse(name: string, text: string): Document {
  const blocks: Block[] = []
  const prose: string[] = []
  let open: { language: string; line: number; code: string[] } | undefined
  for (const [index, line] of text.split('\n').entries()) {
    const [, language] = /^```(\w*)$/.exec(line) ?? []
    if (language === undefined) (open?.code ?? prose).push(line)
    else if (!open) open = { language, line: index + 2, code: [] }
    else {
      blocks.push({ ...open, code: open.code.join('\n') })
      open = undefined
    }
  }
  if (open) throw new Error(`${name}:${open.line - 1}: this code block is never closed`)
  return { name, blocks, prose }
}

const read = (name: string): Document => parse(name, readFileSync(join(ROOT, name), 'utf8'))
const DOCUMENTS = NAMES.map(read)
const [english, chinese] = DOCUMENTS as [Document, Document]
const typescriptOf = ({ blocks }: Document) => blocks.filter(({ language }) => language === 'ts')

/**
 * The preamble of every block: what it may use without saying where it comes from. The names are global and each block
 * is a module, so whatever a block declares or imports itself goes before these, and no block sees another's.
 */
const PREAMBLE = `
  declare const instance: import('wechatpay-chain').Instance
  declare const config: import('wechatpay-chain').Config
  declare function callYourKms(message: string): Promise<string>
  declare function ship(out_trade_no: string | undefined): Promise<void>
  declare const redis: import('wechatpay-chain').RedisClient
`

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  types: ['node'],
  paths: {
    'wechatpay-chain': [join(ROOT, 'lib/index.ts')],
    'wechatpay-chain/express': [join(ROOT, 'lib/adapters/express.ts')],
    'wechatpay-chain/openapi/*': [join(ROOT, 'lib/openapi/*.ts')],
    'wechatpay-chain/simulator': [join(ROOT, 'lib/simulator/index.ts')],
  },
  noEmit: true,
  skipLibCheck: true,
}

/** Compiles the ts blocks of all documents in one program: what the compiler has to say, by the document's name. */
function compile(documents: readonly Document[]): ReadonlyMap<string, readonly string[]> {
  const blocks = documents.flatMap((document) =>
    typescriptOf(document).map((block, index) => ({ document: document.name, number: index + 1, ...block })),
  )
  const byFile = new Map(blocks.map((block) => [join(ROOT, `${block.document}.${block.number}.ts`), block]))
  const preamble = join(ROOT, 'README.preamble.d.ts')
  const texts = new Map([
    [preamble, PREAMBLE],
    ...[...byFile].map(([file, { code }]) => [file, code] as const),
  ])
  const host = ts.createCompilerHost(OPTIONS)
  const { getSourceFile, fileExists, readFile } = host
  host.getCurrentDirectory = () => ROOT
  host.fileExists = (file) => texts.has(file) || fileExists(file)
  host.readFile = (file) => texts.get(file) ?? readFile(file)
  host.getSourceFile = (file, language, ...rest) => {
    const text = texts.get(file)
    return text === undefined
      ? getSourceFile(file, language, ...rest)
      : ts.createSourceFile(file, text, language)
  }
  const program = ts.createProgram([...texts.keys()], OPTIONS, host)
  const found = new Map<string, string[]>(documents.map(({ name }) => [name, []]))
  const diagnostics = [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...[...texts.keys()].flatMap((file) => {
      const source = program.getSourceFile(file)
      return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    }),
  ]
  for (const { file, start = 0, messageText } of diagnostics) {
    const message = ts.flattenDiagnosticMessageText(messageText, '\n')
    const block = byFile.get(file?.fileName ?? '')
    if (!file || !block) throw new Error(`${file?.fileName ?? 'compiler options'}: ${message}`)
    const line = block.line + file.getLineAndCharacterOfPosition(start).line
    found.get(block.document)?.push(`${block.document}, ts block ${block.number}, line ${line}: ${message}`)
  }
  return found
}

const CJK = /[\p{Script=Han}\u3000-\u303f\uff00-\uffef]/u

/** TypeScript line by line, without comments and with its Chinese strings emptied. */
function tokens(code: string): string {
  const source = ts.createSourceFile('block.ts', code, ts.ScriptTarget.ES2022, true)
  const lines = new Map<number, string[]>()
  const visit = (node: ts.Node): void => {
    const children = node.getChildren(source).filter((child) => !ts.isJSDoc(child))
    for (const child of children) visit(child)
    if (children.length > 0 || node.kind === ts.SyntaxKind.SyntaxList) return
    const text = node.getText(source)
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
    lines.set(line, [
      ...(lines.get(line) ?? []),
      ts.isStringLiteralLike(node) && CJK.test(text) ? "''" : text,
    ])
  }
  visit(source)
  return [...lines.values()].map((line) => line.join(' ')).join('\n')
}

/** The commands of a sh block. */
const commands = (code: string): string[] => code.split('\n').map((line) => line.replace(/(^|\s+)#.*$/, ''))

const comparable = ({ language, code }: Block) => ({
  language,
  code: language === 'ts' ? tokens(code) : commands(code).join('\n'),
})

const headingsOf = ({ prose }: Document) =>
  prose.flatMap((line) => {
    const [, marks, text] = /^(#{1,6}) +(.+?) *$/.exec(line) ?? []
    return marks === undefined || text === undefined ? [] : [{ level: marks.length, text }]
  })

/** How many rows each table has, its head and the line below it among them. */
function tablesOf({ prose }: Document): number[] {
  const rows = prose.map((line) => (line.startsWith('|') ? '|' : ' ')).join('')
  return (rows.match(/\|+/g) ?? []).map((table) => table.length)
}

/** The targets of the links, in order, without those in code. */
const linksOf = ({ prose }: Document): string[] =>
  [
    ...prose
      .join('\n')
      .replace(/`[^`]*`/g, '')
      .matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g),
  ].map(([, target = '']) => target)

const relativeLinksOf = (document: Document): string[] =>
  linksOf(document).filter((target) => !/^[a-z][a-z\d+.-]*:/i.test(target))

/** By GitHub's rule: the text in lower case without punctuation, a hyphen for each space, repeated ones numbered. */
function anchorsOf(document: Document): ReadonlySet<string> {
  const anchors = new Set<string>()
  for (const { text } of headingsOf(document)) {
    const plain = text.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
    const slug = plain.replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '').replaceAll(' ', '-')
    let anchor = slug
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`
    anchors.add(anchor)
  }
  return anchors
}

/** What is wrong with a relative link; nothing when it leads somewhere. */
function broken(document: Document, target: string): string[] {
  const [path = '', anchor] = decodeURIComponent(target).split('#')
  const name = path === '' ? document.name : posix.join(dirname(document.name), path)
  if (name.startsWith('..') || !existsSync(join(ROOT, name))) return [`${target}: there is no such file`]
  if (anchor === undefined || anchorsOf(read(name)).has(anchor)) return []
  return [`${target}: ${name} has no such heading`]
}

describe('the code of the READMEs', () => {
  const wrong = parse('wrong.md', "text\n\n```ts\nconst right = 1\nconst wrong: number = 'x'\n```\n")
  let problems: ReadonlyMap<string, readonly string[]>

  beforeAll(() => {
    problems = compile([...DOCUMENTS, wrong])
  }, 120_000)

  test.each(DOCUMENTS)('$name compiles', (document) => {
    expect(typescriptOf(document)).not.toEqual([])
    expect(problems.get(document.name)).toEqual([])
  })

  test('what does not compile is told with its place', () => {
    expect(problems.get('wrong.md')).toEqual([
      "wrong.md, ts block 1, line 5: Type 'string' is not assignable to type 'number'.",
    ])
  })

  test('is the same in both, but for comments and Chinese strings', () => {
    expect(chinese.blocks.map(comparable)).toEqual(english.blocks.map(comparable))
  })
})

describe.each(DOCUMENTS)('$name', (document) => {
  test('begins with the two commands', () => {
    const [first] = document.blocks
    expect(first).toMatchObject({ language: 'sh', line: 4 })
    expect(commands(first?.code ?? '')).toEqual(['npm ci && npm start', 'npm cit'])
  })

  test('shows TypeScript within its first 40 lines', () => {
    const [{ line, code } = { line: Infinity, code: '' }] = typescriptOf(document)
    expect(line + code.split('\n').length).toBeLessThanOrEqual(40)
  })

  test('has no dead link', () => {
    const links = relativeLinksOf(document)
    expect(links).not.toEqual([])
    expect(links.flatMap((target) => broken(document, target))).toEqual([])
  })
})

describe('the two READMEs', () => {
  test('have the same headings, level by level', () => {
    const levels = (document: Document) => headingsOf(document).map(({ level }) => level)
    expect(levels(chinese)).toEqual(levels(english))
  })

  test('have the same tables, row by row', () => {
    expect(tablesOf(chinese)).toEqual(tablesOf(english))
  })

  test('link to the same places, each to the other first', () => {
    const elsewhere = (document: Document) => linksOf(document).filter((target) => !/^#|^README/.test(target))
    expect(elsewhere(chinese).sort()).toEqual(elsewhere(english).sort())
    expect([english, chinese].map((document) => linksOf(document)[0])).toEqual([chinese.name, english.name])
  })
})
