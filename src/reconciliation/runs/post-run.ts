import assert from 'node:assert/strict'
import { join } from 'node:path'
import { accounts, type NewEntry, postEntries } from '../../ledger/index.ts'
import { writeBlobTo } from '../../platform/blob.ts'
import { toColumns } from '../../platform/columns.ts'
import { statement, type Tx } from '../../platform/db.ts'
import { fileLiteral, openDuckDb } from '../../platform/duckdb.ts'
import { withScratch } from '../../platform/scratch.ts'
import { type Release, releasePending } from '../../wallet/index.ts'
import { insertPayouts, isPayout, type PayoutLine } from '../bank/payouts.ts'
import { bookedLine, factOf, factOfPart } from '../booked-line.ts'
import { endOfDay } from '../calendar.ts'
import type { OursColumns, PairColumns, TheirsColumns } from '../engines/engine.ts'
import { feeEntry, foundEntry, loneEntries, NOWHERE, releaseEntry } from '../entries.ts'
import type { ReconciliationDeps } from '../service.ts'
import type { Source } from '../source.ts'
import { completeRun } from './complete-run.ts'
import { getRun, lockRun, noteStep, type RunInProgress, RunMovedOn } from './run.ts'

/** A row of a run's outcome that the ledger is concerned with. */
type OutcomeRow = Pick<OursColumns, 'attempt_id' | 'payment_id' | 'ours_amount'> &
  TheirsColumns &
  Pick<TheirsColumns, 'reference' | 'psp_reference'> &
  Pick<PairColumns, 'code' | 'expected_fee' | 'part'> & {
    readonly what: 'pair' | 'theirs_only' | 'line'
  }

type Deps = Pick<ReconciliationDeps, 'db' | 'moneyDb' | 'clock' | 'directory' | 'scratch'>

// A transaction of some two thousand entries: long enough that its commit costs little, short enough that payments do not
// wait for the wallets it holds.
const ROWS_AT_ONCE = 1_000

/**
 * The second phase of a run: books what was found, a thousand records at a time, each with the mark of how far it came, so
 * that a run that is killed goes on behind the last one that was committed. Then proves the PSP's receivable and completes.
 */
export async function postRun(deps: Deps, source: Source, run: RunInProgress, goesOn: () => boolean): Promise<void> {
  assert(run.outcomeBlobId !== null, 'a run that was compared has its outcome')
  await noteStep(deps.db, run.id, 'booking')
  const { outcomeBlobId } = run
  await withScratch(deps.scratch, async (folder) => {
    const path = join(folder, 'outcome.parquet')
    await writeBlobTo(deps.db, outcomeBlobId, path)
    const duckdb = await openDuckDb(folder)
    try {
      let posted = run.posted
      let waiting: OutcomeRow[] = []
      const post = async (rows: readonly OutcomeRow[]): Promise<void> => {
        if (!goesOn()) throw new RunMovedOn(run.id)
        await deps.moneyDb.transaction((tx) => postRows(tx, deps, { source, runId: run.id, posted, rows }))
        posted += BigInt(rows.length)
      }
      const rows = duckdb.stream<OutcomeRow>(
        `select * from read_parquet(${fileLiteral(path)}, file_row_number = true)
          where what <> 'ours_only' and file_row_number >= ${posted} order by file_row_number`,
      )
      for await (const some of rows) {
        waiting.push(...some)
        while (waiting.length >= ROWS_AT_ONCE) {
          await post(waiting.slice(0, ROWS_AT_ONCE))
          waiting = waiting.slice(ROWS_AT_ONCE)
        }
      }
      if (waiting.length > 0) await post(waiting)
    } finally {
      duckdb.close()
    }
  })
  await noteStep(deps.db, run.id, 'proving')
  const done = await getRun(deps.db, run.id)
  if (done !== undefined) await completeRun(deps, source, done)
}

const POSTED = statement('reconciliation.posted', 'update recon_run set posted = $2, failure = null where id = $1')

async function postRows(
  tx: Tx,
  { clock, directory }: Deps,
  {
    source,
    runId,
    posted,
    rows,
  }: { readonly source: Source; readonly runId: string; readonly posted: bigint; readonly rows: readonly OutcomeRow[] },
): Promise<void> {
  const run = await lockRun(tx, runId, 'post')
  if (run.posted !== posted) throw new RunMovedOn(runId)
  const now = clock.now()
  const pairs = rows.filter((row) => row.what === 'pair')
  const orders = await ordersOf(tx, pairs)
  const releases = releasesOf(pairs, orders)
  const entries = [
    ...(await lineEntries(tx, source, run, rows, orders)),
    ...releases.map((release) => releaseEntry({ ...release, at: now })),
  ]
  await settle(tx, runId, pairs, now)
  await insertPayouts(tx, source.name, run.businessDate, payoutsOf(rows, endOfDay(run.businessDate, source)))
  await releasePending(tx, releases)
  await postEntries(
    tx,
    directory,
    entries.filter((each) => each !== undefined),
    now,
  )
  await tx.run(POSTED, [runId, posted + BigInt(rows.length)])
}

/** Texts of lines stand in the outcome for those that stand for themselves. */
const payoutsOf = (rows: readonly OutcomeRow[], dayEnd: Date): readonly PayoutLine[] =>
  rows
    .filter((row) => row.what === 'line' && isPayout(row.kind))
    .map((row) => ({
      ...bookedLine(row, dayEnd),
      fileId: row.file_id,
      line: row.line,
      kind: row.kind,
      reference: row.reference ?? null,
      pspReference: row.psp_reference ?? null,
    }))

