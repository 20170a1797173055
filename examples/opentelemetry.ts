/**
 * Calls seen by OpenTelemetry: each attempt is a span that undici's instrumentation makes, and what this package tells of it
 * stands in the span of the call above it.
 */
import { subscribe } from 'node:diagnostics_channel'
import { type Attributes, trace } from '@opentelemetry/api'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import {
  ConsoleSpanExporter,
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node'
import { type AnswerEvent, Builder } from 'wechatpay-chain'
import { Simulator } from 'wechatpay-chain/simulator'

const exported = new InMemorySpanExporter()
new NodeTracerProvider({
  spanProcessors: [new ConsoleSpanExporter(), exported].map((exporter) => new SimpleSpanProcessor(exporter)),
}).register()
registerInstrumentations({
  instrumentations: [
    new UndiciInstrumentation({
      // Path and query hold an openid, or the number of an order: the span above knows the template instead.
      startSpanHook: ({ origin }) => ({ 'url.full': `${origin}/*`, 'url.path': '/*', 'url.query': '' }),
      headersToSpanAttributes: { responseHeaders: ['request-id'] },
    }),
  ],
})

// The events of a call come in its own context. None of them holds a secret, or a value of the call.
for (const name of ['request', 'answer', 'retry', 'failover', 'keys'])
  subscribe(`wechatpay-chain:${name}`, (event) =>
    trace.getActiveSpan()?.addEvent(`wechatpay-chain:${name}`, event as Attributes),
  )
subscribe('wechatpay-chain:answer', (event) => {
  const { label, attempt, requestId, delivery = 'delivered' } = event as AnswerEvent
  trace.getActiveSpan()?.setAttributes({
    'wechatpay.call': label,
    'wechatpay.attempt': attempt,
    'wechatpay.request_id': requestId,
    'wechatpay.delivery': delivery,
  })
})

async function main(): Promise<void> {
  await using simulator = await Simulator.start()
  await using instance = Builder.factory(simulator.credentials)
  const openid = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'

  // The gateway is out of order for a moment: a read is tried again.
  simulator.fault({ kind: 'status', status: 503, times: 1 })
  await trace
    .getTracer('shop')
    .startActiveSpan('coupons of a user', (span) =>
      instance.v3.marketing.favor.users._openid_.coupons
        .get({ openid, query: { appid: 'wx…' } })
        .finally(() => span.end()),
    )
  const { secret, apiv3Key } = simulator.credentials
  check(exported.getFinishedSpans(), [openid, secret, apiv3Key, 'PRIVATE KEY', 'WECHATPAY2-'])
}

/** What has to be in the spans, and what must not. */
function check(spans: readonly ReadableSpan[], secrets: readonly string[]): void {
  const call = spans.find(({ attributes }) => attributes['wechatpay.attempt'] === 2)
  const attempts = spans.filter(
    ({ parentSpanContext }) => parentSpanContext?.spanId === call?.spanContext().spanId,
  )
  const text = JSON.stringify(
    spans.map(({ name, attributes, status, events }) => ({ name, attributes, status, events })),
  )
  const leak = secrets.some((secret) => text.includes(secret))
  console.log(
    `${attempts.length} attempts in the span of the call;`,
    leak ? 'something leaked' : 'nothing leaked',
  )
  if (!call || attempts.length !== 2 || leak) process.exitCode = 1
}

main()
