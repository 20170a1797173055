import { Html, html } from './html'

/** Comments, strings, and the few words that carry a statement. */
const TOKEN = /(\/\/[^\n]*)|('(?:[^'\\\n]|\\.)*')|\b(const|await|import|from|if|throw|new)\b/g

/** TypeScript with a touch of colour. */
export function highlight(code: string): Html {
  const parts: Html[] = []
  let end = 0
  for (const match of code.matchAll(TOKEN)) {
    const [text, comment, string] = match
    const tag = comment ? 'i' : string ? 's' : 'b'
    parts.push(html`${code.slice(end, match.index)}`, new Html(`<${tag}>${html`${text}`}</${tag}>`))
    end = match.index + text.length
  }
  return html`${parts}${code.slice(end)}`
}

/** A block that scrolls within itself; a button to copy it is added in the browser. */
export function codeBlock(code: Html | string): Html {
  return html`<div class="sample"><pre tabindex="0"><code>${typeof code === 'string' ? highlight(code) : code}</code></pre></div>`
}
