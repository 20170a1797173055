import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const ROOT = resolve(__dirname, '../..')

/** A file of observations of the PHP SDK, one JSON object a line. */
export interface Vectors<Line> {
  /** As it was asked for, for messages. */
  readonly name: string
  /** `undefined`: there is no such file. */
  readonly lines: readonly Line[] | undefined
}

/**
 * Reads the file that an environment variable names (relative to the working directory), or the one beside the
 * repository.
 */
export function readVectors<Line>(variable: string, fallback: string): Vectors<Line> {
  const given = process.env[variable]
  const name = given ?? fallback
  const path = given === undefined ? resolve(ROOT, fallback) : resolve(given)
  if (!existsSync(path)) {
    if (given !== undefined) throw new Error(`${variable} names a file that is not there: ${given}`)
    return { name, lines: undefined }
  }
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
  return { name, lines: lines.map((line) => JSON.parse(line) as Line) }
}

/** What a spec runs when its file is absent: one test whose name says so. */
export function skipped(variable: string, { name }: Vectors<unknown>): void {
  const reason = `skipped: ${name} is not present (${variable} names another file)`
  it(reason, () => {
    process.stderr.write(`${reason}\n`)
  })
}
