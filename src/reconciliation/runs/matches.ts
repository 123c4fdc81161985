import { type Db, statement } from '../../platform/db.ts'
import { fileLiteral, literal, openDuckDb } from '../../platform/duckdb.ts'
import { Refusal } from '../../platform/errors.ts'
import { publicId } from '../../platform/ids.ts'
import type { OursColumns, PairColumns, Rule, TheirsColumns } from '../engines/engine.ts'
import { explainMatch } from './explain-match.ts'
import type { OutcomeFiles } from './outcome-files.ts'
import type { RunInProgress } from './run.ts'

/** A record of ours and a line of theirs that a run put together. Ids are UUIDs. */
export type Match = {
  /** Where it stands in the outcome of its run. */
  readonly position: bigint
  readonly rule: Rule
  /** What differs; null when nothing does. */
  readonly code: string | null
  readonly attemptId: string
  readonly paymentId: string
  readonly pspReference: string | null
  readonly ours: Side
  readonly theirs: Side & {
    readonly fileId: string
    readonly fileName: string
    readonly line: number
    readonly kind: string
    readonly fee: bigint
  }
  /** Ours − theirs, where both are in one currency and not equal. */
  readonly difference: bigint | null
  /** What the fee should be; null where no schedule says it. */
  readonly expectedFee: bigint | null
  /** Why they belong together, as a sentence. */
  readonly explanation: string
}

type Side = {
  readonly amount: bigint
  readonly currency: string
  readonly occurredAt: Date | null
  /** It was open from an earlier day. */
  readonly carried: boolean
}

export type MatchFilter = {
  /** Only pairs that agree within the tolerance of the rules, and not to the cent. */
  readonly tolerated?: boolean
  readonly rule?: Rule | undefined
  readonly paymentId?: string | undefined
  readonly limit: number
  /** The position of the last one seen. */
  readonly after?: bigint | undefined
}

export type MatchReader = {
  /** In the order in which they were booked. Throws `not_found`, `run_state`, `overloaded`. */
  readonly list: (runId: string, filter: MatchFilter) => Promise<MatchPage>
  /** All that fit, some thousands at a time; nothing is held between them. */
  readonly all: (
    runId: string,
    filter: Pick<MatchFilter, 'rule' | 'paymentId' | 'tolerated'>,
  ) => AsyncGenerator<readonly Match[]>
}

export type MatchPage = { readonly data: readonly Match[]; readonly hasMore: boolean }

type Row = Pick<OursColumns, 'attempt_id' | 'payment_id' | 'ours_amount' | 'ours_currency' | 'ours_ms' | 'ours_break'> &
  Pick<
    TheirsColumns,
    'file_id' | 'line' | 'kind' | 'theirs_amount' | 'fee' | 'theirs_currency' | 'theirs_ms' | 'theirs_break'
  > &
  Pick<PairColumns, 'code' | 'expected_fee'> & { readonly position: bigint; readonly rule: Rule }

// Some megabytes of rows; a million matches are a hundred of these.
const ROWS_AT_ONCE = 10_000

export function createMatchReader(deps: {
  readonly db: Db
  readonly outcomes: OutcomeFiles
  readonly runOf: (id: string) => Promise<RunInProgress | undefined>
}): MatchReader {
  const { db } = deps
  const outcomeOf = async (runId: string): Promise<string> => {
    const run = await deps.runOf(runId)
    if (run === undefined) throw new Refusal('not_found', `There is no reconciliation run ${publicId('run', runId)}.`)
    if (run.outcomeBlobId !== null) return run.outcomeBlobId
    const why =
      run.status === 'completed' ? 'keeps no matches: it is one of a bank' : 'has not compared the two sides yet'
    throw new Refusal('run_state', `The run is ${run.status} and ${why}.`, { facts: { status: run.status } })
  }
  const read = async (blobId: string, { limit, ...filter }: MatchFilter): Promise<MatchPage> => {
    const rows = await deps.outcomes.read(blobId, (path, folder) => readRows(path, folder, filter, limit + 1))
    const page = rows.slice(0, limit)
    const [references, names] = await Promise.all([referencesOf(db, page), namesOf(db, page)])
    const data = page.map((row) => matchOf(row, references.get(row.attempt_id) ?? null, names.get(row.file_id) ?? ''))
    return { data, hasMore: rows.length > limit }
  }
  return {
    list: async (runId, filter) => read(await outcomeOf(runId), filter),
    async *all(runId, filter) {
      const blobId = await outcomeOf(runId)
      for (let after: bigint | undefined; ; ) {
        const { data, hasMore } = await read(blobId, { ...filter, after, limit: ROWS_AT_ONCE })
        if (data.length > 0) yield data
        after = data.at(-1)?.position
        if (!hasMore) return
      }
    },
  }
}

