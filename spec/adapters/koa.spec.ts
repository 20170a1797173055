import Koa from 'koa'
import bodyParser from 'koa-bodyparser'
import { wechatpay } from '../../lib/adapters/koa'
import { describeAdapter, type Routes, testEaten } from '../support/adapter-suite'
import { listening } from '../support/listening'

function routes({ notifications, v3, v2 }: Routes): Koa.Middleware {
  const receive = { '/notify': wechatpay(notifications, v3), '/notify-v2': wechatpay(notifications.v2, v2) }
  return (context) => receive[context.path as keyof typeof receive](context)
}

describeAdapter('without a parser', (given) => listening(new Koa().use(routes(given)).callback()))

describeAdapter('after koa-bodyparser', (given) =>
  listening(new Koa().use(bodyParser()).use(routes(given)).callback()),
)

describeAdapter('after koa-bodyparser that takes XML too', (given) =>
  listening(
    new Koa()
      .use(bodyParser({ enableTypes: ['json', 'form', 'xml'] }))
      .use(routes(given))
      .callback(),
  ),
)

testEaten(
  'after a parser that keeps nothing',
  (given) => {
    const app = new Koa()
    app.use(async ({ req, request }, next) => {
      const parts: Buffer[] = []
      for await (const part of req) parts.push(part)
      request.body = JSON.parse(String(Buffer.concat(parts)))
      await next()
    })
    return listening(app.use(routes(given)).callback())
  },
  'koa-bodyparser, which keeps them as ctx.request.rawBody',
)
