import { hash } from 'node:crypto'
import type { CellValue, DuckDb } from '../../platform/duckdb.ts'
import { businessDate } from '../../reconciliation/index.ts'
import { columnIn, placeOf } from '../files/part.ts'
import { CONTROL } from '../files/published.ts'
import { groupedMajor } from '../rows/currency-code.ts'
import { stateDiffers } from '../rows/state-sql.ts'
import { type Days, lagOf, PAYOUT_LAG, type Settings, sourceOf } from '../settings.ts'
import { SIDES, type Side, type SideName } from '../side.ts'
import {
  type Code,
  type Coverage,
  type Decision,
  decideLine,
  decideOurs,
  decidePayout,
  decideTheirs,
  type Lone,
  laterDay,
} from './decide.ts'

type About = {
  readonly sides: Readonly<Record<SideName, Side>>
  readonly hasStatus: Readonly<Record<SideName, boolean>>
  /** The side whose rows are payouts, where the other one has the lines of a bank. */
  readonly payouts: SideName | undefined
}

type Sides = About['sides']

type Decide = (lone: Lone, isNamed: boolean) => Decision

function decider(side: SideName, coverage: Coverage, payouts: SideName | undefined): Decide {
  if (payouts === side) return (lone) => decidePayout(side, lone, coverage)
  if (payouts !== undefined) return (lone, isNamed) => decideLine(side, isNamed, lone)
  return side === 'ours' ? (lone) => decideOurs(lone, coverage) : (lone) => decideTheirs(lone, coverage)
}

/**
 * Table `found`: every break, with what decides its place. Rows are streamed through the rules and written back, so that a
 * million breaks need no more memory than one.
 */
export async function findBreaks(
  duckdb: DuckDb,
  settings: Settings,
  { sides, hasStatus, payouts }: About,
): Promise<Coverage> {
  await duckdb.run(`create table found (id varchar, code varchar, class varchar, due_on varchar, o integer, t integer, grp integer,
    ours_amount bigint, ours_currency varchar, theirs_amount bigint, theirs_currency varchar, difference bigint, currency varchar,
    reasons varchar, side varchar, line integer)`)
  const coverage = await coverageOf(duckdb, settings, payouts === undefined ? lagOf(sides.theirs.format) : PAYOUT_LAG)
  const ids = createIds()
  await findPairs(duckdb, stateDiffers(hasStatus), { ids, isPayouts: payouts !== undefined })
  for (const side of SIDES) await findLone(duckdb, side, decider(side, coverage, payouts), ids)
  await findUnparsed(duckdb, sides, ids)
  return coverage
}

const TYPES = [
  'varchar', 'varchar', 'varchar', 'varchar', 'integer', 'integer', 'integer', 'bigint', 'varchar', 'bigint', 'varchar', 'bigint',
  'varchar', 'varchar', 'varchar', 'integer',
] as const // biome-ignore format: one list

async function coverageOf(duckdb: DuckDb, settings: Settings, lag: Days): Promise<Coverage> {
  const periodOf = async (side: SideName): Promise<Coverage['ours']> => {
    const [row] = await duckdb.query<
      Readonly<Record<'first' | 'last', string | null> & Record<'from' | 'to', bigint | null>>
    >(`
      select min(ms) as from, max(ms) as to,
             (min(day) filter (ms is null))::varchar as first, (max(day) filter (ms is null))::varchar as last
        from ${side} where apart is null`)
    const cut = sourceOf(settings[side], 0)
    const dayAt = (ms: bigint | null | undefined): string | undefined =>
      ms == null ? undefined : businessDate(new Date(Number(ms)), cut)
    const days = [dayAt(row?.from), row?.first ?? undefined].filter((day) => day !== undefined).toSorted()
    const last = laterDay(dayAt(row?.to), row?.last ?? undefined)
    return days[0] === undefined || last === undefined ? undefined : { first: days[0], last }
  }
  const [ours, theirs] = [await periodOf('ours'), await periodOf('theirs')]
  const asOf = settings.asOf ?? laterDay(ours?.last, theirs?.last)
  return { asOf, ours, settings, lag: settings.lag ?? lag }
}

type PairRow = {
  readonly rule: string
  readonly grp: number | null
  readonly o: number
  readonly t: number
  readonly key: string | null
  readonly ours_amount: bigint
  readonly ours_currency: string
  readonly ours_fee: bigint | null
  readonly theirs_amount: bigint
  readonly theirs_currency: string
  readonly theirs_fee: bigint | null
  readonly ours_rows: bigint
  readonly theirs_rows: bigint
  /** Null where the states agree. */
  readonly ours_state: string | null
  readonly theirs_state: string | null
}

