import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { TransportError } from '../../../lib'
import { config, REQUEST_ID, unsigned } from '../platform'
import {
  type Bench,
  type Call,
  differs,
  fails,
  gives,
  refusal,
  refused,
  sends,
  type Table,
  yields,
} from './entry'

const download =
  (report: (response: { data: unknown; body: Buffer }, text: string) => unknown): Call =>
  async (i, { vacancy }) => {
    const response = await i.v3.billdownload.file.get({ sink: vacancy, query: { token: 't' } })
    return report(response, readFileSync(vacancy, 'utf8'))
  }

async function arrived({ loopback }: Bench): Promise<boolean> {
  for (let left = 100; left > 0 && loopback.received.length === 0; left--) await setTimeout(20)
  return loopback.received.length > 0
}

const VERBS = /get, put, post, patch/

export const transport: Table = {
  'transport/connection refused': fails(
    (i) => i.v3.x.get(),
    { type: TransportError, has: { code: 'ECONNREFUSED', delivery: 'not-sent' } },
    { config: { dispatcher: undefined, base_uri: 'http://127.0.0.1:9/' } },
  ),
  'transport/connection refused v2': fails(
    (i) => i.v2.x.post({ xml: { mch_id: config.mchid } }),
    { type: TransportError, has: { code: 'ECONNREFUSED', delivery: 'not-sent' } },
    { apiv2: true, config: { dispatcher: undefined, base_uri: 'http://127.0.0.1:9/' } },
  ),
  'transport/unresolvable host': fails(
    (i) => i.v3.x.get(),
    { type: TransportError, has: { delivery: 'not-sent' } },
    { config: { dispatcher: undefined, base_uri: 'http://nothing.invalid/' } },
  ),
  'transport/sync result class': differs(
    'a response has members, not getters',
    async (i) => {
      const { status, headers, data, body, requestId, verified } = await i.v3.x.get()
      return [status, headers instanceof Headers, data, body instanceof Buffer, requestId, verified]
    },
    gives([200, true, { oracle: true }, true, REQUEST_ID, true]),
  ),
  'transport/async result class': differs(
    'a JavaScript promise, with the two methods that PHP samples call',
    async (i) => {
      const pending = i.v3.x.getAsync()
      await pending
      return [pending instanceof Promise, typeof pending.otherwise, typeof pending.wait]
    },
    sends({ target: '/v3/x' }, { kind: 'value', value: [true, 'function', 'function'] }),
  ),
  'transport/async is not sent until waited for': differs(
    "JavaScript's promises do not wait to be waited for",
    async (i, bench) => {
      const pending = i.v3.x.getAsync()
      const seen = await arrived(bench)
      await pending.wait()
      return { 'arrived before wait()': seen }
    },
    gives({ 'arrived before wait()': true }),
  ),
  'transport/sink to a file': differs(
    'what went into the sink is not handed out a second time',
    download(({ data, body }, text) => [data, body.length, text]),
    gives([undefined, 0, 'bill']),
    { answer: () => unsigned(200, {}, 'bill') },
  ),
  'transport/sink content': differs(
    'every behaviour runs by itself here: the file is written first',
    download((_, text) => text),
    sends({ target: '/v3/billdownload/file?token=t' }, { kind: 'value', value: 'bill' }),
    { answer: () => unsigned(200, {}, 'bill') },
  ),
  'transport/unknown options are ignored': differs(
    'a misspelt option of a call about money must not pass unseen',
    (i) => i.v3.x.get({ whatever: {} }),
    refusal(/\bwhatever\b/),
  ),
  'transport/get() with a non-array': refused((i) => i.v3.x.get('a=1'), /^options\b/),
  'transport/unknown verb': refused((i) => i.v3.x.head(), VERBS),
  'transport/unknown verb options': refused((i) => i.v3.x.request('GET'), VERBS),
  'transport/handler: removing the verifier': differs(
    'verification cannot be switched off',
    (i) => i.v3.x.get({ handler: () => undefined }),
    refusal(/\bhandler\b/),
    { answer: () => unsigned(200, {}, 'x') },
  ),
  'transport/handler stack order v3': differs(
    'undici takes the place of Guzzle: the stack is one composed dispatcher',
    (_, { driver }) => typeof driver.select('v3').dispatch,
    yields('function'),
  ),
  'transport/handler stack order v2': differs(
    'undici takes the place of Guzzle: the stack is one composed dispatcher, another than that of v3',
    (_, { driver }) => [typeof driver.select('v2').dispatch, driver.select('v2') === driver.select('v3')],
    yields(['function', false]),
  ),
}
