import { Type } from 'typebox'
import { AmountOut, CurrencyOut, OneOf } from './common.ts'
import { BusinessDate } from './settlement-file.ts'

const StatementSchema = Type.Object({
  account: Type.String(),
  currency: CurrencyOut(),
  opening: Type.Optional(AmountOut('What the PSP owed before the day, in minor units.')),
  steps: Type.Array(
    Type.Object({
      kind: Type.String({ examples: ['charge', 'refund', 'fees_withheld'] }),
      lines: Type.Integer({
        description: 'How many; of `fees_withheld`, all lines of the kinds that have any.',
      }),
      amount: AmountOut('What they moved, before fees that were withheld; less than zero for what went to others.'),
    }),
  ),
  settled: AmountOut('Σ of the steps.'),
  paid_out: AmountOut('What was paid out, less what came back.'),
  closing: Type.Optional(AmountOut('What the PSP owes after the day.')),
  unexplained: Type.Optional(AmountOut('opening + settled − paid_out − closing: 0.')),
})

const PayoutSchema = Type.Object({
  psp_reference: Type.Optional(Type.String()),
  line: Type.Integer(),
  amount: AmountOut('In minor units.'),
  currency: CurrencyOut(),
  bank: Type.Optional(
    Type.Object(
      { source: Type.String(), on: BusinessDate('The day of its line.'), amount: AmountOut('What arrived.') },
      { description: 'Where it arrived. Left out until it does, and where no bank is linked.' },
    ),
  ),
  break: Type.Optional(Type.String({ description: 'What is open about it (`brk_…`).' })),
})

export const PayoutWaterfallSchema = Type.Object({
  object: OneOf(['payout_waterfall'], 'The kind of this object.'),
  run: Type.String(),
  source: Type.String(),
  business_date: BusinessDate('The day of the run.'),
  file: Type.String({ description: 'The settlement file that it read.' }),
  statements: Type.Array(StatementSchema),
  payouts: Type.Array(PayoutSchema, { description: 'The first 200 of the day, as they stand now.' }),
})
