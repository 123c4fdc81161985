import { join } from 'node:path'
import { type NewEntry, postEntries } from '../../ledger/index.ts'
import { storeBlob } from '../../platform/blob.ts'
import { statement, type Tx } from '../../platform/db.ts'
import { newId } from '../../platform/ids.ts'
import { carryBreaks, clearBreaks, insertBreaks, promoteBreaks } from '../break-rows.ts'
import { endOfDay } from '../calendar.ts'
import { reversalsOf } from '../corrections/change-lines.ts'
import { completeWith } from '../runs/complete-run.ts'
import { exactJson, lockRun, type RunInProgress, RunMovedOn } from '../runs/run.ts'
import type { ReconciliationDeps } from '../service.ts'
import { insertArrivals } from './arrivals.ts'
import { causedBy } from './caused.ts'
import { type BankComputed, computeBank } from './compute.ts'
import { arrivalEntry, strangeEntry, strangeFact } from './entries.ts'
import { type BankInputs, keepInputs, readInputs } from './inputs.ts'
import { type BankSource, cutOf } from './source.ts'
import { transitMismatches } from './transit.ts'
import { undoStale } from './undo.ts'

type Deps = Pick<ReconciliationDeps, 'db' | 'moneyDb' | 'directory' | 'clock' | 'scratch'>

/**
 * The first phase of a run over a bank's statements: undoes what is no longer so, finds the payouts that arrived, decides what the
 * rest means, and commits and books all of it together. Payouts are few: one transaction holds them.
 */
export async function matchBankRun(
  deps: Deps,
  source: BankSource,
  run: RunInProgress,
  goesOn: () => boolean,
): Promise<void> {
  const { db, moneyDb } = deps
  if (!goesOn()) throw new RunMovedOn(run.id)
  await moneyDb.transaction(async (tx) => {
    await lockRun(tx, run.id, 'match')
    await undoStale(tx, deps, source, run)
  })
  const inputs = await readInputs(db, source, run.businessDate)
  await computeBank(deps, { source, day: run.businessDate, inputs }, async (computed) => {
    if (!goesOn()) throw new RunMovedOn(run.id)
    await moneyDb.transaction((tx) => commit(tx, deps, { source, run, inputs, computed }))
  })
}

const COMMIT = statement(
  'reconciliation.commit_bank_match',
  `update recon_run set phase = 'post', failure = null, ours = $2, theirs = $3, matched = $4, breaks = $5, proof = $6, summary = $7,
          outcome_blob_id = $8, inputs_blob_id = $9, verdict_sha256 = $10, posted = $11, bookable = $11
    where id = $1`,
)

type Decided = {
  readonly source: BankSource
  readonly run: RunInProgress
  readonly inputs: BankInputs
  readonly computed: BankComputed
}

async function commit(tx: Tx, deps: Deps, decided: Decided): Promise<void> {
  const { source, run, inputs, computed } = decided
  const { verdict } = computed
  await lockRun(tx, run.id, 'match')
  const now = deps.clock.now()
  const by = { runId: run.id, day: run.businessDate, at: now }
  await clearBreaks(tx, by, verdict.cleared, 'Its twin came.')
  await promoteBreaks(tx, by, verdict.promoted)
  await carryBreaks(tx, by, verdict.carried)
  await insertBreaks(tx, source.name, by, verdict.found)
  const booked = await book(tx, deps, decided, now)
  const { counts, proof, summary } = verdict
  const inputsPath = join(computed.folder, 'inputs.gz')
  await keepInputs(inputsPath, inputs)
  await tx.run(COMMIT, [
    run.id,
    counts.ours,
    counts.theirs,
    counts.matched,
    counts.breaks,
    exactJson(proof),
    exactJson(summary),
    (await storeBlob(tx, computed.outcomePath)).id,
    (await storeBlob(tx, inputsPath)).id,
    computed.verdictSha256,
    booked,
  ])
}

/** Books what arrived and what is strange, and takes back what was strange and is explained. Gives how many entries that are. */
async function book(
  tx: Tx,
  { directory }: Deps,
  { source, run, inputs, computed: { verdict } }: Decided,
  now: Date,
): Promise<number> {
  const pspOf = new Map(inputs.payouts.map(({ id, psp }) => [id, psp]))
  const occurredAt = (on: string): Date => new Date(endOfDay(on, cutOf(source)).getTime() - 1)
  const arrivals = verdict.arrivals.map((arrival) => ({ ...arrival, id: newId() }))
  const entries: readonly NewEntry[] = [
    ...arrivals.map(({ id, payout, line, amount }) =>
      arrivalEntry(source.name, pspOf.get(payout.id) ?? '', id, {
        amount,
        currency: line.currency,
        occurredAt: occurredAt(line.on),
      }),
    ),
    ...verdict.strange.map((line) =>
      strangeEntry(source.name, strangeFact(line, run.businessDate), { ...line, occurredAt: occurredAt(line.on) }),
    ),
  ]
  await insertArrivals(
    tx,
    { source: source.name, runId: run.id, at: now },
    arrivals.map(({ id, rule, payout, line, amount }) => ({
      id,
      rule,
      payoutId: payout.id,
      fileId: line.fileId,
      line: line.line,
      lineOn: line.on,
      amount,
    })),
  )
  const found = reversalsOf(await causedBy(tx, [], verdict.explained), now).map((entry) => ({
    ...entry,
    kind: 'unmatched_line_found' as const,
  }))
  await postEntries(tx, directory, [...found, ...entries], now)
  return entries.length + found.length
}

/**
 * The last step, in one snapshot: the control of what is in transit. What the ledger says that is on its way must be the payouts
 * that are not there yet, with what is open of those that arrived over another amount.
 */
export async function completeBankRun(
  { db, clock, scratch }: Pick<ReconciliationDeps, 'db' | 'clock' | 'scratch'>,
  source: BankSource,
  run: RunInProgress,
): Promise<void> {
  await db.transaction(
    async (tx) => {
      const current = await lockRun(tx, run.id, 'post')
      const mismatches = await transitMismatches(tx, source)
      await completeWith(tx, scratch, current, { code: 'bank_mismatch', mismatches, at: clock.now() })
    },
    { isolation: 'repeatable read' },
  )
}
