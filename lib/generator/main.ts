import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { callbacks, operations } from '../catalogue'
import type { Callback, Operation } from '../catalogue/model'
import { printCatalogue } from './print-catalogue'
import { tables } from './tables'
import { typesOf } from './types'

// `npm run generate`: what is made from the catalogue. A formatter goes over it afterwards.

const LIB = join(__dirname, '..')

function write(folder: string, files: Iterable<readonly [path: string, text: string]>): void {
  for (const [path, text] of files) {
    const file = join(LIB, folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}

/** The catalogue itself is edited by hand: this only brings it into its form. */
function catalogueFiles(all: readonly Operation[]): ReadonlyMap<string, string> {
  const files = new Map<string, (Operation | Callback)[]>()
  for (const operation of all) {
    const file = `${operation.uri.split('/', 2).join('/')}.json`
    files.set(file, [...(files.get(file) ?? []), operation])
  }
  files.set('callbacks.json', [...callbacks()])
  return new Map([...files].map(([file, entries]) => [file, printCatalogue(entries)]))
}

const all = operations()
const types = typesOf(all, callbacks())
const runTime = tables(all)
rmSync(join(LIB, 'openapi'), { recursive: true, force: true })
write('openapi', types)
write('', runTime)
write('catalogue', catalogueFiles(all))
