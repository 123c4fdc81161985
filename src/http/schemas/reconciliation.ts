import { Type } from 'typebox'
import {
  BREAK_CLASSES,
  BREAK_CODES,
  BREAK_STATES,
  CHANGES,
  RUN_STATUSES,
  RUN_STEPS,
} from '../../reconciliation/index.ts'
import { AmountOut, CurrencyOut, closed, Instant, OneOf, pageParameters, Text } from './common.ts'
import { ProofLineSchema, RuleSettingsSchema } from './dry-run.ts'
import { BusinessDate } from './settlement-file.ts'
import { ToleratedSchema } from './tolerance.ts'

export const NewRunSchema = Type.Object(
  {
    source: Text('The settlement source, named like its PSP account.', { examples: ['simulator'] }),
    business_date: Type.String({
      pattern: '^\\d{4}-\\d\\d-\\d\\d$',
      description: 'A business day of the source that is over, such as 2026-03-03.',
      examples: ['2026-03-03'],
    }),
    dry_run: Type.Optional(
      Type.Boolean({
        description: 'Say what a run would say, with 200, and change nothing. The day may be the next one.',
      }),
    ),
    file: Type.Optional(
      Text('In a dry run: another file of the day than the one that counts (`sf_…`).', { examples: [] }),
    ),
    settings: Type.Optional(RuleSettingsSchema),
  },
  closed,
)

/** A number of records; null until they were compared. */
const Count = (description: string) =>
  Type.Unsafe<number | null>({ type: ['integer', 'null'], description: `${description} Null until compared.` })

export const RunSchema = Type.Object(
  {
    id: Type.String({ examples: ['run_019a4c2f7b3c7d1e8f20a1b2c3d4e5f6'] }),
    object: OneOf(['recon_run'], 'The kind of this object.'),
    source: Type.String(),
    business_date: BusinessDate('The day it compares.'),
    status: OneOf(RUN_STATUSES, 'A completed run never changes.'),
    phase: Type.Optional(OneOf(['match', 'post'], 'While it is running: comparing, or booking what was found.')),
    rule_version: Type.Optional(
      Type.Integer({
        description: 'Of the rules by which it decides. Left out for the settings as they are declared.',
      }),
    ),
    progress: Type.Optional(
      Type.Object(
        {
          step: Type.Optional(OneOf(RUN_STEPS, 'What it is at.')),
          records_read: Type.Optional(Type.Integer({ description: 'Records of both sides that it has read.' })),
          posted: Type.Integer({ description: 'Records of its outcome that are booked.' }),
          total: Type.Optional(Type.Integer({ description: 'Records to be booked in all, once they were compared.' })),
        },
        { description: 'While it is running: how far it has come.' },
      ),
    ),
    file: Type.Optional(Type.String({ description: 'The settlement file that it reads.' })),
    ours: Count('Records of ours.'),
    theirs: Count('Records of theirs.'),
    matched: Count('Pairs without a break.'),
    breaks: Count('Open breaks that it found or carried.'),
    proof: Type.Array(ProofLineSchema),
    tolerated: Type.Optional(ToleratedSchema),
    requested_at: Instant('When it was asked for, in business time.'),
    started_at: Type.Optional(Instant('When it had its file.')),
    completed_at: Type.Optional(Instant('When everything was booked.')),
    late_since: Type.Optional(Instant('Since when its file is late.')),
    failure: Type.Optional(Type.String({ description: 'Why it failed. Ask for it again to try again.' })),
  },
  { $id: 'ReconRun', description: 'The comparison of one source and one business day.' },
)

export const RunListQuery = Type.Object(
  {
    ...pageParameters,
    source: Type.Optional(Text('Only runs of this source.')),
    status: Type.Optional(OneOf(RUN_STATUSES, 'Only runs of this status.')),
  },
  closed,
)

const OursSchema = Type.Object({
  payment: Type.String(),
  attempt: Type.String(),
  psp_reference: Type.Optional(Type.String()),
  reference: Type.String({ description: 'What we named the charge towards the PSP.' }),
  amount: AmountOut('What is booked for it, in minor units.'),
  currency: CurrencyOut(),
  occurred_at: Instant('When it was captured.'),
  business_date: BusinessDate('The day of the source on which that was.'),
})

const PayoutSchema = Type.Object({
  psp: Type.String({ examples: ['simulator'] }),
  psp_reference: Type.Optional(Type.String({ description: "The PSP's id of the payout." })),
  amount: AmountOut('What is on its way to the bank, in minor units; less than zero for what came back to the PSP.'),
  currency: CurrencyOut(),
  occurred_at: Instant('As the PSP says.'),
  business_date: BusinessDate("The day of the PSP's file."),
})

