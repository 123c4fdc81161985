import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFakeServices } from '../src/http/testing/fake-services.ts'
import { caller, createTestServer } from '../src/http/testing/test-server.ts'
import type { Actor } from '../src/platform/audit/index.ts'
import { newId, publicId } from '../src/platform/ids.ts'
import type { RuleVersion, Run, Tolerances } from '../src/reconciliation/index.ts'
import { runsThatDiffer } from './support/corrections.ts'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { anOrder } from './support/money-path.ts'
import { dayAt, feeOf, lineOf, type Nights, openNights, sell } from './support/nights.ts'
import { type FileLine, settlementText } from './support/settlement-text.ts'

/**
 * A PSP that rounds each line: what differs within the tolerance of the rules is no break, is booked as rounding, stands in the
 * proof and in the report, and is taken back with its line.
 */

let database: TestDatabase
let nights: Nights
let call: ReturnType<typeof caller>
let close: () => Promise<unknown>

const AMOUNT = 10_000n
const at = (n: number): Date => new Date(`${dayAt(n)}T10:00:00Z`)

/** The line of a new charge of a day; `short` is what it settles less. */
async function soldOn(n: number, short: bigint, more: Partial<FileLine> = {}): Promise<FileLine> {
  const charge = await sell(nights, at(n), { orders: [anOrder('seller-1', AMOUNT)] })
  return { ...lineOf(charge, at(n)), amount: AMOUNT - short, ...more }
}

async function night(n: number, lines: readonly FileLine[]): Promise<Run> {
  nights.endDay(n)
  await nights.upload(settlementText(dayAt(n), lines))
  await nights.night()
  const { data } = await nights.reconciliation.listRuns({ limit: 1 })
  return data[0] ?? expect.fail('there is no run')
}

async function makeKey(name: string): Promise<Actor> {
  const id = newId()
  await nights.db.query(
    `insert into api_key (id, name, prefix, hash, scopes, mode, created_at)
     values ($1, $2, $3, sha256($3::text::bytea), array['write'], 'test', $4)`,
    [id, name, id, at(0)],
  )
  return { keyId: id, name }
}

const TOLERANCE: Tolerances = {
  amount: { minorUnits: new Map([['EUR', 2n]]), basisPoints: 5 },
  fee: { minorUnits: undefined, basisPoints: 100 },
}

/** What is booked as rounding in all, debit positive. */
async function rounding(): Promise<bigint> {
  const rows = await nights.db.query<{ amount: bigint }>(
    `select sum(p.amount)::bigint as amount from posting p join ledger_account a on a.id = p.account_id where a.name = 'rounding'`,
  )
  return rows[0]?.amount ?? 0n
}

const openCodes = async (): Promise<readonly string[]> =>
  (await nights.reconciliation.listBreaks({ state: 'open', limit: 50 })).data.map(({ code }) => code).toSorted()

let rule: RuleVersion
let first: Run
let second: Run
let lateLine: FileLine

beforeAll(async () => {
  database = await createTestDatabase()
  nights = openNights(database)
  const fakes = createFakeServices()
  const { app } = await createTestServer({
    services: { ...fakes, reconciliation: { ...fakes.reconciliation, ...nights.reconciliation } },
    level: 'silent',
  })
  call = caller(app)
  close = () => app.close()
  const [maker, checker] = [await makeKey('Ana'), await makeKey('Ben')]
  lateLine = await soldOn(0, 1n)
  first = await night(0, [await soldOn(0, 0n), await soldOn(0, 2n), await soldOn(0, 3n)])
  const drafted = await nights.reconciliation.rules.draft({
    source: 'simulator',
    settings: { tolerance: TOLERANCE },
    reason: 'The PSP rounds each line.',
    actor: maker,
  })
  rule = await nights.reconciliation.rules.test({ id: drafted.id, days: 7 })
  await nights.reconciliation.rules.activate({ id: drafted.id, actor: checker, effectiveOn: dayAt(1) })
  second = await night(1, [
    lateLine,
    await soldOn(1, 0n),
    await soldOn(1, 2n),
    await soldOn(1, -1n),
    await soldOn(1, 3n),
    await soldOn(1, 0n, { fee: feeOf(AMOUNT) + 3n }),
    await soldOn(1, 0n, { fee: feeOf(AMOUNT) + 4n }),
  ])
})
afterAll(async () => {
  await close()
  await nights.close()
  await database.drop()
})

