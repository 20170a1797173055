import type { Callback } from '../../catalogue'
import { anchor, sentPath, spellings } from './address'
import { callbackFile, type Family } from './families'

/** Page (by its place in `pages`), anchor, verb, path or event, Chinese name, chain, 1 for an old one. */
type Entry = readonly [number, string, string, string, string, string, 0 | 1]

export interface SearchIndex {
  readonly pages: readonly string[]
  readonly entries: readonly Entry[]
}

export function searchIndex(families: readonly Family[], callbacks: readonly Callback[]): SearchIndex {
  const pages = [...new Set([...families.map(({ file }) => file), ...callbacks.map(fileOf)])]
  const operations = families.flatMap(({ file, operations }) =>
    operations.map(
      (operation): Entry => [
        pages.indexOf(file),
        anchor(operation),
        operation.verb,
        sentPath(operation),
        operation.title ?? '',
        spellings(operation.uri).property.slice('instance.'.length),
        operation.deprecated ? 1 : 0,
      ],
    ),
  )
  const notifications = callbacks.map(
    (callback): Entry => [
      pages.indexOf(fileOf(callback)),
      callback.id,
      '',
      callback.id,
      callback.title ?? '',
      [...callback.eventTypes, ...(callback.originalTypes ?? [])]
        .filter((name) => name !== callback.id)
        .join(' '),
      callback.deprecated ? 1 : 0,
    ],
  )
  return { pages, entries: [...operations, ...notifications] }
}

/** As a script, since a page opened from a disk may not fetch. */
export function printIndex(index: SearchIndex): string {
  return `globalThis.searchIndex = ${JSON.stringify(index).replaceAll('<', '\\u003c')}\n`
}

function fileOf({ version }: Callback): string {
  return callbackFile(version)
}
