import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

// Part of `npm run build`: the catalogue as the simulator reads it. What only a reader wants (links, names, who may call)
// stays behind: the types and the reference have it.

const LIB = join(__dirname, '..', 'catalogue')
const DIST = join(__dirname, '..', '..', 'dist', 'catalogue')
const FOR_READERS: ReadonlySet<string> = new Set(['docs', 'title', 'label', 'roles'])

for (const file of readdirSync(LIB, { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.json')) continue
  const facts: unknown = JSON.parse(readFileSync(join(LIB, file), 'utf8'))
  const target = join(DIST, file)
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(
    target,
    JSON.stringify(facts, (key, value: unknown) => (FOR_READERS.has(key) ? undefined : value)),
  )
}
