import { publicId } from '../platform/ids.ts'
import type { Break, BreakEvent, Run } from '../reconciliation/index.ts'
import type { FileDifference, SettlementFile, SourceState, StoredStatement } from '../settlement/index.ts'
import { toleratedBody } from './tolerance-views.ts'

/** The wire forms of settlement files, runs and breaks: what is null with us is left out. */

type WithoutNull<T> = { [Key in keyof T]?: NonNullable<T[Key]> }

export const given = <T extends Readonly<Record<string, unknown>>>(fields: T): WithoutNull<T> =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  ) as WithoutNull<T>

export const instant = (at: Date | null | undefined): string | null => at?.toISOString() ?? null
export const idOf = (prefix: 'sf' | 'run' | 'res' | 'brk', uuid: string | null): string | null =>
  uuid === null ? null : publicId(prefix, uuid)

export const fileBody = (file: SettlementFile) => ({
  id: publicId('sf', file.id),
  object: 'settlement_file' as const,
  source: file.source,
  name: file.name,
  status: file.status,
  lines: Number(file.lineCount),
  control: file.control,
  sha256: file.sha256.toString('hex'),
  bytes: Number(file.byteCount),
  received_via: file.receivedVia,
  received_at: file.receivedAt.toISOString(),
  ...given({
    rejection: file.rejection,
    format: file.format,
    business_date: file.businessDate,
    file_reference: file.fileReference,
    supersedes: idOf('sf', file.supersedes),
    superseded_by: idOf('sf', file.supersededBy),
    withdrawal: file.withdrawal,
    new_lines: file.newLines === null ? null : Number(file.newLines),
    delivered_sha256: file.deliveredSha256?.toString('hex'),
  }),
})

export const sourceBody = (source: SourceState) => ({
  name: source.name,
  object: 'settlement_source' as const,
  kind: source.kind,
  zone: source.zone,
  formats: [...source.formats],
  overdue: source.overdue,
  ...given({
    every_minutes: source.everyMinutes,
    last_file: source.lastFile && fileBody(source.lastFile),
    last_look_at: source.lastLookAt?.toISOString(),
    look_problem: source.lookProblem,
    next_look_at: source.nextLookAt?.toISOString(),
    next_expected: source.awaited && {
      business_date: source.awaited.businessDate,
      by: source.awaited.by.toISOString(),
    },
    late_since: source.lateSince?.toISOString(),
  }),
})

export const fileDetailBody = (file: SettlementFile & { readonly statements: readonly StoredStatement[] }) => ({
  ...fileBody(file),
  statements: file.statements.map(statementBody),
  diagnostics: file.diagnostics.map(({ column, ...diagnostic }) => ({ ...diagnostic, ...given({ column }) })),
  ...given({ difference: file.difference === null ? null : differenceBody(file.difference) }),
})

const differenceBody = ({ sums, examples, ...counts }: FileDifference) => ({
  ...counts,
  sums: sums.map(({ currency, added, removed }) => ({ currency, added: BigInt(added), removed: BigInt(removed) })),
  lines: examples.map(({ change, line, kind, reference, psp_reference, amount, fee, currency }) => ({
    change,
    line,
    kind,
    amount: BigInt(amount),
    fee: BigInt(fee),
    currency,
    ...given({ reference, psp_reference }),
  })),
})

const statementBody = ({ totals, control, ...statement }: StoredStatement) => ({
  account: statement.account,
  currency: statement.currency,
  lines: Number(statement.lineCount),
  credits: statement.credits,
  debits: statement.debits,
  ...given({
    opening: statement.opening,
    closing: statement.closing,
    business_date: statement.businessDate,
    sequence: statement.sequence,
  }),
  totals: totals.map(({ amount, fee, ...total }) => ({ ...total, amount: BigInt(amount), fee: BigInt(fee) })),
  control: {
    status: control.status,
    ...given({
      what: control.what,
      stated: amountIn(control.stated),
      computed: amountIn(control.computed),
      difference: amountIn(control.difference),
    }),
  },
})

