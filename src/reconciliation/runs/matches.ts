import { type Db, statement } from '../../platform/db.ts'
import { fileLiteral, literal, openDuckDb } from '../../platform/duckdb.ts'
import { Refusal } from '../../platform/errors.ts'
import { publicId } from '../../platform/ids.ts'
import { type OursColumns, type PairColumns, RULES, type TheirsColumns } from '../engines/engine.ts'
import { explainMatch } from './explain-match.ts'
import type { OutcomeFiles } from './outcome-files.ts'
import type { RunInProgress } from './run.ts'

/** Every rule that makes pairs, of PSPs' files and of banks' statements. */
export const MATCH_RULES = [...RULES, 'amount', 'sum'] as const
export type MatchRule = (typeof MATCH_RULES)[number]

/** A record of ours, a charge or a payout, and a line of theirs that a run put together. Ids are UUIDs. */
export type Match = {
  /** Where it stands in the outcome of its run. */
  readonly position: bigint
  readonly rule: MatchRule
  /** What differs; null when nothing does. */
  readonly code: string | null
  /** Null for a payout. */
  readonly charge: { readonly attemptId: string; readonly paymentId: string } | null
  /** Null for a charge. */
  readonly payout: PayoutOfMatch | null
  readonly pspReference: string | null
  readonly ours: Side
  readonly theirs: Side & {
    readonly fileId: string
    readonly fileName: string
    readonly line: number
    /** ISO date on which a line of a bank moved. */
    readonly on: string | null
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

/** What a PSP paid out on a business day. */
export type PayoutOfMatch = { readonly psp: string; readonly businessDate: string }

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
  readonly rule?: MatchRule | undefined
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

type Row = Pick<OursColumns, 'ours_amount' | 'ours_currency' | 'ours_ms' | 'ours_break'> &
  Pick<
    TheirsColumns,
    'file_id' | 'line' | 'kind' | 'theirs_amount' | 'fee' | 'theirs_currency' | 'theirs_ms' | 'theirs_break'
  > &
  Pick<PairColumns, 'expected_fee'> & {
    readonly position: bigint
    readonly rule: MatchRule
    readonly code: string | null
    /** The charge or the payout. */
    readonly ours_id: string
    readonly payment_id: string | null
    readonly line_on: string | null
  }

// What outcomes of PSPs and those of banks have that the others have not.
const COLUMNS_OF = {
  psp: `attempt_id::varchar as ours_id, payment_id::varchar as payment_id, null as line_on, theirs_ms, expected_fee`,
  bank: `payout_id::varchar as ours_id, null as payment_id, line_on, null as theirs_ms, null as expected_fee`,
} as const
type Kind = keyof typeof COLUMNS_OF

// Some megabytes of rows; a million matches are a hundred of these.
const ROWS_AT_ONCE = 10_000

export function createMatchReader(deps: {
  readonly db: Db
  readonly outcomes: OutcomeFiles
  readonly runOf: (id: string) => Promise<RunInProgress | undefined>
}): MatchReader {
  const { db } = deps
  const outcomeOf = async (runId: string): Promise<Outcome> => {
    const run = await deps.runOf(runId)
    if (run === undefined) throw new Refusal('not_found', `There is no reconciliation run ${publicId('run', runId)}.`)
    const { outcomeBlobId, bank, status } = run
    if (outcomeBlobId !== null) return { blobId: outcomeBlobId, kind: bank === undefined ? 'psp' : 'bank' }
    const why =
      status === 'completed' ? 'kept no matches: an earlier version made it' : 'has not compared the two sides yet'
    throw new Refusal('run_state', `The run is ${status} and ${why}.`, { facts: { status } })
  }
  const read = async ({ blobId, kind }: Outcome, { limit, ...filter }: MatchFilter): Promise<MatchPage> => {
    // No payment is paid out alone, and a payout that differs is a break.
    if (kind === 'bank' && (filter.paymentId !== undefined || filter.tolerated === true))
      return { data: [], hasMore: false }
    const rows = await deps.outcomes.read(blobId, (path, folder) => readRows({ path, folder, kind }, filter, limit + 1))
    const page = rows.slice(0, limit)
    const [ours, names] = await Promise.all([oursOf(db, kind, page), namesOf(db, page)])
    const data = page.map((row) => matchOf(row, ours.get(row.ours_id), names.get(row.file_id) ?? ''))
    return { data, hasMore: rows.length > limit }
  }
  return {
    list: async (runId, filter) => read(await outcomeOf(runId), filter),
    async *all(runId, filter) {
      const outcome = await outcomeOf(runId)
      for (let after: bigint | undefined; ; ) {
        const { data, hasMore } = await read(outcome, { ...filter, after, limit: ROWS_AT_ONCE })
        if (data.length > 0) yield data
        after = data.at(-1)?.position
        if (!hasMore) return
      }
    },
  }
}

type Outcome = { readonly blobId: string; readonly kind: Kind }

async function readRows(
  { path, folder, kind }: { readonly path: string; readonly folder: string; readonly kind: Kind },
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
      `select file_row_number as position, rule, code, ours_amount, ours_currency, ours_ms, ours_break::varchar as ours_break,
              file_id::varchar as file_id, line, kind, theirs_amount, fee, theirs_currency, theirs_break::varchar as theirs_break,
              ${COLUMNS_OF[kind]}
         from read_parquet(${fileLiteral(path)}, file_row_number = true)
        where ${conditions.join(' and ')} order by file_row_number limit ${limit}`,
    )
  } finally {
    duckdb.close()
  }
}

const CHARGES = statement(
  'reconciliation.charges_of_matches',
  `select id, psp_reference as "pspReference", null as psp, null as "businessDate" from attempt where id = any($1::uuid[])`,
)
const PAYOUTS = statement(
  'reconciliation.payouts_of_matches',
  `select id, psp_reference as "pspReference", psp, business_date as "businessDate" from payout where id = any($1::uuid[])`,
)
const FILE_NAMES = statement(
  'reconciliation.files_of_matches',
  'select id, name from settlement_file where id = any($1::uuid[])',
)

/** What Postgres knows of a charge or a payout; psp and day are a payout's. */
type Ours = {
  readonly id: string
  readonly pspReference: string | null
  readonly psp: string | null
  readonly businessDate: string | null
}

async function oursOf(db: Db, kind: Kind, rows: readonly Row[]): Promise<ReadonlyMap<string, Ours>> {
  const ids = rows.map((row) => row.ours_id)
  const found = await db.run<Ours>(kind === 'psp' ? CHARGES : PAYOUTS, [ids])
  return new Map(found.map((each) => [each.id, each]))
}

async function namesOf(db: Db, rows: readonly Row[]): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(rows.map((row) => row.file_id))]
  const found = await db.run<{ id: string; name: string }>(FILE_NAMES, [ids])
  return new Map(found.map(({ id, name }) => [id, name]))
}

const differenceOf = ({ ours_amount, ours_currency, theirs_amount, theirs_currency }: Row): bigint | null =>
  ours_currency === theirs_currency && ours_amount !== theirs_amount ? ours_amount - theirs_amount : null

function matchOf(row: Row, known: Ours | undefined, fileName: string): Match {
  const { psp = null, businessDate = null } = known ?? {}
  const match = {
    position: row.position,
    rule: row.rule,
    code: row.code,
    charge: row.payment_id === null ? null : { attemptId: row.ours_id, paymentId: row.payment_id },
    payout: psp === null || businessDate === null ? null : { psp, businessDate },
    pspReference: known?.pspReference ?? null,
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
      on: row.line_on,
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
