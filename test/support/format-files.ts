import fc from 'fast-check'
import * as adyen from '../../src/settlement/formats/adyen/testing.ts'
import * as bai2 from '../../src/settlement/formats/bai2/testing.ts'
import * as camt from '../../src/settlement/formats/camt/testing.ts'
import * as checkoutcom from '../../src/settlement/formats/checkoutcom/testing.ts'
import * as coda from '../../src/settlement/formats/coda/testing.ts'
import * as swift from '../../src/settlement/formats/mt940/testing.ts'
import { csvText, major, type Row } from '../../src/settlement/formats/named-csv/testing.ts'
import * as ofx from '../../src/settlement/formats/ofx/testing.ts'
import * as paypal from '../../src/settlement/formats/paypal/testing.ts'
import * as stripe from '../../src/settlement/formats/stripe/testing.ts'
import * as simulator from '../../src/settlement/formats/testing.ts'

/** One format's files: one that is the same for ever, and more of them that a seed repeats. All add up. */
export type FormatFiles = { readonly one: string; readonly more: fc.Arbitrary<string> }

const camtFiles = (name: camt.Dialect['name']): FormatFiles => ({
  one: camt.messageOf([camt.aStatement()], { name }),
  more: fc
    .tuple(camt.statements, camt.dialects)
    .map(([statements, dialect]) => camt.messageOf(statements, { ...dialect, name })),
})

const paypalFiles = (kind: 'stl' | 'trr'): FormatFiles => ({
  one: paypal.rowsOf([{ account: 'ACCOUNT1', openings: { EUR: 1_000n }, rows: [paypal.aRow()] }], kind).join(''),
  more: paypal.sections.map((sections) => paypal.rowsOf(sections, kind).join('')),
})

/** A report of a PSP, by the names of its columns. */
const namedFiles = <Model>(
  columns: readonly string[],
  one: Model,
  more: fc.Arbitrary<Model>,
  rowsOf: (model: Model) => readonly Row[],
): FormatFiles => ({ one: csvText(columns, rowsOf(one)), more: more.map((model) => csvText(columns, rowsOf(model))) })

/** States of payments, one of which moves the balance. */
const statesOf = (amounts: readonly bigint[]): Row[] =>
  amounts.flatMap((amount, index) => {
    const own = { 'Psp Reference': `88350000000000${index + 10}`, 'Main Amount': major(amount, 'EUR') }
    const settled = { 'Record Type': 'Settled', 'Settlement Currency': 'EUR', 'Payable (SC)': major(amount, 'EUR') }
    return [adyen.aState(own), adyen.aState({ ...own, ...settled })]
  })

const payoutsOf = (amounts: readonly bigint[]): Row[] =>
  amounts.map((amount, index) => ({
    'Client Entity ID': 'ent_1',
    'Payout ID': `0000000${index}K599`,
    'Payout Date': '2026-03-03T00:00:00.000',
    'Payout Amount': major(amount, 'EUR'),
    'Holding Currency': 'EUR',
  }))

const PAYOUT_COLUMNS = ['Client Entity ID', 'Payout ID', 'Payout Date', 'Payout Amount', 'Holding Currency']

const someAmounts = fc.array(fc.bigInt({ min: 1n, max: 10n ** 9n }), { minLength: 1, maxLength: 6 })

/** An interim report: the entries of a statement and their sums, without balances. */
function interimReport({ account, currency, entries }: swift.ModelStatement): string {
  const sumOf = (mark: 'C' | 'D'): string => {
    const list = entries.filter(({ amount }) => (mark === 'D' ? amount < 0n : amount > 0n))
    const sum = list.reduce((total, { amount }) => total + amount, 0n)
    return `:90${mark}:${list.length}${currency}${swift.swiftAmount(sum, currency)}`
  }
  const lines = [
    ':20:REPORT1',
    `:25:${account}`,
    ':28C:17/1',
    `:34F:${currency}D1,`,
    ':13D:2603032359+0100',
    ...entries.flatMap((entry) => [swift.entryText(entry, currency), ...swift.detailsText(entry.text, 'plain')]),
    sumOf('D'),
    sumOf('C'),
    '-',
    '',
  ]
  return lines.join('\r\n')
}

