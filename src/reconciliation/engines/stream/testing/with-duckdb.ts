import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DuckDb } from '../../../../platform/duckdb.ts'
import type { OpenBreak } from '../../../break.ts'
import { oursPath } from '../../../ours.ts'
import { createDuckDbEngine } from '../../duckdb/match.ts'
import { writeLines } from '../../duckdb/testing/write-lines.ts'
import type { Facts } from '../../engine.ts'
import { type Booked, fileOf, type History, uuid } from './history.ts'
import { createNights, type Said } from './nights.ts'

/** The history night by night, as the nightly run compares it. Gives what each night says. */
export async function decideWithDuckDb(history: History, duckdb: DuckDb, folder: string): Promise<readonly Said[]> {
  const nights = createNights(history)
  const said: Said[] = []
  for (const night of history.days.keys()) {
    const facts = await compare(history, night, nights.open(), duckdb, folder)
    said.push(nights.decide(night, facts))
  }
  return said
}

async function compare(
  { source, days, booked, lines }: History,
  night: number,
  open: readonly OpenBreak[],
  duckdb: DuckDb,
  parent: string,
): Promise<Facts> {
  // A folder of its own: DuckDB may still know what a file of the same name held a moment ago.
  const folder = mkdtempSync(join(parent, `night-${night}-`))
  const linesPath = join(folder, 'lines.parquet')
  // In the order in which nights find them, as the ledger's chain has them.
  const known = booked.toSorted((a, b) => a.night - b.night).filter((each) => each.night <= night)
  writeOurs(folder, known)
  await writeLines(
    duckdb,
    linesPath,
    lines.filter((each) => each.night === night),
  )
  const engine = createDuckDbEngine(duckdb)
  const there = Promise.resolve()
  await engine.load({
    folder,
    linesPath,
    fileId: fileOf(night),
    written: { lines: there, charge: there, charged_order: there, entry: there },
    window: {
      day: days[night] ?? '',
      previousDay: days[night - 1],
      seen: new Map([[1, BigInt(known.filter((each) => each.night < night).length)]]),
    },
    carriedOurs: open.flatMap(({ id, ours }) =>
      ours === undefined ? [] : [{ ...ours, breakId: id, occurredMs: BigInt(ours.occurredAt.getTime()) }],
    ),
    carriedTheirs: open.flatMap(({ id, theirs }) =>
      theirs === undefined
        ? []
        : [{ ...theirs, breakId: id, occurredMs: theirs.occurredAt && BigInt(theirs.occurredAt.getTime()) }],
    ),
    feeSchedule: source.feeSchedule,
    tolerance: source.tolerance,
  })
  const facts = await engine.match()
  rmSync(folder, { recursive: true })
  return facts
}

/** A charge of one order each time it was booked. */
function writeOurs(folder: string, booked: readonly Booked[]): void {
  const write = (file: Parameters<typeof oursPath>[1], rows: readonly string[]): void =>
    writeFileSync(oursPath(folder, file), rows.map((row) => `${row}\n`).join(''))
  const charges = [...new Map(booked.map((each) => [each.charge, each])).values()]
  write(
    'charge',
    charges.map(({ charge, psp, asked, currency }) => `${charge},${uuid(5, 1)},${psp ?? ''},${asked},${currency}`),
  )
  write(
    'charged_order',
    booked.map(({ charge, amount }, n) => `${uuid(2, n)},${charge},${amount}`),
  )
  write(
    'entry',
    booked.map(({ ms, day }, n) => `${uuid(2, n)},,${ms},${day},1,${1 + n}`),
  )
}
