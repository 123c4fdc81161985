import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callSimulator, type RunningSimulator, readBook, startSimulator } from '../../src/psp/simulator/testing.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { makeHome, type RunningServer, removeHome, startServer } from '../support/running-server.ts'
import type { Json } from '../support/server.ts'
import { type SteadyClient, startSteadyClient } from '../support/steady-client.ts'
import { waitFor } from '../support/wait-for.ts'

/**
 * Two server processes on one database and one PSP, under load, each started again while the other serves, and one killed.
 * Goal: no caller sees it, nothing is lost and nothing is charged twice.
 */

const SLOW_MS = 120_000
const WAIT = { timeoutMs: 60_000 }
const PURCHASES = 40

type Member = { readonly home: string; server: RunningServer }

let database: TestDatabase
let simulator: RunningSimulator
let members: readonly [Member, Member]
let client: SteadyClient

async function start(home: string): Promise<RunningServer> {
  return startServer({
    home,
    args: ['--port', '0', '--drain-seconds', '2'],
    env: {
      DATABASE_URL: database.url,
      DATABASE_OWNER_URL: database.ownerUrl,
      TALLYSTICK_SIMULATOR_URL: simulator.url,
    },
  })
}

async function aMember(): Promise<Member> {
  const home = makeHome()
  return { home, server: await start(home) }
}

beforeAll(async () => {
  database = await createTestDatabase()
  simulator = await startSimulator()
  // So that every kill finds charges at the PSP and others that wait.
  await callSimulator(simulator.url, 'PUT', '/settings', { latency_ms: { min: 20, max: 100 }, webhooks: 'all' })
  members = [await aMember(), await aMember()]
  client = startSteadyClient(() => members.map(({ server }) => server.run.url), members[0].server.run.api_key ?? '')
}, SLOW_MS)

afterAll(async () => {
  await client?.stop()
  for (const { home, server } of members ?? []) {
    await server.kill()
    await removeHome(home)
  }
  await simulator?.stop()
  await database?.drop()
}, SLOW_MS)

/** The callers have been answered this many times more. */
async function moreIsBought(): Promise<void> {
  const before = client.made.size
  await waitFor(() => client.made.size >= before + PURCHASES, { ...WAIT, what: `${PURCHASES} more purchases` })
}

const endpoint = async (): Promise<unknown> =>
  (await callSimulator(simulator.url, 'GET', '/webhook_endpoint')).body['url']

const endpointOf = ({ server }: Member): string => `${server.run.url}/webhooks/psp/simulator`

async function payment(member: Member, id: string): Promise<Json> {
  const { url, api_key } = member.server.run
  const answer = await fetch(`${url}/v1/payments/${id}`, { headers: { authorization: `Bearer ${api_key}` } })
  return (await answer.json()) as Json
}

describe('two nodes under load', () => {
  it(
    'are started again one after the other without a request that fails or has to be sent again',
    async () => {
      await moreIsBought()
      for (const member of members) {
        const ended = await member.server.terminate()
        expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining('Stopped.')])
        await moreIsBought()
        member.server = await start(member.home)
        await waitFor(() => client.isReady(member.server.run.url), { ...WAIT, what: 'the node to be found ready' })
        await moreIsBought()
      }

      expect(client.failures).toEqual([])
      expect(client.again()).toBe(0)
    },
    SLOW_MS,
  )

  it(
    'lose one to a kill, and the other finishes its orders, for callers that ask once more',
    async () => {
      const [survivor, victim] = members
      await waitFor(async () => [survivor, victim].map(endpointOf).includes(String(await endpoint())), {
        ...WAIT,
        what: 'webhooks to go to a living node',
      })

      await victim.server.kill()
      await moreIsBought()
      await client.stop()

      expect(client.failures).toEqual([])
      for (const id of client.made) {
        await waitFor(async () => (await payment(survivor, id))['status'] === 'succeeded', { ...WAIT, what: id })
      }
      expect(
        await waitFor(async () => (await endpoint()) === endpointOf(survivor), { ...WAIT, what: 'the endpoint' }),
      ).toBe(true)
    },
    SLOW_MS,
  )

  it('have charged each order once', async () => {
    const book = await readBook(simulator.url)
    const charges = new Map<string, number>()
    for (const charge of book) charges.set(charge.reference, (charges.get(charge.reference) ?? 0) + 1)

    expect(charges.size).toBe(2 * client.made.size)
    expect([...charges.values()].filter((times) => times !== 1)).toEqual([])
    expect(new Set(book.map((charge) => charge.status))).toEqual(new Set(['captured']))
  })
})
