import fc from 'fast-check'
import { currencies, major, type Row } from '../named-csv/testing.ts'

/** Reports of Adyen as a test has them in mind. */

export const COLUMNS = [
  'Company Account', 'Merchant Account', 'Psp Reference', 'Merchant Reference', 'Payment Method', 'Creation Date', 'TimeZone',
  'Type', 'Modification Reference', 'Gross Currency', 'Gross Debit (GC)', 'Gross Credit (GC)', 'Exchange Rate', 'Net Currency',
  'Net Debit (NC)', 'Net Credit (NC)', 'Commission (NC)', 'Markup (NC)', 'Scheme Fees (NC)', 'Interchange (NC)',
  'Payment Method Variant', 'Modification Merchant Reference', 'Batch Number', 'Reserved4',
] as const // biome-ignore format: one list

export const EXTENDED = [
  ...COLUMNS, 'Booking Date', 'Booking Date TimeZone', 'Metadata', 'Payment Fees (NC)', 'DCC Markup (NC)', 'Dispute Reference', 'ARN',
] as const // biome-ignore format: one list

export const ACCOUNTING_COLUMNS = [
  'Company Account', 'Merchant Account', 'Psp Reference', 'Merchant Reference', 'Booking Date', 'TimeZone', 'Record Type',
  'Modification Psp Reference', 'Main Currency', 'Main Amount', 'Payment Currency', 'Received (PC)', 'Exchange Rate',
  'Authorised (PC)', 'Captured (PC)', 'Settlement Currency', 'Payable (SC)', 'Commission (SC)', 'Markup (SC)',
  'Scheme Fees (SC)', 'Interchange (SC)', 'Modification Merchant Reference', 'Original Amount', 'Payable Batch', 'Settlement Currency',
] as const // biome-ignore format: one list

export const aRow = (more: Row = {}): Row => ({
  'Merchant Account': 'ShopECOM',
  'Psp Reference': '8835000000000001',
  'Merchant Reference': 'ORDER-1',
  'Creation Date': '2026-03-03 23:30:00',
  TimeZone: 'PST',
  Type: 'Settled',
  'Modification Reference': '8835000000000002',
  'Gross Currency': 'USD',
  'Gross Credit (GC)': '10.00',
  'Exchange Rate': '1',
  'Net Currency': 'USD',
  'Net Credit (NC)': '9.76',
  'Scheme Fees (NC)': '0.02',
  'Interchange (NC)': '0.22',
  'Batch Number': '7',
  ...more,
})

/** A row that is about no payment: a payout, a cost, a correction. */
export const anAccountRow = (type: string, text: string, more: Row): Row => ({
  'Merchant Account': 'ShopECOM',
  'Creation Date': '2026-03-04 05:00:00',
  TimeZone: 'PST',
  Type: type,
  'Modification Reference': text,
  'Net Currency': 'USD',
  'Batch Number': '7',
  ...more,
})

export const aState = (more: Row = {}): Row => ({
  'Merchant Account': 'ShopECOM',
  'Psp Reference': '8835000000000001',
  'Merchant Reference': 'ORDER-1',
  'Booking Date': '2026-03-03 23:30:00',
  TimeZone: 'CET',
  'Record Type': 'Received',
  'Main Currency': 'EUR',
  'Main Amount': '10.40',
  ...more,
})

export type ModelRow = {
  readonly type: string
  readonly amount: bigint
  readonly fees: readonly [bigint, bigint, bigint, bigint]
}
export type ModelBatch = { readonly account: string; readonly currency: string; readonly rows: readonly ModelRow[] }

export const feeOf = ({ fees }: ModelRow): bigint => fees.reduce((sum, fee) => sum + fee, 0n)
export const netOf = ({ rows }: ModelBatch): bigint => rows.reduce((sum, row) => sum + row.amount - feeOf(row), 0n)

const debitAndCredit = (amount: bigint, currency: string, [debit, credit]: readonly [string, string]): Row =>
  amount < 0n ? { [debit]: major(-amount, currency) } : { [credit]: major(amount, currency) }

/** The rows of each batch, and its payout behind them. */
export const rowsOf = (batches: readonly ModelBatch[]): Row[] =>
  batches.flatMap((batch, index) => {
    const { account, currency, rows } = batch
    const own = { 'Merchant Account': account, 'Net Currency': currency, 'Batch Number': String(index + 1) }
    return [
      ...rows.map((row, place) => rowOf(row, currency, { ...own, 'Merchant Reference': `ORDER, "${index}_${place}"` })),
      {
        ...anAccountRow('MerchantPayout', `TX100000000${index}XT batch ${index + 1}, ${account}`, own),
        ...debitAndCredit(-netOf(batch), currency, ['Net Debit (NC)', 'Net Credit (NC)']),
      },
    ]
  })

function rowOf(row: ModelRow, currency: string, own: Row): Row {
  const [commission, markup, scheme, interchange] = row.fees.map((fee) => (fee === 0n ? '' : major(fee, currency)))
  return {
    ...aRow({ 'Gross Credit (GC)': '', 'Net Credit (NC)': '' }),
    ...own,
    Type: row.type,
    'Gross Currency': currency,
    ...debitAndCredit(row.amount, currency, ['Gross Debit (GC)', 'Gross Credit (GC)']),
    ...debitAndCredit(row.amount - feeOf(row), currency, ['Net Debit (NC)', 'Net Credit (NC)']),
    'Commission (NC)': commission ?? '',
    'Markup (NC)': markup ?? '',
    'Scheme Fees (NC)': scheme ?? '',
    'Interchange (NC)': interchange ?? '',
  }
}

const fee = fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 10n ** 7n }))

export const batches: fc.Arbitrary<ModelBatch[]> = fc.array(
  fc.record({
    account: fc.constantFrom('ShopECOM', 'Shop POS'),
    currency: currencies,
    rows: fc.array(
      fc.record({
        type: fc.constantFrom('Settled', 'Refunded', 'Chargeback', 'ChargebackReversed', 'SettledInstallment'),
        amount: fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
        fees: fc.tuple(fee, fee, fee, fee),
      }),
      { minLength: 1, maxLength: 5 },
    ),
  }),
  { minLength: 1, maxLength: 4 },
)
