import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileLiteral, openDuckDb } from '../../src/platform/duckdb.ts'

/**
 * What somebody would write who knows both files: `recon-join.ts duckdb OURS THEIRS FOLDER` joins them in DuckDB, with as
 * many threads as ours, and writes the rows that differ to a file. `recon-join.ts map OURS THEIRS` does it with a `Map` of
 * Node. Both print how many rows of a kind there are.
 */
export type Joined = Readonly<Partial<Record<'ours_only' | 'theirs_only' | 'amount_mismatch' | 'match', number>>>

const read = (path: string, columns: readonly string[]): string =>
  `read_csv(${fileLiteral(path)}, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"',
     columns = {${columns.map((name) => `${name}: 'varchar'`).join(', ')}})`

const units = (column: string): string =>
  `(${column}::decimal(18, 2) * case when currency = 'jpy' then 1 else 100 end)::bigint`

async function withDuckDb(ours: string, theirs: string, folder: string): Promise<Joined> {
  const duckdb = await openDuckDb(folder)
  try {
    await duckdb.run(`
      create table differs as
        with o as (select order_ref as ref, amount_minor::bigint as amount, fee_minor::bigint as fee, currency, captured_at::timestamp as stamp
                     from ${read(ours, ['payment_id', 'order_ref', 'amount_minor', 'fee_minor', 'currency', 'captured_at'])}),
             t as (select reference as ref, ${units('gross')} as amount, ${units('fee')} as fee, upper(currency) as currency, created::timestamp as stamp
                     from ${read(theirs, ['charge', 'created', 'reference', 'gross', 'fee', 'currency', 'type'])}),
        judged as (
          select case when t.ref is null then 'ours_only' when o.ref is null then 'theirs_only' when o.currency <> t.currency then 'currency_mismatch'
                      when o.amount <> t.amount then 'amount_mismatch' when o.fee <> t.fee then 'fee_mismatch' else 'match' end as kind, *
            from o full outer join t on o.ref = t.ref)
        select * from judged where kind <> 'match'`)
    await duckdb.run(`copy differs to ${fileLiteral(`${folder}/differs.csv`)}`)
    const rows = await duckdb.query<{ kind: string; rows: bigint }>(
      'select kind, count(*) as rows from differs group by kind',
    )
    return Object.fromEntries(rows.map(({ kind, rows: count }) => [kind, Number(count)]))
  } finally {
    duckdb.close()
  }
}

async function withMap(ours: string, theirs: string): Promise<Joined> {
  type Row = { readonly amount: number; readonly currency: string }
  const known = new Map<string, Row>()
  const counts = { ours_only: 0, theirs_only: 0, amount_mismatch: 0, match: 0 }
  for await (const [, ref = '', amount = '', , currency = ''] of lines(ours))
    known.set(ref, { amount: Number(amount), currency })
  const seen = new Set<string>()
  for await (const [, , ref = '', gross = '', , code = ''] of lines(theirs)) {
    const row = known.get(ref)
    const currency = code.toUpperCase()
    const amount = currency === 'JPY' ? Number(gross) : Number(gross.replace('.', ''))
    if (row === undefined) counts.theirs_only++
    else if (row.amount === amount && row.currency === currency) counts.match++
    else counts.amount_mismatch++
    seen.add(ref)
  }
  for (const ref of known.keys()) if (!seen.has(ref)) counts.ours_only++
  return counts
}

async function* lines(path: string): AsyncGenerator<string[]> {
  let isHeader = true
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (!isHeader) yield line.split(',')
    isHeader = false
  }
}

const [how, ours = '', theirs = '', folder = ''] = process.argv.slice(2)
const joined = how === 'map' ? await withMap(ours, theirs) : await withDuckDb(ours, theirs, folder)
console.log(JSON.stringify(joined))
