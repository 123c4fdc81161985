import type { Seeded } from '../support/seeded.ts'
import type { Row } from './row.ts'
import {
  amountText,
  type Cells,
  createOrder,
  DATES,
  DECIMALS,
  punctuationOf,
  type Style,
  textOf,
  timesOf,
} from './style.ts'
import type { World } from './world.ts'

export type SideName = 'ours' | 'theirs'

export type Written = {
  readonly text: string
  readonly amount: string | undefined
  readonly key: string
  readonly reference: (reference: string) => string
}

export function writeFile(random: Seeded, world: World, side: SideName, rows: readonly Row[]): Written {
  const style = styleOf(random, world, side)
  const names = namesOf(random, style)
  const order = createOrder(random)
  const reference = (text: string): string => (side === 'ours' ? text : rewrite(world, text))
  const words = wordsFor(random)
  let balance = 0n
  const extras = EXTRAS.filter(() => random.chance(0.3))
  const lines = rows.map((row, place): Cells => {
    balance += row.amount
    const all: Cells = [
      [names.key, reference(row.reference)],
      ...moneyCells(names, style, row),
      [names.currency, style.form === 'csv' && random.chance(0.3) ? row.currency.toLowerCase() : row.currency],
      [names.date, style.date(row.at)],
      ...(world.has.fees ? [[names.fee, amountText(style, row.fee, row.currency)] as const] : []),
      ...(world.has.seconds ? [[names.second, row.second] as const] : []),
      ...(world.statuses[side] ? [[names.status, words[row.status]] as const] : []),
      ...(world.has.kinds && side === 'theirs' ? [[names.kind, row.kind] as const] : []),
      ...(world.has.conversions && side === 'theirs' ? conversionCells(style, row) : []),
      ...extras.map((extra) => [extra, extraCell(extra, { row, place, balance, style })] as const),
    ]
    return order(all)
  })
  // Yen are equal in both units, and no name tells which one the few amounts of another currency are in.
  const isUnitHidden = style.isSplit && style.unit === 'minor' && world.currencies.every((code) => DECIMALS[code] === 0)
  const amount = isUnitHidden ? `${names.credit}:minor` : undefined
  return { text: textOf(style, lines), key: names.key, amount, reference }
}

const rewrite = ({ writing }: World, text: string): string =>
  writing === 'upper' ? text.toUpperCase() : writing === 'bare' ? text.replace(/^ORD-/i, '') : text

function styleOf(random: Seeded, world: World, side: SideName): Style {
  const isOurs = side === 'ours'
  const unit = random.pick(isOurs ? (['minor', 'major'] as const) : (['major', 'major', 'minor'] as const))
  return {
    ...punctuationOf(random, unit),
    date: random.pick(world.timed[side] ? timesOf(world[side].zone) : isOurs ? DATES.slice(0, 2) : DATES),
    isSplit: !isOurs && random.chance(0.15),
    isReversed: !isOurs && random.chance(0.1),
  }
}

const NAMES = {
  key: ['payment_ref', 'reference', 'Reference', 'Referenz', 'charge_id', 'order_id', 'Transaction ID', 'Référence'],
  amount: ['amount', 'Amount', 'gross', 'Betrag', 'Montant', 'value', 'total'],
  minor: ['amount_minor', 'amount_cents', 'Amount (cents)'],
  currency: ['currency', 'Currency', 'Währung', 'ccy', 'Devise'],
  date: ['created_at', 'date', 'Date', 'Datum', 'captured_at', 'timestamp', 'Created (UTC)'],
  fee: ['fee', 'Fee', 'fees'],
  second: ['psp_id', 'PSP reference', 'balance_transaction', 'processor ref'],
  status: ['status', 'Status', 'state', 'payment_status'],
  kind: ['type', 'Type', 'transaction_type', 'kind'],
  credit: ['Credit', 'credit', 'Haben'],
  debit: ['Debit', 'debit', 'Soll'],
} as const

type Names = Readonly<Record<Exclude<keyof typeof NAMES, 'minor'>, string>>

function namesOf(random: Seeded, { unit }: Style): Names {
  const pick = (name: keyof typeof NAMES): string => random.pick(NAMES[name])
  const split = random.integer(0, 2)
  return {
    key: pick('key'),
    amount: pick(unit === 'minor' ? 'minor' : 'amount'),
    currency: pick('currency'),
    date: pick('date'),
    fee: pick('fee'),
    second: pick('second'),
    status: pick('status'),
    kind: pick('kind'),
    credit: NAMES.credit[split] ?? 'Credit',
    debit: NAMES.debit[split] ?? 'Debit',
  }
}

/** A file says each state in one word. */
const wordsFor = (random: Seeded): Readonly<Record<Row['status'], string>> => ({
  paid: random.pick(['captured', 'succeeded', 'PAID', 'Settled', 'completed']),
  failed: random.pick(['failed', 'Declined', 'canceled']),
  refunded: random.pick(['refunded', 'Refunded']),
  pending: random.pick(['pending', 'authorised', 'requires_capture']),
})

function moneyCells(names: Names, style: Style, { amount, currency, garbage }: Row): Cells {
  const signed = style.isReversed ? -amount : amount
  if (!style.isSplit) return [[names.amount, garbage ?? amountText(style, signed, currency)]]
  const [credit, debit] =
    signed < 0n ? ['', amountText(style, -signed, currency)] : [amountText(style, signed, currency), '']
  return [
    [names.credit, garbage ?? credit],
    [names.debit, garbage === undefined ? debit : ''],
  ]
}

/** What the buyer's bank made of it: another amount in another currency, which is not what is compared. */
const conversionCells = (style: Style, { amount }: Row): Cells => [
  ['settlement_amount', amountText(style, (amount * 10_873n) / 10_000n, 'USD')],
  ['settlement_currency', 'USD'],
]

const EXTRAS = ['row', 'customer', 'description', 'balance', 'net', 'merchant', 'quantity'] as const

function extraCell(
  extra: (typeof EXTRAS)[number],
  {
    row,
    place,
    balance,
    style,
  }: { readonly row: Row; readonly place: number; readonly balance: bigint; readonly style: Style },
): string {
  const { amount, fee, currency } = row
  switch (extra) {
    case 'row': return String(place + 1)
    case 'customer': return `cus_${place % 9}`
    case 'description': return `Order of ${place % 5} things`
    case 'balance': return amountText(style, balance, currency)
    case 'net': return amountText(style, amount - fee, currency)
    case 'merchant': return '4711'
    case 'quantity': return String((place % 3) + 1)
  } // biome-ignore format: a table
}
