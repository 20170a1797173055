import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The folder of the package: it can be loaded from there, by its own name, as soon as it is built. */
export const ROOT = join(__dirname, '..', '..', '..')
/** The folder whose packages are those that are compared with. */
export const PEERS = join(__dirname, '..')
const FLAGS = ['--loglevel=error', '--ignore-scripts', '--no-audit', '--no-fund']

/** What npm writes of what it has installed, and what it shall install. */
interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly dependencies?: Readonly<Record<string, string>> }>
  >
}

function npm(args: readonly string[], cwd: string): void {
  execFileSync('npm', args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
}

const lockOf = (path: string): Lock => JSON.parse(readFileSync(path, 'utf8')) as Lock
const installedLock = (home: string): Lock => lockOf(join(home, 'node_modules', '.package-lock.json'))

/** Installs the peers, where they are not installed as their lock file has them. */
export function installPeers(): void {
  if (!arePeersInstalled()) npm(['ci', ...FLAGS], PEERS)
}

function arePeersInstalled(): boolean {
  if (!existsSync(join(PEERS, 'node_modules', '.package-lock.json'))) return false
  const { packages } = installedLock(PEERS)
  return Object.entries(lockOf(join(PEERS, 'package-lock.json')).packages).every(
    ([path, { version }]) => path === '' || packages[path]?.version === version,
  )
}

/** Compiles the package, where something in it is newer than what was compiled. */
export function build(): void {
  const built = join(ROOT, 'dist', 'index.js')
  const sources = readdirSync(join(ROOT, 'lib'), { recursive: true, withFileTypes: true })
  const newest = Math.max(
    ...sources
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  )
  if (!existsSync(built) || statSync(built).mtimeMs < newest) npm(['run', 'build', '--silent'], ROOT)
}

/**
 * Packs the package and installs it as a user does: what is measured is what is published.
 * @param folder an empty place for it
 * @returns the folder in which it is installed
 */
export function installOurs(folder: string): string {
  const home = join(folder, 'installed')
  mkdirSync(home)
  npm(['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder], ROOT)
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? ''
  writeFileSync(join(home, 'package.json'), '{ "private": true }')
  npm(['install', ...FLAGS, join(folder, tarball)], home)
  return home
}

export const versionOf = (home: string, name: string): string =>
  installedLock(home).packages[`node_modules/${name}`]?.version ?? ''

export interface Installed {
  /** Those that came with it: itself not counted. */
  readonly packages: number
  /** All their files, and its own. */
  readonly bytes: number
}

/** What stands in a folder's `node_modules` because of one package. */
export function installedIn(home: string, name: string): Installed {
  const { packages } = installedLock(home)
  const found = new Set<string>()
  const follow = (path: string): void => {
    if (found.has(path)) return
    found.add(path)
    for (const each of Object.keys(packages[path]?.dependencies ?? {})) follow(resolve(packages, path, each))
  }
  follow(`node_modules/${name}`)
  const bytes = [...found].reduce((sum, path) => sum + bytesIn(join(home, path)), 0)
  return { packages: found.size - 1, bytes }
}

/** As Node.js looks for it: beside it, then further up. */
function resolve(packages: Lock['packages'], from: string, name: string): string {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
    if (packages[path]) return path
    if (folder === '') throw new Error(`${name} is not installed`)
  }
}

/** Without what is installed inside, which is counted by itself. */
function bytesIn(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sum + (entry.name === 'node_modules' ? 0 : bytesIn(path))
    return sum + (entry.isFile() ? statSync(path).size : 0)
  }, 0)
}