describe('a tolerance that is tested on history', () => {
  it('says how many breaks it would have closed, and breaks no match', () => {
    expect(rule.test).toMatchObject({
      closed: { breaks: 1, byCode: { amount_mismatch: 1 } },
      opened: { breaks: 0 },
      matchesBroken: 0,
      matchesGained: 1,
    })
  })

  it('is tried in a dry run, over the API, and changes nothing', async () => {
    const settings = { tolerance: { amount: { minor_units: { EUR: 3 } } } }
    const asked = { source: 'simulator', business_date: dayAt(0), dry_run: true, settings }

    const { status, json } = await call('POST', '/v1/recon_runs', asked)

    expect(status).toBe(200)
    expect(json()).toMatchObject({
      settings,
      matched: 3,
      tolerated: [{ currency: 'EUR', pairs: 2, amount: 5 }],
      proof: [{ difference: 10_005, explained: 10_005, unexplained: 0 }],
    })
    expect(await nights.reconciliation.getRun(first.id)).toMatchObject({ matched: 1n, tolerated: [] })
  })
})

describe('a difference within the tolerance', () => {
  it('is a match, and what is beyond it is a break', async () => {
    // The first night had no tolerance yet: its two stay.
    expect(await openCodes()).toEqual(['amount_mismatch', 'amount_mismatch', 'amount_mismatch', 'fee_mismatch'])
    expect(second).toMatchObject({ theirs: 7n, matched: 5n })
  })

  it('stands in the run and explains its part of the difference', async () => {
    const run = (await call('GET', `/v1/recon_runs/${publicId('run', second.id)}`)).json()

    expect(run).toMatchObject({
      rule_version: 1,
      tolerated: [{ currency: 'EUR', pairs: 3, amount: 2 }],
      proof: [{ currency: 'EUR', difference: 5, explained: 5, unexplained: 0 }],
    })
  })

  it('stands in the report of the day, with the rules that say so', async () => {
    const report = (await call('GET', `/v1/recon_runs/${publicId('run', second.id)}/report`)).json()

    expect(report).toMatchObject({
      settings: {
        tolerance: { amount: { minor_units: { EUR: 2 }, basis_points: 5 }, fee: { basis_points: 100 } },
      },
      tolerated: [{ currency: 'EUR', pairs: 3, amount: 2 }],
    })
  })

  it('is found among the matches, with what it is and why', async () => {
    const path = `/v1/recon_runs/${publicId('run', second.id)}/matches?tolerated=true`
    const { data } = (await call('GET', path)).json()

    expect(data.map(({ difference }: { difference?: number }) => difference)).toEqual([1, 2, -1, undefined])
    expect(data[1].explanation).toMatch(/; the amounts differ by 0\.02 EUR, which the rules tolerate\.$/)
    expect(data[3].explanation).toMatch(/; the fee is 0\.03 EUR more than it should be, which the rules tolerate\.$/)
  })

  it('is booked as rounding, and the receivable agrees with the file to the cent', async () => {
    expect(await rounding()).toBe(2n)
    expect(await nights.findings()).toEqual([])
  })

  it('is decided again in the same way, byte for byte', async () => {
    expect(await runsThatDiffer(nights)).toEqual([])
  })

  it('is taken back with its line when its file is replaced', async () => {
    nights.endDay(2)
    await nights.upload(settlementText(dayAt(1), [{ ...lateLine, amount: AMOUNT }]))
    await night(2, [])

    expect(await rounding()).toBe(0n)
    expect(await nights.findings()).toEqual([])
  })
})
