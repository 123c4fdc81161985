import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { dayAt, FIRST_DAY, lineOf, type Nights, openNights, sell } from './support/nights.ts'
import { settlementText } from './support/settlement-text.ts'

/**
 * The report of a day is written once. Three nights: a charge whose line comes a day late, one whose line never comes, one that
 * settles short. The report of each day is read when its run completed and again in the end.
 */

const AT = new Date(`${FIRST_DAY}T10:00:00Z`)

let database: TestDatabase
let nights: Nights
const runs: string[] = []
const atFirst: Buffer[] = []

type Part = Readonly<Record<string, unknown>>
type Report = Readonly<Record<'run' | 'settings' | 'inputs' | 'totals' | 'outcome', Part>> & {
  readonly schema: string
  readonly breaks: readonly (Part & { readonly events: readonly string[]; readonly code: string })[]
  readonly waterfall: readonly { readonly currency: string; readonly amount: number }[]
  readonly proof: readonly { readonly currency: string; readonly explained: number; readonly unexplained: number }[]
  readonly matched: readonly Part[]
  readonly changes: readonly Part[]
}

const bytesOf = async (runId: string): Promise<Buffer> => {
  const { bytes, sha256, byteCount } = await nights.reconciliation.report(runId)
  const content = await buffer(Readable.from(bytes))
  expect({ sha256: createHash('sha256').update(content).digest(), byteCount: BigInt(content.length) }).toEqual({
    sha256,
    byteCount,
  })
  return content
}

const reportOf = (n: number): Report => JSON.parse(atFirst[n]?.toString('utf8') ?? '') as Report

beforeAll(async () => {
  database = await createTestDatabase()
  nights = openNights(database)
  const good = await sell(nights, AT, {})
  const late = await sell(nights, AT, {})
  await sell(nights, AT, {})
  const short = await sell(nights, AT, {})
  const files = [[lineOf(good, AT), { ...lineOf(short, AT), amount: short.amount - 100n }], [lineOf(late, AT)], []]
  for (const [n, lines] of files.entries()) {
    nights.endDay(n)
    await nights.upload(settlementText(dayAt(n), lines))
    await nights.night()
    const { data } = await nights.reconciliation.listRuns({ limit: 1 })
    runs.push(data[0]?.id ?? '')
    atFirst.push(await bytesOf(runs[n] ?? ''))
  }
})
afterAll(async () => {
  await nights.close()
  await database.drop()
})

describe('the report of a day', () => {
  it('says what was read, by what it was decided and what it came to', async () => {
    const report = reportOf(0)

    expect(report).toMatchObject({
      schema: 'tallystick.report/1',
      run: { source: 'simulator', business_date: FIRST_DAY, completed_at: `${dayAt(1)}T01:00:00.000Z` },
      settings: { zone: 'UTC', lag_days: 1, fee_schedule: { rate_ppm: 29_000, fixed: 30 } },
      inputs: {
        file: { sha256: expect.stringMatching(/^[\da-f]{64}$/), lines: 3 },
        ledger: expect.arrayContaining([{ chain: 1, batches: expect.any(Number), hash: expect.any(String) }]),
      },
      totals: { ours: 4, theirs: 2, matched: 1, breaks: 3, booked: 3 },
      matched: [{ rule: 'exact', pairs: 1 }],
      outcome: { sha256: expect.stringMatching(/^[\da-f]{64}$/) },
    })
    expect(report.breaks.map(({ code, events, state }) => [code, events, state]).sort()).toEqual([
      ['amount_mismatch', ['opened'], 'open'],
      ['awaiting_settlement', ['opened'], 'open'],
      ['awaiting_settlement', ['opened'], 'open'],
    ])
  })

  it('leads from ours to theirs in steps that are all that the proof explains', () => {
    for (const { waterfall, proof } of [0, 1, 2].map(reportOf)) {
      const sums = Map.groupBy(waterfall, ({ currency }) => currency)
      for (const { currency, explained, unexplained } of proof) {
        const sum = (sums.get(currency) ?? []).reduce((total, { amount }) => total + amount, 0)
        expect({ sum, unexplained }).toEqual({ sum: explained, unexplained: 0 })
      }
    }
  })

  it('tells what was cleared and promoted in its run, and what was not touched is not in it', () => {
    const second = reportOf(1).breaks.map(({ code, events, state }) => [code, events.toSorted(), state])

    expect(second.toSorted()).toEqual([
      ['awaiting_settlement', ['cleared'], 'cleared'],
      ['missing_external', ['carried', 'promoted'], 'open'],
    ])
    expect(reportOf(2).breaks.map(({ code, events }) => [code, events])).toEqual([['missing_external', ['carried']]])
  })

  it('is the same bytes for ever, whatever became of its breaks', async () => {
    expect(await Promise.all(runs.map(bytesOf))).toEqual(atFirst)
  })

  it('cannot be changed or exchanged in the database', async () => {
    const [first = '', second = ''] = runs
    await expect(
      nights.db.query(
        'update recon_run set report_blob_id = (select report_blob_id from recon_run where id = $2) where id = $1',
        [first, second],
      ),
    ).rejects.toThrow('its report never changes')
    await expect(nights.db.query(`update blob_piece set bytes = ''`)).rejects.toThrow('permission denied')
  })
})

describe('what changed since the run before', () => {
  it('is told by code, with counts and sums', async () => {
    const amount = (await nights.reconciliation.listBreaks({ code: 'missing_external', limit: 1 })).data[0]?.difference
    const { previousRunId, changes } = await nights.reconciliation.changes(runs[1] ?? '')

    expect(previousRunId).toBe(runs[0])
    expect(changes).toEqual([
      { change: 'cleared', code: 'awaiting_settlement', class: 'temporary', count: 1n, currency: 'EUR', amount },
      { change: 'promoted', code: 'missing_external', class: 'real', count: 1n, currency: 'EUR', amount },
      // A pair that differs is not compared again, and is open none the less.
      { change: 'still_open', code: 'amount_mismatch', class: 'real', count: 1n, currency: 'EUR', amount: 100n },
    ])
    expect((await nights.reconciliation.changes(runs[2] ?? '')).changes).toEqual([
      { change: 'still_open', code: 'amount_mismatch', class: 'real', count: 1n, currency: 'EUR', amount: 100n },
      { change: 'still_open', code: 'missing_external', class: 'real', count: 1n, currency: 'EUR', amount },
    ])
  })

  it('finds the breaks themselves', async () => {
    const codes = async (change: 'opened' | 'cleared' | 'promoted' | 'still_open', n: number) => {
      const { data } = await nights.reconciliation.listBreaks({ runId: runs[n], change, limit: 10 })
      return data.map(({ code }) => code)
    }

    expect(await codes('cleared', 1)).toEqual(['awaiting_settlement'])
    expect(await codes('promoted', 1)).toEqual(['missing_external'])
    expect(await codes('still_open', 1)).toEqual(['amount_mismatch'])
    expect((await codes('still_open', 2)).toSorted()).toEqual(['amount_mismatch', 'missing_external'])
    expect(await codes('opened', 2)).toEqual([])
  })

  it('is refused while the run is not completed', async () => {
    nights.endDay(3)
    const { id } = await nights.reconciliation.startRun({ source: 'simulator', businessDate: dayAt(3) })

    await expect(nights.reconciliation.changes(id)).rejects.toMatchObject({ code: 'run_state' })
    await expect(nights.reconciliation.report(id)).rejects.toMatchObject({ code: 'run_state' })
  })
})
