import fc from 'fast-check'
import { decimalsOf } from '../../../money/index.ts'
import { currencies, type Row } from '../named-csv/testing.ts'

/** Reports of Checkout.com as a test has them in mind. */

export const COLUMNS = [
  'Client Entity ID', 'Client Entity Name', 'Processing Channel ID', 'Type', 'Payment ID', 'Reference', 'Processed On',
  'Available On', 'Holding Currency', 'Payout ID', 'Gross In Holding Currency', 'Deduction In Holding Currency',
  'Net In Holding Currency', 'Processing Fee In Holding Currency', 'Scheme Fee In Holding Currency',
  'Interchange In Holding Currency', 'Tax In Holding Currency', 'Reserve In Holding Currency', 'Processing Currency',
  'Gross In Processing Currency', 'FX Rate Applied', 'Payment Method',
] as const // biome-ignore format: one list

export const EXTENDED = [...COLUMNS, 'Processed On UTC', 'Timezone', 'Action ID'] as const

export const aRow = (more: Row = {}): Row => ({
  'Client Entity ID': 'ent_1',
  Type: 'Charge',
  'Payment ID': 'pay_1',
  Reference: 'ORDER-1',
  'Processed On': '2026-07-01T10:00:00.000',
  'Holding Currency': 'USD',
  'Payout ID': '00000003K599',
  'Gross In Holding Currency': '50',
  'Deduction In Holding Currency': '-1.5',
  'Net In Holding Currency': '48.5',
  'Processing Fee In Holding Currency': '-0.9',
  'Scheme Fee In Holding Currency': '-0.6',
  ...more,
})

export const aPayout = (size: string, more: Row = {}): Row =>
  aRow({
    Type: 'Merchant Payout',
    'Payment ID': '',
    Reference: '',
    'Gross In Holding Currency': `-${size}`,
    'Deduction In Holding Currency': '0',
    'Net In Holding Currency': `-${size}`,
    'Processing Fee In Holding Currency': '0',
    'Scheme Fee In Holding Currency': '0',
    ...more,
  })

/** Amounts in hundred-millionths of a major unit: eight decimals, as the reports have at most. */
export type ModelRow = { readonly type: string; readonly gross: bigint; readonly deduction: bigint }
export type ModelPayout = { readonly currency: string; readonly rows: readonly ModelRow[] }

const UNIT = 10n ** 8n

/** Hundred-millionths as a report writes them. */
export function fine(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(9, '0')
  const fraction = digits.slice(-8).replace(/0+$/, '')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -8)}${fraction === '' ? '' : `.${fraction}`}`
}

export const unitOf = (currency: string): bigint => UNIT / 10n ** BigInt(decimalsOf(currency) ?? 2)

/** Half away from zero. */
export const minorOf = (value: bigint, currency: string): bigint => {
  const unit = unitOf(currency)
  return (value + (value < 0n ? -unit / 2n : unit / 2n)) / unit
}

export const sumOf = ({ rows }: ModelPayout): bigint =>
  rows.reduce((sum, { gross, deduction }) => sum + gross + deduction, 0n)

/** The rows of each payout, and its own behind them: the whole minor units of what they add up to. */
export const rowsOf = (payouts: readonly ModelPayout[]): Row[] =>
  payouts.flatMap((payout, index) => {
    const { currency, rows } = payout
    const own = { 'Holding Currency': currency, 'Payout ID': `P${index}` }
    const paid = (sumOf(payout) / unitOf(currency)) * unitOf(currency)
    const amounts = (gross: bigint, deduction: bigint): Row => ({
      'Gross In Holding Currency': fine(gross),
      'Deduction In Holding Currency': fine(deduction),
      'Net In Holding Currency': fine(gross + deduction),
    })
    return [
      ...rows.map(({ type, gross, deduction }, place) =>
        aRow({ ...own, Type: type, Reference: `ORDER, "${index}_${place}"`, ...amounts(gross, deduction) }),
      ),
      aPayout('0', { ...own, ...amounts(-paid, 0n) }),
    ]
  })

export const payouts: fc.Arbitrary<ModelPayout[]> = fc.array(
  fc.record({
    currency: currencies,
    rows: fc.array(
      fc
        .record({
          type: fc.constantFrom('Charge', 'Refund', 'Chargeback'),
          major: fc.integer({ min: 1, max: 100_000 }).map((value) => BigInt(value) * UNIT),
          deduction: fc.bigInt({ min: -(10n ** 11n), max: 0n }),
        })
        .map(({ type, major, deduction }) => ({ type, gross: type === 'Charge' ? major : -major, deduction })),
      { minLength: 1, maxLength: 6 },
    ),
  }),
  { minLength: 1, maxLength: 4 },
)
