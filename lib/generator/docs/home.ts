import type { Callback } from '../../catalogue'
import { codeBlock } from './code'
import { callbackFile, type Family, groupBy, type Version } from './families'
import { chinese, type Html, html, plural } from './html'
import { layout } from './layout'
import { firstRequest } from './prose'

const VERSIONS: readonly { readonly version: Version; readonly text: string }[] = [
  { version: 'v3', text: 'JSON, signed with RSA.' },
  { version: 'v2', text: 'The older protocol: XML, signed with a shared key.' },
]

/** So many of its operations hint at what a family is about. */
const HINTS = 3

export function homePage(
  families: readonly Family[],
  callbacks: readonly Callback[],
  readme: string,
): string {
  const total = families.reduce((sum, { operations }) => sum + operations.length, 0)
  return layout({
    file: 'index.html',
    title: 'wechatpay-chain',
    main: html`<h1>WeChat Pay, operation by operation</h1>
<p class="lead">The reference of <code>wechatpay-chain</code>, the chainable WeChat Pay client for Node.js: property access is the URL.
${plural(total, 'operation')} and ${plural(callbacks.length, 'callback')}, each with its call, its fields and its answer.</p>
<p>Press <kbd>/</kbd> to search by path, by Chinese name or by chain: <code>jsapi</code>, ${chinese('退款')}, <code>faceCollections</code>.</p>
<section aria-labelledby="first"><h2 id="first">A first request</h2>
${codeBlock(firstRequest(readme))}
<p>Every path has three spellings, which mix; the samples show the one you choose.</p>
<ul class="spellings">
<li><code>instance.v3.pay.transactions._id_</code> <span>capitals become hyphens, <code>_id_</code> the variable</span></li>
<li><code>instance.chain('v3/pay/transactions/{id}')</code> <span>the template as documented</span></li>
<li><code>instance['v3/pay/transactions/{id}']</code> <span>the same, as a property</span></li>
</ul>
<p>The client, its options, errors and helpers: <a href="api/index.html">API</a>.</p>
</section>
<div id="families">${VERSIONS.map(({ version, text }) => section(version, text, families))}</div>
<section aria-labelledby="callbacks"><h2 id="callbacks">Callbacks</h2>
<ul class="families">${VERSIONS.map(({ version }) => callbackLink(version, callbacks))}</ul></section>`,
  })
}

function section(version: Version, text: string, all: readonly Family[]): Html {
  const families = all.filter((family) => family.version === version)
  const total = families.reduce((sum, { operations }) => sum + operations.length, 0)
  const domains = groupBy(families, ({ name }) => name.split('/')[0] ?? name)
  return html`<section aria-labelledby="${version}"><h2 id="${version}">API${version} <small>${plural(total, 'operation')}</small></h2>
<p>${text}</p>
<ul class="families">${[...domains].map(([name, members]) => domain(name, members))}</ul></section>
`
}

/** A family with a page of its own, or one whose parts have. */
function domain(name: string, families: readonly Family[]): Html {
  const [first] = families
  if (families.length === 1 && first?.name === name) return familyLink(first, name)
  const total = families.reduce((sum, { operations }) => sum + operations.length, 0)
  const parts = families.map((family) => familyLink(family, family.name.slice(name.length + 1)))
  return html`<li class="parts"><details><summary><code>${name}</code> <small>${total}</small></summary><ul>${parts}</ul></details></li>`
}

function familyLink({ file, operations }: Family, name: string): Html {
  const titles = [...new Set(operations.flatMap(({ title }) => title ?? []))].slice(0, HINTS)
  return html`<li><a href="${file}"><code>${name}</code> <small>${operations.length}</small>${
    titles.length > 0 && html`<span lang="zh-CN">${titles.join('、')}</span>`
  }</a></li>
`
}

function callbackLink(version: Version, callbacks: readonly Callback[]): Html {
  const count = callbacks.filter((callback) => callback.version === version).length
  return html`<li><a href="${callbackFile(version)}"><code>${version}</code> <small>${count}</small></a></li>`
}
