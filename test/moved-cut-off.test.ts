import { describe, expect, it } from 'vitest'
import type { Source } from '../src/reconciliation/index.ts'
import { createTestDatabase } from './support/database.ts'
import { FIRST_DAY, type Nights, openNights, sell } from './support/nights.ts'
import { settlementText } from './support/settlement-text.ts'

/**
 * Settings that move records to another business day change between two runs. Files are empty here, so that every charge gets a
 * break from the run that compares it: one, whatever the settings were before.
 */

const HOUR_MS = 3_600_000
const STEP_HOURS = 4
type Moved = Partial<Pick<Source, 'zone' | 'cutOff' | 'dayNamedBy'>>

/** Two days by each of the settings, with a charge every few hours and whatever nights are due. */
async function playThrough(cuts: readonly Moved[], look: (nights: Nights) => Promise<void>): Promise<void> {
  const database = await createTestDatabase()
  const all: Nights[] = []
  try {
    for (const [index, cut] of cuts.entries()) {
      const nights = openNights(database, undefined, [], async (day) => settlementText(day, []), cut)
      all.push(nights)
      for (let hour = 0; hour < 48; hour += STEP_HOURS) {
        const at = new Date(Date.parse(FIRST_DAY) + (index * 48 + hour) * HOUR_MS)
        await sell(nights, at, {})
        nights.moveTo(new Date(at.getTime() + HOUR_MS))
        await nights.night()
      }
    }
    const [last] = all.slice(-1)
    if (last === undefined) throw new Error('there are no settings')
    last.moveTo(new Date(Date.parse(FIRST_DAY) + (cuts.length * 48 + 72) * HOUR_MS))
    await last.night()
    await look(last)
  } finally {
    for (const nights of all) await nights.close()
    await database.drop()
  }
}

describe('a cut that moves', () => {
  it.each<[string, readonly Moved[]]>([
    ['from midnight to 22:00 and back', [{}, { cutOff: '22:00' }, {}]],
    ['to a zone in the west and to one in the east', [{}, { zone: 'America/New_York' }, { zone: 'Asia/Tokyo' }]],
  ])('%s leaves no charge in no run, and none in two', async (_, cuts) => {
    await playThrough(cuts, async ({ db, findings }) => {
      const charges = await db.query<{ at: Date; runs: bigint }>(
        `select o.captured_at as at, (select count(*) from recon_break b where b.attempt_id = o.charge_attempt_id) as runs
           from payment_order o where o.status = 'captured' order by o.captured_at`,
      )
      const runs = await db.query('select business_date as day, status, failure from recon_run order by 1')
      const mismatches = await db.query(
        `select business_date, difference from recon_break where code = 'ledger_mismatch'`,
      )

      expect(runs).not.toContainEqual(expect.objectContaining({ status: 'failed' }))
      expect(charges.filter(({ runs: of }) => of !== 1n)).toEqual([])
      expect(mismatches).toEqual([])
      expect(await findings()).toEqual([])
    })
  })

  it('by a day or more is refused, until the settings are as they were', async () => {
    const database = await createTestDatabase()
    const open = (cut: Moved): Nights =>
      openNights(database, undefined, [], async (day) => settlementText(day, []), cut)
    const [before, moved] = [open({}), open({ dayNamedBy: 'end' })]
    try {
      before.endDay(0)
      await before.night()
      moved.endDay(3)
      await moved.night()
      const [failed] = await moved.db.query<{ id: string; failure: string }>(
        `select id, failure from recon_run where status = 'failed'`,
      )
      before.endDay(3)
      await before.reconciliation.startRun({ source: 'simulator', businessDate: '2026-03-02' })
      await before.night()

      expect(failed?.failure).toContain('by a day or more')
      expect(await before.db.query(`select distinct status from recon_run`)).toEqual([{ status: 'completed' }])
    } finally {
      await before.close()
      await moved.close()
      await database.drop()
    }
  })
})
