import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type DuckDb, fileLiteral, literal, openDuckDb } from '../../../platform/duckdb.ts'
import { oursPath } from '../../ours.ts'
import { summariseOutcome } from '../../runs/outcome-summary.ts'
import { scheduledFee } from '../../source.ts'
import type { Facts } from '../engine.ts'
import { createDuckDbEngine } from './match.ts'

const FEE = { ratePpm: 29_000, fixed: 30n }
const NO_FEE = { ratePpm: 0, fixed: 0n }
const idOf = (n: number): string => `01a00000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
const referenceOf = (n: number): string => `att_${idOf(n).replaceAll('-', '')}`
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`

type Ours = { readonly n: number; readonly amount: number | bigint; readonly psp?: string }
type Theirs = {
  readonly line: number
  readonly amount: number | bigint
  readonly reference?: string
  readonly psp?: string
  readonly fee?: number
  readonly kind?: string
  readonly status?: string
}

let folder: string
let duckdb: DuckDb
beforeEach(async () => {
  // What DuckDB would take for a pattern of names, and what ends a text in SQL.
  folder = mkdtempSync(join(tmpdir(), "tallystick engine's [a]*?-"))
  duckdb = await openDuckDb(folder)
})
afterEach(() => {
  duckdb.close()
  rmSync(folder, { recursive: true, force: true })
})

const feeOf = (amount: number | bigint): number => Math.floor((Number(amount) * 29 + 500) / 1_000) + 30

/** Compares what we hold, each a charge of one order in EUR, with the lines of a file. */
async function match(ours: readonly Ours[], theirs: readonly Theirs[], feeSchedule = FEE): Promise<Facts> {
  const write = (file: Parameters<typeof oursPath>[1], rows: readonly string[]): void =>
    writeFileSync(oursPath(folder, file), rows.map((row) => `${row}\n`).join(''))
  write(
    'entry',
    ours.map(({ n }) => `${idOf(1_000 + n)},,1772366400000,2026-03-01,1,${n}`),
  )
  write(
    'charged_order',
    ours.map(({ n, amount }) => `${idOf(1_000 + n)},${idOf(n)},${amount}`),
  )
  write(
    'charge',
    ours.map(({ n, amount, psp = `ch_${n}` }) => `${idOf(n)},${idOf(2_000 + n)},${quoted(psp)},${amount},EUR`),
  )
  await duckdb.run(
    'create table line (line integer, kind varchar, status varchar, psp_reference varchar, reference varchar, amount bigint, fee bigint, currency varchar, occurred_ms bigint)',
  )
  await duckdb.append(
    'line',
    ['integer', 'varchar', 'varchar', 'varchar', 'varchar', 'bigint', 'bigint', 'varchar', 'bigint'],
    theirs.map(({ line, amount, reference, psp, fee = feeOf(amount), kind = 'charge', status = 'captured' }) => [
      line,
      kind,
      status,
      psp ?? null,
      reference ?? null,
      BigInt(amount),
      BigInt(fee),
      'EUR',
      1_772_366_400_000n,
    ]),
  )
  const linesPath = join(folder, 'lines.parquet')
  await duckdb.run(`copy line to ${literal(linesPath)} (format parquet)`)
  const there = Promise.resolve()
  const engine = createDuckDbEngine(duckdb)
  await engine.load({
    folder,
    linesPath,
    fileId: idOf(9),
    written: { lines: there, charge: there, charged_order: there, entry: there },
    window: { day: '2026-03-01', previousDay: undefined, seen: new Map([[1, 0n]]) },
    carriedOurs: [],
    carriedTheirs: [],
    feeSchedule,
  })
  return engine.match()
}