type OrderRow = {
  readonly orderId: string
  readonly paymentId: string
  readonly seller: string
  readonly amount: bigint
  readonly fee: bigint
  readonly currency: string
  readonly attemptId: string
  readonly isReleased: boolean
}

const ORDERS = statement(
  'reconciliation.orders_of_charges',
  // What was released is not taken back when its line is undone, or what people decided, and so not released again.
  `select id as "orderId", payment_event_id as "paymentId", seller, amount, platform_fee as fee, currency, charge_attempt_id as "attemptId",
          ((select true from unsettled_charge u where u.attempt_id = o.charge_attempt_id limit 1) is not null
            or (select true from recon_break b where b.attempt_id = o.charge_attempt_id
                   and (b.state = 'resolved' or b.reopened_at is not null) limit 1) is not null)
            and (select r.id from journal_entry r where r.kind = 'release' and r.fact = o.id::text) is not null as "isReleased"
     from payment_order o where charge_attempt_id = any($1::uuid[]) and status = 'captured'`,
)

async function ordersOf(tx: Tx, pairs: readonly OutcomeRow[]): Promise<ReadonlyMap<string, readonly OrderRow[]>> {
  if (pairs.length === 0) return new Map()
  const rows = await tx.run<OrderRow>(ORDERS, [pairs.map((pair) => pair.attempt_id)])
  return Map.groupBy(rows, (row) => row.attemptId)
}

/** Sellers get what is settled as it should be. A fee that is not right is between the PSP and us. */
function releasesOf(
  pairs: readonly OutcomeRow[],
  orders: ReadonlyMap<string, readonly OrderRow[]>,
): readonly (Release & { readonly orderId: string; readonly paymentId: string })[] {
  return pairs
    .filter(({ code }) => code === null || code === 'fee_mismatch')
    .flatMap((pair) => orders.get(pair.attempt_id) ?? [])
    .filter((order) => order.amount > order.fee && !order.isReleased)
    .map(({ orderId, paymentId, seller, amount, fee, currency }) => ({
      orderId,
      paymentId,
      seller,
      amount: amount - fee,
      currency,
    }))
}

type Unmatched = { readonly id: string; readonly fact: string; readonly moved: bigint }

const UNMATCHED = statement(
  'reconciliation.unmatched_entries',
  `select e.id, e.fact, coalesce(sum(p.amount), 0)::bigint as moved
     from journal_entry e
     left join (posting p join ledger_account a on a.id = p.account_id and a.name = $2) on p.entry_id = e.id
    where e.kind = 'unmatched_line' and e.fact = any($1::text[]) group by e.id`,
)

async function lineEntries(
  tx: Tx,
  source: Source,
  run: RunInProgress,
  rows: readonly OutcomeRow[],
  orders: ReadonlyMap<string, readonly OrderRow[]>,
): Promise<readonly (NewEntry | undefined)[]> {
  const found = rows.filter((row) => row.what === 'pair' && row.theirs_break !== null).map(factOf)
  const receivable = accounts.pspReceivable(source.name).name
  const unmatched = found.length === 0 ? [] : await tx.run<Unmatched>(UNMATCHED, [found, receivable])
  const entryOf = new Map(unmatched.map((entry) => [entry.fact, entry]))
  const dayEnd = endOfDay(run.businessDate, source)
  return rows.flatMap((row) => {
    const line = bookedLine(row, dayEnd)
    if (row.what === 'pair') {
      const [order, ...others] = orders.get(row.attempt_id) ?? []
      const belongs = { paymentId: row.payment_id, orderId: others.length === 0 ? order?.orderId : undefined }
      // A joined line was booked as one: its first part takes that back.
      const booked = row.part === null || row.part === 1 ? entryOf.get(line.fact) : undefined
      const fact = factOfPart(row, row.part)
      return [
        booked === undefined ? undefined : foundEntry(source.name, line, booked, row.part === null ? belongs : NOWHERE),
        feeEntry(source.name, { ...line, fact }, termsOf(row), belongs),
      ]
    }
    // A line that was open before this run is booked already.
    if (row.theirs_break !== null) return []
    return loneEntries(source.name, row.kind, line)
  })
}

/** A pair that agrees is booked as its line says, and what the rules tolerate of its amount as rounding. */
const termsOf = ({ code, ours_amount, theirs_amount, expected_fee }: OutcomeRow): Parameters<typeof feeEntry>[2] =>
  code === null
    ? { expected: undefined, tolerated: ours_amount - theirs_amount }
    : { expected: expected_fee ?? undefined }

const SETTLE = statement(
  'reconciliation.settle_charges',
  // A second settlement of a charge fails on its key, unless the one before was undone.
  `insert into settled_charge (run_id, settled_at, attempt_id, file_id, line, part, revision)
   select $1, $2, s.*, (select count(*) from unsettled_charge u where u.attempt_id = s.attempt_id)
     from unnest($3::uuid[], $4::uuid[], $5::integer[], $6::smallint[]) as s (attempt_id, file_id, line, part)`,
)

async function settle(tx: Tx, runId: string, pairs: readonly OutcomeRow[], now: Date): Promise<void> {
  if (pairs.length === 0) return
  await tx.run(SETTLE, [
    runId,
    now,
    ...toColumns(
      4,
      pairs.map((pair) => [pair.attempt_id, pair.file_id, pair.line, pair.part ?? 0]),
    ),
  ])
}
