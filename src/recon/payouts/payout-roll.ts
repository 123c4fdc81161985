import type { DuckDb } from '../../platform/duckdb.ts'
import { rawTable, type Side } from '../side.ts'
import { BUCKETS, type Bucket } from './payout-kind.ts'
import { createPayoutReader, type PayoutRow, type RollColumns, UnreadablePayout } from './payout-row.ts'

/** The rows of one payout in one currency, added up. */
export type Rolled = {
  readonly id: string
  /** A code, or empty where the rows name none. */
  readonly currency: string
  /** The first row. */
  readonly line: number
  rows: number
  /** ISO date of the last of its rows. */
  day: string
  readonly sums: Record<Bucket, bigint>
  /** What a column of net amounts adds up to. */
  net: bigint
  /** What a row of the payout itself says. */
  stated: bigint | undefined
}

/** Rows that are in no payout, by currency and why: not paid out yet, the payout itself, a sum of others. */
type Outside = {
  readonly kind: 'unpaid' | 'payout' | 'total'
  readonly currency: string
  rows: number
  amount: bigint
}

export type Rolls = {
  readonly payouts: readonly Rolled[]
  readonly outside: readonly Outside[]
  readonly columns: RollColumns
  /** The most decimals that a number had. */
  readonly decimals: number
}

type CellRow = { readonly line: number } & Readonly<Record<string, string | number | null>>

/** Adds up the rows of each payout. What cannot be read goes to `unparsed`. */
export async function rollUp(duckdb: DuckDb, side: Side, id: string, columns: RollColumns): Promise<Rolls> {
  const [payouts, outside] = [new Map<string, Rolled>(), new Map<string, Outside>()]
  const read = createPayoutReader(side, id, columns)
  const cells = new Map(side.columns.map(({ name, place }) => [name, `c${place}`]))
  let decimals = 0
  const rows = duckdb.stream<CellRow>(
    `select line, ${[...cells.values()].join(', ')} from ${rawTable(side.name)} order by n`,
  )
  for await (const piece of rows) {
    const rejected: (string | number)[][] = []
    for (const cellRow of piece)
      try {
        const row = read((column) => String(cellRow[cells.get(column) ?? ''] ?? '').trim())
        decimals = Math.max(decimals, row.decimals)
        if (row.id === '' || row.bucket === 'total') leaveOut(outside, row)
        else add(rolledOf(payouts, row, cellRow.line), row)
      } catch (error) {
        if (!(error instanceof UnreadablePayout)) throw error
        const column = side.columns.findIndex(({ name }) => name === error.column) + 1
        rejected.push([side.name, cellRow.line, column, error.code, error.message])
      }
    await duckdb.append('unparsed', ['varchar', 'integer', 'integer', 'varchar', 'varchar'], rejected)
  }
  return { payouts: [...payouts.values()], outside: [...outside.values()], columns, decimals }
}

function add(rolled: Rolled, { bucket, amount, fee, net, day }: PayoutRow): void {
  if (day !== undefined && day > rolled.day) rolled.day = day
  if (bucket === 'payout' || bucket === 'total') {
    rolled.stated = (rolled.stated ?? 0n) - amount + fee
    return
  }
  rolled.rows += 1
  rolled.sums[bucket] += amount
  rolled.sums.fees -= fee
  rolled.net += net
}

function rolledOf(payouts: Map<string, Rolled>, { id, currency }: PayoutRow, line: number): Rolled {
  const key = JSON.stringify([id, currency])
  const known = payouts.get(key)
  if (known !== undefined) return known
  const sums = Object.fromEntries(BUCKETS.map((bucket) => [bucket, 0n])) as Record<Bucket, bigint>
  const rolled = { id, currency, line, rows: 0, day: '', sums, net: 0n, stated: undefined }
  payouts.set(key, rolled)
  return rolled
}

function leaveOut(outside: Map<string, Outside>, { bucket, currency, amount, fee }: PayoutRow): void {
  const kind = bucket === 'payout' || bucket === 'total' ? bucket : 'unpaid'
  const known = outside.get(`${kind} ${currency}`) ?? { kind, currency, rows: 0, amount: 0n }
  outside.set(`${kind} ${currency}`, { ...known, rows: known.rows + 1, amount: known.amount + amount - fee })
}

/** What a payout comes to: all that its rows add and take. */
export const totalOf = ({ sums }: Pick<Rolled, 'sums'>): bigint =>
  BUCKETS.reduce((sum, bucket) => sum + sums[bucket], 0n)
