import express, { type Express } from 'express'
import { keepRawBody, wechatpay } from '../../lib/adapters/express'
import { describeAdapter, type Routes, testEaten } from '../support/adapter-suite'
import { listening } from '../support/listening'

function routes(app: Express, { notifications, v3, v2 }: Routes): Express {
  app.post('/notify', wechatpay(notifications, v3))
  app.post('/notify-v2', wechatpay(notifications.v2, v2))
  return app
}

describeAdapter('before express.json()', (given) => {
  const app = routes(express(), given)
  app.use(express.json(), express.urlencoded())
  return listening(app)
})

describeAdapter('after express.json() with keepRawBody', (given) => {
  const app = express()
  app.use(express.json({ verify: keepRawBody }))
  return listening(routes(app, given))
})

describeAdapter('after express.raw()', (given) => {
  const app = express()
  app.use(express.raw({ type: '*/*' }))
  return listening(routes(app, given))
})

describeAdapter('after express.text()', (given) => {
  const app = express()
  app.use(express.text({ type: ['text/xml', 'application/json'] }))
  return listening(routes(app, given))
})

describeAdapter("a server of Node's own", ({ notifications, v3, v2 }) => {
  const receive = { '/notify': wechatpay(notifications, v3), '/notify-v2': wechatpay(notifications.v2, v2) }
  return listening((request, response) => receive[request.url as keyof typeof receive](request, response))
})

testEaten(
  'after express.json()',
  (given) => {
    const app = express()
    app.use(express.json())
    return listening(routes(app, given))
  },
  'mount this route before app.use(express.json())',
)
