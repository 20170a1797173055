import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { type Call, differs, type Run, refusal, refused, sends, type Table } from './entry'

const body = (value: unknown): Call => {
  return (i) => i.v3.x.post({ body: value })
}

const noSuchOption = (call: Call): Run =>
  differs("Guzzle's own options are not taken: no v3 call has a form", call, refusal(/\bform_params\b/))

/** A stream from which something was already read. */
function begun(text: string, length: number): Readable {
  const stream = new Readable({ read: () => undefined })
  stream.push(text)
  stream.push(null)
  stream.read(length)
  return stream
}

async function* chunks(): AsyncGenerator<string> {
  yield 'a'
  yield 'b'
}

const WITHOUT_ASKING = 'the body is sent at once, with its length: no 100-continue is waited for'

export const bodyOption: Table = {
  'body/nothing with get': (i) => i.v3.x.get(),
  'body/nothing with put': (i) => i.v3.x.put(),
  'body/nothing with post': (i) => i.v3.x.post(),
  'body/nothing with patch': (i) => i.v3.x.patch(),
  'body/nothing with delete': (i) => i.v3.x.delete(),
  'body/string': body('raw 中'),
  'body/empty string': body(''),
  'body/string 0': body('0'),
  'body/int': body(5),
  'body/float': body(1.5),
  'body/true': body(true),
  'body/false': body(false),
  'body/null': body(null),
  'body/array': refused(body({ a: 1 }), /^body\b/),
  'body/stream': (i) => i.v3.x.post({ body: Readable.from([Buffer.from('str'), Buffer.from('eam')]) }),
  'body/stream not at the start': differs(
    'a Node.js stream cannot be rewound: what is left of it is sent',
    (i) => i.v3.x.post({ body: begun('stream', 3) }),
    sends({ body: 'eam' }),
  ),
  'body/resource': (i, { file }) => i.v3.x.post({ body: createReadStream(file) }),
  'body/lazy file stream (mime from name)': (i, { file }) =>
    i.v3.x.post({ body: createReadStream(file, { highWaterMark: 7 }) }),
  'body/Stringable': differs(
    'an object is more likely a forgotten json',
    body({ toString: () => 'str/ing' }),
    refusal(/^body\b/),
  ),
  'body/iterator': differs(
    'an async iterable is a stream, and is read to its end before it is signed',
    (i) => i.v3.x.post({ body: chunks() }),
    sends({ method: 'POST', target: '/v3/x', body: 'ab' }),
  ),
  'body/closure producing chunks': refused(
    body(() => 'ab'),
    /^body\b/,
  ),
  'body/above 1 MiB': differs(
    WITHOUT_ASKING,
    body('x'.repeat(1024 * 1024 + 1)),
    sends({ headers: { expect: undefined } }),
  ),
  'body/exactly 1 MiB': differs(
    WITHOUT_ASKING,
    body('x'.repeat(1024 * 1024)),
    sends({ headers: { expect: undefined } }),
  ),
  'body/1 MiB minus one': body('x'.repeat(1024 * 1024 - 1)),
  'body/string with content-type': (i) =>
    i.v3.x.post({ body: 'a=1', headers: { 'Content-Type': 'text/plain' } }),
  'body/with GET': (i) => i.v3.x.get({ body: 'raw' }),
  'body/with DELETE': (i) => i.v3.x.delete({ body: 'raw' }),
  'body/json and body together': differs(
    'one of the two would be dropped without a word',
    (i) => i.v3.x.post({ body: 'raw', json: { a: 1 } }),
    refusal(/^body\b.*json/),
  ),
  'body/form_params': noSuchOption((i) =>
    i.v3.x.post({ form_params: { 'a b': 'c d', n: { x: true, y: null }, z: '~*' } }),
  ),
  'body/form_params and json': noSuchOption((i) => i.v3.x.post({ form_params: { a: 'b' }, json: { a: 1 } })),
  'body/form_params and multipart': refused(
    (i) => i.v3.x.post({ form_params: { a: 'b' }, multipart: [] }),
    /\bform_params\b/,
  ),
}
