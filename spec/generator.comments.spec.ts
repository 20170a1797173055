import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { domains, type Field, type Operation, operationsOf } from '../lib/catalogue'

// What an editor shows beside a name is what the catalogue says of it. Each thing is said once, where it is looked for: of a
// call at its verbs, of a field at the field.

interface Member {
  /** Of the comment above it, without the stars. */
  readonly comment: string
  readonly type: string
}

interface Declared {
  readonly parents: readonly string[]
  readonly comment: string
  readonly members: ReadonlyMap<string, readonly Member[]>
}

type Declarations = ReadonlyMap<string, Declared>

function declarationsIn(file: string): Declarations {
  const path = join(__dirname, '..', 'lib', 'openapi', `${file}.ts`)
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2022, true)
  const declared = new Map<string, Declared>()
  const visit = (node: ts.Node): void => {
    if (ts.isInterfaceDeclaration(node)) {
      const parents = (node.heritageClauses ?? []).flatMap(({ types }) => types.map((type) => type.getText()))
      declared.set(node.name.text, { parents, comment: commentOf(node), members: membersOf(node.members) })
    } else if (ts.isTypeAliasDeclaration(node)) {
      const inner = ts.isIntersectionTypeNode(node.type)
        ? node.type.types.find(ts.isTypeLiteralNode)
        : undefined
      const members = membersOf(inner?.members ?? [])
      declared.set(node.name.text, { parents: [], comment: commentOf(node), members })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return declared
}

function membersOf(nodes: readonly ts.TypeElement[]): ReadonlyMap<string, readonly Member[]> {
  const members = new Map<string, Member[]>()
  for (const node of nodes) {
    // Of a call what is looked at is what it takes.
    const shown = ts.isMethodSignature(node) ? node.parameters[0] : node
    const name = ts.isIndexSignatureDeclaration(node)
      ? 'indexed'
      : (node.name as ts.Node | undefined)?.getText()
    const type = shown && 'type' in shown ? ((shown.type as ts.Node | undefined)?.getText() ?? '') : ''
    const key = name?.replace(/^'|'$/g, '') ?? ''
    members.set(key, [...(members.get(key) ?? []), { comment: commentOf(node), type }])
  }
  return members
}

function commentOf(node: ts.Node): string {
  const [comment] = ts.getJSDocCommentsAndTags(node)
  return (comment?.getText() ?? '').replace(/^\s*(?:\/\*\*|\*\/|\*(?!\/)) ?|\*\/$/gm, '').trim()
}

/** The members of a name, an interface's own or inherited. */
function membersNamed(all: Declarations, owner: string, name: string): readonly Member[] {
  const { members, parents } = all.get(owner) ?? { members: new Map<string, Member[]>(), parents: [] }
  return members.get(name) ?? parents.flatMap((parent) => membersNamed(all, parent, name))
}

const DOMAINS = (['v2', 'v3'] as const).flatMap((version) =>
  [...domains(version)].map((domain) => [`${version}/${domain}`, operationsOf(version, domain)] as const),
)

const summaryOf = ({ title, verb, path, uri }: Operation): string =>
  `${title ? `${title.replace(/\s+/g, ' ').trim()} ` : ''}\`${verb} ${path ?? (uri.startsWith('v2/') ? uri.slice(2) : `/${uri}`)}\``

/** The members of a call, with its verb's name or `…Async`, that say of themselves what they are. */
function calls(all: Declarations, operation: Operation, suffix = ''): Member[] {
  const name = `${operation.verb.toLowerCase()}${suffix}`
  const summary = summaryOf(operation)
  const found = [...all.values()].flatMap(({ members }) => members.get(name) ?? [])
  return found.filter(({ comment }) => comment.split('\n')[0] === summary)
}

/** @returns the fields with a name in Chinese that the member which stands for them does not show, by their paths */
function unsaid(all: Declarations, owner: string, fields: readonly Field[] = []): string[] {
  return fields.flatMap((field) => {
    const label = field.label?.replace(/\s+/g, ' ').replaceAll('*/', '*\\/').trim() ?? ''
    const found = membersNamed(all, owner, field.indexed ? 'indexed' : field.name)
    const said = found.some(({ comment }) => comment.includes(label))
    const [below] = /\b[A-Z]\w*_\w+/.exec(found[0]?.type ?? '') ?? []
    return [
      ...(said ? [] : [`${owner}.${field.name}: ${label}`]),
      ...(below ? unsaid(all, below, field.fields) : []),
    ]
  })
}

/** What a call takes. Of a domain's own path it is written with the name of the domain. */
const optionsOf = ({ type }: Member): string => type.split(' ')[0]?.split('.').at(-1) ?? ''

const GROUPS = ['query', 'json', 'xml', 'headers'] as const

describe.each(DOMAINS)('%s', (file, operations) => {
  const all = declarationsIn(file)

  test('every verb says what it does and where that is documented', () => {
    for (const operation of operations) {
      const [call] = calls(all, operation)
      if (!call) throw new Error(`nothing says ${summaryOf(operation)}`)
      if (operation.docs?.[0]) expect(call.comment).toContain(`@see ${operation.docs[0]}`)
      expect(call.comment.includes('@deprecated')).toBe(operation.deprecated === true)
      expect(calls(all, operation, 'Async')).not.toEqual([])
      expect(all.get(optionsOf(call))?.comment).toBe(operation.title ?? summaryOf(operation))
    }
  })

  test('every field says what it is called in Chinese', () => {
    for (const operation of operations) {
      const [call] = calls(all, operation)
      const options = call ? optionsOf(call) : ''
      for (const group of GROUPS) {
        const [given] = membersNamed(all, options, group)
        expect(unsaid(all, given?.type.split(' ')[0] ?? '', operation[group]?.fields)).toEqual([])
      }
      if (operation.answer.kind === 'json' || operation.answer.kind === 'xml')
        expect(unsaid(all, `${options}_Data`, operation.answer.fields)).toEqual([])
    }
  })
})
