import { type Clients, clientOf } from './compare'
import { credentials } from './credentials'
import { type PlatformProcess, Processes } from './processes'
import { type Judge, selfTest } from './self-test'

/* What `npm run bench` tests before it measures, with clients that need no package; and that it fails when it has to. */

const HOMES = {
  'wechatpay-chain': '.',
  'wechatpay-axios-plugin': '.',
  'wechatpay-node-v3': '.',
  'fast-xml-parser': '.',
  'uri-template': '.',
  crypto: '.',
  undici: '.',
  stub: '.',
}

let processes: Processes
let clients: Clients
let platform: PlatformProcess
beforeAll(async () => {
  processes = new Processes()
  clients = { processes, credentials, homes: HOMES }
  platform = await processes.platform({ credentials }, 'two')
})
afterAll(() => processes[Symbol.dispose]())

/** The platform, with something of it replaced. */
const judge = (changes: Partial<Judge> = {}): Judge => ({
  url: platform.url,
  behave: (behaviour) => platform.behave(behaviour),
  tally: () => platform.tally(),
  ...changes,
})

test('passes, and nobody took what is forged', async () => {
  await expect(selfTest(clients, judge(), [])).resolves.toEqual([])
})

test('fails with a client that sends nothing', async () => {
  const tested = selfTest(clients, judge(), ['crypto'])
  await expect(tested).rejects.toThrow("the bench's own test failed: crypto: 0 requests, and not 40")
})

test.each<[what: string, changes: () => Partial<Judge>, message: string]>([
  [
    'overlooks what is wrong',
    () => ({ tally: async () => ({ ...(await platform.tally()), wrong: 0 }) }),
    'a client with another key: 0 wrong, and not 1',
  ],
  [
    'finds everything wrong',
    () => ({ tally: async () => ({ ...(await platform.tally()), wrong: 40 }) }),
    'a client that does everything right: 40 wrong, and not 0',
  ],
  [
    'does not check every request',
    () => ({ tally: async () => ({ ...(await platform.tally()), checked: 39 }) }),
    'a client that does everything right: 39 checked, and not 40',
  ],
  [
    'never refuses',
    () => ({ behave: (behaviour) => platform.behave({ ...behaviour, check: 'later' }) }),
    'a client with another key, checked at once, was taken',
  ],
  [
    'forges nothing',
    () => ({ behave: ({ check }) => platform.behave({ check }) }),
    'what is forged (signature,body) is not: a client that verifies took it',
  ],
])('fails with a platform that %s', async (_, changes, message) => {
  await expect(selfTest(clients, judge(changes()), [])).rejects.toThrow(
    `the bench's own test failed: ${message}`,
  )
})

describe('a count', () => {
  const run = async (flaw?: 'signs another body'): Promise<void> => {
    await using client = await clientOf(clients, 'stub', platform.url, 'two', flaw && { flaw })
    await client.run({ task: 'requests', count: 10, atATime: 2 })
  }

  test('is kept of what is right', async () => {
    const before = platform.requests
    await platform.counted(10, () => run())
    expect(platform.requests).toBe(before + 10)
  })

  test('fails when something was wrong, or when there were more or fewer', async () => {
    await expect(platform.counted(10, () => run('signs another body'))).rejects.toThrow('10 were wrong')
    await expect(platform.counted(11, () => run())).rejects.toThrow('11 requests were expected: 10 came')
    await expect(platform.counted(9, () => run())).rejects.toThrow('9 requests were expected: 10 came')
  })
})
