import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { REFERENCE } from './docs-site'

/** Too big a page is slow on a phone. */
const MOST_BYTES = 1_000_000

interface Page {
  readonly ids: ReadonlySet<string>
  /** As written: relative, of this page or absolute. */
  readonly links: readonly string[]
  /** What the browser fetches by itself. */
  readonly resources: readonly string[]
}

const files = readdirSync(REFERENCE, { recursive: true, encoding: 'utf8' }).map((name) =>
  name.replaceAll('\\', '/'),
)
const exists = new Set(files)
const pages = new Map(files.filter((file) => file.endsWith('.html')).map((file) => [file, read(file)]))
const problems = [...pages].flatMap(([file, page]) => [...deadLinks(file, page), ...foreign(file, page)])
const big = [...pages.keys()].filter((file) => statSync(join(REFERENCE, file)).size > MOST_BYTES)
problems.push(...big.map((file) => `${file}: more than ${MOST_BYTES} bytes`))

for (const problem of problems) console.error(problem)
const links = [...pages.values()].reduce((sum, page) => sum + page.links.length, 0)
console.log(`${pages.size} pages, ${links} links, ${problems.length} problems`)
process.exitCode = problems.length > 0 ? 1 : 0

function read(file: string): Page {
  const text = readFileSync(join(REFERENCE, file), 'utf8').replace(/<script>.*?<\/script>/gs, '')
  const values = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, value = '']) => plain(value))
  const ids = values(/\sid="([^"]*)"/g)
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index)
  if (twice.length > 0 && !file.startsWith('api/'))
    throw new Error(`${file}: the id ${twice[0]} stands twice`)
  return {
    ids: new Set(ids),
    links: values(/<a\s[^>]*?href="([^"]*)"/g),
    resources: values(/<(?:script|link|img|iframe|use)\s[^>]*?(?:src|href)="([^"]*)"/g),
  }
}

function plain(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replaceAll('&amp;', '&')
}

function deadLinks(file: string, { links, resources }: Page): string[] {
  return [...links, ...resources].filter(isInternal).flatMap((link) => {
    const [path = '', anchor] = decodeURI(link).split('#')
    const target = path === '' ? file : posix.join(dirname(file), path.replace(/\?.*$/, ''))
    if (!exists.has(target)) return [`${file}: ${link} leads nowhere`]
    if (anchor === undefined || anchor === '' || pages.get(target)?.ids.has(anchor)) return []
    return target.endsWith('.html') ? [`${file}: ${link}: no such anchor`] : []
  })
}

function isInternal(link: string): boolean {
  return !/^[a-z][a-z\d+.-]*:|^\/\//i.test(link)
}

/** Nothing is fetched from anywhere else; links lead out over https only. */
function foreign(file: string, { links, resources }: Page): string[] {
  const fetched = resources.filter((link) => !isInternal(link))
  const odd = links.filter((link) => !isInternal(link) && !/^https?:\/\//.test(link))
  return [
    ...fetched.map((link) => `${file}: fetches ${link}`),
    ...odd.map((link) => `${file}: links to ${link}`),
  ]
}
