import type { Callback, Operation } from '../catalogue/model'

const WIDTH = 160

/**
 * A catalogue file as it is kept: what fits stands on one line, so that a field is a line and a change to it is one line of
 * a diff.
 */
export function printCatalogue(entries: readonly (Operation | Callback)[]): string {
  return `${print(entries, '')}\n`
}

function print(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const list = Array.isArray(value)
  const [open, close] = list ? ['[', ']'] : ['{', '}']
  const members: readonly (readonly [string, unknown])[] = list
    ? value.map((item) => ['', item])
    : Object.entries(value).map(([key, item]) => [`${JSON.stringify(key)}: `, item])
  if (!holdsObjects(value)) {
    const inline = members.map(([key, item]) => key + print(item, '')).join(', ')
    const line = list ? `[${inline}]` : `{ ${inline} }`
    if (indent.length + line.length <= WIDTH) return line
  }
  const inner = `${indent}  `
  const lines = members.map(([key, item]) => inner + key + print(item, inner))
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`
}

/** Lists of fields and what holds them always open up. */
function holdsObjects(value: object): boolean {
  return Object.values(value).some((item) => typeof item === 'object' && item !== null && !isScalars(item))
}

function isScalars(value: object): boolean {
  return Array.isArray(value) && value.every((item) => typeof item !== 'object')
}
