import fc from 'fast-check'

/** Reports of PayPal as a test has them in mind. Amounts are hundredths of a major unit, and every total is right. */

export type ModelRow = {
  readonly id: string
  readonly invoice: string
  readonly custom: string
  readonly code: string
  /** Positive is a credit. */
  readonly gross: bigint
  /** Positive is a cost, so a debit. */
  readonly fee: bigint
  readonly currency: string
  /** Seconds since the day began. */
  readonly second: number
  /** Of a transaction detail report. */
  readonly status: string
}

export type ModelSection = {
  readonly account: string
  /** The balance at the beginning of the day, of each currency that the account holds. */
  readonly openings: Readonly<Record<string, bigint>>
  readonly rows: readonly ModelRow[]
}

export const aRow = (more: Partial<ModelRow> = {}): ModelRow => ({
  id: '1AB23456CD789012E',
  invoice: 'order-1',
  custom: 'att_1',
  code: 'T0006',
  gross: 5_200n,
  fee: 225n,
  currency: 'EUR',
  second: 30,
  status: 'S',
  ...more,
})

export const COLUMNS = [
  'Transaction ID',
  'Invoice ID',
  'PayPal Reference ID',
  'PayPal Reference ID Type',
  'Transaction Event Code',
  'Transaction Initiation Date',
  'Transaction Completion Date',
  'Transaction Debit or Credit',
  'Gross Transaction Amount',
  'Gross Transaction Currency',
  'Fee Debit or Credit',
  'Fee Amount',
  'Fee Currency',
] as const
const STL_COLUMNS = [...COLUMNS, 'Custom Field', 'Consumer ID', 'Payment Tracking ID', 'Store ID', 'Bank Reference ID']
const TRR_COLUMNS = [...COLUMNS, 'Transactional Status', 'Transaction Subject', 'Transaction Note', 'Custom Field']

/** Each row of the file with its line feed. */
export function rowsOf(sections: readonly ModelSection[], kind: 'stl' | 'trr' = 'stl'): string[] {
  const rows = sections.flatMap(({ rows: own }) => own)
  const currencies = [...new Set(sections.flatMap(currenciesOf))]
  return [
    `"RH",2026/01/07 02:21:10 -0800,"A","ACCOUNT1",009,`,
    '"FH",01',
    ...sections.flatMap((section) => sectionRows(section, kind)),
    ...currencies.map((currency) => totalsRow('RF', sections, currency, kind)),
    `"RC",${rows.length}`,
    `"FF",${rows.length}`,
  ].map((row) => `${row}\n`)
}

const currenciesOf = ({ openings, rows }: ModelSection): string[] => [
  ...new Set([...rows.map(({ currency }) => currency), ...Object.keys(openings)]),
]

function sectionRows(section: ModelSection, kind: 'stl' | 'trr'): string[] {
  const columns = kind === 'stl' ? STL_COLUMNS : TRR_COLUMNS
  return [
    `"SH",2026/01/06 00:00:00 -0800,2026/01/06 23:59:59 -0800,"${section.account}",""`,
    ['CH', ...columns].map((name) => `"${name}"`).join(','),
    ...section.rows.map((row) => bodyRow(row, kind)),
    ...currenciesOf(section).map((currency) => totalsRow('SF', [section], currency, kind)),
    `"SC",${section.rows.length}`,
  ]
}

function bodyRow(row: ModelRow, kind: 'stl' | 'trr'): string {
  const stamp = `2026/01/06 ${new Date(row.second * 1_000).toISOString().slice(11, 19)} -0800`
  const fields = [
    quoted('SB'),
    quoted(row.id),
    quoted(row.invoice),
    quoted(`ref-${row.id}`),
    quoted('TXN'),
    quoted(row.code),
    stamp,
    stamp,
    quoted(row.gross < 0n ? 'DR' : 'CR'),
    String(size(row.gross)),
    quoted(row.currency),
    ...(row.fee === 0n ? ['""', '', '""'] : [row.fee < 0n ? '"CR"' : '"DR"', size(row.fee), quoted(row.currency)]),
  ]
  const more = kind === 'stl' ? [row.custom, 'PAYER1', '', '', ''] : [row.status, '', '', row.custom]
  return [...fields, ...more.map(quoted)].join(',')
}

function totalsRow(word: string, sections: readonly ModelSection[], currency: string, kind: 'stl' | 'trr'): string {
  const rows = sections.flatMap(({ rows: own }) => own).filter((row) => row.currency === currency)
  const sum = (of: (row: ModelRow) => bigint): bigint => rows.reduce((total, row) => total + of(row), 0n)
  const above = (amount: bigint): bigint => (amount > 0n ? amount : 0n)
  const sums = [
    sum(({ gross }) => above(gross)),
    sum(({ gross }) => above(-gross)),
    sum(({ fee }) => above(-fee)),
    sum(({ fee }) => above(fee)),
  ]
  const opening = sections.reduce((total, { openings }) => total + (openings[currency] ?? 0n), 0n)
  const closing = opening + sum(({ gross, fee }) => gross - fee)
  const balance = (amount: bigint): string => `"${amount < 0n ? 'DR' : 'CR'}",${size(amount)}`
  const balances = [opening, closing, opening, closing, 0n, 0n].map(balance)
  return [quoted(word), quoted(currency), ...sums, ...(kind === 'stl' ? balances : []), rows.length].join(',')
}

const size = (amount: bigint): bigint => (amount < 0n ? -amount : amount)

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`

const CURRENCIES = ['EUR', 'USD', 'JPY', 'KWD', 'CLF'] as const
const CODES = ['T0006', 'T0003', 'T0200', 'T0400', 'T1107', 'T1201', 'T1110', 'T1900', 'T0106'] as const

const id = fc.string({ unit: fc.constantFrom('A', 'Z', '9', '.', ' ', ',', '"', '\n', 'é', '😀'), maxLength: 9 })

/** Whole yen, so that nothing is rounded. */
const row: fc.Arbitrary<ModelRow> = fc
  .record({
    id,
    invoice: id,
    custom: id,
    code: fc.constantFrom(...CODES),
    gross: fc.bigInt({ min: -(10n ** 13n), max: 10n ** 13n }),
    fee: fc.oneof(fc.constant(0n), fc.bigInt({ min: -1_000_000n, max: 1_000_000n })),
    currency: fc.constantFrom(...CURRENCIES),
    second: fc.integer({ min: 0, max: 86_399 }),
    status: fc.constant('S'),
  })
  .map((each) => (each.currency === 'JPY' ? { ...each, gross: each.gross * 100n, fee: each.fee * 100n } : each))

/** One or two accounts, each with balances in some of its currencies, and a movement in perhaps others. */
export const sections: fc.Arbitrary<ModelSection[]> = fc.array(
  fc.record({
    account: fc.constantFrom('ACCOUNT1', 'ACCOUNT2'),
    openings: fc
      .uniqueArray(fc.tuple(fc.constantFrom(...CURRENCIES), fc.bigInt({ min: -(10n ** 13n), max: 10n ** 13n })), {
        selector: ([currency]) => currency,
        maxLength: 3,
      })
      .map((list) => Object.fromEntries(list.map(([currency, amount]) => [currency, amount * 100n]))),
    rows: fc.array(row, { maxLength: 6 }),
  }),
  { minLength: 1, maxLength: 2 },
)
