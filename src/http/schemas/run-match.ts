import { Type } from 'typebox'
import { MATCH_RULES } from '../../reconciliation/index.ts'
import { AmountOut, CurrencyOut, closed, Instant, OneOf, pageParameters, Text } from './common.ts'
import { BusinessDate } from './settlement-file.ts'

const side = {
  amount: AmountOut('In minor units, before any fee.'),
  currency: CurrencyOut(),
  occurred_at: Type.Optional(Instant('When it took place.')),
  carried: Type.Boolean({ description: 'It was open from an earlier day.' }),
}

export const MatchSchema = Type.Object(
  {
    object: OneOf(['match'], 'The kind of this object.'),
    run: Type.String(),
    rule: OneOf(MATCH_RULES, 'By which rule they were put together, the strongest first.'),
    code: Type.Optional(Type.String({ description: 'What differs. Left out when nothing does.' })),
    payment: Type.Optional(Type.String()),
    attempt: Type.Optional(Type.String({ description: 'The charge. Left out for a payout.' })),
    payout: Type.Optional(
      Type.Object(
        { psp: Type.String(), business_date: BusinessDate("The day of the PSP's file.") },
        { description: 'In a run of a bank, instead of a charge: what a PSP paid out.' },
      ),
    ),
    psp_reference: Type.Optional(Type.String({ description: "The PSP's id of the charge or the payout." })),
    ours: Type.Object(side),
    theirs: Type.Object({
      ...side,
      file: Type.String(),
      file_name: Type.String(),
      line: Type.Integer({ description: 'Where it begins in the file; the first line is 1.' }),
      kind: Type.String({ examples: ['charge'] }),
      fee: AmountOut('A positive cost.'),
      business_date: Type.Optional(BusinessDate("The day of a line of a bank's statement.")),
    }),
    difference: Type.Optional(AmountOut('ours − theirs, where both are in one currency and not equal.')),
    expected_fee: Type.Optional(AmountOut('What the fee should be, where a schedule says it.')),
    explanation: Type.String({
      description: 'Why they belong together, in a sentence or two.',
      examples: ['Matched by PSP id: ch_1, because the line has no reference of ours.'],
    }),
  },
  { $id: 'Match', description: 'A record of ours and a line of theirs that a run put together.' },
)

const filters = {
  rule: Type.Optional(OneOf(MATCH_RULES, 'Only pairs that this rule made.')),
  payment: Type.Optional(Text('Only pairs of this payment (`pay_…`).')),
  tolerated: Type.Optional(
    OneOf(['true'], 'Only pairs that agree within the tolerance of the rules, and not to the cent.'),
  ),
}

export const MatchListQuery = Type.Object({ ...pageParameters, ...filters }, closed)
export const MatchExportQuery = Type.Object(filters, closed)

export const CsvText = Type.String({ description: 'CSV with a heading.' })