const TheirsSchema = Type.Object({
  file: Type.String(),
  file_name: Type.String(),
  line: Type.Integer({ description: 'Where it begins in the file; the first line is 1.' }),
  kind: Type.String({ examples: ['charge'] }),
  status: Type.Optional(Type.String({ description: "The PSP's own word." })),
  reference: Type.Optional(Type.String()),
  psp_reference: Type.Optional(Type.String()),
  amount: AmountOut('Before the fee, in minor units.'),
  fee: AmountOut('A positive cost.'),
  currency: CurrencyOut(),
  occurred_at: Type.Optional(Instant('As the file says.')),
})

const breakFields = {
  id: Type.String({ examples: ['brk_019a4c2f7b3c7d1e8f20a1b2c3d4e5f6'] }),
  object: OneOf(['break'], 'The kind of this object.'),
  source: Type.String(),
  code: OneOf(BREAK_CODES, 'What differs. A temporary break gets its real code when it is promoted.'),
  class: OneOf(BREAK_CLASSES, 'Temporary: time should heal it by `due_on`.'),
  state: OneOf(BREAK_STATES, 'Cleared by a later run, or resolved by people.'),
  business_date: BusinessDate('The day of the run that found it.'),
  promoted_at: Type.Optional(Instant('When it became real, because what it waited for did not come.')),
  reopened_at: Type.Optional(Instant('When it was opened again.')),
  due_on: Type.Optional(BusinessDate('The day whose file should heal it.')),
  ours: Type.Optional(OursSchema),
  payout: Type.Optional(PayoutSchema),
  unparsed: Type.Optional(
    Type.Object(
      {
        line: Type.Integer({ description: 'Where it begins in the file; the first line is 1.' }),
        column: Type.Optional(Type.Integer()),
        message: Type.String(),
      },
      { description: 'The row of `file` that cannot be read, and why.' },
    ),
  ),
  theirs: Type.Optional(TheirsSchema),
  file: Type.Optional(Type.String({ description: 'The settlement file that it is about.' })),
  difference: Type.Optional(AmountOut('ours − theirs, of the amount or of the fee, in minor units.')),
  currency: Type.Optional(CurrencyOut()),
  opened_in_run: Type.String(),
  opened_at: Instant('When it was found, in business time.'),
  cleared_in_run: Type.Optional(Type.String()),
  cleared_at: Type.Optional(Instant('When a later run cleared it.')),
  resolution: Type.Optional(Type.String({ description: 'By which people resolved it (`res_…`).' })),
  resolved_at: Type.Optional(Instant('When people resolved it.')),
  proposal: Type.Optional(Type.String({ description: 'The resolution that waits for a second person.' })),
  assignee: Type.Optional(Type.String({ description: 'Who looks after it.' })),
  tags: Type.Array(Type.String()),
  snoozed_until: Type.Optional(BusinessDate('Nobody needs to look at it before. It still counts.')),
  version: Type.String({ description: 'Changes with everything that happens to it.', examples: ['5e1c6c2f04ab'] }),
  explanation: Type.String({ description: 'What differs and what happens next, in a sentence or two.' }),
}

export const BreakSchema = Type.Object(breakFields)

export const BreakDetailSchema = Type.Object({
  ...breakFields,
  events: Type.Array(
    Type.Object({
      kind: Type.String({ examples: ['opened'] }),
      run: Type.Optional(Type.String({ description: 'The run that did it.' })),
      business_date: Type.Optional(BusinessDate('The day of that run.')),
      by: Type.Optional(Type.String({ description: 'The name of the API key of who did it.' })),
      at: Instant('When, in business time.'),
      detail: Type.Optional(Type.String()),
    }),
    { description: 'What happened to it, oldest first.' },
  ),
})

export const BreakListQuery = Type.Object(
  {
    ...pageParameters,
    state: Type.Optional(OneOf(BREAK_STATES, 'Only breaks in this state.')),
    class: Type.Optional(OneOf(BREAK_CLASSES, 'Only breaks of this class.')),
    code: Type.Optional(OneOf(BREAK_CODES, 'Only breaks of this code.')),
    source: Type.Optional(Text('Only breaks of this source.')),
    run: Type.Optional(Text('Only breaks that this run found or touched (`run_…`).')),
    change: Type.Optional(OneOf(CHANGES, 'Only breaks to which `run` did this.')),
    assignee: Type.Optional(Text('Only breaks that are assigned to this name.')),
    tag: Type.Optional(Text('Only breaks with this tag.')),
    snoozed: Type.Optional(OneOf(['true', 'false'], 'Only breaks that are snoozed today, or only others.')),
    proposed: Type.Optional(
      OneOf(['true', 'false'], 'Only breaks for which a second person is asked, or only others.'),
    ),
  },
  closed,
)
