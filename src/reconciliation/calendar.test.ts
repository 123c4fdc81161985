import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { createDb, type Db } from '../platform/db.ts'
import {
  addDays,
  businessDate,
  businessDateSql,
  endOfDay,
  isDayApart,
  isJustAfterCutOff,
  isJustBeforeCutOff,
} from './calendar.ts'

let database: TestDatabase
let db: Db

beforeAll(async () => {
  database = await createTestDatabase()
  db = createDb({ url: database.url, schema: database.schema })
})

afterAll(async () => {
  await db.end()
  await database.drop()
})

const UTC = { zone: 'UTC', cutOff: '00:00', dayNamedBy: 'start' } as const

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Asia/Kathmandu',
] as const
const CUTS = ZONES.flatMap((zone) =>
  ['00:00', '01:45', '02:30', '17:00', '23:30'].flatMap((cutOff) =>
    (['start', 'end'] as const).map((dayNamedBy) => ({ zone, cutOff, dayNamedBy })),
  ),
)

const cuts = fc.constantFrom(...CUTS)

// Years in which Node and PostgreSQL know the same rules; Brazil still changed its clocks, at midnight.
const FIRST_MS = Date.parse('1996-01-01T00:00:00Z')
const LAST_MS = Date.parse('2037-12-31T00:00:00Z')
const anywhen = fc.integer({ min: FIRST_MS, max: LAST_MS })

/** Transitions of the zones above; times around them are where days go wrong. */
const TRANSITIONS = [
  '2026-03-29T01:00:00Z', // Berlin, forward
  '2026-10-25T01:00:00Z', // Berlin, back
  '2026-03-08T07:00:00Z', // New York, forward
  '2026-11-01T06:00:00Z', // New York, back
  '2026-04-04T15:00:00Z', // Lord Howe, back by half an hour
  '2026-10-03T15:30:00Z', // Lord Howe, forward by half an hour
  '2018-11-04T03:00:00Z', // São Paulo, forward at midnight: there is no 00:00
  '2018-02-18T02:00:00Z', // São Paulo, back at midnight: 23:00 to 24:00 comes twice
].map((text) => Date.parse(text))
const near = fc
  .tuple(fc.constantFrom(...TRANSITIONS), fc.integer({ min: -100_000_000, max: 100_000_000 }))
  .map(([transition, ms]) => transition + ms)
const instants = fc.oneof(anywhen, near).map((ms) => new Date(ms))

