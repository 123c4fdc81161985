import { Type } from 'typebox'
import { BREAK_CLASSES, BREAK_CODES } from '../../reconciliation/index.ts'
import { AmountOut, CurrencyOut, closed, MAX_SAFE_AMOUNT, OneOf } from './common.ts'
import { ChangesSchema } from './run-report.ts'
import { BusinessDate } from './settlement-file.ts'
import { ToleranceOut, ToleranceSchema, ToleratedSchema } from './tolerance.ts'

/** What may be tried and, as a version of the rules, made to count. */
export const RuleSettingsSchema = Type.Object(
  {
    lag_days: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 30,
        description: 'Business days after its own in which a record may come in a file before it is missing.',
      }),
    ),
    grace_minutes: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 720,
        description: 'How close to the cut-off a record may count on the other side.',
      }),
    ),
    fee_schedule: Type.Optional(
      Type.Object(
        {
          rate_ppm: Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'Millionths of the amount.' }),
          fixed: Type.Integer({ minimum: 0, maximum: MAX_SAFE_AMOUNT, description: 'Minor units of its currency.' }),
        },
        { ...closed, description: 'What the PSP should charge: the rate, rounded half up, and the fixed part.' },
      ),
    ),
    tolerance: Type.Optional(ToleranceSchema),
  },
  { ...closed, description: 'What is left out stays as it is.' },
)

/** Settings by which a source is reconciled, in full. */
export const SettingsSchema = Type.Object({
  zone: Type.String(),
  cut_off: Type.Optional(
    Type.String({ examples: ['00:00'], description: 'Of a PSP. The days of a bank end at midnight.' }),
  ),
  day_named_by: Type.Optional(
    OneOf(['start', 'end'], 'Whether a business day is named by the day on which it begins or ends.'),
  ),
  grace_minutes: Type.Optional(Type.Integer()),
  lag_days: Type.Integer(),
  fee_schedule: Type.Optional(Type.Object({ rate_ppm: Type.Integer(), fixed: AmountOut('In minor units.') })),
  psps: Type.Optional(Type.Array(Type.String(), { description: 'Of a bank: whose payouts arrive in it.' })),
  window_days: Type.Optional(
    Type.Integer({ description: 'Business days in which a payout without a reference may arrive.' }),
  ),
  references: Type.Optional(
    OneOf(['remittance', 'none'], 'Whether the lines of a bank carry the references of payouts.'),
  ),
  tolerance: Type.Optional(ToleranceOut),
})

/** Of one currency. */
export const ProofLineSchema = Type.Object({
  currency: CurrencyOut(),
  ours: AmountOut('Sum of ours, in minor units.'),
  theirs: AmountOut('Sum of theirs.'),
  difference: AmountOut('ours − theirs.'),
  explained: AmountOut('What the breaks and tolerated differences make of it.'),
  unexplained: AmountOut('What is left: 0.'),
})

export const DryRunSchema = Type.Object(
  {
    object: OneOf(['recon_dry_run'], 'The kind of this object.'),
    source: Type.String(),
    business_date: BusinessDate('The day that was compared.'),
    file: Type.String({ description: 'The settlement file that was read.' }),
    settings: SettingsSchema,
    ours: Type.Integer({ description: 'Records of ours.' }),
    theirs: Type.Integer({ description: 'Records of theirs.' }),
    matched: Type.Integer({ description: 'Pairs without a break.' }),
    breaks: Type.Integer({ description: 'Breaks that would stand.' }),
    proof: Type.Array(ProofLineSchema),
    waterfall: Type.Array(
      Type.Object({
        currency: CurrencyOut(),
        code: OneOf(BREAK_CODES, 'What differs.'),
        class: OneOf(BREAK_CLASSES, 'Temporary: time should heal it.'),
        count: Type.Integer(),
        amount: AmountOut('What they add to ours − theirs.'),
      }),
    ),
    tolerated: ToleratedSchema,
    changes: ChangesSchema.properties.changes,
    resolved: Type.Integer({
      description: 'Charges of unknown outcome of which the file tells that they were captured.',
    }),
    corrections_due: Type.Boolean({
      description: 'Files of earlier days were replaced or withdrawn: a run corrects them first, this did not.',
    }),
  },
  { $id: 'DryRun', description: 'What a run would say. Nothing was changed.' },
)

const hashes = {
  stored_sha256: Type.String(),
  computed_sha256: Type.String(),
}

export const RunVerificationSchema = Type.Object({
  object: OneOf(['recon_verification'], 'The kind of this object.'),
  run: Type.String(),
  identical: Type.Boolean({ description: 'Computed again from the same inputs, the run is the same, byte for byte.' }),
  outcome: Type.Object({
    ...hashes,
    differing_rows: Type.Integer({ description: 'Rows that one of the two has and the other has not.' }),
  }),
  verdict: Type.Object(hashes, { description: 'Of everything that was decided: breaks, counts and the proof.' }),
  report: Type.Object({ sha256: Type.String(), intact: Type.Boolean() }),
})
