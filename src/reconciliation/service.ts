import type { AccountDirectory } from '../ledger/index.ts'
import type { Recorded, Report } from '../payments/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Db } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import type { Exclusive } from '../platform/exclusive.ts'
import type { Log } from '../platform/log.ts'
import { createSlots } from '../platform/slots.ts'
import { type Format, type Origin, type Received, receiveFile } from '../settlement/index.ts'

import { type AgeingLine, ageing } from './ageing.ts'
import { businessDayFrom, isBusinessDay } from './bank/business-days.ts'
import { dryRunBank } from './bank/dry-run.ts'
import { type BankSource, cutOf } from './bank/source.ts'
import { createBankWork, firstBankDay } from './bank/work.ts'

import { type Break, type BreakEvent, type BreakFilter, getBreak, listBreaks } from './breaks-list.ts'
import { endOfDay, lastDayOver } from './calendar.ts'
import { createRules, type Rules } from './rules/service.ts'
import { type DryRun, type DryRunRequest, dryRun } from './runs/dry-run.ts'
import { firstDay } from './runs/first-day.ts'
import { createMatchReader, type MatchReader } from './runs/matches.ts'
import { createNightlyWork } from './runs/nightly.ts'
import { createOutcomeFiles } from './runs/outcome-files.ts'
import { type PayoutWaterfall, payoutWaterfall } from './runs/payout-waterfall.ts'
import { type RunChanges, readChanges, readReport, type StoredReport } from './runs/read-report.ts'
import { ensureRun, getRun, listRuns, type Run, type RunFilter, requeue } from './runs/run.ts'
import { type Verification, verifyRun } from './runs/verify-run.ts'
import type { Source } from './source.ts'
import { type BreakSuggestion, suggestForBreak } from './suggest/for-break.ts'

export type ReconciliationDeps = {
  readonly db: Db
  /** For what is booked. */
  readonly moneyDb: Db
  readonly directory: AccountDirectory
  readonly clock: Clock
  readonly log: Log
  readonly exclusive: Exclusive
  /** Commits what a file tells about a charge. */
  readonly record: (report: Report) => Promise<Recorded>
  /** A folder for work in progress. */
  readonly scratch: string
}

/** A source with where its files come from and what they are written in. */
export type ReconciledSource = { readonly source: Source; readonly origin: Origin; readonly formats: readonly Format[] }

export type Reconciliation = {
  /** Looks whether a source has something to do; cheap when there is nothing. */
  readonly look: () => Promise<void>
  /** Does everything that is due at this instant of the business clock, and resolves when it is done. */
  readonly catchUp: () => Promise<void>
  /** The same for banks, whose statements come through the intake. */
  readonly catchUpBanks: () => Promise<void>
  /** Files came that runs may be waiting for: the next look waits no longer. */
  readonly filesCame: () => void
  /** Leaves what is not done to other nodes, or to the next start. A test of rules ends with the day that it is at. */
  readonly stop: () => void
  /** Takes a file in that somebody uploads. Throws `source_not_found`. */
  readonly receive: (upload: {
    readonly source: string
    readonly name: string | undefined
    readonly bytes: AsyncIterable<Uint8Array>
  }) => Promise<Received>
  /** Asks for the run of a day; there is one for each source and day. Throws `source_not_found`, `invalid_request`. */
  readonly startRun: (request: { readonly source: string; readonly businessDate: string }) => Promise<Run>
  readonly getRun: (id: string) => Promise<Run | undefined>
  readonly listRuns: (filter: RunFilter) => Promise<{ readonly data: readonly Run[]; readonly hasMore: boolean }>
  readonly rules: Rules
  /** What a run of a day would say; one at a time. Throws `source_not_found`, `invalid_request`, `run_state`, `overloaded`. */
  readonly dryRun: (request: DryRunRequest & { readonly source: string }) => Promise<DryRun>
  /** Computes a completed run again. Throws `not_found`, `run_state`, `overloaded`. */
  readonly verify: (runId: string) => Promise<Verification>
  /** The report of a completed run, byte for byte. Throws `not_found`, `run_state`. */
  readonly report: (runId: string) => Promise<StoredReport>
  /** What is different from the run before. Throws `not_found`, `run_state`. */
  readonly changes: (runId: string) => Promise<RunChanges>
  /** From the sales of a run's day to what was paid out. Throws `not_found`, `run_state`. */
  readonly payoutWaterfall: (runId: string) => Promise<PayoutWaterfall>
  /** The pairs of a run, in the order in which they were booked. */
  readonly matches: MatchReader
  readonly getBreak: (id: string) => Promise<(Break & { readonly events: readonly BreakEvent[] }) | undefined>
  readonly listBreaks: (filter: BreakFilter) => Promise<{ readonly data: readonly Break[]; readonly hasMore: boolean }>
  /** What may belong to a break of one side, at most five, the likeliest first. Throws `not_found`. */
  readonly suggest: (breakId: string) => Promise<readonly BreakSuggestion[]>
  /** Every open break by age; see `AGES`. */
  readonly ageing: (filter: {
    readonly source?: string | undefined
    readonly today: string
  }) => Promise<readonly AgeingLine[]>
  readonly sourceNames: readonly string[]
}

