/** Collects lines of TypeScript, indented, and the names they declare. Long lines are left to the formatter. */
export class Printer {
  readonly #lines: string[] = []
  readonly #names = new Set<string>()
  readonly #shapes = new Map<string, string>()
  #indent = ''

  line(...lines: string[]): void {
    for (const line of lines) this.#lines.push(this.#indent + line)
  }

  /** An empty line, but never two, and none at the beginning of a block. */
  gap(): void {
    const last = this.#lines.at(-1)
    if (last !== '' && !last?.endsWith('{')) this.#lines.push('')
  }

  block(head: string, body: () => void): void {
    const start = this.#lines.length
    this.line(`${head} {`)
    this.#indent += '  '
    body()
    this.#indent = this.#indent.slice(2)
    if (this.#lines.at(-1) === '') this.#lines.pop()
    if (this.#lines.length === start + 1) this.#lines[start] += '}'
    else this.line('}')
  }

  /** @throws when the name is taken: two paths or fields would share a type */
  declare(name: string): void {
    if (this.#names.has(name) || RESERVED.has(name)) {
      throw new Error(`the name ${name} is taken`)
    }
    this.#names.add(name)
  }

  /** @returns the name under which the same shape was declared before, if it was: else it is this one from now on */
  before(shape: string, name: string): string | undefined {
    const before = this.#shapes.get(shape)
    if (before === undefined) this.#shapes.set(shape, name)
    return before
  }

  toString(): string {
    return `${this.#lines.join('\n').trimEnd()}\n`
  }
}

/** What the generated files use by its plain name. */
const RESERVED: ReadonlySet<string> = new Set([
  'AsyncDisposable',
  'Buffer',
  'CallSettings',
  'Encrypted',
  'HeadersInput',
  'Loosen',
  'PathValue',
  'PendingResponse',
  'Promise',
  'Readable',
  'Readonly',
  'Record',
  'Response',
  'Sunk',
  'Streamed',
  'Uploaded',
])

/** A documentation comment, on one line when it is one. */
export function comment(paragraphs: readonly string[], tags: readonly string[] = []): string[] {
  const texts = paragraphs.filter(Boolean).map(escaped)
  if (texts.length === 0 && tags.length === 0) return []
  if (texts.length === 1 && tags.length === 0) return [`/** ${texts[0]} */`]
  const lines = texts.flatMap((text, at) => (at === 0 ? [text] : ['', text]))
  if (lines.length > 0 && tags.length > 0) lines.push('')
  return ['/**', ...[...lines, ...tags.map(escaped)].map((line) => ` * ${line}`.trimEnd()), ' */']
}

/** Nothing in a fact may end the comment, or read as a tag. */
const escaped = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('*/', '*\\/').trim()
