/** The platform of `npm run soak`, in a process of its own: one answer in ten goes wrong, in turn in every way there is. */
import { type Fault, Simulator } from '../../../lib/simulator'

const FAULTS: readonly Fault[] = [
  { kind: 'reset' },
  { kind: 'reset', acts: true },
  { kind: 'truncate', acts: true },
  { kind: 'truncate', chunked: true },
  { kind: 'hang' },
  { kind: 'hang', acts: true },
  { kind: 'delay', ms: 300 },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 502, html: true, acts: true },
  { kind: 'status', status: 503, headers: { 'Retry-After': '1' } },
  { kind: 'status', status: 429 },
  { kind: 'tamper' },
  { kind: 'foreign' },
  { kind: 'serial' },
  { kind: 'probe' },
  { kind: 'stale', seconds: 600 },
  { kind: 'drop', header: ['Wechatpay-Signature', 'sign'] },
]

async function main(): Promise<void> {
  const simulator = await Simulator.start({ capacity: 1_000_000 })
  const rate = Number(process.argv[2])
  let turn = 0
  const timer = setInterval(
    () => simulator.fault({ ...(FAULTS[turn++ % FAULTS.length] as Fault), times: 1 }),
    10_000 / rate,
  )
  process.on('message', () => {
    clearInterval(timer)
    process.send?.('calm')
  })
  process.on('disconnect', () => void simulator.close())
  process.send?.(simulator.credentials)
}

main()