export function createReconciliation(
  deps: ReconciliationDeps,
  sources: readonly ReconciledSource[],
  banks: readonly BankSource[] = [],
): Reconciliation {
  const { db, clock } = deps
  const nightly = sources.map((source) => createNightlyWork(deps, source))
  const atBanks = banks.map((bank) =>
    createBankWork(
      deps,
      bank,
      sources.filter(({ source }) => bank.psps.includes(source.name)),
    ),
  )
  let stopped = false
  const hurry = (): void => {
    for (const work of [...nightly, ...atBanks]) work.hurry()
  }
  const refuseDay = (detail: string): never => {
    throw new Refusal('invalid_request', detail, { errors: [{ pointer: '/business_date', detail }] })
  }
  // Each takes what a run takes of memory and disk, beside the runs themselves.
  const computing = createSlots({
    slots: 1,
    waiting: 0,
    whenFull: () => new Refusal('overloaded', 'Another run is being computed for somebody.', { retryAfterSeconds: 10 }),
  })
  const find = (name: string, pointer: string): ReconciledSource => {
    const found = sources.find(({ source }) => source.name === name)
    if (found !== undefined) return found
    if (banks.some((bank) => bank.name === name)) {
      const detail = `"${name}" is a bank: it is reconciled by what is declared of it, and its files are a declared source's.`
      throw new Refusal('invalid_request', detail, { errors: [{ pointer, detail }] })
    }
    const known = [...sources.map(({ source }) => source.name), ...banks.map((bank) => bank.name)]
    const detail = `There is no source "${name}"; there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ') || 'none'}.`
    throw new Refusal('source_not_found', detail, { errors: [{ pointer, detail }] })
  }

  const requireOver = (name: string, day: string, cut: Parameters<typeof endOfDay>[1]): void => {
    if (endOfDay(day, cut) > clock.now()) refuseDay(`The business day ${day} of ${name} is not over.`)
  }
  const requirePspDay = async ({ source, origin }: ReconciledSource, day: string): Promise<void> => {
    requireOver(source.name, day, source)
    const first = await firstDay(db, { source, origin })
    if (day < first) refuseDay(`The files of ${source.name} begin on ${first}.`)
  }
  const requireBankDay = async (bank: BankSource, day: string): Promise<void> => {
    requireOver(bank.name, day, cutOf(bank))
    if (!isBusinessDay(day, bank.calendar)) refuseDay(`${day} is no business day of ${bank.name}.`)
    const declared = (await firstBankDay(deps, bank)) ?? day
    const first = businessDayFrom(declared, bank.calendar)
    if (day < first) refuseDay(`The runs of ${bank.name} begin on ${first}.`)
  }

  return {
    look: async () => void (await Promise.all([...nightly, ...atBanks].map((work) => work.look()))),
    catchUp: async () => {
      for (const work of nightly) await work.catchUp()
    },
    catchUpBanks: async () => {
      for (const work of atBanks) await work.catchUp()
    },
    filesCame: hurry,
    stop() {
      stopped = true
      for (const work of [...nightly, ...atBanks]) work.stop()
    },
    async receive({ source: name, ...upload }) {
      const { source, formats, origin } = find(name, '?source')
      await firstDay(db, { source, origin })
      const lastDay = lastDayOver(clock.now(), source)
      const received = await receiveFile(deps, { source: source.name, formats, via: 'uploaded', lastDay, ...upload })
      hurry()
      return received
    },
    async startRun({ source: name, businessDate: day }) {
      const bank = banks.find((each) => each.name === name)
      await (bank === undefined ? requirePspDay(find(name, '/source'), day) : requireBankDay(bank, day))
      const run = await ensureRun(db, bank ?? find(name, '/source').source, day, clock.now())
      if (run.status === 'failed') await requeue(db, run.id)
      hurry()
      return (await getRun(db, run.id)) ?? run
    },
    getRun: (id) => getRun(db, id),
    listRuns: (filter) => listRuns(db, filter),
    rules: createRules(deps, {
      requireSource: (name) => void find(name, '/source'),
      computing,
      mayGoOn: () => !stopped,
    }),
    dryRun: ({ source, ...request }) => {
      const bank = banks.find(({ name }) => name === source)
      if (bank !== undefined) return computing(() => dryRunBank(deps, bank, request))
      const given = find(source, '/source')
      return computing(() => dryRun(deps, given, request))
    },
    verify: (runId) => computing(() => verifyRun(deps, runId)),
    report: (runId) => readReport(db, runId),
    changes: (runId) => readChanges(db, runId),
    payoutWaterfall: (runId) => payoutWaterfall(db, runId),
    matches: createMatchReader({ db, outcomes: createOutcomeFiles(deps), runOf: (id) => getRun(db, id) }),
    getBreak: (id) => getBreak(db, id),
    listBreaks: (filter) => listBreaks(db, filter),
    suggest: (breakId) =>
      suggestForBreak(db, breakId, (name) => sources.find((each) => each.source.name === name)?.source),
    ageing: (filter) => ageing(db, filter),
    sourceNames: sources.map(({ source }) => source.name),
  }
}
