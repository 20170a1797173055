import type { BillRow } from './columns'
import { Lines, unreadable } from './lines'
import { mended, plainValues, rowOf, TICK, tickedValues, titlesOf } from './values'

/** How the first title of a summary looks: 总交易单数, 资金流水总笔数. */
const SUM = /总.*[数额量]\s*$|^\s*total\b/is
/** A first title, not longer than one is: in a line of what is no bill the other expression would search for hours. */
const FIRST_TITLE = /^[^`,，]{1,64}(?=[,，]|$)/
/** Characters of a row with line breaks in its values. */
const LONGEST_ROW = 64 * 1024
/** Lines of one: it is read anew with each. */
const MOST_LINES = 1000

/**
 * A bill while it is read: titles, rows, the titles of the summary, the summary. Takes bytes, gives rows.
 *
 * What is wrong with it is told at the end only: what came may be broken because it was changed on its way, which its hash
 * knows better.
 */
export class Table {
  summary: BillRow | undefined
  /** Does a bill of this kind end with a summary? Then one that does not was cut short. */
  readonly #complete: boolean
  readonly #lines = new Lines()
  #titles: readonly string[] | undefined
  /** The line of the titles: each part of a long bill may have it. */
  #header: string | undefined
  #style: 'ticked' | 'plain' | undefined
  /** A first line that is a row, or the titles of a summary of no rows: the line after it will tell. */
  #held: string | undefined
  /** A row whose values go on in the next line. */
  #begun: string | undefined
  /** How many lines of that there are. */
  #lineCount = 0
  #sums: readonly string[] | undefined
  #rows: BillRow[] = []
  #failure: Error | undefined

  constructor(complete: boolean) {
    this.#complete = complete
  }

  /** Takes the next bytes. @returns the rows that are complete now */
  push(chunk: Buffer): readonly BillRow[] {
    return this.#read(this.#lines.push(chunk))
  }

  /**
   * There are no more bytes.
   * @returns the rows that are complete now
   * @throws TransportError (`ERR_BILL`) when what came is no bill, or not all of one
   */
  end(): readonly BillRow[] {
    const rows = [...this.#read(this.#lines.end())]
    if (this.#held !== undefined && this.#failure === undefined) this.#decide('plain')
    if (this.#titles === undefined) this.#fail('it is empty')
    const cut = this.#begun !== undefined || (this.#sums !== undefined && this.summary === undefined)
    if (cut || (this.#complete && this.summary === undefined)) {
      this.#fail('it was cut short: it does not end with its summary')
    }
    if (this.#failure) throw this.#failure
    return [...rows, ...this.#read([])]
  }

  #read(lines: readonly string[]): readonly BillRow[] {
    for (const line of lines) if (this.#failure === undefined) this.#take(line)
    const rows = this.#rows
    this.#rows = []
    return rows
  }

  #take(line: string): void {
    if (line.trim() === '' && this.#begun === undefined) return
    if (this.#titles === undefined) this.#begin(line)
    else if (line === this.#header) this.#goOn()
    else if (this.summary) this.#fail('it goes on after its summary')
    else if (this.#sums) this.#conclude(line, this.#sums)
    else if (this.#style === undefined) this.#undecided(line)
    else if (this.#style === 'ticked') this.#ticked(line, this.#titles)
    else this.#plain(line, this.#titles)
  }

  #begin(line: string): void {
    this.#header = line
    this.#titles = titlesOf(line)
    if (new Set(this.#titles).size < this.#titles.length) this.#fail('two of its columns have the same title')
    if (/^[`<{]/.test(this.#titles[0] as string)) this.#fail('it does not begin with titles')
  }

  /** The next part. If each has its own summary, that of the last one is told. */
  #goOn(): void {
    if (this.#begun !== undefined) this.#fail('a row has fewer values than columns')
    this.#sums = undefined
    this.summary = undefined
  }

  #undecided(line: string): void {
    if (isSummary(line) && this.#held === undefined) {
      this.#sums = titlesOf(line)
    } else if (line.startsWith(TICK)) {
      if (this.#held !== undefined) this.#sums = titlesOf(this.#held)
      this.#held = undefined
      this.#decide('ticked', line)
    } else if (this.#held === undefined && plainValues(line) !== undefined) {
      this.#held = line
    } else {
      this.#decide('plain', line)
    }
  }

  #decide(style: 'ticked' | 'plain', line?: string): void {
    this.#style = style
    const held = this.#held
    this.#held = undefined
    for (const each of [held, line]) if (each !== undefined) this.#take(each)
  }

  #ticked(line: string, titles: readonly string[]): void {
    const begun = this.#begun
    if (begun === undefined && !line.startsWith(TICK)) {
      this.#sums = titlesOf(line)
      return
    }
    if (begun !== undefined && (line.startsWith(TICK) || isSummary(line))) {
      this.#fail('a row has fewer values than columns')
      return
    }
    const whole = begun === undefined ? line : `${begun}\n${line}`
    const values = tickedValues(whole)
    if (values.length < titles.length) this.#await(whole)
    else this.#emit(titles, values.length > titles.length ? mended(titles, values) : values)
  }

  #plain(line: string, titles: readonly string[]): void {
    const whole = this.#begun === undefined ? line : `${this.#begun}\n${line}`
    const values = plainValues(whole)
    if (values === undefined) this.#await(whole)
    else if (isSummary(whole)) this.#sums = titlesOf(whole)
    else if (values.length === titles.length) this.#emit(titles, values)
    else if (values.length < titles.length && this.#begun === undefined) this.#sums = values
    else this.#emit(titles, undefined)
  }

  #conclude(line: string, sums: readonly string[]): void {
    const values = line.startsWith(TICK) ? tickedValues(line) : line.split(',')
    if (values.length === sums.length) this.summary = rowOf(sums, values)
    else this.#fail('its summary has another number of values than of titles')
  }

  #await(begun: string): void {
    this.#begun = begun
    this.#lineCount++
    if (begun.length > LONGEST_ROW || this.#lineCount > MOST_LINES)
      this.#fail('a row has fewer values than columns')
  }

  #emit(titles: readonly string[], values: readonly string[] | undefined): void {
    this.#begun = undefined
    this.#lineCount = 0
    if (values) this.#rows.push(rowOf(titles, values))
    else this.#fail('a row has another number of values than of columns')
  }

  #fail(problem: string): void {
    this.#failure ??= unreadable(problem)
  }
}

/** Is it the line of a summary's titles? */
function isSummary(line: string): boolean {
  const [first] = FIRST_TITLE.exec(line) ?? []
  return first !== undefined && SUM.test(first)
}
