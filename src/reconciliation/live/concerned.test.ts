import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { settlementText } from '../../../test/support/settlement-text.ts'
import { wallClock } from '../../platform/clock.ts'
import { createDb, type Db } from '../../platform/db.ts'
import { newId, publicId } from '../../platform/ids.ts'
import { checkInvariants } from '../../platform/invariant.ts'
import { receiveFile, simulatorCsv } from '../../settlement/index.ts'
import type { Source } from '../source.ts'
import { concerned, SHARED_AT_MOST } from './concerned.ts'
import { createFollower } from './follow.ts'
import { LIVE_INVARIANTS } from './invariants.ts'
import { type Arriving, move } from './store.ts'
import { DAY, SOURCE } from './testing/arrivals.ts'

let database: TestDatabase
let db: Db
let source: Source
let count = 0
beforeAll(async () => {
  database = await createTestDatabase()
  db = createDb({ url: database.url, schema: database.schema, hotPath: true })
})
afterAll(async () => {
  await db.end()
  await database.drop()
})
beforeEach(() => {
  count += 1
  source = { ...SOURCE, name: `source-${count}` }
})

const AT = BigInt(Date.parse(`${DAY}T12:00:00Z`))

const told = (pspReference: string, charge?: string): Arriving => ({
  booked: undefined,
  opened: undefined,
  item: {
    side: 'told',
    record: {
      name: newId(),
      day: DAY,
      reference: charge === undefined ? null : publicId('att', charge),
      psp_reference: pspReference,
      theirs_amount: 500n,
      theirs_currency: 'EUR',
      theirs_ms: AT,
    },
  },
})

const ours = (pspReference: string, charge = newId()): Arriving => ({
  booked: undefined,
  opened: undefined,
  item: {
    side: 'ours',
    record: {
      name: charge,
      attempt_id: charge,
      payment_id: newId(),
      ours_psp_reference: pspReference,
      asked_amount: 500n,
      ours_amount: 500n,
      ours_currency: 'EUR',
      ours_ms: AT,
      business_date: DAY,
      ours_break: null,
    },
  },
})

const arrive = (...arriving: readonly Arriving[]): Promise<void> =>
  db.transaction((tx) => move(tx, { source, settledThrough: undefined }, { arriving, leaving: [] }))

const standingOf = async (charge: string): Promise<string | undefined> =>
  (await db.query<{ state: string }>('select state from live_item where id = $1', [charge]))[0]?.state

describe('an id of the PSP', () => {
  it('that a few records share pairs them', async () => {
    const charge = newId()
    await arrive(told('ch_few'))

    await arrive(ours('ch_few', charge))

    expect(await standingOf(charge)).toBe('matched')
  })

  it('that very many share is no reason to read them all, and what names a charge is matched all the same', async () => {
    const [charge, other] = [newId(), newId()]
    const many = Array.from({ length: SHARED_AT_MOST * 3 }, () => ours('ch_many'))
    await arrive(...many)
    await arrive(ours('ch_many', charge), ours('ch_many', other))

    const { found } = await db.transaction((tx) => concerned(tx, source.name, [told('ch_many').item], []))
    await arrive(told('ch_many'), told('ch_many', charge))

    expect(found.size).toBe(0)
    expect([await standingOf(charge), await standingOf(other)]).toEqual(['matched', 'waiting_for_psp'])
  })

  it('that becomes one that very many share leaves no pair with one side', async () => {
    const charges = Array.from({ length: SHARED_AT_MOST - 1 }, () => newId())
    await arrive(...charges.map((charge) => ours('ch_more', charge)), told('ch_more'))
    await arrive(...Array.from({ length: SHARED_AT_MOST }, () => ours('ch_more')))
    for (const charge of charges.slice(0, 5)) await arrive(told('ch_more', charge))

    const { checks } = await checkInvariants(db, LIVE_INVARIANTS)

    expect(checks.filter(({ ok }) => !ok)).toEqual([])
    const [lonely] = await db.query<{ count: bigint }>(
      `select count(*) from live_item i join live_item t on t.id = i.twin_id where i.source = $1 and t.twin_id is distinct from i.id`,
      [source.name],
    )
    expect(lonely?.count).toBe(0n)
  })
})

describe('a file of more lines than one step takes', () => {
  it('is taken in by two nodes, and each of its lines once', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'tallystick-live-file-'))
    const text = settlementText(
      DAY,
      Array.from({ length: 2_500 }, (_, n) => ({
        ...{
          kind: 'charge',
          currency: 'EUR',
          amount: 100n,
          fee: 0n,
          status: 'captured',
          at: new Date(`${DAY}T12:00:00Z`),
        },
        ...{ pspReference: `foreign_${n}`, reference: `foreign_${n}` },
      })),
    )
    const bytes = (async function* () {
      yield Buffer.from(text)
    })()
    await db.query('insert into settlement_source (name, first_business_date) values ($1, $2)', [source.name, DAY])
    const delivery = { source: source.name, name: 'a.csv', via: 'uploaded', formats: [simulatorCsv], bytes } as const
    await receiveFile({ db, clock: wallClock, scratch }, delivery)
    const nodes = [1, 2].map(() => createFollower({ db, busyness: () => 0, scratch }, source))

    await Promise.all(nodes.map((node) => node.look()))
    for (const node of nodes) await node.catchUp()

    const [lines] = await db.query<{ all: bigint; once: bigint }>(
      `select count(*) as all, count(distinct line) as once from live_item where source = $1 and state = 'waiting_for_us'`,
      [source.name],
    )
    expect(lines).toEqual({ all: 2_500n, once: 2_500n })
    for (const node of nodes) await node.stop()
    rmSync(scratch, { recursive: true, force: true })
  })
})
