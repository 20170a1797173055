import { createReadStream, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MediaUtil, RequestError } from '../../../lib'
import type { Answered, Chain } from '../chain'
import { DEFAULT_BODY } from '../platform'
import { type Call, differs, fails, type Outcome, type Run, refusal, same, sends, type Table } from './entry'

/** What the PHP SDK's image holds. */
const IMAGE = Buffer.from('/9j/4AAQSkZJRm9yYWNsZSBmaXh0dXJlIGltYWdlLmpwZwo=', 'base64')

const BOUNDARY = '00112233445566778899aabbccddeeff00112233'
const TYPE = 'multipart/form-data; boundary=…'
const DIRECTLY = { expect: undefined, 'transfer-encoding': undefined }
const AT_ONCE = 'the length is known, and no 100-continue is waited for'
const ANSWERED: Outcome = { kind: 'response', status: 200, body: DEFAULT_BODY, verified: true }

const options = (media: MediaUtil): object => ({
  body: media.getStream(),
  headers: { 'Content-Type': media.getContentType() },
})

const image = (folder: string): MediaUtil => {
  mkdirSync(folder)
  const path = join(folder, 'image.jpg')
  writeFileSync(path, IMAGE)
  return new MediaUtil(path)
}

const csv = (): MediaUtil => new MediaUtil('a.csv', Buffer.from('data'))

const noSuchOption = (call: Call): Run =>
  differs("Guzzle's own options are not taken: the form of an upload is known", call, refusal(/^multipart\b/))

const upload = (root: Chain): Chain => root.chain('v3/merchant/media/upload')

export const uploads: Table = {
  'body/MediaUtil: only the meta is signed': differs(
    AT_ONCE,
    (i, { vacancy }) => upload(i).post(options(image(vacancy))),
    sends({ headers: DIRECTLY }),
  ),
  'body/MediaUtil without the content type header': differs(
    'the stream knows what it is',
    (i, { vacancy }) => upload(i).post({ body: image(vacancy).getStream() }),
    sends({ headers: { ...DIRECTLY, 'content-type': TYPE } }),
  ),
  'body/MediaUtil with name and stream': differs(
    `${AT_ONCE}; JSON is written without escapes`,
    async (i): Promise<Answered> => {
      const media = new MediaUtil('图 片.jpg', Buffer.from('data'))
      expect(media.getMeta()).toBe(
        '{"filename":"图 片.jpg","sha256":"3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7"}',
      )
      return upload(i).post(options(media))
    },
    sends({ headers: DIRECTLY }),
  ),
  'body/MediaUtil setMeta': differs(
    AT_ONCE,
    (i) => i.v3.x.post(options(csv().setMeta('{"bank_type":"中"}'))),
    sends({ headers: DIRECTLY }),
  ),
  'body/MediaUtil sent twice': differs(
    'a MediaUtil can be sent as often as one likes, and so can its stream',
    async (i) => {
      const given = options(csv())
      await i.v3.x.post(given)
      return i.v3.x.post(given)
    },
    (recorded) => {
      const { sent } = sends({ headers: DIRECTLY })(recorded)
      return { sent: [...sent, ...sent], outcome: ANSWERED }
    },
  ),
  'body/MediaUtil of a missing file': fails(() => new MediaUtil('/nonexistent.jpg'), {
    type: RequestError,
    message: /^media\b.*ENOENT/,
  }),
  'body/MultipartStream as body': same((i, { file }) =>
    i.v3.x.post({
      body: createReadStream(file),
      headers: { 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}` },
    }),
  ),
  'body/multipart': noSuchOption((i) =>
    i.v3.x.post({ multipart: [{ name: 'f', contents: 'data', filename: '图 片.png' }] }),
  ),
  'body/multipart with explicit content type loses the boundary': noSuchOption((i) =>
    i.v3.x.post({
      multipart: [{ name: 'a', contents: 'b' }],
      headers: { 'Content-Type': 'multipart/form-data' },
    }),
  ),
}
