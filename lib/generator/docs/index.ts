import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { callbacks, operations } from '../../catalogue'
import { siteOf } from './site'

const ROOT = resolve(__dirname, '../../..')
const TARGET = join(ROOT, 'reference')
/** One after the other, so that the later ones win. */
const STYLES = ['base', 'bar', 'page', 'code', 'fields', 'families', 'narrow']

rmSync(TARGET, { recursive: true, force: true })
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
const site = siteOf({ operations: operations(), callbacks: callbacks(), readme })
for (const [file, text] of site) {
  const path = join(TARGET, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
const assets = join(__dirname, 'assets')
for (const name of ['site.js', 'icon.svg']) cpSync(join(assets, name), join(TARGET, 'assets', name))
writeFileSync(
  join(TARGET, 'assets/style.css'),
  STYLES.map((name) => readFileSync(join(assets, `${name}.css`), 'utf8')).join('\n'),
)

const typedoc = join(ROOT, 'node_modules/typedoc/bin/typedoc')
const { status } = spawnSync(process.execPath, [typedoc], { cwd: ROOT, stdio: 'inherit' })
process.exitCode = status ?? 1
console.log(`reference/index.html: ${site.size - 1} pages, and the API`)
