import { Collector, collect, LARGEST } from '../lib/collector'

const MEGABYTE = Buffer.alloc(1024 * 1024)

it('keeps a success whole', () => {
  const collector = new Collector(200, LARGEST)
  for (const text of ['a', '', 'bc']) collector.add(Buffer.from(text))
  expect(collector.body.toString()).toBe('abc')
})

it('refuses a success that is too large, and ends its connection', () => {
  const collector = new Collector(204, LARGEST)
  for (let size = 0; size < LARGEST; size += MEGABYTE.length) collector.add(MEGABYTE)
  const controller = { abort: jest.fn() }
  collect(collector, Buffer.from('x'), controller)
  expect(controller.abort).toHaveBeenCalledWith(
    expect.objectContaining({ name: 'TransportError', code: 'ERR_TOO_LARGE', delivery: 'delivered' }),
  )
})

it('keeps of a failure what tells enough', () => {
  const collector = new Collector(500, LARGEST)
  for (let count = 0; count < 100; count++) collector.add(MEGABYTE)
  expect(collector.body.length).toBe(MEGABYTE.length)
})