describe('a business day', () => {
  it.each([
    ['begins at the cut-off', UTC, '2026-03-03T00:00:00.000Z', '2026-03-03'],
    ['ends just before the next one', UTC, '2026-03-03T23:59:59.999Z', '2026-03-03'],
    [
      'named by its end is the one that begins then',
      { ...UTC, dayNamedBy: 'end' },
      '2026-03-03T00:00:00Z',
      '2026-03-04',
    ],
    ['is that of the zone', { ...UTC, zone: 'Europe/Berlin' }, '2026-03-03T23:00:00Z', '2026-03-04'],
    ['of a zone with odd minutes', { ...UTC, zone: 'Asia/Kathmandu' }, '2026-03-03T18:14:59.999Z', '2026-03-03'],
    ['of a zone with odd minutes, later', { ...UTC, zone: 'Asia/Kathmandu' }, '2026-03-03T18:15:00Z', '2026-03-04'],
    ['begins at 17:00', { ...UTC, cutOff: '17:00' }, '2026-03-03T17:00:00Z', '2026-03-03'],
    ['that begins at 17:00 is not begun before', { ...UTC, cutOff: '17:00' }, '2026-03-03T16:59:59.999Z', '2026-03-02'],
    ['ends at 17:00', { ...UTC, cutOff: '17:00', dayNamedBy: 'end' }, '2026-03-03T16:59:59.999Z', '2026-03-03'],
    [
      'that ended at 17:00 is over',
      { ...UTC, cutOff: '17:00', dayNamedBy: 'end' },
      '2026-03-03T17:00:00Z',
      '2026-03-04',
    ],
  ] as const)('%s', (_what, cut, at, day) => {
    const of = businessDate(new Date(at), cut)

    expect(of).toBe(day)
  })

  it.each([
    ['of 24 hours', UTC, '2026-03-03', '2026-03-04T00:00:00.000Z'],
    ['named by its end', { ...UTC, cutOff: '17:00', dayNamedBy: 'end' }, '2026-03-03', '2026-03-03T17:00:00.000Z'],
    ['that begins at 23:30', { ...UTC, cutOff: '23:30' }, '2026-03-03', '2026-03-04T23:30:00.000Z'],
    ['of 23 hours', { ...UTC, zone: 'Europe/Berlin' }, '2026-03-29', '2026-03-29T22:00:00.000Z'],
    ['of 25 hours', { ...UTC, zone: 'Europe/Berlin' }, '2026-10-25', '2026-10-25T23:00:00.000Z'],
    ['whose midnight does not exist', { ...UTC, zone: 'America/Sao_Paulo' }, '2018-11-03', '2018-11-04T03:00:00.000Z'],
    ['whose last hour comes twice', { ...UTC, zone: 'America/Sao_Paulo' }, '2018-02-17', '2018-02-18T03:00:00.000Z'],
    ['that changes by half an hour', { ...UTC, zone: 'Australia/Lord_Howe' }, '2026-04-05', '2026-04-05T13:30:00.000Z'],
  ] as const)('%s ends when its last instant is over', (_what, cut, day, at) => {
    const end = endOfDay(day, cut)

    expect(end.toISOString()).toBe(at)
  })

  it('whose cut-off comes twice ends when it comes for the last time', () => {
    const cut = { ...UTC, zone: 'America/Sao_Paulo', cutOff: '23:30' }

    const end = endOfDay('2018-02-16', cut)

    // 23:30 of the 17th, then back to 23:00 at midnight, and 23:30 again.
    expect(end.toISOString()).toBe('2018-02-18T02:30:00.000Z')
  })

  it('is over after each of its instants', () => {
    fc.assert(
      fc.property(instants, cuts, (at, cut) => {
        expect(endOfDay(businessDate(at, cut), cut).getTime()).toBeGreaterThan(at.getTime())
      }),
      { numRuns: 3_000 },
    )
  })

  it('begins when the one before is over, unless the clocks change around its cut-off', () => {
    fc.assert(
      fc.property(instants, cuts, (at, cut) => {
        const before = endOfDay(addDays(businessDate(at, cut), -1), cut)
        const slackMs = clocksChangeAround(before, cut.zone) ? HOUR_MS : 0

        expect(before.getTime()).toBeLessThanOrEqual(at.getTime() + slackMs)
      }),
      { numRuns: 3_000 },
    )
  })

  it('of 23 hours is a whole day: what ends after it has ended is a day apart', () => {
    const berlin = { zone: 'Europe/Berlin', cutOff: '00:00', dayNamedBy: 'start' } as const
    const late = { zone: 'UTC', cutOff: '22:30', dayNamedBy: 'start' } as const

    expect(endOfDay('2026-03-28', late).getTime()).toBeGreaterThan(endOfDay('2026-03-29', berlin).getTime())
    expect([isDayApart('2026-03-28', late, berlin), isDayApart('2026-03-28', berlin, late)]).toEqual([true, true])
    expect(isDayApart('2026-03-27', late, berlin)).toBe(false)
  })

  it('is the same in PostgreSQL', async () => {
    const cases = fc.sample(fc.array(instants, { minLength: 60, maxLength: 60 }), { numRuns: CUTS.length, seed: 7 })

    for (const [index, cut] of CUTS.entries()) {
      const at = cases[index] ?? []
      const rows = await db.query<{ day: string }>(
        `select ${businessDateSql('t.at', cut)} as day from unnest($1::timestamptz[]) with ordinality as t (at, n) order by n`,
        [at],
      )

      expect(rows.map(({ day }) => day)).toEqual(at.map((each) => businessDate(each, cut)))
    }
  })
})

const HOUR_MS = 3_600_000

/** Whether a wall-clock time may be missing there, or come twice. */
function clocksChangeAround(at: Date, zone: string): boolean {
  const offsetAt = (ms: number): number =>
    Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).offsetNanoseconds
  return offsetAt(at.getTime() - HOUR_MS - 1) !== offsetAt(at.getTime() + HOUR_MS)
}

describe('the neighbourhood of a cut-off', () => {
  const source = { ...UTC, graceMinutes: 15 }

  it.each([
    ['2026-03-03T23:44:59.999Z', false, false],
    ['2026-03-03T23:45:00.000Z', true, false],
    ['2026-03-03T23:59:59.999Z', true, false],
    ['2026-03-04T00:00:00.000Z', false, true],
    ['2026-03-04T00:14:59.999Z', false, true],
    ['2026-03-04T00:15:00.000Z', false, false],
    ['2026-03-04T12:00:00.000Z', false, false],
  ])('is seen at %s: before %s, after %s', (at, before, after) => {
    const instant = new Date(at)

    expect([isJustBeforeCutOff(instant, source), isJustAfterCutOff(instant, source)]).toEqual([before, after])
  })

  it('follows the wall clock of the zone', () => {
    const berlin = { ...source, zone: 'Europe/Berlin', cutOff: '17:00' }

    expect(isJustBeforeCutOff(new Date('2026-03-28T15:50:00Z'), berlin)).toBe(true)
    expect(isJustBeforeCutOff(new Date('2026-03-29T14:50:00Z'), berlin)).toBe(true)
    expect(isJustAfterCutOff(new Date('2026-03-29T15:05:00Z'), berlin)).toBe(true)
  })

  it('is empty without grace', () => {
    const strict = { ...UTC, graceMinutes: 0 }

    expect(isJustBeforeCutOff(new Date('2026-03-03T23:59:59.999Z'), strict)).toBe(false)
    expect(isJustAfterCutOff(new Date('2026-03-04T00:00:00.000Z'), strict)).toBe(false)
  })
})
