import { Type } from 'typebox'
import { closed, Instant, OneOf, pageParameters, Text } from './common.ts'
import { RuleSettingsSchema, SettingsSchema } from './dry-run.ts'
import { BusinessDate } from './settlement-file.ts'

const { lag_days, grace_minutes, fee_schedule, tolerance } = SettingsSchema.properties

const TallySchema = Type.Object({
  breaks: Type.Integer(),
  by_code: Type.Unsafe<Record<string, number>>({ type: 'object', additionalProperties: { type: 'integer' } }),
  examples: Type.Array(
    Type.Object({
      code: Type.String(),
      subject: Type.String({ description: 'A charge of ours (`att_…`), or a line (`sf_…:12`).' }),
    }),
  ),
})

const RuleTestSchema = Type.Object({
  runs: Type.Integer({ description: 'How many days were computed again.' }),
  from: BusinessDate('The first of them.'),
  to: BusinessDate('The last of them.'),
  closed: TallySchema,
  opened: TallySchema,
  matches_broken: Type.Integer({ description: 'Pairs without a difference that have one by these rules.' }),
  matches_gained: Type.Integer({ description: 'Pairs that lose their difference.' }),
})

export const RuleVersionSchema = Type.Object(
  {
    id: Type.String({ examples: ['rul_019a4c2f7b3c7d1e8f20a1b2c3d4e5f6'] }),
    object: OneOf(['recon_rule'], 'The kind of this object.'),
    source: Type.String(),
    version: Type.Integer({ description: 'Counted for each source from 1.' }),
    status: OneOf(['draft', 'tested', 'active'], 'The newest active version whose day has come counts.'),
    settings: Type.Object(
      {
        lag_days: Type.Optional(lag_days),
        grace_minutes: Type.Optional(grace_minutes),
        fee_schedule,
        tolerance,
      },
      { description: 'What is left out is as the source is declared.' },
    ),
    reason: Type.String(),
    drafted_by: Type.String({ description: 'The name of the API key.' }),
    drafted_at: Instant('When, in business time.'),
    test: Type.Optional(RuleTestSchema),
    tested_at: Type.Optional(Instant('When it was tested last.')),
    activated_by: Type.Optional(Type.String({ description: 'The name of the API key.' })),
    activated_at: Type.Optional(Instant('When it was activated.')),
    effective_on: Type.Optional(BusinessDate('The first business day that it decides.')),
  },
  { $id: 'ReconRule', description: 'A version of the rules of a source.' },
)

export const NewRuleSchema = Type.Object(
  {
    source: Text('The settlement source.', { examples: ['simulator'] }),
    settings: Type.Object(RuleSettingsSchema.properties, {
      ...closed,
      minProperties: 1,
      description: 'What is to be different; what is left out is as the source is declared.',
    }),
    reason: Text('Why the rules are to change.', {
      examples: ['The PSP settles cards on the second day since March.'],
    }),
  },
  closed,
)

export const RuleListQuery = Type.Object(
  { ...pageParameters, source: Type.Optional(Text('Only rules of this source.')) },
  closed,
)

export const RuleTestBody = Type.Object(
  {
    days: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 31, description: 'The last so many days that are done; 7 when left out.' }),
    ),
  },
  closed,
)

export const ActivationBody = Type.Object(
  {
    effective_on: Type.String({
      pattern: '^\\d{4}-\\d\\d-\\d\\d$',
      description: 'The first business day that it decides: one whose run has not begun.',
      examples: ['2026-03-03'],
    }),
  },
  closed,
)
