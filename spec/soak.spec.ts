import { Simulator } from '../lib/simulator'
import { runProcess } from './support/process'
import type { SoakReport } from './support/soak'

/** `SOAK=50000` runs the long one. */
const REQUESTS = Number(process.env.SOAK ?? 6_000)
const FULL = 4_000
const LIMIT = 60_000 + 20 * REQUESTS

test(
  `the heap is as large after ${REQUESTS} requests as after ${FULL}, and the process ends once all is closed`,
  async () => {
    expect(REQUESTS).toBeGreaterThan(FULL)
    const options = { node: ['--expose-gc'], args: [String(REQUESTS)], limit: LIMIT }
    const { code, stdout, stderr } = await runProcess(require.resolve('./support/soak'), options)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { requests, heap } = JSON.parse(stdout) as SoakReport
    expect(requests).toBeGreaterThan(0.99 * REQUESTS)
    const [before = 0, after = Infinity] = [heap[FULL], heap[REQUESTS]]
    if (REQUESTS >= 50_000) process.stderr.write(`heap in use, by requests: ${JSON.stringify(heap)}\n`)
    expect(after / before).toBeLessThanOrEqual(1.1)
  },
  LIMIT + 10_000,
)

describe('nothing of a client keeps its process alive', () => {
  const SOON = 2_000
  const LIMIT = 30_000
  let simulator: Simulator

  beforeAll(async () => {
    simulator = await Simulator.start()
    simulator.fault({ kind: 'hang', match: { path: 'v3/offlineface/face-collections/hung' } })
  })
  afterAll(() => simulator.close())

  test.each([
    ['once it is closed', ['close']],
    ['once its last call is answered', []],
  ])(
    '%s',
    async (_, args) => {
      const options = { args, input: JSON.stringify(simulator.credentials), limit: LIMIT }
      const { code, stdout, stderr, lingered } = await runProcess(
        require.resolve('./support/leaving'),
        options,
      )
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(JSON.parse(stdout)).toEqual([200, 200, 'RESOURCE_NOT_EXISTS', 'ERR_ABORTED', 'ERR_TIMEOUT'])
      expect(lingered).toBeLessThan(SOON)
    },
    LIMIT + 10_000,
  )
})
