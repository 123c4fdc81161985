import { Type } from 'typebox'
import { closed, Instant, OneOf, Text } from './common.ts'
import { BusinessDate } from './settlement-file.ts'

const Day = (description: string) =>
  Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d$', description, examples: ['2026-03-03'] })

export const PeriodSchema = Type.Object({
  source: Type.String(),
  object: OneOf(['period'], 'The kind of this object.'),
  closed_through: Type.Optional(BusinessDate('The last business day of which nothing changes any more.')),
  events: Type.Array(
    Type.Object({
      kind: OneOf(['closed', 'reopened'], 'What was done.'),
      closed_through: Type.Optional(BusinessDate('The last closed day after it.')),
      by: Type.String({ description: 'The name of the API key; of a reopening, of the second person.' }),
      reason: Type.String(),
      approval: Type.Optional(Type.String()),
      at: Instant('When, in business time.'),
    }),
  ),
})

export const ClosePeriodSchema = Type.Object(
  { through: Day('The last business day to close, such as 2026-03-03.'), reason: Text('For whoever reads it later.') },
  closed,
)

export const ReopenPeriodSchema = Type.Object(
  {
    closed_through: Type.Optional(Day('The last day that stays closed; left out, all days are open again.')),
    reason: Text('Why days have to be open again.'),
  },
  closed,
)