/** Pairs that differ. A group is summed and is one break. */
async function findPairs(duckdb: DuckDb, differs: string, how: How): Promise<void> {
  const rows = duckdb.stream<PairRow>(`
    select p.rule, p.grp, o.n as o, t.n as t, o.key, o.amount as ours_amount, o.currency as ours_currency, o.fee as ours_fee,
           t.amount as theirs_amount, t.currency as theirs_currency, t.fee as theirs_fee, 1::bigint as ours_rows, 1::bigint as theirs_rows,
           case when ${differs} then coalesce(os.state, 'paid') end as ours_state, coalesce(ts.state, 'paid') as theirs_state
      from pair p join ours_left o on o.n = p.o join theirs_left t on t.n = p.t
      left join ours_state os on os.n = p.o left join theirs_state ts on ts.n = p.t
     where p.grp is null and (p.rule = 'key' or (o.fee is not null and t.fee is not null and o.fee <> t.fee) or ${differs})
    union all
    select 'key', g.grp, g.o, g.t, o.key, ours_amount, o.currency, null, theirs_amount, t.currency, null, g.ours_rows, g.theirs_rows, null, null
      from (select grp, min(o) as o, min(t) as t, count(distinct o) as ours_rows, count(distinct t) as theirs_rows
              from pair where grp is not null and rule = 'key' group by grp) g
      join (select grp, sum(amount)::bigint as ours_amount from (select distinct grp, o from pair where grp is not null) m join ours_left on ours_left.n = m.o group by grp) using (grp)
      join (select grp, sum(amount)::bigint as theirs_amount from (select distinct grp, t from pair where grp is not null) m join theirs_left on theirs_left.n = m.t group by grp) using (grp)
      join ours_left o on o.n = g.o join theirs_left t on t.n = g.t`)
  for await (const piece of rows)
    await duckdb.append(
      'found',
      TYPES,
      piece.flatMap((row) => pairBreak(row, how)),
    )
}

/** How pairs are told: a difference between a payout and its line has a code of its own. */
type How = { readonly ids: Ids; readonly isPayouts: boolean }

function pairBreak(row: PairRow, { ids, isPayouts }: How): CellValue[][] {
  const { ours_amount, theirs_amount, ours_currency: currency, theirs_currency } = row
  const difference = ours_amount - theirs_amount
  const money = (amount: bigint): string => groupedMajor(amount, currency)
  const of = (code: Code, gap: bigint | null, reason: string): CellValue[][] => [
    breakRow(row, { code, class: 'real', dueOn: undefined, reasons: [reason] }, gap, ids),
  ]
  if (currency !== theirs_currency)
    return of('currency_mismatch', null, `${currency} in ours, ${theirs_currency} in theirs`)
  if (row.grp !== null) {
    const parts = `${row.ours_rows} of ours against ${row.theirs_rows} of theirs`
    return of(
      isPayouts ? 'payout_mismatch' : 'split_mismatch',
      difference,
      `${parts}: the sums differ by ${money(difference)}`,
    )
  }
  if (row.ours_state !== null)
    return of('status_mismatch', difference, `${row.ours_state} in ours, ${row.theirs_state} in theirs`)
  if (difference !== 0n) {
    const isFee =
      row.theirs_fee !== null &&
      row.theirs_fee !== 0n &&
      (difference === row.theirs_fee || -difference === row.theirs_fee)
    return of(
      isPayouts ? 'payout_mismatch' : 'amount_mismatch',
      difference,
      `${isPayouts ? 'the payout and its line differ' : 'amount differs'} by ${money(difference)}${isFee ? ' (equals the fee)' : ''}`,
    )
  }
  if (row.ours_fee === null || row.theirs_fee === null || row.ours_fee === row.theirs_fee) return []
  const gap = row.ours_fee - row.theirs_fee
  return of('fee_mismatch', gap, `fee ${money(row.ours_fee)} in ours, ${money(row.theirs_fee)} in theirs`)
}

