import type { Seeded } from '../../support/seeded.ts'
import type { Row } from '../row.ts'
import { amountText, type Cells, createOrder, DATES, punctuationOf, type Style, textOf, timesOf } from '../style.ts' // biome-ignore format: one line
import { taxOf } from './waterfall.ts'
import { hasProvenDates, type PayoutWorld } from './world.ts'

const NAMES = {
  reference: ['charge_id', 'Transaction ID', 'balance_transaction', 'order_id', 'payment reference'],
  payout: ['payout_id', 'Payout', 'settlement_id', 'Settlement batch', 'Batch number', 'transfer', 'deposit_id', 'automatic_payout_id'],
  gross: ['gross', 'Gross amount', 'amount', 'Amount', 'Betrag'],
  fee: ['fee', 'Fee', 'fees', 'processing fee'],
  net: ['net', 'Net amount', 'Net'],
  currency: ['currency', 'Currency', 'Währung', 'ccy'],
  created: ['created', 'created_at', 'Transaction date', 'Created (UTC)'],
  paidOn: ['payout_date', 'Payout date', 'paid_at', 'arrival_date', 'Settlement date'],
  kind: ['type', 'Type', 'transaction_type', 'kind'],
  bookedOn: ['date', 'Booking date', 'Buchungstag', 'Datum', 'booked on'],
  text: ['text', 'Description', 'Verwendungszweck', 'details', 'remittance information'],
  other: ['Reference', 'end_to_end_id', 'memo', 'Kundenreferenz'],
  value: ['value', 'Amount', 'Betrag', 'amount', 'Montant'],
} as const // biome-ignore format: one list each

const namesOf = (random: Seeded): Readonly<Record<keyof typeof NAMES, string>> =>
  Object.fromEntries(Object.entries(NAMES).map(([name, list]) => [name, random.pick<string>(list)])) as Record<
    keyof typeof NAMES,
    string
  >

/** Each kind of row is called by one word in a file. */
const wordsFor = (random: Seeded): Readonly<Record<Row['kind'], string>> => ({
  charge: random.pick(['charge', 'Payment', 'sale']),
  refund: random.pick(['refund', 'Refund', 'payment_refund']),
  dispute: random.pick(['dispute', 'Chargeback']),
  reserve: random.pick(['reserve', 'Reserve', 'holdback']),
  adjustment: random.pick(['adjustment', 'Adjustment', 'correction']),
  fee: random.pick(['fee', 'Stripe fee', 'Fees']),
  payout: random.pick(['payout', 'Payout']),
})

/** A report of a PSP: a row for each sale, refund and fee, with the payout that it is in. */
export function writeReport(random: Seeded, world: PayoutWorld, rows: readonly Row[]): string {
  const { has, days, names: hasNames } = world
  const unit = random.pick(['major', 'major', 'minor'] as const)
  const style = { ...punctuationOf(random, unit), date: dateIn(random, world), isSplit: false, isReversed: false }
  const [names, words, order] = [namesOf(random), wordsFor(random), createOrder(random)]
  const time = random.pick(timesOf('UTC'))
  const hasCreated = days === 'of rows' || (days === 'of payouts' && random.chance(0.6))
  const money = moneyCells(random, world, style, names)
  return textOf(
    style,
    rows.map((row) =>
      order([
        [names.reference, row.reference],
        [names.payout, row.payout ?? ''],
        ...money(row),
        ...cells(has.kinds, names.kind, words[row.kind]),
        ...cells(hasNames.report, names.currency, row.currency),
        ...cells(hasCreated, names.created, time(row.at)),
        ...cells(days === 'of payouts', names.paidOn, row.payout === '' ? '' : style.date(row.paidOn ?? 0)),
      ]),
    ),
  )
}

const cells = (isThere: boolean, name: string, text: string): Cells => (isThere ? [[name, text]] : [])

/** Fees are costs, or what they do to the balance. */
function moneyCells(
  random: Seeded,
  { money }: PayoutWorld,
  style: Style,
  names: ReturnType<typeof namesOf>,
): (row: Row) => Cells {
  const suffix = style.unit === 'minor' ? random.pick(['_minor', ' (cents)']) : ''
  const isEffect = random.chance(0.2)
  return ({ amount, fee, currency, garbage, kind }) => {
    const cell = (name: string, value: bigint): Cells => [[`${name}${suffix}`, amountText(style, value, currency)]]
    const tax = money === 'fee, tax and net' ? taxOf({ fee }) : 0n
    const main = (name: string, value: bigint): Cells =>
      garbage === undefined ? cell(name, value) : [[`${name}${suffix}`, garbage]]
    if (money === 'net') return main(names.net, amount - fee)
    const cost = isEffect ? tax - fee : fee - tax
    return [
      ...main(names.gross, amount),
      ...(money === 'gross and net' ? [] : cell(names.fee, cost)),
      ...(money === 'fee, tax and net' ? cell('tax', tax) : []),
      ...(money === 'fee' ? [] : cell(names.net, kind === 'payout' ? amount : amount - fee)),
    ]
  }
}

/** Lines of a bank: a day, texts, an amount, and what else banks write. */
export function writeBank(random: Seeded, world: PayoutWorld, rows: readonly Row[]): string {
  const isMinor = random.chance(0.1)
  const style: Style = {
    ...punctuationOf(random, isMinor ? 'minor' : 'major'),
    date: dateIn(random, world),
    isSplit: !isMinor && random.chance(0.25),
    isReversed: false,
  }
  const [names, order] = [namesOf(random), createOrder(random)]
  const [hasOther, hasBalance, hasPartner] = [0.5, 0.3, 0.3].map((share) => random.chance(share))
  const isSwapped = hasOther === true && random.chance(0.3)
  let balance = 0n
  return textOf(
    style,
    rows.map((row, place) => {
      balance += row.amount
      const other = `NOTE ${place % 7}`
      const [text, more] = isSwapped ? [other, row.text ?? ''] : [row.text ?? '', other]
      return order([
        [names.bookedOn, style.date(row.at)],
        [names.text, text],
        ...cells(hasOther === true, names.other, more),
        ...valueCells(style, isMinor ? `${names.value}_minor` : names.value, row),
        ...cells(world.names.bank, names.currency, row.currency),
        ...cells(hasBalance === true, 'balance', amountText(style, balance, row.currency)),
        ...cells(hasPartner === true, 'counterparty', place % 3 === 0 ? 'PSP LTD' : 'ACME'),
      ])
    }),
  )
}

function valueCells(style: Style, name: string, { amount, currency, garbage }: Row): Cells {
  if (!style.isSplit) return [[name, garbage ?? amountText(style, amount, currency)]]
  const text = amountText(style, amount < 0n ? -amount : amount, currency)
  return [
    ['Credit', garbage ?? (amount < 0n ? '' : text)],
    ['Debit', garbage === undefined && amount < 0n ? text : ''],
  ]
}

/** Dates that can be read in one way, or in two of which the days of the file prove one. */
const dateIn = (random: Seeded, world: PayoutWorld): ((ms: number) => string) =>
  random.pick(
    hasProvenDates(world) && world.days !== 'none' ? DATES : DATES.filter((_, place) => place !== 2 && place !== 3),
  )
