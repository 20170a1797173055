import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exports as conditions } from '../../package.json'
import { PACKED, sourceIn } from '../catalogue/source'
import { packCatalogue } from './pack/catalogue'
import { packDeclarations } from './pack/declarations'
import { packScripts } from './pack/scripts'

// Part of `npm run build`: what is compiled, as small and as quick to load as it gets.

const ROOT = join(__dirname, '..', '..')
/** Types only, each with a module that is empty: package.json lets this one stand for all. */
const OPENAPI = { folder: join(ROOT, 'dist', 'openapi'), module: 'paths.js' }

packDeclarations(ROOT, conditions)
for (const name of readdirSync(OPENAPI.folder, { recursive: true, encoding: 'utf8' })) {
  if (name.endsWith('.js') && name !== OPENAPI.module) rmSync(join(OPENAPI.folder, name))
}
packScripts(join(ROOT, 'dist'), ['index.js', 'lite.js'])
writeFileSync(
  join(ROOT, 'dist', 'catalogue', PACKED),
  packCatalogue(sourceIn(join(ROOT, 'lib', 'catalogue'))),
)
