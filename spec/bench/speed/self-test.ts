import { generateKeyPairSync } from 'node:crypto'
import type { Behaviour, Credentials, Forgery, Tally } from './child/platform'
import type { ClientSetup, Flaw, Name } from './child/protocol'
import { type Clients, clientOf, OURS } from './compare'
import type { ClientProcess } from './processes'

/** A platform, as far as it is tested. */
export interface Judge {
  readonly url: string
  behave(behaviour: Behaviour): Promise<void>
  tally(): Promise<Tally>
}

/** Requests of a client's that does everything right; one that is wrong is among so many. */
const COUNT = 40
const FORGERIES: readonly Forgery[] = ['signature', 'body']
const WRONGLY_SIGNED: readonly Flaw[] = ['signs another body', 'signs another path']

/**
 * Before anything is measured: is whatever is right taken, is whatever is wrong noticed? First with clients that are
 * wrong on purpose, then with those that are measured.
 * @param names those that are measured
 * @returns those of them that take an answer that is forged
 * @throws when something goes unnoticed, or when ours takes one
 */
export async function selfTest(clients: Clients, judge: Judge, names: readonly Name[]): Promise<Name[]> {
  await testStubs(clients, judge)
  const credulous: Name[] = []
  for (const name of names) {
    await using client = await clientOf(clients, name, judge.url, 'two')
    await takesWhatIsRight(judge, client, name)
    await using stranger = await clientOf(withAnotherKey(clients), name, judge.url, 'two')
    await noticesWhatIsWrong(judge, client, stranger, `${name} with another key`)
    if ((await believed(judge, client)).length > 0) credulous.push(name)
  }
  demand(!credulous.includes(OURS), `${OURS} took a forged answer`)
  return credulous
}

async function testStubs(clients: Clients, judge: Judge): Promise<void> {
  const stub = (flaw?: Flaw, from = clients): Promise<ClientProcess> =>
    clientOf(from, 'stub' satisfies ClientSetup['name'], judge.url, 'two', flaw && { flaw })
  await using honest = await stub()
  await takesWhatIsRight(judge, honest, 'a client that does everything right')
  const doubtful = await believed(judge, honest)
  demand(doubtful.length === 0, `what is forged (${doubtful}) is not: a client that verifies took it`)

  await using stranger = await stub(undefined, withAnotherKey(clients))
  await noticesWhatIsWrong(judge, honest, stranger, 'a client with another key')
  for (const flaw of WRONGLY_SIGNED) {
    await using flawed = await stub(flaw)
    await noticesWhatIsWrong(judge, honest, flawed, `a client that ${flaw}`)
  }

  await using credulous = await stub('verifies nothing')
  await takesWhatIsRight(judge, credulous, 'a client that verifies nothing')
  const taken = await believed(judge, credulous)
  demand(taken.length === FORGERIES.length, 'a client that verifies nothing was not noticed')
}

async function takesWhatIsRight(judge: Judge, client: ClientProcess, who: string): Promise<void> {
  for (const check of ['at once', 'later'] as const) {
    await judge.behave({ check })
    await makesRequests(client, who)
    expectTally(await judge.tally(), { requests: COUNT, checked: COUNT, wrong: 0 }, who)
  }
}

async function makesRequests(client: ClientProcess, who: string): Promise<void> {
  const failure = await client.run({ task: 'requests', count: COUNT, atATime: 4 }).then(
    () => undefined,
    (error: Error) => error.message,
  )
  demand(failure === undefined, `${who}: ${failure}`)
}

/** One request, among others that are right: refused where it is checked at once, and counted in any case. */
async function noticesWhatIsWrong(
  judge: Judge,
  honest: ClientProcess,
  wrong: ClientProcess,
  who: string,
): Promise<void> {
  for (const check of ['at once', 'later'] as const) {
    await judge.behave({ check })
    await makesRequests(honest, who)
    const { accepted } = await wrong.run({ task: 'try' })
    demand(
      accepted === (check === 'later'),
      `${who}, checked ${check}, was ${accepted ? 'taken' : 'refused'}`,
    )
    expectTally(await judge.tally(), { requests: COUNT + 1, checked: COUNT + 1, wrong: 1 }, who)
  }
}

/** @returns which forged answers it takes */
async function believed(judge: Judge, client: ClientProcess): Promise<Forgery[]> {
  const taken: Forgery[] = []
  for (const forge of FORGERIES) {
    await judge.behave({ check: 'at once', forge })
    if ((await client.run({ task: 'try' })).accepted) taken.push(forge)
  }
  return taken
}

function expectTally(tally: Tally, expected: Tally, who: string): void {
  for (const key of ['requests', 'checked', 'wrong'] as const) {
    demand(tally[key] === expected[key], `${who}: ${tally[key]} ${key}, and not ${expected[key]}`)
  }
}

function withAnotherKey(clients: Clients): Clients {
  const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const privateKey = String(key.export({ type: 'pkcs8', format: 'pem' }))
  const credentials: Credentials = { ...clients.credentials, privateKey }
  return { ...clients, credentials }
}

function demand(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(`the bench's own test failed: ${otherwise}`)
}
