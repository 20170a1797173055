/** A piece of a page. Whatever is no `Html` is text, and escaped. */
export class Html {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

export type Content = Html | string | number | false | undefined | readonly Content[]

/** The only way from text to a page: html`<p>${anything}</p>` escapes what is put in, lists are joined. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(parts.map((part, index) => part + write(values[index])).join(''))
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

function write(value: Content): string {
  if (value === undefined || value === false) return ''
  if (value instanceof Html) return value.toString()
  return typeof value === 'object' ? value.map(write).join('') : escapeText(String(value))
}

/** An official short name. */
export function chinese(text: string): Html {
  return html`<span lang="zh-CN">${text}</span>`
}

/** A path that may break after its slashes. */
export function path(text: string): Html {
  const pieces = text.split(/(?<=\/)(?=.)/).map((piece, index) => (index > 1 ? html`<wbr>${piece}` : piece))
  return html`<code>${pieces}</code>`
}

export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}
