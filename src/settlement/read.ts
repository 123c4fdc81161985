import { type Queryable, statement } from '../platform/db.ts'
import type { FileDifference } from './difference.ts'
import type { Diagnostic } from './formats/format.ts'

/** A settlement file as it was received. `id` is a UUID. */
export type SettlementFile = {
  readonly id: string
  readonly source: string
  readonly name: string
  /**
   * `superseded`: accepted, and another version took its place. `withdrawn`: accepted, and somebody said that nothing of
   * it is to be used.
   */
  readonly status: 'accepted' | 'rejected' | 'superseded' | 'withdrawn'
  /** Why it was rejected, as a sentence. */
  readonly rejection: string | null
  readonly format: string | null
  readonly fileReference: string | null
  /** ISO date. */
  readonly businessDate: string | null
  readonly sha256: Buffer
  readonly byteCount: bigint
  readonly lineCount: bigint
  readonly control: 'pass' | 'fail' | 'none'
  readonly diagnostics: readonly Diagnostic[]
  readonly receivedVia: 'collected' | 'uploaded'
  readonly receivedAt: Date
  readonly originalBlobId: string
  readonly linesBlobId: string | null
  /** The version of its day (of a declared source: of its name and day) that it replaced, and the one that replaced it. */
  readonly supersedes: string | null
  readonly supersededBy: string | null
  /** What is different from the version that it replaced. */
  readonly difference: FileDifference | null
  readonly withdrawal: { readonly reason: string; readonly by: string; readonly at: string } | null
  /** Of a declared source: lines that no other file had told before. */
  readonly newLines: bigint | null
  /** Of a declared source: the hash of what was delivered, when that was packed or encrypted. */
  readonly deliveredSha256: Buffer | null
}

/** A statement of a file. Amounts are minor units of its currency. */
export type StoredStatement = {
  readonly account: string
  readonly currency: string
  readonly opening: bigint | null
  readonly closing: bigint | null
  /** ISO date and the sender's number of it, where they are known. */
  readonly businessDate: string | null
  readonly sequence: string | null
  readonly lineCount: bigint
  readonly credits: bigint
  readonly debits: bigint
  /** By kind; amounts as text, because they come from JSON. */
  readonly totals: readonly {
    readonly kind: string
    readonly lines: number
    readonly amount: string
    readonly fee: string
  }[]
  readonly control: {
    readonly status: 'pass' | 'fail' | 'none'
    readonly what?: string
    readonly stated?: string
    readonly computed?: string
    readonly difference?: string
  }
}

/** An accepted file whose place nothing took, and that nobody withdrew. Over `f`. */
export const IS_CURRENT = `f.status = 'accepted'
      and not exists (select from settlement_file later where later.supersedes = f.id)
      and not exists (select from settlement_withdrawal w where w.file_id = f.id)`

const COLUMNS = `f.id, f.source, f.name, f.rejection, f.format, f.file_reference as "fileReference",
  case when n.id is not null then 'superseded' when w.file_id is not null then 'withdrawn' else f.status end as status,
  coalesce(f.business_date, (select i.business_date from intake_file i where i.file_id = f.id)) as "businessDate", f.sha256, f.byte_count as "byteCount", f.line_count as "lineCount", f.control, f.diagnostics,
  f.received_via as "receivedVia", f.received_at as "receivedAt", f.original_blob_id as "originalBlobId", f.lines_blob_id as "linesBlobId",
  f.supersedes, n.id as "supersededBy", f.difference,
  case when w.file_id is not null then
    json_build_object('reason', w.reason, 'by', w.withdrawn_by,
                      'at', to_char(w.withdrawn_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) end as withdrawal,
  (select i.new_lines from intake_file i where i.file_id = f.id) as "newLines",
  (select i.delivered_sha256 from intake_file i where i.file_id = f.id) as "deliveredSha256"`

const FILES = `settlement_file f
    left join settlement_file n on n.supersedes = f.id
    left join settlement_withdrawal w on w.file_id = f.id`

