import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProcess } from './support/process'
import { SlowServer } from './support/slow-server'

const MB = 1024 * 1024
const SIZE = 100 * MB
const LIMIT = 60_000

test(
  'a video of 100 MB is uploaded in no more than 40 MB of memory',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'media-'))
    const file = join(folder, 'a.mp4')
    // All of it is a hole: it takes no room on the disk.
    const descriptor = openSync(file, 'w')
    ftruncateSync(descriptor, SIZE)
    closeSync(descriptor)
    const server = await SlowServer.start()
    try {
      const script = require.resolve('./support/upload-memory')
      const { code, stdout, stderr } = await runProcess(script, { args: [server.url, file], limit: LIMIT })
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      const { status, grown } = JSON.parse(stdout) as { status: number; grown: number }
      expect(status).toBe(404)
      const [arrival] = await server.arrivals()
      expect(arrival).toMatchObject({ whole: true })
      expect(arrival?.length).toBeGreaterThan(SIZE)
      expect(grown / MB).toBeLessThan(40)
    } finally {
      await server.close()
      rmSync(folder, { recursive: true })
    }
  },
  LIMIT + 10_000,
)
