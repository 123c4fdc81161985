import { Type } from 'typebox'
import { AmountOut, CurrencyOut, closed, MAX_SAFE_AMOUNT } from './common.ts'

/** More currencies than there are. */
const CURRENCIES_MAX = 200

const MinorUnits = Type.Unsafe<Record<string, number>>({
  type: 'object',
  maxProperties: CURRENCIES_MAX,
  additionalProperties: { type: 'integer', minimum: 0, maximum: MAX_SAFE_AMOUNT },
  description: 'Minor units for each currency; in one that is not named nothing may differ.',
  examples: [{ EUR: 2, JPY: 0 }],
})

const Bounds = (description: string) =>
  Type.Object(
    {
      minor_units: Type.Optional(MinorUnits),
      basis_points: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: 1_000,
          description:
            'Hundredths of a percent of what is expected, rounded down. With both bounds the smaller counts.',
          examples: [5],
        }),
      ),
    },
    { ...closed, description },
  )

/** What may differ in a pair that is matched all the same. */
export const ToleranceSchema = Type.Object(
  {
    amount: Type.Optional(Bounds('Of the amount, by ours. What differs is booked as rounding.')),
    fee: Type.Optional(Bounds("Of the line's fee, by what the schedule says. The fee is booked as the line has it.")),
  },
  { ...closed, description: 'What may differ in a pair that is matched all the same; `{}` for nothing.' },
)

const BoundsOut = Type.Object({
  minor_units: Type.Optional(
    Type.Unsafe<Record<string, bigint>>({ type: 'object', additionalProperties: { type: 'integer' } }),
  ),
  basis_points: Type.Optional(Type.Integer()),
})

export const ToleranceOut = Type.Object({ amount: Type.Optional(BoundsOut), fee: Type.Optional(BoundsOut) })

export const ToleratedSchema = Type.Array(
  Type.Object({
    currency: CurrencyOut(),
    pairs: Type.Integer(),
    amount: AmountOut('Σ (ours − theirs) of them, in minor units: booked as rounding.'),
  }),
  { description: 'Pairs that agree within the tolerance of the rules, and not to the cent.' },
)
