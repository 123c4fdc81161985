import { statement, type Tx } from '../../platform/db.ts'
import { openDuckDb } from '../../platform/duckdb.ts'
import { Refusal } from '../../platform/errors.ts'
import { publicId } from '../../platform/ids.ts'
import { withScratch } from '../../platform/scratch.ts'
import { causedBy } from '../bank/caused.ts'
import { breakOfLine, breakOfPayout } from '../bank/decide.ts'
import { strangePostings } from '../bank/entries.ts'
import { ARRIVED_DAYS } from '../bank/inputs.ts'
import { repeats } from '../bank/judge.ts'
import { type ConcernedLine, concernedLines } from '../bank/lines.ts'
import { ARRIVAL_STANDS, IS_DECIDED, PAYOUT_STANDS, type StoredPayout, standingPayouts } from '../bank/payouts.ts'
import type { BankSource } from '../bank/source.ts'
import { FILE_COUNTS, statementFile } from '../bank/statements.ts'
import type { NewBreak, PayoutRecord } from '../break.ts'
import { reversalsOf } from '../corrections/change-lines.ts'
import { lastCompletedRun, type RunInProgress } from '../runs/run.ts'
import type { Plan } from './plan.ts'
import { isAboveThreshold, type ResolutionSettings } from './settings.ts'
import type { UnmatchRequest } from './unmatch.ts'

/** Payouts that are taken out of the line of a bank in which a run had found them, all that it had found in it. */
export type UnmatchedPayouts = {
  readonly is: 'payouts'
  readonly source: string
  readonly place: Pick<UnmatchRequest, 'fileId' | 'line'>
  readonly arrivalIds: readonly string[]
  /** Of each payout, and of the line. */
  readonly breaks: readonly NewBreak[]
}

type ArrivalRow = PayoutRecord & { readonly arrivalId: string; readonly stands: boolean }

const ARRIVALS = statement(
  'resolutions.arrivals_of_line',
  `select a.id as "arrivalId", p.id, p.psp, p.psp_reference as "pspReference", p.amount, p.currency, p.business_date as "businessDate",
          p.occurred_at as "occurredAt", ${PAYOUT_STANDS} and ${FILE_COUNTS('a.file_id')} as stands
     from payout_arrival a join payout p on p.id = a.payout_id
    where a.run_id = $1 and a.file_id = $2 and a.line = $3 and ${ARRIVAL_STANDS} order by p.business_date, p.id`,
)

const BY_HAND = statement(
  'resolutions.decision_about_line',
  `select b.resolution_id as id from recon_break b where b.file_id = $1 and b.line = $2 and ${IS_DECIDED} limit 1`,
)

const DIFFERS = statement(
  'resolutions.break_of_arrival',
  `select id, state from recon_break where payout_id = any($1::uuid[]) and file_id = $2 and line = $3 and state in ('open', 'resolved') limit 1`,
)

/**
 * What taking payouts out of a line books: their arrival is taken back, so that they are in transit again, and the line stands in
 * suspense as if no payout had explained it. Throws `not_found`, `break_state`, `break_not_resolvable`.
 */
export async function planPayoutUnmatch(
  tx: Tx,
  { scratch, settings, now }: { readonly scratch: string; readonly settings: ResolutionSettings; readonly now: Date },
  request: UnmatchRequest,
  { source, bank }: Pick<RunInProgress, 'source'> & { readonly bank: BankSource },
): Promise<Plan> {
  const arrivals = await arrivalsOf(tx, request)
  const last = await lastCompletedRun(tx, source)
  if (last === undefined) throw new Error('a source that has a pair has a completed run')
  const own = new Set(arrivals.map(({ id }) => id))
  const payouts = await standingPayouts(tx, bank.psps, last.businessDate, ARRIVED_DAYS)
  const line = await lineOf(tx, scratch, { bank, day: last.businessDate, payouts }, request)
  const elsewhere = payouts.filter(({ id, arrived }) => arrived && !own.has(id))
  const isRepeated = repeats(line, new Map(elsewhere.map(({ id, amount }) => [id, amount])))
  const arrivalIds = arrivals.map(({ arrivalId }) => arrivalId)
  return {
    items: [],
    postings: strangePostings(source, line),
    takenBack: reversalsOf(await causedBy(tx, arrivalIds, []), now),
    moves: [],
    releases: [],
    settles: [],
    needsApproval: isAboveThreshold(settings, line.amount, line.currency),
    unmatched: {
      is: 'payouts',
      source,
      place: { fileId: request.fileId, line: request.line },
      arrivalIds,
      breaks: [
        ...arrivals.map(({ arrivalId: _, stands: __, ...payout }) =>
          breakOfPayout(payout, last.businessDate, last.bank ?? bank),
        ),
        breakOfLine(line, isRepeated),
      ],
    },
  }
}

/** The payouts that the run found in the line, all of them there. */
async function arrivalsOf(tx: Tx, { runId, fileId, line }: UnmatchRequest): Promise<readonly ArrivalRow[]> {
  const arrivals = await tx.run<ArrivalRow>(ARRIVALS, [runId, fileId, line])
  const place = `line ${line} of ${publicId('sf', fileId)}`
  if (arrivals.length === 0) {
    const [byHand] = await tx.run<{ id: string }>(BY_HAND, [fileId, line])
    if (byHand !== undefined)
      throw new Refusal('break_state', `People decided about ${place}: undo ${publicId('res', byHand.id)}.`, {
        facts: { resolution: publicId('res', byHand.id) },
      })
    throw new Refusal('not_found', `The run holds no payout together with ${place}, or not any more.`)
  }
  if (arrivals.some(({ stands }) => !stands))
    throw new Refusal(
      'break_not_resolvable',
      `${place} or its payout is gone: the next run takes them apart by itself.`,
    )
  const [broken] = await tx.run<{ id: string; state: string }>(DIFFERS, [arrivals.map(({ id }) => id), fileId, line])
  if (broken !== undefined)
    throw new Refusal(
      'break_state',
      `The pair differs: ${publicId('brk', broken.id)} is about it, and ${broken.state}.`,
      { facts: { break: publicId('brk', broken.id), state: broken.state } },
    )
  return arrivals
}

/** The line as its statement has it, with the payouts that it names. */
const lineOf = (
  tx: Tx,
  scratch: string,
  given: { readonly bank: BankSource; readonly day: string; readonly payouts: readonly StoredPayout[] },
  { fileId, line }: UnmatchRequest,
): Promise<ConcernedLine> =>
  withScratch(scratch, async (folder) => {
    const file = await statementFile(tx, fileId)
    const duckdb = await openDuckDb(folder)
    try {
      const { bank: source, ...rest } = given
      const files = file === undefined ? [] : [file]
      const only = { fileId, line }
      const [own] = await concernedLines(tx, duckdb, folder, {
        source,
        ...rest,
        files,
        claimed: [],
        apart: [only],
        only,
      })
      if (own === undefined) throw new Error('the line of a pair is in its statement')
      return own
    } finally {
      duckdb.close()
    }
  })
