import { wechatpay } from '../../lib/adapters/web'
import { describeAdapter, type Routes, testEaten } from '../support/adapter-suite'
import { listeningFetch } from '../support/listening'

function routes({ notifications, v3, v2 }: Routes): (request: Request) => Promise<Response> {
  const POST = { '/notify': wechatpay(notifications, v3), '/notify-v2': wechatpay(notifications.v2, v2) }
  return (request) => POST[new URL(request.url).pathname as keyof typeof POST](request)
}

describeAdapter("the web's Request", (given) => listeningFetch(routes(given)))

describeAdapter('one whose clone was read', (given) =>
  listeningFetch(async (request) => {
    await request.clone().text()
    return routes(given)(request)
  }),
)

testEaten(
  'one that was read',
  (given) =>
    listeningFetch(async (request) => {
      await request.json()
      return routes(given)(request)
    }),
  'request.clone()',
)
