import assert from 'node:assert/strict'
import type { CellValue, DuckDb } from '../platform/duckdb.ts'
import { createDateReader, createZoneReader, type DateReader, type ZoneReader } from '../settlement/index.ts'
import { readRowAmount, unitsOf } from './amount-value.ts'
import { currencyOf, decimalsIn } from './currency-code.ts'
import { keySql } from './key-form.ts'
import { apartWord } from './kinds.ts'
import { cellOf, rawTable, type Side, type SideName, type SideSpec, type Unit } from './side.ts'
import { apartState } from './states.ts'

/**
 * Table `ours` or `theirs`: every row of a file in the shape in which rows are compared.
 *
 *     n, line    the row            ref, key, loose  the key as it stands, in the form of the mapping, in its loosest
 *     amount     minor units, signed; `fee` a positive cost or null; `currency`
 *     ms         the instant, null without a time;  day  the date that stands there
 *     kind       the sender's word;  apart  why the row is no sale and stands apart, or null
 *
 * What is no record at all goes to `unparsed`.
 */
export async function canonicalise(duckdb: DuckDb, side: Side, spec: SideSpec, zone: string): Promise<Canonical> {
  const { name } = side
  await duckdb.run(`create table ${name}_value (n integer, amount bigint, fee bigint, currency varchar, ms bigint,
    day varchar, kind varchar, apart varchar)`)
  const work = startWork(side, spec, zone)
  let read = 0
  for await (const rows of duckdb.stream<RawRow>(
    `select n, line, ${work.columns.join(', ')} from ${rawTable(name)} order by n`,
  )) {
    for (const row of rows) work.take(row)
    read += rows.length
    await flush(duckdb, name, work)
  }
  await flush(duckdb, name, work)
  assert.equal(read, side.rows, 'every row of a file is looked at')
  const midnight = work.isMidnightOnly() ? 'null::bigint' : 'v.ms'
  const key = `r.${cellOf(side, spec.key)}`
  await duckdb.run(`
    create table ${name} as
      select r.n, r.line, ${keySql(key, 'exact')} as ref, ${keySql(key, spec.keyForm)} as key, ${keySql(key, 'loose')} as loose, v.amount, v.fee, v.currency,
             ${midnight} as ms, v.day, v.kind, v.apart
        from ${rawTable(name)} r join ${name}_value v on v.n = r.n;
    drop table ${name}_value`)
  return { rounded: work.rounded(), undated: work.undated() }
}

export type Canonical = {
  /** Amounts that are finer than their currency, and were rounded. */
  readonly rounded: number
  /** Dates that could not be read. */
  readonly undated: number
}

type RawRow = { readonly n: number; readonly line: number } & Readonly<Record<string, string | number | null>>

type Work = {
  readonly columns: readonly string[]
  readonly take: (row: RawRow) => void
  readonly values: CellValue[][]
  readonly rejected: CellValue[][]
  readonly isMidnightOnly: () => boolean
  readonly rounded: () => number
  readonly undated: () => number
}

async function flush(duckdb: DuckDb, name: SideName, { values, rejected }: Work): Promise<void> {
  await duckdb.append(
    `${name}_value`,
    ['integer', 'bigint', 'bigint', 'varchar', 'bigint', 'varchar', 'varchar', 'varchar'],
    values.splice(0),
  )
  await duckdb.append('unparsed', ['varchar', 'integer', 'integer', 'varchar', 'varchar'], rejected.splice(0))
}

/** A sum under the rows is none of them. */
const TOTAL = /^(sub|grand )?(total|totals|totaal|totale|totaux|summe|gesamt|suma|summa|sum)\b/i

class Unreadable extends Error {
  readonly column: string
  readonly code: string
  constructor(code: string, column: string, message: string) {
    super(message)
    this.code = code
    this.column = column
  }
}

