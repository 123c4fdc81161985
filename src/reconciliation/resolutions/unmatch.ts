import { join } from 'node:path'
import type { AccountType, Posting } from '../../ledger/index.ts'
import { writeBlobTo } from '../../platform/blob.ts'
import type { Clock } from '../../platform/clock.ts'
import { statement, type Tx } from '../../platform/db.ts'
import { fileLiteral, openDuckDb } from '../../platform/duckdb.ts'
import { Refusal } from '../../platform/errors.ts'
import { publicId } from '../../platform/ids.ts'
import { withScratch } from '../../platform/scratch.ts'
import { closedThrough, getFile } from '../../settlement/index.ts'
import { bookedLine, factOf } from '../booked-line.ts'
import type { OursRecord, TheirsRecord } from '../break.ts'
import { endOfDay } from '../calendar.ts'
import { bookedCharges } from '../corrections/booked-charges.ts'
import { loneEntries } from '../entries.ts'
import { getRun, type RunInProgress } from '../runs/run.ts'
import { STANDS } from '../settled.ts'
import { type Plan, summed } from './plan.ts'
import { isAboveThreshold, type ResolutionSettings } from './settings.ts'
import { planPayoutUnmatch, type UnmatchedPayouts } from './unmatch-payouts.ts'
import type { ReasonCode, ResolutionVerb } from './verbs.ts'

/** Which pair of a run somebody wants to be taken apart: the line says it. Ids are UUIDs. */
export type UnmatchRequest = {
  readonly runId: string
  readonly fileId: string
  readonly line: number
  readonly reason: ReasonCode
  readonly note?: string | undefined
}

/** A pair that is taken apart, as it stands. */
export type Unmatched = UnmatchedCharge | UnmatchedPayouts

/** A charge and the line of a PSP's file that settled it. */
export type UnmatchedCharge = {
  readonly is: 'charge'
  readonly source: string
  readonly charge: OursRecord
  readonly line: TheirsRecord
  /** Of the settlement that ends. */
  readonly revision: number
}

type PairRow = {
  readonly attemptId: string
  readonly revision: number
  readonly part: number
  readonly resolutionId: string | null
  readonly verb: ResolutionVerb | null
}

const PAIR = statement(
  'resolutions.pair_of_line',
  `select s.attempt_id as "attemptId", s.revision, s.part, s.resolution_id as "resolutionId", r.verb
     from settled_charge s left join break_resolution r on r.id = s.resolution_id
    where s.run_id = $1 and s.file_id = $2 and s.line = $3 and ${STANDS}`,
)

const BREAK_OF_PAIR = statement(
  'resolutions.break_of_pair',
  `select id, state from recon_break where attempt_id = $1 and file_id = $2 and line = $3 and state in ('open', 'resolved') limit 1`,
)

const FEE = statement(
  'resolutions.fee_of_line',
  `select a.name, a.type, p.amount, p.currency
     from journal_entry e join posting p on p.entry_id = e.id join ledger_account a on a.id = p.account_id
    where e.kind = 'psp_fee' and e.fact = $1 and not exists (select from journal_entry r where r.reverses = e.id) order by p.position`,
)

/**
 * What taking a pair of a run apart books, of a PSP's file or of a bank. Throws `not_found`, `run_state`, `period_closed`,
 * `break_state`, `break_not_resolvable`.
 */
export async function planUnmatch(
  tx: Tx,
  { scratch, settings, clock }: UnmatchDeps,
  request: UnmatchRequest,
): Promise<Plan> {
  const run = await openRun(tx, request.runId)
  const { source, bank } = run
  if (bank !== undefined)
    return planPayoutUnmatch(tx, { scratch, settings, now: clock.now() }, request, { source, bank })
  return planChargeUnmatch(tx, { scratch, settings }, request, run)
}

type UnmatchDeps = {
  /** A folder for work in progress. */
  readonly scratch: string
  readonly settings: ResolutionSettings
  readonly clock: Clock
}

/**
 * Of a charge and its line: the line's fee is taken back, and the line stands in suspense by all that it moved, as if it
 * had had no record of ours. What sellers got of the charge stays theirs.
 */
