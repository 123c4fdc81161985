import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { statement, type Tx } from '../../platform/db.ts'
import { writeJson } from '../../platform/exact-json.ts'
import { publicId } from '../../platform/ids.ts'
import { getFile } from '../../settlement/index.ts'
import type { BankSource } from '../bank/source.ts'
import { type BreakOfRun, breaksOfRun } from '../breaks-list.ts'
import type { Heads } from '../ours.ts'
import { tolerancesView } from '../tolerance.ts'
import type { RunInProgress } from './run.ts'
import type { Change } from './run-summary.ts'

/**
 * The report of a day: what a run read, what it found and what stood open when it completed. It is written once, in the
 * transaction that completes the run, and read as those bytes for ever, whatever becomes of its breaks.
 */
export const REPORT_SCHEMA = 'tallystick.report/1'

type Completion = { readonly completedAt: Date; readonly breaks: bigint; readonly changes: readonly Change[] }

/** Writes the report to a new file. */
export const writeReport = (tx: Tx, run: RunInProgress, completion: Completion, path: string): Promise<void> =>
  pipeline(Readable.from(pieces(tx, run, completion)), createWriteStream(path, { flags: 'wx', mode: 0o600 }))

async function* pieces(tx: Tx, run: RunInProgress, completion: Completion): AsyncGenerator<string> {
  const head = {
    schema: REPORT_SCHEMA,
    run: runPart(run, completion),
    settings: settingsPart(run),
    inputs: await inputsPart(tx, run),
    totals: { ours: run.ours, theirs: run.theirs, matched: run.matched, breaks: completion.breaks, booked: run.posted },
    matched: run.summary?.matched ?? [],
    proof: run.proof,
    waterfall: run.summary?.waterfall ?? [],
    tolerated: run.summary?.tolerated ?? [],
    changes: completion.changes,
    outcome: await outcomePart(tx, run),
  }
  // The head without its closing brace; breaks follow, a line each, however many there are.
  yield `${writeJson(head, 2).slice(0, -2)},\n  "breaks": [`
  let before = '\n    '
  for await (const breaks of pagesOf(tx, run.id)) {
    yield before + breaks.map((each) => writeJson(breakPart(each))).join(',\n    ')
    before = ',\n    '
  }
  yield '\n  ]\n}\n'
}

// A few megabytes of rows.
const BREAKS_AT_ONCE = 5_000
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000'

async function* pagesOf(tx: Tx, runId: string): AsyncGenerator<readonly BreakOfRun[]> {
  for (let after = BEFORE_ALL; ; ) {
    const page = await breaksOfRun(tx, { runId, after, limit: BREAKS_AT_ONCE })
    if (page.length > 0) yield page
    if (page.length < BREAKS_AT_ONCE) return
    after = page.at(-1)?.id ?? after
  }
}

const runPart = (run: RunInProgress, { completedAt }: Completion) => ({
  id: publicId('run', run.id),
  source: run.source,
  business_date: run.businessDate,
  requested_at: run.requestedAt,
  late_since: run.lateSince ?? undefined,
  started_at: run.startedAt,
  completed_at: completedAt,
})

const settingsPart = (run: RunInProgress) => (run.bank === undefined ? pspPart(run) : bankPart(run.bank))

const bankPart = ({ calendar, ...bank }: BankSource) => ({
  zone: bank.zone,
  psps: bank.psps,
  account: bank.account,
  days: calendar.days,
  holidays: calendar.holidays,
  lag_days: bank.lagDays,
  window_days: bank.windowDays,
  references: bank.references,
  recognised_by: bank.recognisedBy,
})

const pspPart = ({ settings, ruleVersion }: RunInProgress) => ({
  rule_version: ruleVersion ?? undefined,
  zone: settings.zone,
  cut_off: settings.cutOff,
  day_named_by: settings.dayNamedBy,
  grace_minutes: settings.graceMinutes,
  lag_days: settings.lagDays,
  fee_schedule: settings.feeSchedule && {
    rate_ppm: settings.feeSchedule.ratePpm,
    fixed: settings.feeSchedule.fixed,
  },
  tolerance: settings.tolerance && tolerancesView(settings.tolerance),
})

