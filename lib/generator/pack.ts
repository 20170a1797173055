import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exports as conditions } from '../../package.json'
import { PACKED, sourceIn } from '../catalogue/source'
import { packCatalogue } from './pack/catalogue'
import { packDeclarations } from './pack/declarations'
import { packScripts } from './pack/scripts'

// Part of `npm run build`: what is compiled, as small and as quick to load as it gets.

const ROOT = join(__dirname, '..', '..')

packDeclarations(ROOT, conditions)
packScripts(join(ROOT, 'dist'))
writeFileSync(
  join(ROOT, 'dist', 'catalogue', PACKED),
  packCatalogue(sourceIn(join(ROOT, 'lib', 'catalogue'))),
)