const money = (amount: bigint): string => {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(3, '0')
  return `${amount < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

const amounts = fc.array(fc.bigInt({ min: -1_000_000n, max: 1_000_000n }), { minLength: 3, maxLength: 8 })

/** The rows of a bank's table, with the balance after each of them. */
function tableRows(list: readonly bigint[]): { date: string; text: string; amount: string; balance: string }[] {
  let balance = 100_000n
  return list.map((amount, index) => {
    balance += amount
    const date = `2026-03-${String(13 + index).padStart(2, '0')}`
    return { date, text: `ORDER-${index + 1}`, amount: money(amount), balance: money(balance) }
  })
}

type TableRow = ReturnType<typeof tableRows>[number]

const separated = (separator: string) => (rows: readonly TableRow[]) =>
  [
    ['Date', 'Reference', 'Amount', 'Currency', 'Balance'],
    ...rows.map(({ date, text, amount, balance }) => [date, text, amount, 'EUR', balance]),
  ]
    .map((row) => `${row.join(separator)}\n`)
    .join('')

const objects = (rows: readonly TableRow[]) => rows.map((row) => ({ ...row, currency: 'EUR' }))

const tableFiles = (write: (rows: readonly TableRow[]) => string): FormatFiles => ({
  one: write(tableRows([1_250n, -300n, 99n])),
  more: amounts.map((list) => write(tableRows(list))),
})

/** The formats whose rules are published, by their names. */
export const PUBLISHED_FILES: Readonly<Record<string, FormatFiles>> = {
  simulator_csv: {
    one: simulator.rowsOf([{ currency: 'EUR', opening: 5_000n, lines: [simulator.aLine()] }]).join(''),
    more: simulator.sections.map((sections) => simulator.rowsOf(sections).join('')),
  },
  mt940: {
    one: swift.textOf([swift.aStatement()]),
    more: fc.tuple(swift.statements, swift.style).map(([statements, style]) => swift.textOf(statements, style)),
  },
  mt942: {
    one: interimReport(swift.aStatement()),
    more: swift.statements.map((statements) => statements.map(interimReport).join('')),
  },
  bai2: {
    one: bai2.textOf(bai2.rowsOf([{ date: '260303', accounts: [bai2.anAccount()] }])),
    more: bai2.groups.map((groups) => bai2.textOf(bai2.rowsOf(groups))),
  },
  coda: {
    one: coda.textOf(coda.rowsOf([coda.aStatement()])),
    more: coda.statements.map((statements) => coda.textOf(coda.rowsOf(statements))),
  },
  'camt.052': camtFiles('camt.052'),
  'camt.053': camtFiles('camt.053'),
  'camt.054': camtFiles('camt.054'),
  ofx: {
    one: ofx.fileOf([ofx.anAccount()]),
    more: fc.tuple(ofx.accounts, ofx.styles).map(([accounts, style]) => ofx.fileOf(accounts, style)),
  },
  paypal_stl: paypalFiles('stl'),
  paypal_trr: paypalFiles('trr'),
  stripe: namedFiles(
    stripe.COLUMNS,
    [{ currency: 'EUR', rows: [{ category: 'charge', gross: 2_500n, fee: 95n }] }],
    stripe.payouts,
    stripe.rowsOf,
  ),
  adyen_settlement: namedFiles(
    adyen.COLUMNS,
    [{ account: 'ShopECOM', currency: 'EUR', rows: [{ type: 'Settled', amount: 1_000n, fees: [0n, 0n, 2n, 22n] }] }],
    adyen.batches,
    adyen.rowsOf,
  ),
  adyen_accounting: namedFiles(adyen.ACCOUNTING_COLUMNS, [1_040n], someAmounts, statesOf),
  checkoutcom_settlement: namedFiles(
    checkoutcom.COLUMNS,
    [{ currency: 'EUR', rows: [{ type: 'Charge', gross: 5_000_000_000n, deduction: -150_000_000n }] }],
    checkoutcom.payouts,
    checkoutcom.rowsOf,
  ),
  checkoutcom_payouts: namedFiles(PAYOUT_COLUMNS, [7_951n], someAmounts, payoutsOf),
}

/** Tables, which take what nobody else knows. */
export const TABLE_FILES: Readonly<Record<string, FormatFiles>> = {
  csv: tableFiles(separated(',')),
  tsv: tableFiles(separated('\t')),
  json: tableFiles((rows) => JSON.stringify(objects(rows), null, 1)),
  jsonl: tableFiles((rows) =>
    objects(rows)
      .map((row) => `${JSON.stringify(row)}\n`)
      .join(''),
  ),
}