async function readRows(
  path: string,
  folder: string,
  { rule, paymentId, tolerated, after }: Omit<MatchFilter, 'limit'>,
  limit: number,
): Promise<Row[]> {
  const duckdb = await openDuckDb(folder)
  try {
    const conditions = [
      `what = 'pair'`,
      ...(after === undefined ? [] : [`file_row_number > ${after}`]),
      ...(tolerated === true ? ['code is null and (ours_amount <> theirs_amount or fee <> expected_fee)'] : []),
      ...(rule === undefined ? [] : [`rule = ${literal(rule)}`]),
      ...(paymentId === undefined ? [] : [`payment_id = ${literal(paymentId)}::uuid`]),
    ]
    return await duckdb.query<Row>(
      `select file_row_number as position, rule, code, attempt_id::varchar as attempt_id, payment_id::varchar as payment_id, ours_amount,
              ours_currency, ours_ms, ours_break::varchar as ours_break, file_id::varchar as file_id, line, kind, theirs_amount, fee,
              theirs_currency, theirs_ms, theirs_break::varchar as theirs_break, expected_fee
         from read_parquet(${fileLiteral(path)}, file_row_number = true)
        where ${conditions.join(' and ')} order by file_row_number limit ${limit}`,
    )
  } finally {
    duckdb.close()
  }
}

const REFERENCES = statement(
  'reconciliation.references_of_matches',
  'select id, psp_reference as name from attempt where id = any($1::uuid[])',
)
const FILE_NAMES = statement(
  'reconciliation.files_of_matches',
  'select id, name from settlement_file where id = any($1::uuid[])',
)

type Named = { readonly id: string; readonly name: string | null }

const named = (rows: readonly Named[]): ReadonlyMap<string, string | null> =>
  new Map(rows.map(({ id, name }) => [id, name]))

const referencesOf = async (db: Db, rows: readonly Row[]): Promise<ReadonlyMap<string, string | null>> =>
  named(await db.run<Named>(REFERENCES, [rows.map((row) => row.attempt_id)]))

const namesOf = async (db: Db, rows: readonly Row[]): Promise<ReadonlyMap<string, string | null>> =>
  named(await db.run<Named>(FILE_NAMES, [[...new Set(rows.map((row) => row.file_id))]]))

const differenceOf = ({ ours_amount, ours_currency, theirs_amount, theirs_currency }: Row): bigint | null =>
  ours_currency === theirs_currency && ours_amount !== theirs_amount ? ours_amount - theirs_amount : null

function matchOf(row: Row, pspReference: string | null, fileName: string): Match {
  const match = {
    position: row.position,
    rule: row.rule,
    code: row.code,
    attemptId: row.attempt_id,
    paymentId: row.payment_id,
    pspReference,
    ours: {
      amount: row.ours_amount,
      currency: row.ours_currency,
      occurredAt: new Date(Number(row.ours_ms)),
      carried: row.ours_break !== null,
    },
    theirs: {
      fileId: row.file_id,
      fileName,
      line: row.line,
      kind: row.kind,
      amount: row.theirs_amount,
      fee: row.fee,
      currency: row.theirs_currency,
      occurredAt: row.theirs_ms === null ? null : new Date(Number(row.theirs_ms)),
      carried: row.theirs_break !== null,
    },
    difference: differenceOf(row),
    expectedFee: row.expected_fee,
  }
  return { ...match, explanation: explainMatch(match) }
}
