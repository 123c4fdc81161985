import { type DuckDb, literal } from '../../../../platform/duckdb.ts'

/** A line of a settlement file. `ms`: when it happened, since 1970. */
export type WrittenLine = {
  readonly line: number
  readonly kind: string
  readonly status: string | null
  readonly reference: string | null
  readonly psp: string | null
  readonly amount: bigint
  readonly fee: bigint
  readonly currency: string
  readonly ms: number | null
}

/** Writes lines into the Parquet file that the engine reads. */
export async function writeLines(duckdb: DuckDb, path: string, lines: readonly WrittenLine[]): Promise<void> {
  await duckdb.run(`create or replace table line (line integer, kind varchar, status varchar, psp_reference varchar, reference varchar,
    amount bigint, fee bigint, currency varchar, occurred_ms bigint)`)
  await duckdb.append(
    'line',
    ['integer', 'varchar', 'varchar', 'varchar', 'varchar', 'bigint', 'bigint', 'varchar', 'bigint'],
    lines.map(({ line, kind, status, psp, reference, amount, fee, currency, ms }) => [
      ...[line, kind, status, psp, reference, amount, fee, currency],
      ms === null ? null : BigInt(ms),
    ]),
  )
  await duckdb.run(`copy line to ${literal(path)} (format parquet)`)
}
