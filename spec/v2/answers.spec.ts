import { ANSWERS, type AnswerKind, answerKind } from '../../lib/v2/answers'
import { readVectors, skipped } from '../conformance/vectors'

/** An operation of the catalogue, as far as its answer is concerned. */
interface Operation {
  readonly version: 'v2' | 'v3'
  readonly uri: string
  readonly path: string
  readonly response: { readonly kind: string; readonly unsigned?: boolean; readonly errorKind?: string }
}

const vectors = readVectors<Operation>('CATALOGUE', '../shared/catalogue/operations.jsonl')

/** What the catalogue's words mean here. */
function kindOf({ response: { kind, unsigned } }: Operation): AnswerKind | undefined {
  switch (kind) {
    case 'xml':
      return unsigned ? 'unsigned' : 'signed'
    case 'csv':
    case 'text':
      return 'text'
    case 'json':
    case 'redirect':
      return kind
    default:
      return undefined
  }
}

describe('the table of answers', () => {
  it('has each path once, with a reason', () => {
    expect(new Set(ANSWERS.map(({ path }) => path)).size).toBe(ANSWERS.length)
    for (const { path, reason } of ANSWERS) {
      expect(path).toMatch(/^(?:\/[\w-]+)+$/)
      expect(path).not.toMatch(/^\/v2\//)
      expect(reason).toMatch(/\S{3}/)
    }
  })

  it.each(ANSWERS.map(({ path, kind }) => [path, kind] as const))('%s: %s', (path, kind) => {
    expect(answerKind(path)).toBe(kind)
    expect(answerKind(`${path}?mch_id=1&x=/`)).toBe(kind)
    for (const other of [
      `${path}/`,
      `/x${path}`,
      path.toUpperCase(),
      `${path}s`,
      path.slice(1),
      `/v2${path}`,
    ]) {
      expect(answerKind(other)).toBe('signed')
    }
  })

  it.each([
    '',
    '/',
    '?',
    '/?/pay/downloadbill',
    '/pay/micropay?/pay/downloadbill',
    '/constructor',
    '__proto__',
  ])('%p is signed, as everything that it does not know', (target) => {
    expect(answerKind(target)).toBe('signed')
  })
})

describe('the catalogue', () => {
  const { lines } = vectors
  if (lines === undefined) {
    skipped('CATALOGUE', vectors)
    return
  }
  const operations = lines.filter(({ version }) => version === 'v2')

  it('has operations of APIv2, each of a kind that is known here', () => {
    expect(operations.length).toBeGreaterThan(100)
    expect(operations.filter((operation) => kindOf(operation) === undefined)).toEqual([])
  })

  it('says the same of every one of them', () => {
    const told = operations.map((operation) => `${operation.path}: ${kindOf(operation)}`)
    expect(operations.map(({ path }) => `${path}: ${answerKind(path)}`)).toEqual(told)
  })

  it('has every row of the table', () => {
    const paths = new Set(operations.map(({ path }) => path))
    expect(ANSWERS.filter(({ path }) => !paths.has(path))).toEqual([])
  })

  it('has failures of bills in XML only', () => {
    const texts = operations.filter((operation) => kindOf(operation) === 'text')
    expect(texts.map(({ response }) => response.errorKind)).toEqual(texts.map(() => 'xml'))
  })
})
