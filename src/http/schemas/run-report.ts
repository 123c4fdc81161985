import { Type } from 'typebox'
import { BREAK_CLASSES, BREAK_CODES, CHANGES } from '../../reconciliation/index.ts'
import { AmountOut, CurrencyOut, OneOf } from './common.ts'

export const ChangesSchema = Type.Object({
  object: OneOf(['recon_run_changes'], 'The kind of this object.'),
  run: Type.String(),
  previous_run: Type.Optional(Type.String({ description: 'The run of the day before that has one.' })),
  changes: Type.Array(
    Type.Object({
      change: OneOf(
        CHANGES,
        'What the run did to them; `still_open` are those of earlier days that it left as they were.',
      ),
      code: OneOf(BREAK_CODES, 'As it stood when the run completed.'),
      class: OneOf(BREAK_CLASSES, 'As it stood when the run completed.'),
      count: Type.Integer({ description: 'How many breaks.' }),
      currency: Type.Optional(CurrencyOut()),
      amount: Type.Optional(AmountOut('The sum of their differences, ours − theirs. Left out where there is none.')),
    }),
  ),
})

export const ReportText = Type.Unknown({
  description: 'The report as it was written when the run completed, the same bytes for ever.',
})