describe('the engine', () => {
  it('takes a fee that is beyond 64 bits for the largest of them, which differs from every fee', async () => {
    const amount = 2n ** 63n - 1n
    const schedule = { ratePpm: 1_000_000, fixed: 30n }
    const line = { line: 4, amount, reference: referenceOf(1), fee: 100 }

    const facts = await match([{ n: 1, amount }], [line], schedule)

    expect(facts.differences).toMatchObject([{ code: 'fee_mismatch', expected_fee: amount, fee: 100n }])
    expect(scheduledFee(amount, schedule)).toBe(amount)
    expect(scheduledFee(-amount, { ratePpm: 1_000_000, fixed: -30n })).toBe(-amount)
  })

  it('sums what comes to more than 64 bits', async () => {
    const amount = 2n ** 62n

    const facts = await match(
      [1, 2, 3].map((n) => ({ n, amount })),
      [1, 2, 3].map((n) => ({ line: 3 + n, amount, reference: referenceOf(n), fee: 0 })),
      NO_FEE,
    )

    const sum = 3n * amount
    expect(facts.sums).toEqual([
      { side: 'ours', currency: 'EUR', amount: sum },
      { side: 'theirs', currency: 'EUR', amount: sum },
    ])
    expect(facts.totals).toEqual([{ currency: 'EUR', kind: 'charge', lines: 3n, amount: sum }])
    expect((await summariseOutcome(duckdb, facts.outcomePath)).matched).toMatchObject([{ pairs: 3n, amount: sum }])
  })

  it('pairs equal records and counts them once', async () => {
    const facts = await match(
      [
        { n: 1, amount: 100 },
        { n: 2, amount: 100 },
      ],
      [
        { line: 4, amount: 100, reference: referenceOf(1) },
        { line: 5, amount: 100, reference: referenceOf(2) },
      ],
    )

    expect(facts.counts).toEqual({ ours: 2n, theirs: 2n, matched: 2n })
    expect([facts.differences, facts.unmatchedOurs, facts.unmatchedTheirs]).toEqual([[], [], []])
  })

  it('pairs one of two equal lines, and says of the other that its charge is paired', async () => {
    const line = { amount: 100, reference: referenceOf(1), psp: 'ch_1' }

    const facts = await match(
      [{ n: 1, amount: 100 }],
      [
        { line: 4, ...line },
        { line: 5, ...line },
      ],
    )

    expect(facts.counts.matched).toBe(1n)
    expect(facts.unmatchedTheirs).toMatchObject([{ line: 5, is_duplicate: true }])
  })

  it('pairs a line whose reference is mangled by the id of the PSP', async () => {
    const facts = await match([{ n: 1, amount: 100 }], [{ line: 4, amount: 100, reference: '~mangled~', psp: 'ch_1' }])

    expect(facts.counts.matched).toBe(1n)
  })

  it('does not pair a line that names another charge by the id of the PSP', async () => {
    const facts = await match(
      [{ n: 1, amount: 100 }],
      [{ line: 4, amount: 100, reference: referenceOf(7), psp: 'ch_1' }],
    )

    expect(facts.counts.matched).toBe(0n)
    expect(facts.unmatchedOurs).toHaveLength(1)
    expect(facts.unmatchedTheirs).toHaveLength(1)
  })

  it('does not call the refund of a paired charge its duplicate', async () => {
    const facts = await match(
      [{ n: 1, amount: 100 }],
      [
        { line: 4, amount: 100, reference: referenceOf(1), psp: 'ch_1' },
        { line: 5, amount: -100, fee: 0, reference: referenceOf(1), psp: 'ch_1', kind: 'refund' },
      ],
    )

    expect(facts.unmatchedTheirs).toMatchObject([{ line: 5, is_duplicate: false }])
  })

  it.each([
    ['status_mismatch', { amount: 0, fee: 0, status: 'refunded' }],
    ['amount_mismatch', { amount: 99, fee: 7 }],
    ['fee_mismatch', { amount: 100, fee: 34 }],
  ] as const)('names %s as the weightiest difference', async (code, line) => {
    const facts = await match([{ n: 1, amount: 100 }], [{ line: 4, reference: referenceOf(1), ...line }])

    expect(facts.differences).toMatchObject([{ code, rule: code === 'fee_mismatch' ? 'exact' : 'reference' }])
  })

  describe('of a line that names several charges', () => {
    const ours = [
      { n: 1, amount: 100 },
      { n: 2, amount: 250 },
      { n: 3, amount: 70 },
    ]
    const names = (...each: readonly number[]): string => each.map(referenceOf).join(' ')
    const feeFor = (...amounts: readonly number[]): number => amounts.reduce((sum, amount) => sum + feeOf(amount), 0)

    it('makes a part for each when all are there and come to its amount', async () => {
      const facts = await match(ours, [
        { line: 4, amount: 350, fee: feeFor(100, 250), reference: names(2, 1), psp: 'ch_2 ch_1' },
        { line: 5, amount: 70, reference: referenceOf(3) },
      ])

      expect(facts.counts).toEqual({ ours: 3n, theirs: 2n, matched: 3n })
      const rows = await duckdb.query(
        `select part, rule, theirs_amount, fee from read_parquet(${fileLiteral(facts.outcomePath)}) where what = 'pair' order by attempt_id`,
      )
      expect(rows).toEqual([
        { part: 1, rule: 'joined', theirs_amount: 100n, fee: 33n },
        { part: 2, rule: 'joined', theirs_amount: 250n, fee: 37n },
        { part: null, rule: 'exact', theirs_amount: 70n, fee: 32n },
      ])
    })

    it('gives the first part what its fee is beyond the schedule', async () => {
      const facts = await match(ours, [{ line: 4, amount: 350, fee: 80, reference: names(1, 2) }])

      expect(facts.counts.matched).toBe(1n)
      expect(facts.differences).toMatchObject([
        { code: 'fee_mismatch', part: 1, attempt_id: idOf(1), theirs_amount: 100n, fee: 43n, expected_fee: 33n },
      ])
    })

    it.each([
      ['comes to another amount', [{ line: 4, amount: 349, reference: names(1, 2) }]],
      ['names one that is not there', [{ line: 4, amount: 350, reference: names(1, 2, 9) }]],
      ['names one twice', [{ line: 4, amount: 200, reference: names(1, 1) }]],
      ['says that they were refunded', [{ line: 4, amount: 350, reference: names(1, 2), status: 'refunded' }]],
      ['has the PSP’s id of another', [{ line: 4, amount: 351, reference: names(1, 2), psp: 'ch_3' }]],
      ['is a refund', [{ line: 4, amount: 350, reference: names(1, 2), kind: 'refund' }]],
    ] as const)('matches nothing when it %s', async (_, lines) => {
      const facts = await match(ours, lines)

      expect(facts.counts.matched).toBe(0n)
      expect([facts.unmatchedOurs.length, facts.unmatchedTheirs.length]).toEqual([3, 1])
      expect(facts.unmatchedTheirs).toMatchObject([{ is_duplicate: false }])
    })

    it('lets a line of their own go before it, and calls it a duplicate then', async () => {
      const facts = await match(ours, [
        { line: 4, amount: 350, reference: names(1, 2) },
        { line: 5, amount: 250, reference: referenceOf(2) },
      ])

      expect(facts.counts.matched).toBe(1n)
      expect(facts.unmatchedTheirs).toMatchObject([{ line: 4, is_duplicate: true }])
      expect(facts.unmatchedOurs.map(({ attempt_id }) => attempt_id)).toEqual([idOf(1), idOf(3)])
    })

    it('takes the earliest of those that are whole, and then what that leaves', async () => {
      const facts = await match(ours, [
        { line: 4, amount: 349, reference: names(1, 2) },
        { line: 5, amount: 350, fee: feeFor(100, 250), reference: names(2, 1) },
        { line: 6, amount: 320, reference: names(2, 3) },
        { line: 7, amount: 170, reference: names(1, 3) },
      ])

      expect(facts.counts.matched).toBe(2n)
      expect(facts.unmatchedTheirs).toMatchObject([
        { line: 4, is_duplicate: true },
        { line: 6, is_duplicate: true },
        { line: 7, is_duplicate: true },
      ])
    })
  })

  it.each(['a\rb', 'a\r\nb', 'a\nb', 'a,b', 'a"b', "a'b", 'ü😀'])('reads a PSP id that holds %j', async (psp) => {
    const facts = await match([{ n: 1, amount: 100, psp }], [{ line: 4, amount: 100, reference: 'theirs', psp }])

    expect(facts.counts.matched).toBe(1n)
  })

  it('computes fees of the largest amounts exactly', async () => {
    const amount = Number.MAX_SAFE_INTEGER
    const fee = Number((BigInt(amount) * 29n + 500n) / 1_000n + 30n)

    const facts = await match([{ n: 1, amount }], [{ line: 4, amount, fee, reference: referenceOf(1) }])

    expect(facts.counts.matched).toBe(1n)
  })

  it('gives every record once in the outcome, in the order in which it is booked', async () => {
    const facts = await match(
      [
        { n: 1, amount: 100 },
        { n: 2, amount: 100 },
      ],
      [
        { line: 4, amount: -50, fee: 0, psp: 'po_1', kind: 'payout', status: 'paid' },
        { line: 5, amount: 100, reference: 'foreign', psp: 'ch_x' },
        { line: 6, amount: 100, reference: referenceOf(2) },
      ],
    )

    const rows = await duckdb.query<{ what: string; line: number | null }>(
      `select what, line from read_parquet(${fileLiteral(facts.outcomePath)}, file_row_number = true) order by file_row_number`,
    )
    expect(rows).toEqual([
      { what: 'pair', line: 6 },
      { what: 'theirs_only', line: 5 },
      { what: 'line', line: 4 },
      { what: 'ours_only', line: null },
    ])
  })
})