async function planChargeUnmatch(
  tx: Tx,
  { scratch, settings }: Pick<UnmatchDeps, 'scratch' | 'settings'>,
  request: UnmatchRequest,
  run: RunInProgress,
): Promise<Plan> {
  const pair = await pairOf(tx, request)
  const [charge] = await bookedCharges(tx, run.settings, [pair.attemptId])
  const line = await lineOf(tx, scratch, request)
  if (charge === undefined || line === undefined) throw new Error('the records of a pair are there')
  const { fileId: file_id, fee, currency, amount } = line
  const booked = bookedLine(
    {
      file_id,
      line: line.line,
      theirs_amount: amount,
      fee,
      theirs_currency: currency,
      theirs_ms: line.occurredAt === null ? null : BigInt(line.occurredAt.getTime()),
    },
    endOfDay(run.businessDate, run.settings),
  )
  const alone = loneEntries(run.source, line.kind, booked).flatMap((entry) => entry?.postings ?? [])
  return {
    items: [],
    postings: summed([...(await feeTakenBack(tx, factOf({ file_id, line: line.line }))), ...alone]),
    moves: [],
    releases: [],
    settles: [],
    needsApproval: isAboveThreshold(settings, amount, currency),
    unmatched: { is: 'charge', source: run.source, charge, line, revision: pair.revision },
  }
}

/** A completed run whose day is open. */
async function openRun(tx: Tx, id: string): Promise<RunInProgress> {
  const run = await getRun(tx, id)
  if (run === undefined) throw new Refusal('not_found', `There is no reconciliation run ${publicId('run', id)}.`)
  if (run.status !== 'completed')
    throw new Refusal('run_state', `The run is ${run.status}: its pairs are made when it is completed.`, {
      facts: { status: run.status },
    })
  const closed = await closedThrough(tx, run.source)
  if (closed !== undefined && run.businessDate <= closed)
    throw new Refusal('period_closed', `The run is of ${run.businessDate}, and ${closed} is closed.`, {
      facts: { closed_through: closed },
    })
  return run
}

async function pairOf(tx: Tx, { runId, fileId, line }: UnmatchRequest): Promise<PairRow> {
  const [pair, ...others] = await tx.run<PairRow>(PAIR, [runId, fileId, line])
  const place = `line ${line} of ${publicId('sf', fileId)}`
  if (pair === undefined)
    throw new Refusal('not_found', `The run holds no charge together with ${place}, or not any more.`)
  if (pair.verb !== null && pair.verb !== 'unmatch')
    throw new Refusal('break_state', `People put it together: undo ${publicId('res', pair.resolutionId ?? '')}.`, {
      facts: { resolution: publicId('res', pair.resolutionId ?? '') },
    })
  if (others.length > 0 || pair.part > 0)
    throw new Refusal('break_not_resolvable', `${place} stands for several charges, and its parts are not taken apart.`)
  const [broken] = await tx.run<{ id: string; state: string }>(BREAK_OF_PAIR, [pair.attemptId, fileId, line])
  if (broken !== undefined)
    throw new Refusal(
      'break_state',
      `The pair differs: ${publicId('brk', broken.id)} is about it, and ${broken.state}.`,
      {
        facts: { break: publicId('brk', broken.id), state: broken.state },
      },
    )
  return pair
}

type FeeRow = { readonly name: string; readonly type: AccountType; readonly amount: bigint; readonly currency: string }

const feeTakenBack = async (tx: Tx, fact: string): Promise<readonly Posting[]> =>
  (await tx.run<FeeRow>(FEE, [fact])).map(({ name, type, amount, currency }) => ({
    account: { name, type },
    amount: -amount,
    currency,
  }))

type LineRow = Omit<TheirsRecord, 'fileId' | 'occurredAt'> & { readonly occurredMs: bigint | null }

/** The line as its file has it. */
async function lineOf(tx: Tx, scratch: string, { fileId, line }: UnmatchRequest): Promise<TheirsRecord | undefined> {
  const file = await getFile(tx, fileId)
  if (file?.linesBlobId == null) return undefined
  const { linesBlobId } = file
  return withScratch(scratch, async (folder) => {
    const path = join(folder, 'lines.parquet')
    await writeBlobTo(tx, linesBlobId, path)
    const duckdb = await openDuckDb(folder)
    try {
      const [row] = await duckdb.query<LineRow>(
        `select line, kind, status, reference, psp_reference as "pspReference", amount, fee, currency, occurred_ms as "occurredMs"
           from read_parquet(${fileLiteral(path)}) where line = ${line}`,
      )
      if (row === undefined) return undefined
      const { occurredMs, ...rest } = row
      return { ...rest, fileId, occurredAt: occurredMs === null ? null : new Date(Number(occurredMs)) }
    } finally {
      duckdb.close()
    }
  })
}
