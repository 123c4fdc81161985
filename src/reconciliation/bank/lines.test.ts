import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { storeBlob } from '../../platform/blob.ts'
import { createDb, type Db } from '../../platform/db.ts'
import { type DuckDb, literal, openDuckDb } from '../../platform/duckdb.ts'
import { concernedLines, type StatementFile } from './lines.ts'
import { matchArrivals } from './match.ts'
import type { StoredPayout } from './payouts.ts'
import type { BankSource } from './source.ts'

let database: TestDatabase
let db: Db
let duckdb: DuckDb
let folder: string

beforeAll(async () => {
  database = await createTestDatabase()
  db = createDb({ url: database.url, schema: database.schema })
  folder = mkdtempSync(join(tmpdir(), 'tallystick-bank-lines-'))
  duckdb = await openDuckDb(folder)
})
afterAll(async () => {
  duckdb.close()
  await db.end()
  await database.drop()
  rmSync(folder, { recursive: true, force: true })
})

const BANK: BankSource = {
  name: 'house-bank',
  zone: 'UTC',
  psps: ['acme'],
  account: undefined,
  calendar: { days: [1, 2, 3, 4, 5], holidays: [] },
  lagDays: 1,
  windowDays: 5,
  references: 'remittance',
  recognisedBy: [],
}
const DAY = '2026-03-03'

type Line = readonly [text: string, amount: bigint, currency: string]

/** Stores a statement of these lines, numbered from 1. */
async function stored(fileId: string, lines: readonly Line[]): Promise<StatementFile> {
  const path = join(folder, `written-${fileId}`)
  const rows = lines.map(
    ([text, amount, currency], n) =>
      `(${1 + n}, '${DAY}', ${amount}::bigint, 0::bigint, ${literal(currency)}, null::varchar, null::varchar, null::varchar, ${literal(text)}, false, null::varchar)`,
  )
  await duckdb.run(
    `copy (select * from (values ${rows.join(', ')}) l (line, line_on, amount, fee, currency, reference, psp_reference, other_references,
       description, seen_before, booked)) to ${literal(path)} (format parquet)`,
  )
  const { id: linesBlobId } = await db.transaction((tx) => storeBlob(tx, path))
  return { id: fileId, linesBlobId, returned: [] }
}

/** Which payouts arrive in which lines, by the number of the line. */
async function arrivalsOf(
  fileId: string,
  payouts: readonly (readonly [id: string, reference: string, amount: bigint, currency: string])[],
  lines: readonly Line[],
): Promise<readonly (readonly [line: number, payout: string, amount: bigint])[]> {
  const waiting = payouts.map(
    ([id, pspReference, amount, currency]): StoredPayout => ({
      ...{ id, psp: 'acme', pspReference, reference: null, amount, currency },
      ...{ businessDate: '2026-03-02', occurredAt: new Date(0), arrived: false },
    }),
  )
  const files = [await stored(fileId, lines)]
  const request = { source: BANK, day: DAY, files, claimed: [], payouts: waiting, apart: [] }
  const concerned = await concernedLines(db, duckdb, folder, request)
  return matchArrivals(waiting, concerned, BANK)
    .arrivals.map(({ line, payout, amount }) => [line.line, payout.id, amount] as const)
    .toSorted()
}

it('a reference that a PSP gave to several payouts means the one of the line that has its currency and direction', async () => {
  const payouts = [
    ['eur', 'batch 20260302', 10_000n, 'EUR'],
    ['jpy', 'batch 20260302', 5_000n, 'JPY'],
    ['back', 'batch 20260302', -10_000n, 'EUR'],
  ] as const

  expect(
    await arrivalsOf('of-a-batch', payouts, [
      ['ACME BATCH 20260302', 5_000n, 'JPY'],
      ['ACME BATCH 20260302', 10_000n, 'EUR'],
      ['RETURNED ACME BATCH 20260302', -10_000n, 'EUR'],
    ]),
  ).toEqual([
    [1, 'jpy', 5_000n],
    [2, 'eur', 10_000n],
    [3, 'back', -10_000n],
  ])
})

it('a line that names a payout and what was taken back from it is both of them', async () => {
  const payouts = [
    ['out', 'po_20260302a', 10_000n, 'EUR'],
    ['back', 'po_20260302b', -3_000n, 'EUR'],
  ] as const

  expect(await arrivalsOf('netted', payouts, [['ACME PO 20260302A PO 20260302B', 7_000n, 'EUR']])).toEqual([
    [1, 'back', -3_000n],
    [1, 'out', 10_000n],
  ])
})

it('a PSP is recognised by its name however a bank writes it', async () => {
  const source = { ...BANK, recognisedBy: ['Groß-Zahlungen'] }
  const files = [
    await stored('names', [
      ['Groß-Zahlungen AG', 1n, 'EUR'],
      ['GROSSZAHLUNGEN AG', 2n, 'EUR'],
      ['GROẞ ZAHLUN GEN AG', 3n, 'EUR'],
      ['Große Zahlungen', 4n, 'EUR'],
    ]),
  ]

  const lines = await concernedLines(db, duckdb, folder, {
    source,
    day: DAY,
    files,
    claimed: [],
    payouts: [],
    apart: [],
  })

  expect(lines.map(({ amount }) => amount)).toEqual([1n, 2n, 3n])
})

it('a line that people took out of its pair is recognised, whatever stands in it', async () => {
  const files = [
    await stored('apart', [
      ['RENT', 1n, 'EUR'],
      ['TRANSFER', 2n, 'EUR'],
    ]),
  ]
  const apart = [{ fileId: 'apart', line: 2 }]

  const lines = await concernedLines(db, duckdb, folder, {
    source: BANK,
    day: DAY,
    files,
    claimed: [],
    payouts: [],
    apart,
  })

  expect(lines.map(({ line, recognised }) => [line, recognised])).toEqual([[2, true]])
})

it('one line alone is read with the payouts that it names, and no other', async () => {
  const files = [
    await stored('one-alone', [
      ['ACME PO 20260302A', 1n, 'EUR'],
      ['ACME PO 20260302A', 2n, 'EUR'],
    ]),
  ]
  const payout: StoredPayout = {
    ...{ id: 'out', psp: 'acme', pspReference: 'po_20260302a', reference: null, amount: 2n, currency: 'EUR' },
    ...{ businessDate: '2026-03-02', occurredAt: new Date(0), arrived: true },
  }
  const only = { fileId: 'one-alone', line: 2 }
  const request = { source: BANK, day: DAY, files, claimed: [], payouts: [payout], apart: [only], only }

  const lines = await concernedLines(db, duckdb, folder, request)

  expect(lines.map(({ line, amount, names }) => [line, amount, names])).toEqual([[2, 2n, ['out']]])
})
