import type { Static } from 'typebox'
import { isCurrency } from '../money/index.ts'
import type { FieldError } from '../platform/errors.ts'
import type { Tolerance, Tolerances, Tolerated } from '../reconciliation/index.ts'
import { abridge } from './abridge.ts'
import type { ToleranceSchema } from './schemas/tolerance.ts'
import { fieldsRefused } from './validation.ts'

type Wire = Static<typeof ToleranceSchema>
type Bounds = NonNullable<Wire['amount']>

/** The tolerance of a request, at `pointer` in it. Throws `invalid_request` for a currency that there is not. */
export function tolerancesOf(wire: Wire, pointer: string): Tolerances {
  const unknown = (['amount', 'fee'] as const).flatMap((kind) =>
    Object.keys(wire[kind]?.minor_units ?? {})
      .filter((currency) => !isCurrency(currency))
      .map(
        (currency): FieldError => ({
          pointer: `${pointer}/${kind}/minor_units`,
          detail: `There is no currency ${abridge(currency)}: name them as EUR, see GET /v1/currencies.`,
        }),
      ),
  )
  if (unknown.length > 0) throw fieldsRefused('invalid_request', unknown)
  return { amount: wire.amount && boundsOf(wire.amount), fee: wire.fee && boundsOf(wire.fee) }
}

const boundsOf = ({ minor_units, basis_points }: Bounds): Tolerance => ({
  minorUnits: minor_units && new Map(Object.entries(minor_units).map(([name, amount]) => [name, BigInt(amount)])),
  basisPoints: basis_points,
})

export const toleratedBody = (tolerated: readonly Tolerated[]) =>
  tolerated.map(({ pairs, ...each }) => ({ ...each, pairs: Number(pairs) }))
