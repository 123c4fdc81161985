import { toColumns } from '../../platform/columns.ts'
import { type Queryable, statement, type Tx } from '../../platform/db.ts'
import type { Diagnostic, Statement } from '../formats/format.ts'
import { controlOf, json } from '../receive.ts'
import type { Neighbours, Placed } from './chain.ts'
import type { Days } from './lines.ts'
import type { Reading } from './unpacked.ts'

/** What is written of a file of a declared source, all of it in the transaction that accepts or rejects it. */
export type Verdict = {
  readonly rejection: string | undefined
  readonly diagnostics: readonly Diagnostic[]
  /** ISO date of the newest day that it is about. */
  readonly businessDate: string | undefined
  readonly days: Days
  readonly newLines: number
  readonly supersedes: string | undefined
  readonly linesBlobId: string | undefined
}

/** The last version of a file: accepted, and not replaced by a later one of its name and day. */
const LAST_VERSION = `f.status = 'accepted' and not exists (select from intake_file r where r.reissue_of = i.file_id)`

/** A file that is current: the last version, which nobody withdrew. Over `i`, its row, and `f`. */
export const CURRENT = `${LAST_VERSION} and not exists (select from settlement_withdrawal w where w.file_id = i.file_id)`

const NEIGHBOURS = statement(
  'intake.neighbours',
  `with placed as (
     select s.turn, s.business_date as day, s.sequence, s.opening, s.closing, f.name as file
       from settlement_statement s join intake_file i using (file_id) join settlement_file f on f.id = i.file_id
      where i.source = $1 and s.account = $2 and s.currency = $3 and s.turn is not null
        and i.file_id is distinct from $5 and ${CURRENT})
   (select 'before' as side, * from placed where turn < $4 order by turn desc limit 1)
   union all
   (select 'same' as side, * from placed where turn = $4 limit 1)
   union all
   (select 'after' as side, * from placed where turn > $4 order by turn limit 1)`,
)

type NeighbourRow = NonNullable<Neighbours['before']> & { readonly side: 'before' | 'same' | 'after' }

export type Surroundings = Neighbours & { readonly isKnown: boolean }

/** What stands before, at and after the place of a statement among current files. @param replaced a file that is left out. */
export async function neighboursOf(
  tx: Tx,
  source: string,
  { account, currency, turn }: Placed,
  replaced: string | undefined,
): Promise<Surroundings> {
  const rows = await tx.run<NeighbourRow>(NEIGHBOURS, [source, account, currency, turn, replaced])
  const at = (side: NeighbourRow['side']) => rows.find((row) => row.side === side)
  return { before: at('before'), after: at('after'), isKnown: at('same') !== undefined }
}

const OVERLAPPING = statement(
  'intake.overlapping',
  `select f.id, f.lines_blob_id as "linesBlobId" from intake_file i join settlement_file f on f.id = i.file_id
    where i.source = $1 and i.last_line_on >= $2 and i.first_line_on <= $3 and i.file_id is distinct from $4 and ${CURRENT}
    order by f.id`,
)

/** The current files that have lines of these days: those that may have told the same entries. */
export const overlappingFiles = (
  tx: Tx,
  source: string,
  days: Days,
  replaced: string | undefined,
): Promise<{ readonly id: string; readonly linesBlobId: string }[]> =>
  tx.run(OVERLAPPING, [source, days.first, days.last, replaced])

const SAME_NAME = statement(
  'intake.same_name',
  `select f.id, f.name, f.lines_blob_id as "linesBlobId" from intake_file i join settlement_file f on f.id = i.file_id
    where i.source = $1 and f.source = $1 and f.name = $2 and i.business_date = $3 and ${LAST_VERSION}`,
)

/** The last version of the file of this name and day, also when it was withdrawn. */
export const fileOfName = async (
  tx: Tx,
  source: string,
  name: string,
  day: string,
): Promise<{ readonly id: string; readonly linesBlobId: string } | undefined> =>
  (await tx.run<{ id: string; linesBlobId: string }>(SAME_NAME, [source, name, day]))[0]

const INSERT_FILE = statement(
  'intake.insert_file',
  `insert into settlement_file (id, source, name, status, rejection, format, format_version, file_reference, sha256, byte_count, line_count,
                                control, diagnostics, received_via, received_at, original_blob_id, lines_blob_id, supersedes, intake)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, true)`,
)

const INSERT_INTAKE = statement(
  'intake.insert_intake_file',
  `insert into intake_file (file_id, source, business_date, first_line_on, last_line_on, new_lines, delivered_sha256, reissue_of)
   values ($1, $2, $3, $4, $5, $6, $7, $8)`,
)

const INSERT_STATEMENTS = statement(
  'intake.insert_statements',
  `insert into settlement_statement (file_id, position, account, currency, opening, closing, line_count, credits, debits, totals, control,
                                     business_date, sequence, turn)
   select $1, s.* from unnest($2::smallint[], $3::text[], $4::char(3)[], $5::bigint[], $6::bigint[], $7::bigint[], $8::numeric[],
                              $9::numeric[], $10::jsonb[], $11::jsonb[], $12::date[], $13::text[], $14::text[]) as s`,
)
const STATEMENT_COLUMNS = 13

export async function storeFile(
  tx: Tx,
  file: {
    readonly id: string
    readonly source: string
    readonly via: 'collected' | 'uploaded'
    readonly at: Date
    readonly originalBlobId: string
    readonly deliveredSha256: Buffer | undefined
  },
  { name, sha256, byteCount, summary }: Reading,
  placed: readonly Placed[],
  verdict: Verdict,
): Promise<void> {
  const statements = summary?.statements ?? []
  const { rejection } = verdict
  await tx.run(INSERT_FILE, [
    file.id,
    file.source,
    name,
    rejection === undefined ? 'accepted' : 'rejected',
    rejection,
    summary?.format,
    summary?.version,
    summary?.fileReference,
    sha256,
    byteCount,
    statements.reduce((sum, { lines }) => sum + lines, 0),
    controlOf(statements),
    JSON.stringify(verdict.diagnostics),
    file.via,
    file.at,
    file.originalBlobId,
    verdict.linesBlobId,
    verdict.supersedes,
  ])
  const { businessDate, days, newLines, supersedes } = verdict
  await tx.run(INSERT_INTAKE, [
    file.id,
    file.source,
    businessDate,
    days.first,
    days.last,
    newLines,
    file.deliveredSha256,
    supersedes,
  ])
  const rows = statements.map((each, position) => statementRow(each, position, placed[position]))
  await tx.run(INSERT_STATEMENTS, [file.id, ...toColumns(STATEMENT_COLUMNS, rows)])
}

const statementRow = (each: Statement, position: number, placed: Placed | undefined): readonly unknown[] => [
  position,
  each.account,
  each.currency,
  each.opening,
  each.closing,
  each.lines,
  each.credits,
  each.debits,
  json(each.totals),
  json(each.control),
  placed?.day,
  each.sequence,
  placed?.turn,
]

/** The newest day of an accepted file, of each source that has one. A day that has not come proves nothing. */
const NEWEST = statement(
  'intake.newest_days',
  `select i.source, max(i.business_date) as day from intake_file i join settlement_file f on f.id = i.file_id
    where ${CURRENT} and i.source = any($1::text[]) and i.business_date <= $2::date + 1 group by i.source`,
)

export async function newestDays(
  db: Queryable,
  sources: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, string>> {
  const rows = await db.run<{ source: string; day: string | null }>(NEWEST, [sources, now.toISOString().slice(0, 10)])
  return new Map(rows.flatMap(({ source, day }) => (day === null ? [] : [[source, day]])))
}
