import { join } from 'node:path'
import { writeBlobTo } from '../../platform/blob.ts'
import type { Queryable } from '../../platform/db.ts'
import { type DuckDb, fileLiteral, literal } from '../../platform/duckdb.ts'
import type { BankLine } from './match.ts'
import type { StoredPayout } from './payouts.ts'
import type { BankSource } from './source.ts'

/** Lines of a bank's statements that concern a payout: by a reference, by a text, or because they may be one. */

/** A line with what is shown of it. */
export type ConcernedLine = BankLine & {
  readonly reference: string | null
  readonly bankReference: string | null
  readonly recognised: boolean
}

export type StatementFile = {
  readonly id: string
  readonly linesBlobId: string
  /** Lines that an earlier file had told, which is gone: they count again. */
  readonly returned: readonly number[]
}
export type Place = { readonly fileId: string; readonly line: number }

type Request = {
  readonly source: BankSource
  readonly day: string
  readonly files: readonly StatementFile[]
  /** Lines in which payouts arrived before. */
  readonly claimed: readonly Place[]
  readonly payouts: readonly StoredPayout[]
  /** Lines that people took out of a pair: they concern us, whatever stands in them. */
  readonly apart: readonly Place[]
  /** Nothing but this line is asked for: a statement may have hundreds of thousands, and each is searched for every reference. */
  readonly only?: Place
}

/** What is left of a text when banks have changed case, spaces and signs, and broken lines. A sharp s counts as two. */
const plain = (text: string): string =>
  text
    .toUpperCase()
    .replaceAll('ẞ', 'SS')
    .replaceAll(/[^A-Z0-9]/g, '')
const PLAIN_TEXTS = `regexp_replace(replace(upper(concat_ws(' ', psp_reference, reference, other_references, description)), 'ẞ', 'SS'), '[^A-Z0-9]', '', 'g')`

/** Shorter ones are found in texts that mean something else. */
const SHORTEST_REFERENCE = 8

export async function concernedLines(
  db: Queryable,
  duckdb: DuckDb,
  folder: string,
  { source, day, files, claimed, payouts, apart, only }: Request,
): Promise<readonly ConcernedLine[]> {
  await loadFiles(db, duckdb, folder, files, day, source)
  if (only !== undefined)
    await duckdb.run(`delete from bank where file_id <> ${literal(only.fileId)} or line <> ${only.line}`)
  await loadPlaces(duckdb, 'claimed', claimed)
  if (apart.length > 0) {
    await loadPlaces(duckdb, 'apart', apart)
    await duckdb.run('update bank set recognised = true where (file_id, line) in (select file_id, line from apart)')
  }
  await loadNames(duckdb, payouts, source)
  const currencies = [...new Set(payouts.filter(({ arrived }) => !arrived).map(({ currency }) => literal(currency)))]
  const mayBeOne = `b.amount > 0 and b.currency in (${['null', ...currencies].join(', ')})`
  return duckdb.query<ConcernedLine>(`
    select b.file_id as "fileId", b.line, b.line_on as "on", b.amount, b.currency, b.reference, b.psp_reference as "bankReference",
           coalesce(n.names, []) as names, b.recognised
      from bank b anti join claimed c on c.file_id = b.file_id and c.line = b.line
      left join (select file_id, line, list(payout_id order by payout_id) as names from named group by all) n
        on n.file_id = b.file_id and n.line = b.line
     where n.names is not null or b.recognised
        ${source.references === 'none' && source.recognisedBy.length === 0 ? `or (${mayBeOne})` : ''}
     order by b.line_on, b.file_id, b.line`)
}

async function loadFiles(
  db: Queryable,
  duckdb: DuckDb,
  folder: string,
  files: readonly StatementFile[],
  day: string,
  { account, recognisedBy }: BankSource,
): Promise<void> {
  const recognised = recognisedBy.map((text) => `contains(plain, ${literal(plain(text))})`)
  await duckdb.run(`create or replace table bank (file_id varchar, line integer, line_on varchar, amount bigint, currency varchar,
    reference varchar, psp_reference varchar, plain varchar, recognised boolean)`)
  for (const { id, linesBlobId, returned } of files) {
    const path = join(folder, `${id}.parquet`)
    await writeBlobTo(db, linesBlobId, path)
    await duckdb.run(`
      insert into bank
        select ${literal(id)}, line, line_on, amount - fee, currency, reference, psp_reference, plain, ${recognised.length === 0 ? 'false' : recognised.join(' or ')}
          from (select *, ${PLAIN_TEXTS} as plain from read_parquet(${fileLiteral(path)}))
         where (not seen_before or line in (${['null', ...returned].join(', ')})) and booked is null and amount <> fee and line_on <= ${literal(day)}
           ${account === undefined ? '' : `and account = ${literal(account)}`}`)
  }
}

async function loadPlaces(duckdb: DuckDb, table: string, places: readonly Place[]): Promise<void> {
  await duckdb.run(`create or replace table ${table} (file_id varchar, line integer)`)
  await duckdb.append(
    table,
    ['varchar', 'integer'],
    places.map(({ fileId, line }) => [fileId, line]),
  )
}

/**
 * The table `named`: which payouts each line names. Of two references of which one begins with the other, the longer one; of
 * several payouts under one reference, such as one that came back, those of the line's currency and direction if there are any.
 */
async function loadNames(duckdb: DuckDb, payouts: readonly StoredPayout[], { references }: BankSource): Promise<void> {
  await duckdb.run('create or replace table name (payout_id varchar, text varchar, amount bigint, currency varchar)')
  const names = payouts.flatMap(({ id, pspReference, reference, amount, currency }) =>
    [pspReference, reference].flatMap((text) => {
      const name = plain(text ?? '')
      return name.length < SHORTEST_REFERENCE ? [] : [[id, name, amount, currency]]
    }),
  )
  if (references === 'remittance') await duckdb.append('name', ['varchar', 'varchar', 'bigint', 'varchar'], names)
  await duckdb.run(`
    create or replace table named as
      with hit as (
        select distinct b.file_id, b.line, n.payout_id, n.text, n.currency = b.currency and (n.amount > 0) = (b.amount > 0) as fits
          from bank b join name n on contains(b.plain, n.text)
      )
      select distinct file_id, line, payout_id from hit h
       where not exists (select 1 from hit o where o.file_id = h.file_id and o.line = h.line and o.text <> h.text and contains(o.text, h.text))
         and (fits or not exists (select 1 from hit o where o.file_id = h.file_id and o.line = h.line and o.text = h.text and o.fits))`)
}
