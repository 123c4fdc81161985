import { Type } from 'typebox'
import { DIFFERENCES, MAX_SUGGESTIONS, SUGGESTION_REASONS, VERBS } from '../../reconciliation/index.ts'
import { AmountOut, CurrencyOut, OneOf } from './common.ts'
import { BusinessDate } from './settlement-file.ts'

const RecordSchema = Type.Object({
  break: Type.String({ description: 'The open break of the other side (`brk_…`).' }),
  references: Type.Array(Type.String(), { description: 'What names it.' }),
  amount: AmountOut('In minor units.'),
  currency: CurrencyOut(),
  business_date: Type.Optional(BusinessDate('By the cut-off of the source.')),
})

export const SuggestionsSchema = Type.Object({
  object: OneOf(['break_suggestions'], 'The kind of this object.'),
  break: Type.String(),
  data: Type.Array(
    Type.Object({
      score: Type.Number({ description: 'From 0 to 1: how much speaks for it.', examples: [0.89] }),
      reasons: Type.Array(
        Type.Object({
          name: OneOf(SUGGESTION_REASONS, 'What speaks for it.'),
          weight: Type.Number({ description: 'From 0 to 1. The score is 1 − Π (1 − weight).' }),
          sentence: Type.String(),
        }),
      ),
      records: Type.Array(RecordSchema, {
        description: 'What is open on the other side; several when their sum fits.',
      }),
      difference: AmountOut('ours − theirs, in minor units.'),
      resolution: Type.Object(
        {
          verb: OneOf(VERBS, 'What would put them together.'),
          as: Type.Optional(OneOf(DIFFERENCES, 'What the difference would be booked as.')),
          with: Type.Array(Type.String()),
        },
        { description: 'What to post to `/v1/breaks/{id}/resolutions` with a `reason`, first with `dry_run`.' },
      ),
    }),
    { maxItems: MAX_SUGGESTIONS },
  ),
})
