import { Builder } from '../../lib'
import { config } from '../conformance/platform'

/*
 * Sends a file to a server that answers 404, and prints by how many bytes the process grew meanwhile at most.
 * Arguments: the server, the file.
 */

async function main(base_uri = '', file = ''): Promise<void> {
  await using root = Builder.factory({ ...config, base_uri })
  const start = process.memoryUsage.rss()
  let peak = start
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }, 2)
  const status = await root.v3.merchant.media.video_upload
    .post({ media: file })
    .catch((error: { status?: number }) => error.status)
  clearInterval(watch)
  process.stdout.write(JSON.stringify({ status, grown: peak - start }))
}

void main(...process.argv.slice(2))
