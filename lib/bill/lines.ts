import { StringDecoder } from 'node:string_decoder'
import { TransportError } from '../errors'

/** Characters; a row has some forty values of at most some hundred. */
const LONGEST = 1024 * 1024

/** Takes a text (UTF-8) apart into its lines while it comes in. */
export class Lines {
  readonly #decoder = new StringDecoder('utf8')
  #rest = ''

  /**
   * @returns the lines that are complete now, without their ends
   * @throws TransportError (`ERR_BILL`) for a line without end, which would not fit into memory
   */
  push(chunk: Buffer): readonly string[] {
    const text = this.#decoder.write(chunk)
    // A line in many pieces is put together once, at its end.
    const lines = text.includes('\n') ? (this.#rest + text).split('\n') : [this.#rest + text]
    this.#rest = lines.pop() as string
    if (this.#rest.length > LONGEST) throw unreadable(`it has a line of more than ${LONGEST} characters`)
    return lines.map(trimmed)
  }

  /** There is no more of it. @returns the last line, when it has no end */
  end(): readonly string[] {
    const last = this.#rest + this.#decoder.end()
    return last === '' ? [] : [trimmed(last)]
  }
}

function trimmed(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

/** What came is not the table that a bill is. Never quotes it: it is personal data. */
export function unreadable(problem: string): TransportError {
  return new TransportError(`the bill cannot be read: ${problem}`, {
    code: 'ERR_BILL',
    delivery: 'delivered',
  })
}