function breakRow(row: PairRow, decision: Decision, difference: bigint | null, ids: Ids): CellValue[] {
  const { key, ours_amount, ours_currency, theirs_amount, theirs_currency } = row
  const id = ids('pair', key ?? '', ours_currency, ours_amount, theirs_currency, theirs_amount)
  return [
    ...[id, decision.code, decision.class, null, row.o, row.t, row.grp, ours_amount, ours_currency, theirs_amount],
    ...[
      theirs_currency,
      difference,
      difference === null ? null : ours_currency,
      JSON.stringify(decision.reasons),
      null,
      null,
    ],
  ]
}

type LoneRow = {
  readonly n: number
  readonly key: string | null
  readonly amount: bigint
  readonly currency: string
  readonly ms: bigint | null
  readonly day: string | null
  readonly is_duplicate: boolean
  readonly twin: boolean
}

/**
 * Rows that are in no pair. One of which an equal row was matched, or stands before it, is there twice; one with another
 * amount under the same reference is a capture of its own, which the other side does not have.
 */
async function findLone(duckdb: DuckDb, side: SideName, decide: Decide, ids: Ids): Promise<void> {
  const [own, other, short] = side === 'ours' ? ['ours', 'theirs', 'o'] : ['theirs', 'ours', 't']
  const rows = duckdb.stream<LoneRow>(`
    with lone as (
      select *, row_number() over (partition by key, currency, amount order by ms nulls last, day nulls last, n) as copy
        from (select * from ${own}_left anti join pair on pair.${short} = ${own}_left.n where apart is null)
    ), matched as (
      select distinct key, currency, amount from ${own}_left semi join pair on pair.${short} = ${own}_left.n where key is not null
    )
    select l.n, l.key, l.amount, l.currency, l.ms, l.day, (m.key is not null or (l.key is not null and l.copy > 1)) as is_duplicate,
           coalesce(l.loose in (select loose from ${other}_loose), false) as twin
      from lone l left join matched m using (key, currency, amount)
     order by l.n`)
  for await (const piece of rows)
    await duckdb.append(
      'found',
      TYPES,
      piece.map((row) => loneBreak(side, row, decide, ids)),
    )
}

function loneBreak(side: SideName, row: LoneRow, decide: Decide, ids: Ids): CellValue[] {
  const { n, key, amount, currency } = row
  const at = row.ms === null ? undefined : new Date(Number(row.ms))
  const lone = { at, day: row.day ?? undefined, isDuplicate: row.is_duplicate }
  const decision = decide(lone, key !== null)
  const reasons = [
    ...decision.reasons,
    ...(key === null ? ['it has no reference'] : []),
    ...(row.twin && !row.is_duplicate ? ['the other file has this reference, or nearly: look at both'] : []),
  ]
  const id = ids(side, key ?? `${row.day ?? ''} without`, currency, amount)
  const isOurs = side === 'ours'
  return [
    ...[id, decision.code, decision.class, decision.dueOn ?? null, isOurs ? n : null, isOurs ? null : n, null],
    ...(isOurs ? [amount, currency, null, null] : [null, null, amount, currency]),
    ...[isOurs ? amount : -amount, currency, JSON.stringify(reasons), null, null],
  ]
}

async function findUnparsed(duckdb: DuckDb, sides: Sides, ids: Ids): Promise<void> {
  type Row = { side: SideName; line: number; col: number; code: string; message: string }
  for await (const piece of duckdb.stream<Row>('select * from unparsed order by side, line'))
    await duckdb.append(
      'found',
      TYPES,
      piece.map(({ side, line, col, code, message }) => {
        const isControl = code === CONTROL
        const { file, line: own } = placeOf(sides[side], line)
        const from = file === undefined ? side : `${file} of ${side}`
        const where = isControl
          ? from
          : `line ${own}${col > 0 ? `, column ${columnIn(sides[side], line, col)}` : ''} of ${from}`
        const reasons = JSON.stringify([`${where}: ${message}`])
        const name = isControl ? 'control_total_mismatch' : 'unparsed_line'
        const id = ids(name, side, message)
        const nothing = Array.from({ length: 9 }, () => null)
        return [id, name, 'real', null, ...nothing, reasons, side, line]
      }),
    )
}

type Ids = (...parts: readonly (string | bigint)[]) => string

/** The same break has the same id in every run: it is made from what the rows say, and counted where rows say the same. */
function createIds(): Ids {
  const seen = new Map<string, number>()
  return (...parts) => {
    const id = hash('sha256', parts.map(String).join('\n')).slice(0, 12)
    const copy = (seen.get(id) ?? 0) + 1
    seen.set(id, copy)
    return copy === 1 ? id : `${id}-${copy}`
  }
}
