import { Bill, Builder, type Config } from '../../lib'

/** What a process of its own is told to do with a bill, on its standard input. */
export interface BillTask {
  readonly config: Config
  /** Where it saves the bill; without one it reads the rows. */
  readonly path?: string
}

/** What it reports. */
export interface BillReport {
  readonly rows: number
  /** Bytes of memory (RSS), at most, above those before. */
  readonly grown: number
  readonly summary: Readonly<Record<string, string | undefined>> | undefined
}

async function main(): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  const { config, path } = JSON.parse(String(Buffer.concat(chunks))) as BillTask
  await using instance = Builder.factory(config)
  // The first call loads what every call needs.
  await Bill.trade(instance, { bill_date: 'short' }).buffer()
  const before = process.memoryUsage.rss()
  let peak = before
  const sample = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }
  const timer = setInterval(sample, 10)
  const bill = Bill.trade(instance, { bill_date: 'long' })
  let rows = 0
  if (path === undefined) {
    for await (const row of bill) {
      if (row.订单金额 !== '0.01') throw new Error('a row is not what was sent')
      if (++rows % 10_000 === 0) sample()
    }
  } else {
    await bill.save(path)
  }
  sample()
  clearInterval(timer)
  const summary = path === undefined ? await bill.summary() : undefined
  const report: BillReport = { rows, grown: peak - before, summary }
  process.stdout.write(JSON.stringify(report))
}

main()
