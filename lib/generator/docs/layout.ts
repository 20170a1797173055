import { type Html, html } from './html'

export interface Page {
  /** Below the root of the site. */
  readonly file: string
  readonly title: string
  readonly main: Html
  /** What stands beside it: the contents of the page. */
  readonly aside?: Html
}

const NAME = 'wechatpay-chain'

/** A whole page, with what all of them have in common. */
export function layout({ file, title, main, aside }: Page): string {
  const root = rootOf(file)
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title === NAME ? `${NAME} reference` : `${title} · ${NAME}`}</title>
<link rel="icon" href="${root}assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${root}assets/style.css">
<script src="${root}assets/site.js" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<a class="home" href="${root}index.html">${NAME}</a>
<form class="search" role="search" action="${root}index.html">
<input type="search" name="q" placeholder="Search operations and callbacks" aria-label="Search operations and callbacks" autocomplete="off" spellcheck="false">
</form>
<nav aria-label="Sections"><a href="${root}index.html#families">Operations</a> <a href="${root}callbacks/v3.html">Callbacks</a> <a href="${root}api/index.html">API</a></nav>
</header>
<div class="page${aside ? ' with-contents' : ''}">
${aside && html`<nav class="contents" aria-label="On this page">${aside}</nav>`}
<main id="main" tabindex="-1">
${main}
</main>
</div>
<footer><p>From WeChat Pay’s public documentation, which prevails where the two differ. Not an official site.</p></footer>
</body>
</html>
`.toString()
}

/** From a page to the root of the site: `v3/refund.html` → `../` */
export function rootOf(file: string): string {
  return '../'.repeat(file.split('/').length - 1)
}

/** The contents of a page: open where there is room, folded where there is none. */
export function contents(entries: readonly { readonly id: string; readonly text: Html }[]): Html {
  const items = entries.map(({ id, text }) => html`<li><a href="#${id}">${text}</a></li>\n`)
  return html`<details open><summary>On this page <small>${entries.length}</small></summary><ol>${items}</ol></details>`
}
