import { Platform } from './platform'
import type { Answer, PlatformReport, PlatformSetup, PlatformTask } from './protocol'

const answer = (report: PlatformReport): boolean =>
  process.send?.({ report } satisfies Answer<PlatformReport>) ?? false

process.once('message', async ({ credentials, bill }: PlatformSetup) => {
  const platform = new Platform(credentials, bill)
  const url = await platform.start()
  process.on('message', (task: PlatformTask) => {
    if ('behave' in task) platform.behave(task.behave)
    answer(platform.tally)
  })
  answer({ url })
})

// Nobody is left to answer.
process.once('disconnect', () => process.exit())
