import { operations } from '../../lib/catalogue'
import { isAccepted } from '../../lib/v3/accepted'

/** A documented call as sent, every variable filled in. */
const calls = operations()
  .filter(({ uri }) => uri.startsWith('v3/'))
  .map(({ verb, uri, path, answer }) => ({
    verb,
    target: (path ?? `/${uri}`).replace(/\{\w+\}/g, 'A1'),
    documented: answer.status === 202,
  }))

test('202 is taken for the answer where it is the documented one, and nowhere else', () => {
  expect(calls.length).toBeGreaterThan(1_000)
  expect(calls.filter(({ documented }) => documented)).toHaveLength(7)
  const wrong = calls.filter(({ verb, target, documented }) => {
    return isAccepted(verb, target) !== documented || isAccepted(verb, `${target}?a=/b`) !== documented
  })
  expect(wrong).toEqual([])
})

test.each([
  ['GET', '/v3/new-tax-control-fapiao/fapiao-applications/A1'],
  ['POST', '/v3/new-tax-control-fapiao/fapiao-applications-too'],
  ['POST', '/v3/new-tax-control-fapiao/fapiao-applications/A1'],
  ['POST', '/v3/x?y=/v3/new-tax-control-fapiao/fapiao-applications'],
  ['POST', '/x/v3/new-tax-control-fapiao/fapiao-applications'],
])('%s %s is none of them', (verb, target) => {
  expect(isAccepted(verb, target)).toBe(false)
})
