import { expect, it } from 'vitest'
import { createInbox } from '../src/executor/index.ts'
import type { Attempt } from '../src/payments/index.ts'
import { publicId } from '../src/platform/ids.ts'
import type { Source } from '../src/reconciliation/index.ts'
import { createFollower } from '../src/reconciliation/live/follow.ts'
import { capturedOf, type Said, SOURCE, telling } from '../src/reconciliation/live/testing/arrivals.ts'
import { createTestDatabase } from './support/database.ts'
import { lineOf, type Nights, openNights, sell } from './support/nights.ts'
import { type FileLine, settlementText } from './support/settlement-text.ts'

/**
 * What the live view lets go of is what the run compared, whatever cut the records were dated by when they came. Files are empty,
 * so that a charge that a run compared stands there by its break; one that none did is in a pair with what the PSP told.
 */

type Cut = Partial<Pick<Source, 'zone' | 'cutOff' | 'dayNamedBy'>>

const LATE: Cut = {}
const EARLY: Cut = { cutOff: '22:00', dayNamedBy: 'end' }

const follow = async ({ db, scratch }: Nights, cut: Cut): Promise<void> => {
  const follower = createFollower({ db, scratch, busyness: () => 0 }, { ...SOURCE, ...cut })
  await follower.catchUp()
  await follower.stop()
}

const words: Said[] = []

/** A charge that the PSP tells of, once it is booked. */
async function sellAndTell(nights: Nights, at: Date, stamp = at): Promise<Attempt> {
  const charge = await sell(nights, at, {})
  words.push({ reference: publicId('att', charge.id), outcome: { ...capturedOf(charge), occurredAt: stamp } })
  const inbox = createInbox({
    db: nights.db,
    clock: { now: () => at, offsetMs: () => 0 },
    log: nights.deps.log,
    psps: new Map([[SOURCE.name, telling(words)]]),
    followed: [SOURCE.name],
    record: async () => 'recorded',
  })
  await inbox.receive(SOURCE.name, {}, Buffer.from(String(words.length - 1)))
  await inbox.idle()
  return charge
}

it.each<[string, Cut, Cut]>([
  ['later', EARLY, LATE],
  ['earlier', LATE, EARLY],
])('a cut that moves to a %s hour leaves each charge in the view once', async (_, before, after) => {
  const database = await createTestDatabase()
  const open = (cut: Cut): Nights => openNights(database, undefined, [], async (day) => settlementText(day, []), cut)
  const [first, second] = [open(before), open(after)]
  try {
    first.moveTo(new Date('2026-03-02T01:00:00Z'))
    await first.night()
    await follow(first, before)
    for (const hour of [21, 23, 25]) {
      const at = new Date(Date.parse('2026-03-02') + hour * 3_600_000)
      await sellAndTell(first, at)
    }
    await follow(first, before)
    second.moveTo(new Date('2026-03-03T02:00:00Z'))
    await second.night()
    await follow(second, after)

    const shown = await second.db.query(
      `select o.at, count(i.id) as items, string_agg(i.state, ',') as states
         from (select distinct charge_attempt_id as id, captured_at as at from payment_order where status = 'captured') o
         left join live_item i on i.side = 'ours' and i.charge_id = o.id group by o.at order by o.at`,
    )
    const expected = await second.db.query(
      `select o.at, 1::bigint as items, case when b.id is null then 'matched' else 'waiting_for_psp' end as states
         from (select distinct charge_attempt_id as id, captured_at as at from payment_order where status = 'captured') o
         left join recon_break b on b.attempt_id = o.id order by o.at`,
    )
    const told = await second.db.query(`select i.id from live_item i where i.side = 'told' and i.state <> 'part'`)
    expect(expected.length).toBe(3)
    expect(shown).toEqual(expected)
    expect(told).toEqual([])
  } finally {
    await first.close()
    await second.close()
    await database.drop()
  }
})

it('what a PSP tells with a stamp that is later than our clock goes with the night that compares its charge', async () => {
  const database = await createTestDatabase()
  const lines: FileLine[] = []
  const isToday = (day: string): boolean => day === '2026-03-02'
  const nights = openNights(database, undefined, [], async (day) => settlementText(day, isToday(day) ? lines : []))
  try {
    nights.moveTo(new Date('2026-03-02T01:00:00Z'))
    await nights.night()
    await follow(nights, {})
    const at = new Date('2026-03-02T23:59:55Z')
    lines.push(lineOf(await sellAndTell(nights, at, new Date('2026-03-03T00:00:05Z')), at))
    await follow(nights, {})
    nights.endDay(1)
    await nights.night()
    await follow(nights, {})

    expect(await nights.db.query('select code from recon_break')).toEqual([])
    expect(await nights.db.query('select side, state, code from live_item')).toEqual([])
  } finally {
    await nights.close()
    await database.drop()
  }
})
