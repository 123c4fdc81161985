import { type CellValue, type DuckDb, literal } from '../../platform/duckdb.ts'
import type { BankVerdict } from './judge.ts'
import type { BankLine } from './match.ts'
import type { StoredPayout } from './payouts.ts'

/**
 * What became of every payout and every line of a run as Parquet, with the columns that outcomes of PSPs have (engines/duckdb),
 * and the payout in the place of the charge. Pairs in the order of the passes, then lines without a payout, then payouts
 * without a line.
 */
export async function writeBankOutcome(
  duckdb: DuckDb,
  { arrivals, alone, openOf }: Pick<BankVerdict, 'arrivals' | 'alone' | 'openOf'>,
  given: { readonly payouts: readonly StoredPayout[]; readonly path: string },
): Promise<void> {
  const payoutOf = new Map(given.payouts.map((payout) => [payout.id, payout]))
  const ours = (id: string): CellValue[] => {
    const payout = payoutOf.get(id)
    if (payout === undefined) throw new Error('a payout of an outcome is known')
    return [id, payout.amount, payout.currency, BigInt(payout.occurredAt.getTime()), openOf.payout(id)]
  }
  const theirs = (line: BankLine, amount: bigint): CellValue[] => {
    const { fileId, on, currency } = line
    return [fileId, line.line, on, 'entry', amount, 0n, currency, openOf.line(line)]
  }
  const none = (count: number): readonly null[] => Array.from({ length: count }, () => null)
  const rows = [
    ...arrivals.map(({ rule, payout, line, amount }) => [
      ...['pair', rule, amount === payout.amount ? null : 'payout_mismatch'],
      ...ours(payout.id),
      ...theirs(line, amount),
    ]),
    ...alone.lines.map((line) => ['theirs_only', ...none(2 + OURS), ...theirs(line, line.amount)]),
    ...alone.payouts.map(({ id }) => ['ours_only', ...none(2), ...ours(id), ...none(THEIRS)]),
  ].map((row, n) => [n, ...row])
  await duckdb.run(`create or replace table outcome (${COLUMNS.map(([name, type]) => `${name} ${type}`).join(', ')})`)
  await duckdb.append(
    'outcome',
    COLUMNS.map(([, type]) => type),
    rows,
  )
  await duckdb.run(`
    copy (select what, rule, code, payout_id::uuid as payout_id, ours_amount, ours_currency, ours_ms, ours_break::uuid as ours_break,
                 file_id::uuid as file_id, line, line_on, kind, theirs_amount, fee, theirs_currency, theirs_break::uuid as theirs_break
            from outcome order by n)
      to ${literal(given.path)} (format parquet, compression lz4_raw)`)
}

const COLUMNS = [
  ['n', 'integer'],
  ['what', 'varchar'],
  ['rule', 'varchar'],
  ['code', 'varchar'],
  ['payout_id', 'varchar'],
  ['ours_amount', 'bigint'],
  ['ours_currency', 'varchar'],
  ['ours_ms', 'bigint'],
  ['ours_break', 'varchar'],
  ['file_id', 'varchar'],
  ['line', 'integer'],
  ['line_on', 'varchar'],
  ['kind', 'varchar'],
  ['theirs_amount', 'bigint'],
  ['fee', 'bigint'],
  ['theirs_currency', 'varchar'],
  ['theirs_break', 'varchar'],
] as const
const OURS = 5
const THEIRS = 8