const BY_BYTES = statement(
  'settlement.file_by_bytes',
  `select ${COLUMNS} from ${FILES} where f.source = $1 and f.sha256 = $2
    order by f.status, f.id desc limit 1`,
)
const REJECTED = statement(
  'settlement.rejected_file_by_bytes',
  `select ${COLUMNS} from ${FILES} where f.source = $1 and f.sha256 = $2 and f.rejection = $3 order by f.id desc limit 1`,
)
const BY_DAY = statement(
  'settlement.file_by_day',
  `select ${COLUMNS} from ${FILES} where f.source = $1 and f.business_date = $2 and ${IS_CURRENT}`,
)
const LAST_OF_DAY = statement(
  'settlement.last_version_of_day',
  `select ${COLUMNS} from ${FILES} where f.source = $1 and f.business_date = $2 and f.status = 'accepted' and n.id is null`,
)
const BY_ID = statement('settlement.file_by_id', `select ${COLUMNS} from ${FILES} where f.id = $1`)
const STATEMENTS = statement(
  'settlement.statements',
  `select account, currency, opening, closing, business_date as "businessDate", sequence, line_count as "lineCount", credits, debits, totals, control
     from settlement_statement where file_id = $1 order by position`,
)
const LIST = statement(
  'settlement.list_files',
  `select ${COLUMNS} from ${FILES}
    where ($1::text is null or f.source = $1) and ($2::uuid is null or f.id < $2)
    order by f.id desc limit $3`,
)

const LAST = statement(
  'settlement.last_files',
  `select l.* from unnest($1::text[]) as s (name)
    cross join lateral (select ${COLUMNS} from ${FILES} where f.source = s.name order by f.id desc limit 1) l`,
)

/** The file of these bytes: the accepted one, or else the one that was rejected last. */
export const findByBytes = async (db: Queryable, source: string, sha256: Buffer): Promise<SettlementFile | undefined> =>
  (await db.run<SettlementFile>(BY_BYTES, [source, sha256]))[0]

/** The file of these bytes that was rejected for that reason. */
export const findRejected = async (
  db: Queryable,
  source: string,
  sha256: Buffer,
  rejection: string,
): Promise<SettlementFile | undefined> => (await db.run<SettlementFile>(REJECTED, [source, sha256, rejection]))[0]

/** The file of a business day that counts: accepted, not superseded, not withdrawn. */
export const fileOfDay = async (db: Queryable, source: string, day: string): Promise<SettlementFile | undefined> =>
  (await db.run<SettlementFile>(BY_DAY, [source, day]))[0]

/** The last version of a business day's file, also when it was withdrawn: what another one takes the place of. */
export const lastVersionOfDay = async (
  db: Queryable,
  source: string,
  day: string,
): Promise<SettlementFile | undefined> => (await db.run<SettlementFile>(LAST_OF_DAY, [source, day]))[0]

export const statementsOf = (db: Queryable, fileId: string): Promise<StoredStatement[]> =>
  db.run<StoredStatement>(STATEMENTS, [fileId])

export async function getFile(
  db: Queryable,
  id: string,
): Promise<(SettlementFile & { readonly statements: readonly StoredStatement[] }) | undefined> {
  const [file] = await db.run<SettlementFile>(BY_ID, [id])
  return file === undefined ? undefined : { ...file, statements: await statementsOf(db, id) }
}

/** Newest first. `after` is the id of the last one seen. */
export async function listFiles(
  db: Queryable,
  filter: { readonly source?: string | undefined; readonly limit: number; readonly after?: string | undefined },
): Promise<{ readonly data: readonly SettlementFile[]; readonly hasMore: boolean }> {
  const rows = await db.run<SettlementFile>(LIST, [filter.source, filter.after, filter.limit + 1])
  return { data: rows.slice(0, filter.limit), hasMore: rows.length > filter.limit }
}

/** The newest file of each source that has one. */
export async function lastFiles(
  db: Queryable,
  sources: readonly string[],
): Promise<ReadonlyMap<string, SettlementFile>> {
  const rows = await db.run<SettlementFile>(LAST, [sources])
  return new Map(rows.map((file) => [file.source, file]))
}