function startWork(side: Side, spec: SideSpec, zone: string): Work {
  const names = columnsOf(spec)
  const cells = new Map(names.map((name) => [name, cellOf(side, name)]))
  const [values, rejected]: [CellValue[][], CellValue[][]] = [[], []]
  const readers = { dates: createDateReader(), zone: createZoneReader(zone) }
  let [rounded, undated, timed, midnights] = [0, 0, 0, 0]

  const textIn =
    (row: RawRow) =>
    (name: string): string => {
      const cell = row[cells.get(name) ?? '']
      return typeof cell === 'string' ? cell : ''
    }

  function canonicalRow(row: RawRow): CellValue[] {
    const textOf = textIn(row)
    const apart = apartOf(side, spec, textOf)
    const { amount, fee, currency, isExact } = moneyOf(spec, textOf)
    if (!isExact) rounded += 1
    const when = spec.date === undefined ? undefined : momentOf(spec.date, textOf(spec.date.column), readers)
    if (when === undefined && spec.date !== undefined) undated += 1
    if (when?.ms !== undefined) timed += 1
    if (when?.isMidnight === true) midnights += 1
    const kind = spec.kind === undefined ? '' : textOf(spec.kind)
    return [row.n, amount, fee, currency, when?.ms ?? null, when?.day ?? null, kind || null, apart]
  }

  return {
    columns: [...new Set(cells.values())],
    values,
    rejected,
    take(row) {
      try {
        const value = canonicalRow(row)
        values.push(value)
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error
        const place = side.columns.find(({ name }) => name === error.column)?.place ?? -1
        rejected.push([side.name, row.line, place + 1, error.code, error.message])
      }
    },
    // A column of dates that a program wrote out with a time of nought.
    isMidnightOnly: () => timed > 1 && timed === midnights,
    rounded: () => rounded,
    undated: () => undated,
  }
}

const columnsOf = ({ key, amount, currency, date, fee, kind, status }: SideSpec): readonly string[] => [
  key,
  ...(amount.rule === 'split' ? [amount.credit, amount.debit] : [amount.column]),
  ...(amount.rule === 'direction' ? [amount.direction] : []),
  ...('column' in currency ? [currency.column] : []),
  ...(date === undefined ? [] : [date.column]),
  ...(fee === undefined ? [] : [fee.column]),
  ...(kind === undefined ? [] : [kind]),
  ...(status === undefined ? [] : [status]),
]

type TextOf = (column: string) => string

function apartOf(side: Side, spec: SideSpec, textOf: TextOf): string | null {
  const key = textOf(spec.key).trim()
  if (side.isTable && TOTAL.test(key)) return 'total'
  const kind = spec.kind === undefined ? undefined : apartWord(textOf(spec.kind))
  return kind ?? (spec.status === undefined ? undefined : apartState(textOf(spec.status))) ?? null
}

function moneyOf(spec: SideSpec, textOf: TextOf) {
  const column = spec.amount.rule === 'split' ? spec.amount.credit : spec.amount.column
  const read = readRowAmount(spec.amount, spec.decimal, textOf)
  if (read === 'empty') throw new Unreadable('amount', column, 'The row has no amount')
  if ('unreadable' in read) throw new Unreadable('amount', column, `"${read.unreadable.slice(0, 40)}" is no amount`)
  const named = 'code' in spec.currency ? spec.currency.code : textOf(spec.currency.column)
  const currency = read.currency ?? (named === 'XXX' ? named : currencyOf(named))
  if (currency === undefined)
    throw new Unreadable(
      'currency',
      'column' in spec.currency ? spec.currency.column : column,
      `"${named.slice(0, 16)}" is no currency`,
    )
  const decimals = decimalsIn(currency)
  const units = unitsOf(read.decimal, spec.unit, decimals)
  if (units === undefined) throw new Unreadable('amount', column, 'The amount is beyond 2^62 minor units')
  const amount = units.amount * BigInt(spec.sign)
  return { amount, fee: feeOf(spec, textOf, spec.unit, decimals), currency, isExact: units.isExact }
}

function feeOf({ fee, decimal }: SideSpec, textOf: TextOf, unit: Unit, decimals: number): bigint | null {
  if (fee === undefined || textOf(fee.column).trim() === '') return null
  const read = readRowAmount({ rule: 'signed', column: fee.column }, decimal, textOf)
  if (read === 'empty') return null
  if ('unreadable' in read) throw new Unreadable('fee', fee.column, `"${read.unreadable.slice(0, 40)}" is no fee`)
  const units = unitsOf(read.decimal, unit, decimals)?.amount ?? 0n
  return fee.sign === 'cost' ? units : -units
}

type Moment = { readonly day: string; readonly ms: bigint | undefined; readonly isMidnight: boolean }

function momentOf(
  { order }: NonNullable<SideSpec['date']>,
  text: string,
  readers: { readonly dates: DateReader; readonly zone: ZoneReader },
): Moment | undefined {
  const read = readers.dates.read(text, order)
  if (read === undefined) return undefined
  const { date: day, timeMs, offsetMinutes } = read
  if (timeMs === undefined) return { day, ms: undefined, isMidnight: false }
  const isMidnight = timeMs === 0
  const at =
    offsetMinutes === undefined
      ? readers.zone(day, timeMs)?.at.getTime()
      : Date.parse(`${day}T00:00:00.000Z`) + timeMs - offsetMinutes * 60_000
  return { day, ms: at === undefined ? undefined : BigInt(at), isMidnight }
}
