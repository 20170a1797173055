import { Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { validator } from 'hono/validator'
import { wechatpay } from '../../lib/adapters/hono'
import { describeAdapter, type Start, testEaten } from '../support/adapter-suite'
import { listeningFetch } from '../support/listening'

const after =
  (...middleware: readonly MiddlewareHandler[]): Start =>
  ({ notifications, v3, v2 }) => {
    const app = new Hono()
    for (const each of middleware) app.use(each)
    app.post('/notify', wechatpay(notifications, v3))
    app.post('/notify-v2', wechatpay(notifications.v2, v2))
    return listeningFetch((request) => app.fetch(request))
  }

/** Reads the body as some middleware for logging would. */
const reading =
  (read: 'json' | 'text' | 'arrayBuffer' | 'blob' | 'formData'): MiddlewareHandler =>
  async ({ req }, next) => {
    await req[read]().catch(() => {})
    await next()
  }

describeAdapter('as it comes', after())
describeAdapter('behind bodyLimit', after(bodyLimit({ maxSize: 2 ** 20 })))
describeAdapter('after c.req.text()', after(reading('text')))
describeAdapter('after c.req.json()', after(reading('json')))
describeAdapter('after c.req.arrayBuffer()', after(reading('arrayBuffer')))
describeAdapter('after a validator', after(validator('json', (value) => value)))

testEaten('after c.req.formData()', after(reading('formData')), 'before whatever takes c.req.formData()')
testEaten(
  'after c.req.raw.json()',
  after(async ({ req }, next) => {
    await req.raw.json()
    await next()
  }),
  'or reads c.req.raw',
)
