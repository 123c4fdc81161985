import fc from 'fast-check'
import { currencies, major, type Row } from '../named-csv/testing.ts'

/** Itemised reports of Stripe as a test has them in mind. */

export const COLUMNS = [
  'balance_transaction_id', 'created', 'available_on', 'currency', 'gross', 'fee', 'net', 'reporting_category', 'source_id',
  'description', 'automatic_payout_id', 'automatic_payout_effective_at', 'charge_id', 'payment_intent_id',
  'payment_metadata[colour]', 'payment_metadata[order_id]',
] as const // biome-ignore format: one list

export const aRow = (more: Row = {}): Row => ({
  balance_transaction_id: 'txn_1',
  created: '2026-03-03 10:11:12',
  available_on: '2026-03-05 00:00:00',
  currency: 'eur',
  gross: '25',
  fee: '0.95',
  net: '24.05',
  reporting_category: 'charge',
  source_id: 'ch_1',
  automatic_payout_id: 'po_1',
  charge_id: 'ch_1',
  payment_intent_id: 'pi_1',
  'payment_metadata[order_id]': 'ORDER-1',
  ...more,
})

export type ModelRow = { readonly category: string; readonly gross: bigint; readonly fee: bigint }
export type ModelPayout = { readonly currency: string; readonly rows: readonly ModelRow[] }

export const netOf = ({ rows }: ModelPayout): bigint => rows.reduce((sum, { gross, fee }) => sum + gross - fee, 0n)

/** The rows of each payout, and behind them its own. */
export const rowsOf = (payouts: readonly ModelPayout[]): Row[] =>
  payouts.flatMap((payout, index) => {
    const { currency, rows } = payout
    const id = `po_${index}`
    return [
      ...rows.map((row, place) => rowOf(row, currency, `${index}_${place}`, id)),
      rowOf({ category: 'payout', gross: -netOf(payout), fee: 0n }, currency, `${index}_payout`, id),
    ]
  })

const rowOf = ({ category, gross, fee }: ModelRow, currency: string, name: string, payout: string): Row =>
  aRow({
    balance_transaction_id: `txn_${name}`,
    source_id: category === 'payout' ? payout : `src_${name}`,
    charge_id: '',
    payment_intent_id: '',
    'payment_metadata[order_id]': category === 'payout' ? '' : `ORDER, "${name}"`,
    currency: currency.toLowerCase(),
    gross: major(gross, currency),
    fee: major(fee, currency),
    net: major(gross - fee, currency),
    reporting_category: category,
    automatic_payout_id: payout,
  })

export const payouts: fc.Arbitrary<ModelPayout[]> = fc.array(
  fc.record({
    currency: currencies,
    rows: fc.array(
      fc.record({
        category: fc.constantFrom('charge', 'refund', 'dispute', 'fee', 'other_adjustment', 'risk_reserved_funds'),
        gross: fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
        fee: fc.bigInt({ min: -100n, max: 10n ** 8n }),
      }),
      { minLength: 1, maxLength: 5 },
    ),
  }),
  { minLength: 1, maxLength: 4 },
)
