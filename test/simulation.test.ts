import { setTimeout as delay } from 'node:timers/promises'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isTransient } from '../src/platform/db.ts'
import { Refusal } from '../src/platform/errors.ts'
import { uuidOf } from '../src/platform/ids.ts'
import { auditBooks } from './simulation/audit.ts'
import { type Customers, makeCustomers } from './simulation/customers.ts'
import { type Nodes, startNodes } from './simulation/nodes.ts'
import { makeWeather, type Weather } from './simulation/psp-weather.ts'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import type { MoneyPath } from './support/money-path.ts'
import { createScriptedPsp, type ScriptedPsp, type SignedWebhook } from './support/scripted-psp.ts'
import { createSeeded, type Seeded } from './support/seeded.ts'
import { waitFor } from './support/wait-for.ts'

/**
 * The whole money path against PSPs that lose answers, two nodes that die, connections that are cut and a clock that
 * jumps. At the end the PSPs' books are ours. `TALLYSTICK_TEST_SEED` repeats the choices of a run, though not the instants at
 * which the database and the network interleave them.
 */

const STEPS = 550

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.drop())

describe('money path', () => {
  it('has the same books as the PSPs after a bad day', { timeout: 60_000 }, async () => {
    const seed = Number(process.env['TALLYSTICK_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 32))
    console.log(`simulation seed: TALLYSTICK_TEST_SEED=${seed}`)
    const seeded = createSeeded(seed)
    const traits = { concurrency: 12, requestTimeoutMs: 1_000, lookUpTimeoutMs: 1_000 }
    const psps = ['alpha', 'beta'].map((name) => createScriptedPsp({ name, traits }))
    const weather = makeWeather(psps, seeded)
    const nodes = await startNodes(2, database.url, psps, seeded)
    const customers = makeCustomers(
      nodes,
      psps.map((psp) => psp.name),
      seeded,
    )

    await badDay({ seeded, nodes, customers, weather })
    await goodMorning(nodes, weather)

    const node = nodes.any()
    const findings = await auditBooks(node.db, psps)
    if (findings.length > 0) console.log(await storiesOf(findings, node, psps))
    expect(findings).toEqual([])
    expect((await node.invariants()).checks.filter((check) => !check.ok)).toEqual([])
    expect((await node.ledger.verify()).findings).toEqual([])
    expect(await everyPaymentOnce(nodes, customers)).toEqual([])
    expect(Object.keys(await statuses(nodes)).toSorted()).toEqual(
      expect.arrayContaining(['captured', 'failed', 'voided']),
    )
    await nodes.stop()
  })
})

async function badDay(world: {
  readonly seeded: Seeded
  readonly nodes: Nodes
  readonly customers: Customers
  readonly weather: Weather
}): Promise<void> {
  const { seeded, nodes, customers, weather } = world
  const running = new Set<Promise<void>>()
  const failures: unknown[] = []
  const run = (work: Promise<void>): void => {
    const settled = work.catch((error: unknown) => void failures.push(error)).finally(() => running.delete(settled))
    running.add(settled)
  }
  for (let step = 0; step < STEPS; step += 1) {
    switch (
      seeded.weighted({
        pay: 50,
        payAgain: 5,
        request: 18,
        event: 30,
        cut: 1.2,
        cutSession: 0.5,
        kill: 0.7,
        advance: 0.7,
      })
    ) {
      case 'pay':
        run(customers.pay())
        break
      case 'payAgain':
        run(customers.payAgain())
        break
      case 'request':
        run(customers.request())
        break
      case 'event': {
        const event = weather.event()
        if (event !== undefined) run(deliver(nodes, event.psp, event.webhook))
        break
      }
      case 'cut':
        await nodes.any().cutConnections()
        break
      case 'cutSession':
        await nodes.any().cutSession()
        break
      case 'kill':
        await nodes.replaceOne()
        break
      case 'advance':
        await advance(nodes, seeded.pick([5_000, 40_000, 2 * 3_600_000]))
        break
      default:
    }
    if (running.size >= 25) await Promise.race(running)
    else await delay(seeded.integer(0, 12))
  }
  await Promise.all(running)
  expect(failures).toEqual([])
}

/** The PSP sends a webhook again until it is taken; some come twice all the same. */
async function deliver(nodes: Nodes, psp: ScriptedPsp, { headers, body }: SignedWebhook): Promise<void> {
  for (;;) {
    const taken = await nodes
      .ask(nodes.any(), (node) => node.inbox.receive(psp.name, headers, body))
      .catch((error: unknown) => {
        if (error instanceof Refusal || isTransient(error)) return undefined
        throw error
      })
    if (taken === 'stored' || taken === 'duplicate') return
    await delay(20)
  }
}

/** A clock that could not be moved because something is still in progress stands; that is an answer, too. */
async function advance(nodes: Nodes, ms: number): Promise<void> {
  await nodes
    .ask(nodes.any(), (node) => node.clockControl.advance(ms))
    .catch((error: unknown) => {
      if (!(error instanceof Refusal) && !isTransient(error)) throw error
    })
}

async function goodMorning(nodes: Nodes, weather: Weather): Promise<void> {
  // First everything that was lost is given up for lost; then what was only late arrives.
  await advance(nodes, 26 * 3_600_000)
  for (const { psp, webhook } of weather.clearUp()) await deliver(nodes, psp, webhook)
  await advance(nodes, 26 * 3_600_000)
  await waitFor(
    async () => {
      const node = nodes.any()
      await node.inbox.sweep()
      await node.db.query('update attempt set due_at = now() where due_at is not null and node_id is null')
      const [row] = await node.db.query<{ open: bigint }>(
        'select (select count(*) from attempt where due_at is not null) + (select count(*) from psp_webhook where handled_at is null) as open',
      )
      return row?.open === 0n
    },
    { timeoutMs: 20_000, what: 'the end of every attempt and webhook' },
  )
}

/** What happened to the charges that the findings name: at the PSP and here. */
async function storiesOf(findings: readonly string[], node: MoneyPath, psps: readonly ScriptedPsp[]): Promise<string> {
  const ids = new Set(findings.flatMap((finding) => finding.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? []))
  const ofCharge = 'in (select id from attempt where charge_attempt_id = any($1::uuid[]))'
  const steps = await node.db.query(`select * from attempt_step where attempt_id ${ofCharge} order by id`, [[...ids]])
  const attempts = await node.db.query(`select * from attempt where id ${ofCharge} order by id`, [[...ids]])
  const calls = psps.flatMap((psp) => psp.calls.filter(({ reference }) => ids.has(uuidOf('att', reference) ?? '')))
  return inspect({ attempts, steps, calls }, { depth: 5, maxArrayLength: null })
}

async function everyPaymentOnce(nodes: Nodes, customers: Customers): Promise<readonly string[]> {
  const rows = await nodes
    .any()
    .db.query<{ id: string; idempotency_key: string }>('select id, idempotency_key from payment_event')
  const accepted = customers.accepted()
  const unheard = rows
    .filter((row) => accepted.get(row.idempotency_key) !== row.id)
    .map((row) => `${row.id} was made and not heard of`)
  return rows.length === accepted.size
    ? unheard
    : [...unheard, `${rows.length} payments for ${accepted.size} acceptances`]
}

const statuses = async (nodes: Nodes): Promise<Record<string, bigint>> =>
  Object.fromEntries(
    (
      await nodes
        .any()
        .db.query<{ status: string; n: bigint }>('select status, count(*) as n from payment_order group by status')
    ).map((row) => [row.status, row.n]),
  )