async function inputsPart(tx: Tx, run: RunInProgress) {
  const file = run.fileId === null ? undefined : await getFile(tx, run.fileId)
  return {
    file: file && {
      id: publicId('sf', file.id),
      name: file.name,
      sha256: file.sha256.toString('hex'),
      bytes: file.byteCount,
      format: file.format,
      lines: file.lineCount,
      control: file.control,
      received_at: file.receivedAt,
      statements: file.statements.map(({ account, currency, opening, closing, lineCount, credits, debits }) => ({
        account,
        currency,
        opening: opening ?? undefined,
        closing: closing ?? undefined,
        lines: lineCount,
        credits,
        debits,
      })),
    },
    ledger: await chainsPart(tx, run.seenHeads),
    carried_sha256: await blobSha256(tx, run.inputsBlobId),
  }
}

const HASHES = statement(
  'reconciliation.hashes_of_heads',
  `select h.chain_id as chain, h.seq as batches, b.hash
     from unnest($1::smallint[], $2::bigint[]) as h (chain_id, seq)
     left join ledger_batch b on b.chain_id = h.chain_id and b.seq = h.seq order by h.chain_id`,
)

/** How far each chain of the ledger had come, and its hash there. */
async function chainsPart(tx: Tx, heads: Heads) {
  const rows = await tx.run<{ chain: number; batches: bigint; hash: Buffer | null }>(HASHES, [
    [...heads.keys()],
    [...heads.values()],
  ])
  return rows.map(({ hash, ...row }) => ({ ...row, hash: hash?.toString('hex') }))
}

const SHA256 = statement('reconciliation.sha256_of_blob', 'select sha256 from blob where id = $1')

async function blobSha256(tx: Tx, id: string | null): Promise<string | undefined> {
  const [row] = id === null ? [] : await tx.run<{ sha256: Buffer }>(SHA256, [id])
  return row?.sha256.toString('hex')
}

const outcomePart = async (tx: Tx, run: RunInProgress) => ({
  sha256: await blobSha256(tx, run.outcomeBlobId),
  verdict_sha256: run.verdictSha256?.toString('hex'),
})

/** What is null with us is left out. */
const given = (value: bigint | string | null | undefined): bigint | string | undefined => value ?? undefined

const breakPart = ({ ours, payout, theirs, ...found }: BreakOfRun) => ({
  id: publicId('brk', found.id),
  events: found.kinds,
  code: found.code,
  class: found.class,
  state: found.state,
  business_date: found.businessDate,
  due_on: given(found.dueOn),
  promoted_at: found.promotedAt ?? undefined,
  ours: ours && {
    payment: publicId('pay', ours.paymentId),
    attempt: publicId('att', ours.attemptId),
    psp_reference: given(ours.pspReference),
    amount: ours.amount,
    currency: ours.currency,
    occurred_at: ours.occurredAt,
    business_date: ours.businessDate,
  },
  payout: payout && {
    psp: payout.psp,
    psp_reference: given(payout.pspReference),
    amount: payout.amount,
    currency: payout.currency,
    occurred_at: payout.occurredAt,
    business_date: payout.businessDate,
  },
  theirs: theirs && {
    file: publicId('sf', theirs.fileId),
    file_name: theirs.fileName,
    line: theirs.line,
    kind: theirs.kind,
    status: given(theirs.status),
    reference: given(theirs.reference),
    psp_reference: given(theirs.pspReference),
    amount: theirs.amount,
    fee: theirs.fee,
    currency: theirs.currency,
    occurred_at: theirs.occurredAt ?? undefined,
  },
  difference: given(found.difference),
  currency: given(found.currency),
  explanation: found.explanation,
})
