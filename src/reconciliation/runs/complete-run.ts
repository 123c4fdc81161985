import { join } from 'node:path'
import { accounts } from '../../ledger/index.ts'
import { storeBlob } from '../../platform/blob.ts'
import { statement, type Tx } from '../../platform/db.ts'
import { withScratch } from '../../platform/scratch.ts'
import { statementsOf } from '../../settlement/index.ts'
import { carryBreaks, clearBreaks, insertBreaks } from '../break-rows.ts'
import { sumOfLater } from '../ours.ts'
import type { ReconciliationDeps } from '../service.ts'
import type { Source } from '../source.ts'
import { changesOf } from './changes.ts'
import { writeReport } from './day-report.ts'
import { exactJson, lockRun, type RunInProgress } from './run.ts'

/**
 * The last step of a run, in one snapshot: the control of the PSP's receivable. What the ledger says that the PSP owes us,
 * less what the PSP's file says, must be what is open between us, to the cent:
 *
 *     receivable − closing balance = records only we have + Σ (ours − theirs) of pairs that differ + booked after the day
 *
 * A currency in which it is not is a break of its own, `ledger_mismatch`, until it is again.
 */
export async function completeRun(
  { db, clock, scratch }: Pick<ReconciliationDeps, 'db' | 'clock' | 'scratch'>,
  source: Source,
  run: RunInProgress,
): Promise<void> {
  await db.transaction(
    async (tx) => {
      await tx.query(`set local statement_timeout = '15min'`)
      const current = await lockRun(tx, run.id, 'post')
      const mismatches = await receivableMismatches(tx, source, run)
      const [unparsed] = await tx.run<{ n: bigint }>(UNPARSED, [source.name])
      const breaks = (current.breaks ?? 0n) + (unparsed?.n ?? 0n)
      await completeWith(tx, scratch, { ...current, breaks }, { code: 'ledger_mismatch', mismatches, at: clock.now() })
    },
    { isolation: 'repeatable read' },
  )
}

/** Completes a run with what its control found, a break for each currency, and writes the report of the day. */
export async function completeWith(
  tx: Tx,
  scratch: string,
  run: RunInProgress,
  control: { readonly code: ControlCode; readonly mismatches: readonly Amount[]; readonly at: Date },
): Promise<void> {
  const breaks = (run.breaks ?? 0n) + BigInt(await noteMismatches(tx, run, control))
  const changes = await changesOf(tx, run.id)
  await withScratch(scratch, async (folder) => {
    const path = join(folder, 'report.json')
    await writeReport(tx, run, { completedAt: control.at, breaks, changes }, path)
    const report = await storeBlob(tx, path)
    await tx.run(COMPLETE, [run.id, control.at, breaks, exactJson({ changes }), report.id])
  })
}

const UNPARSED = statement(
  'reconciliation.count_unparsed_lines',
  `select count(*) as n from recon_break where source = $1 and state = 'open' and code = 'unparsed_line'`,
)

export type ControlCode = 'ledger_mismatch' | 'bank_mismatch'

const COMPLETE = statement(
  'reconciliation.complete_run',
  `update recon_run set status = 'completed', phase = null, step = null, failure = null, completed_at = $2, breaks = $3, summary = summary || $4::jsonb, report_blob_id = $5
    where id = $1`,
)

export type Amount = { readonly currency: string; readonly amount: bigint }

const RECEIVABLE = statement(
  'reconciliation.receivable_balance',
  `select b.currency, sum(b.debits - b.credits) as amount
     from account_balance b join ledger_account a on a.id = b.account_id where a.name = $1 group by b.currency`,
)

// Pairs that differ stand here with both sides, records without a twin with one. Lines that only they have are booked to
// suspense and so on the receivable already.
const OPEN = statement(
  'reconciliation.open_amounts',
  `select currency, sum(amount) as amount
     from (select ours_currency as currency, ours_amount as amount from recon_break
            where source = $1 and state = 'open' and attempt_id is not null and code <> 'pending_outcome'
            union all
           select theirs_currency, -theirs_amount from recon_break
            where source = $1 and state = 'open' and attempt_id is not null and line is not null) o
    group by currency`,
)

/** What is left over per currency: ledger less file less everything that explains it. Without the currencies where it is 0. */
export async function receivableMismatches(tx: Tx, source: Source, run: RunInProgress): Promise<readonly Amount[]> {
  const sums = new Map<string, bigint>()
  const add = (amounts: readonly Amount[], sign: 1n | -1n): void => {
    for (const { currency, amount } of amounts) sums.set(currency, (sums.get(currency) ?? 0n) + sign * amount)
  }
  add(await tx.run<Amount>(RECEIVABLE, [accounts.pspReceivable(source.name).name]), 1n)
  const statements = run.fileId === null ? [] : await statementsOf(tx, run.fileId)
  add(
    statements.map(({ currency, closing }) => ({ currency, amount: closing ?? 0n })),
    -1n,
  )
  add(await tx.run<Amount>(OPEN, [source.name]), -1n)
  add(await sumOfLater(tx, source, { day: run.businessDate, from: run.nextFrom, seen: run.seenHeads }), -1n)
  return [...sums].filter(([, amount]) => amount !== 0n).map(([currency, amount]) => ({ currency, amount }))
}

const OPEN_MISMATCHES = statement(
  'reconciliation.open_ledger_mismatches',
  `select id, currency, difference from recon_break where source = $1 and state = 'open' and code = $2`,
)

/** Opens, carries or clears the breaks of the control. Gives how many stand. */
async function noteMismatches(
  tx: Tx,
  run: RunInProgress,
  { code, mismatches, at }: Parameters<typeof completeWith>[3],
): Promise<number> {
  const by = { runId: run.id, day: run.businessDate, at }
  const open = await tx.run<{ id: string; currency: string; difference: bigint }>(OPEN_MISMATCHES, [run.source, code])
  const stands = (each: { currency: string; difference: bigint }): boolean =>
    mismatches.some(({ currency, amount }) => currency === each.currency && amount === each.difference)
  await clearBreaks(
    tx,
    by,
    open.filter((each) => !stands(each)).map(({ id }) => id),
    'The control agrees again, or differs by another amount.',
  )
  const carried = open.filter(stands)
  await carryBreaks(
    tx,
    by,
    carried.map(({ id }) => id),
  )
  const known = new Set(carried.map(({ currency }) => currency))
  const found = mismatches.filter(({ currency }) => !known.has(currency))
  await insertBreaks(
    tx,
    run.source,
    by,
    found.map(({ currency, amount }) => ({
      code,
      class: 'real',
      dueOn: undefined,
      ours: undefined,
      theirs: undefined,
      difference: amount,
      currency,
    })),
  )
  return mismatches.length
}
