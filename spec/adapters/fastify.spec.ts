import fastify, { type FastifyInstance } from 'fastify'
import { wechatpay } from '../../lib/adapters/fastify'
import { describeAdapter, type Routes, type Stage } from '../support/adapter-suite'

/** So that it closes at once, whatever the clients keep open. */
const OPTIONS = { forceCloseConnections: true }

function routes(app: FastifyInstance, { notifications, v3, v2 }: Routes): FastifyInstance {
  app.register(wechatpay(notifications, v3), { url: '/notify' })
  app.register(wechatpay(notifications.v2, v2), { url: '/notify-v2' })
  app.post('/other', async ({ body }) => ({ body }))
  return app
}

async function started(app: FastifyInstance): Promise<Stage> {
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return { url, close: () => app.close() }
}

describeAdapter("beside Fastify's own parser", (given) => started(routes(fastify(OPTIONS), given)))

describeAdapter('beside parsers of the application', (given) => {
  const app = fastify(OPTIONS)
  app.addContentTypeParser(['text/xml', '*'], { parseAs: 'string' }, async () => ({ parsed: true }))
  return started(routes(app, given))
})

test('all other routes keep their parsers', async () => {
  const app = fastify(OPTIONS)
  app.register(
    wechatpay({ handle: async () => ({ status: 204, headers: {}, body: '' }) }, () => {}),
    {
      url: '/notify',
    },
  )
  app.post('/other', async ({ body }) => body)
  const { url, close } = await started(app)
  const response = await fetch(`${url}/other`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"a":1}',
  })
  expect(await response.json()).toEqual({ a: 1 })
  await close()
})