const amountIn = (text: string | undefined): bigint | undefined => (text === undefined ? undefined : BigInt(text))

export const runBody = (run: Run) => ({
  id: publicId('run', run.id),
  object: 'recon_run' as const,
  source: run.source,
  business_date: run.businessDate,
  status: run.status,
  ours: countOf(run.ours),
  theirs: countOf(run.theirs),
  matched: countOf(run.matched),
  breaks: countOf(run.breaks),
  proof: [...run.proof],
  requested_at: run.requestedAt.toISOString(),
  ...given({
    phase: run.phase,
    rule_version: run.ruleVersion,
    progress: run.status === 'running' ? progressBody(run) : null,
    file: idOf('sf', run.fileId),
    started_at: instant(run.startedAt),
    completed_at: instant(run.completedAt),
    late_since: instant(run.lateSince),
    failure: run.failure,
    tolerated: run.tolerated.length === 0 ? null : toleratedBody(run.tolerated),
  }),
})

const progressBody = ({ step, recordsRead, posted, bookable }: Run) => ({
  posted: Number(posted),
  ...given({ step, records_read: countOf(recordsRead), total: countOf(bookable) }),
})

const countOf = (count: bigint | null): number | null => (count === null ? null : Number(count))

export const breakBody = (found: Break) => ({
  id: publicId('brk', found.id),
  object: 'break' as const,
  source: found.source,
  code: found.code,
  class: found.class,
  state: found.state,
  version: found.version,
  tags: [...found.tags],
  business_date: found.businessDate,
  opened_in_run: publicId('run', found.openedInRun),
  opened_at: found.openedAt.toISOString(),
  explanation: found.explanation,
  ...given({
    promoted_at: instant(found.promotedAt),
    reopened_at: instant(found.reopenedAt),
    due_on: found.dueOn,
    ours: oursBody(found.ours),
    payout: payoutBody(found.payout),
    unparsed: found.unparsed && {
      line: found.unparsed.line,
      message: found.unparsed.message,
      ...given({ column: found.unparsed.column }),
    },
    theirs: theirsBody(found.theirs),
    file: idOf('sf', found.fileId),
    difference: found.difference,
    currency: found.currency,
    cleared_in_run: idOf('run', found.clearedInRun),
    cleared_at: instant(found.clearedAt),
    resolution: idOf('res', found.resolutionId),
    resolved_at: instant(found.resolvedAt),
    proposal: idOf('res', found.proposalId),
    assignee: found.assignee,
    snoozed_until: found.snoozedUntil,
  }),
})

const oursBody = (ours: Break['ours']) =>
  ours && {
    payment: publicId('pay', ours.paymentId),
    attempt: publicId('att', ours.attemptId),
    reference: publicId('att', ours.attemptId),
    amount: ours.amount,
    currency: ours.currency,
    occurred_at: ours.occurredAt.toISOString(),
    business_date: ours.businessDate,
    ...given({ psp_reference: ours.pspReference }),
  }

const payoutBody = (payout: Break['payout']) =>
  payout && {
    psp: payout.psp,
    amount: payout.amount,
    currency: payout.currency,
    occurred_at: payout.occurredAt.toISOString(),
    business_date: payout.businessDate,
    ...given({ psp_reference: payout.pspReference }),
  }

const theirsBody = (theirs: Break['theirs']) =>
  theirs && {
    file: publicId('sf', theirs.fileId),
    file_name: theirs.fileName,
    line: theirs.line,
    kind: theirs.kind,
    amount: theirs.amount,
    fee: theirs.fee,
    currency: theirs.currency,
    ...given({
      status: theirs.status,
      reference: theirs.reference,
      psp_reference: theirs.pspReference,
      occurred_at: instant(theirs.occurredAt),
    }),
  }

export const breakDetailBody = (found: Break & { readonly events: readonly BreakEvent[] }) => ({
  ...breakBody(found),
  events: found.events.map(({ kind, runId, businessDate, by, at, detail }) => ({
    kind,
    at: at.toISOString(),
    ...given({ run: idOf('run', runId), business_date: businessDate, by, detail }),
  })),
})
