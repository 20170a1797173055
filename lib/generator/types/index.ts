import type { Callback, Operation } from '../../catalogue'
import { key, literal } from '../names'
import { printCallbacks, printCallbacksV2 } from './callbacks'
import { domainName, HEAD, printDomain } from './domain'
import { Printer } from './printer'
import { type Node, treeOf, walk } from './tree'

const VERSIONS = ['v2', 'v3'] as const

interface Domain {
  readonly version: (typeof VERSIONS)[number]
  readonly file: string
  readonly name: string
  readonly root: Node
}

/**
 * Types for every documented operation and notification.
 * @returns the files by their paths below `lib/openapi`
 */
export function typesOf(
  operations: readonly Operation[],
  callbacks: readonly Callback[],
): ReadonlyMap<string, string> {
  const domains = domainsOf(operations)
  const files = new Map(domains.map(({ file, root }) => [`${file}.ts`, printDomain(root)]))
  for (const version of VERSIONS) {
    files.set(`${version}/index.ts`, printVersion(version, domains))
  }
  files.set('paths.ts', printPaths(domains))
  files.set('v2/callbacks.ts', printCallbacksV2(callbacks))
  files.set('v3/callbacks.ts', printCallbacks(callbacks))
  return files
}

function domainsOf(operations: readonly Operation[]): Domain[] {
  const groups = new Map<string, Operation[]>()
  for (const operation of operations) {
    const file = operation.uri.split('/', 2).join('/')
    groups.set(file, [...(groups.get(file) ?? []), operation])
  }
  return [...groups].sort(byKey).map(([file, members]) => {
    const root = treeOf(members)
    const version = VERSIONS.find((prefix) => file.startsWith(prefix)) ?? 'v3'
    return { version, file, name: domainName(root), root }
  })
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1)

function printVersion(version: string, domains: readonly Domain[]): string {
  const printer = new Printer()
  const own = domains.filter((domain) => domain.version === version)
  printer.line(HEAD, "import type { Loosen } from '../../types'")
  for (const { file, name } of own) printer.line(`import type { ${name} } from './${file.slice(3)}'`)
  printer.gap()
  printer.line(`/** \`${version}\`: the documented paths of API${version} */`)
  printer.block(`export interface ${version.toUpperCase()}`, () => {
    for (const { name, root } of own) printer.line(`readonly ${key(root.property)}: Loosen<${name}>`)
  })
  return printer.toString()
}

function printPaths(domains: readonly Domain[]): string {
  const printer = new Printer()
  const alias = ({ version, name }: Domain): string => `${name}${version.toUpperCase()}`
  printer.line(HEAD)
  for (const domain of domains) {
    printer.line(`import type { ${domain.name} as ${alias(domain)} } from './${domain.file}'`)
  }
  printer.gap()
  printer.line('/** Every documented template, and where it leads: what `chain()` takes. */')
  printer.block(
    `export interface Paths\n  extends ${domains.map((domain) => `${alias(domain)}.Paths`).join(',\n    ')}`,
    () => {},
  )
  printer.gap()
  printer.line(
    '/**',
    " * The same for brackets: `instance['v3/…']`. Protected members can be reached so, and are completed so, but `instance.`",
    ' * does not list a thousand of them.',
    ' */',
  )
  printer.block('export declare abstract class Brackets', () => {
    for (const { root } of domains) {
      for (const { template, operations } of walk(root)) {
        if (operations.length > 0)
          printer.line(`protected readonly ${literal(template)}: Paths[${literal(template)}]`)
      }
    }
  })
  return printer.toString()
}
