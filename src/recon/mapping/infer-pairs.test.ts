import { describe, expect, it } from 'vitest'
import { compareFiles } from '../testing.ts'
import {
  always,
  type Columns,
  comma,
  count,
  dmy,
  eur,
  headless,
  iso,
  less,
  major,
  mdy,
  minor,
  ms,
  order,
  ref,
  SALES,
  table,
} from './testing.ts'

/** Pairs of files of which it is known how they are compared: the mapping is right, or the command says it is not sure. */
const json = (columns: Columns): string =>
  JSON.stringify(
    SALES.map((sale) => Object.fromEntries(Object.entries(columns).map(([name, cell]) => [name, cell(sale)]))),
  )

const OURS = table({ reference: ref, amount: major, currency: eur, date: iso })
const MINOR = table({ reference: ref, amount_minor: minor, currency: eur, created_at: iso })

/** What is compared, as `key, amount` of both sides; or that it is not sure. */
type Expected = readonly [ours: readonly [string, string], theirs: readonly [string, string]] | 'unsure'
type Case = readonly [what: string, ours: string, theirs: string, expected: Expected]

const CASES: readonly Case[] = [
  ['Spanish', OURS, table({ Fecha: dmy, Referencia: ref, Importe: comma, Divisa: eur }, { separator: ';' }), [['reference', 'amount'], ['Referencia', 'Importe']]],
  ['Italian', MINOR, table({ 'Data operazione': dmy, Causale: always('Vendita'), Riferimento: ref, Importo: comma, Valuta: eur }, { separator: ';' }), [['reference', 'amount_minor'], ['Riferimento', 'Importo']]],
  ['Dutch', OURS, table({ Datum: iso, Kenmerk: ref, 'Bedrag (EUR)': comma, Saldo: ({ place }) => `${900 + place * 3},10` }, { separator: ';' }), [['reference', 'amount'], ['Kenmerk', 'Bedrag (EUR)']]],
  ['Swedish', OURS, table({ Bokföringsdag: iso, Referens: ref, Belopp: comma, Valuta: always('EUR') }, { separator: '\t' }), [['reference', 'amount'], ['Referens', 'Belopp']]],
  ['Japanese', table({ reference: ref, amount: minor, currency: always('JPY'), date: iso }), table({ 日付: iso, 参照番号: ref, 金額: minor, 通貨: always('JPY') }), [['reference', 'amount'], ['参照番号', '金額']]],
  ['names that say nothing', OURS, table({ a: ref, b: comma, c: eur, d: iso }, { separator: ';' }), [['reference', 'amount'], ['a', 'b']]],
  ['minor units on our side alone', MINOR, table({ id: ref, gross: major, currency: eur, date: iso }), [['reference', 'amount_minor'], ['id', 'gross']]],
  ['minor units on their side alone', OURS, table({ id: ref, amount_cents: minor, currency: eur, date: iso }), [['reference', 'amount'], ['id', 'amount_cents']]],
  ['minor units that no name tells', table({ reference: ref, amount: minor, currency: eur, date: iso }), table({ id: ref, value: major, currency: eur, date: iso }), [['reference', 'amount'], ['id', 'value']]],
  ['debit and credit apart', OURS, table({ date: iso, ref, debit: always(''), credit: major, currency: eur }), [['reference', 'amount'], ['ref', 'credit−debit']]],
  ['Soll and Haben with noughts', OURS, table({ Datum: iso, Referenz: ref, Soll: always('0,00'), Haben: comma, Währung: eur }, { separator: ';' }), [['reference', 'amount'], ['Referenz', 'Haben−Soll']]],
  ['prefixes on our side', table({ reference: (sale) => `ORD-${order(sale)}`, amount: major, currency: eur }), table({ order, total: major, currency: eur }), [['reference', 'amount'], ['order', 'total']]],
  ['prefixes on their side', table({ order, amount: major, currency: eur }), table({ reference: (sale) => `shop_${order(sale)}`, total: major, currency: eur }), [['order', 'amount'], ['reference', 'total']]],
  ['leading noughts on our side', table({ order: (sale) => order(sale).padStart(10, '0'), amount: major, currency: eur }), table({ order, total: major, currency: eur }), [['order', 'amount'], ['order', 'total']]],
  ['a byte order mark and semicolons on both sides', table({ reference: ref, amount: comma, currency: eur }, { separator: ';', before: '\ufeff' }), table({ Referenz: ref, Betrag: comma, Währung: eur }, { separator: ';', before: '\ufeff' }), [['reference', 'amount'], ['Referenz', 'Betrag']]],
  ['currencies in mixed case', OURS, table({ id: ref, amount: major, ccy: ({ place }) => ['eur', 'Eur', 'EUR'][place % 3] ?? '' }), [['reference', 'amount'], ['id', 'amount']]],
  ['a sign of the currency beside the amount', OURS, table({ id: ref, amount: (sale) => `€${major(sale)}`, date: iso }), [['reference', 'amount'], ['id', 'amount']]],
  ['a code behind the amount', OURS, table({ id: ref, total: (sale) => `${major(sale)} EUR`, date: iso }), [['reference', 'amount'], ['id', 'total']]],
  ['ids that are numbers like amounts', table({ id: (sale) => String(100_000 + sale.minor), amount: major, currency: eur }), table({ number: (sale) => String(100_000 + sale.minor), value: major, currency: eur }), [['id', 'amount'], ['number', 'value']]],
  ['ids with decimals of a spreadsheet', table({ order, amount: major, currency: eur }), table({ order: (sale) => `${order(sale)}.0`, amount: major, currency: eur }), [['order', 'amount'], ['order', 'amount']]],
  ['ids that a spreadsheet keeps as texts', table({ id: ({ place }) => `ZW${place + 60_000}`, amount: major, currency: eur }), table({ id: ({ place }) => `="ZW${place + 60_000}"`, amount: major, currency: eur }), [['id', 'amount'], ['id', 'amount']]],
  ['gross and net', OURS, table({ id: ref, net: less(30), gross: major, fee: always('0.30'), currency: eur }), [['reference', 'amount'], ['id', 'gross']]],
  ['gross and net on both sides', table({ id: ref, gross: major, net: less(30), currency: eur }), table({ id: ref, net: less(30), gross: major, currency: eur }), [['id', 'gross'], ['id', 'gross']]],
  ['net on their side, which ours has too', table({ id: ref, gross: major, net: less(30), currency: eur }), table({ id: ref, amount: less(30), currency: eur }), [['id', 'net'], ['id', 'amount']]],
  ['a running balance on both sides', table({ id: ref, amount: major, balance: ({ place }) => `${100 + place * 7}.00`, currency: eur }), table({ id: ref, balance: ({ place }) => `${100 + place * 7}.00`, amount: major, currency: eur }), [['id', 'amount'], ['id', 'amount']]],
  ['a fee that is always right and amounts that are not', table({ id: ref, amount: (sale) => (sale.place % 4 === 0 ? '1.00' : major(sale)), fee: ({ place }) => `0.${30 + place}`, currency: eur }), table({ id: ref, fee: ({ place }) => `0.${30 + place}`, amount: major, currency: eur }), [['id', 'amount'], ['id', 'amount']]],
  ['several ids, one of which is theirs', table({ row: count, customer: ({ place }) => `c${place % 3}`, order, payment: ref, amount: major, currency: eur }), table({ line: count, psp: ({ place }) => `x${place * 31}`, payment_ref: ref, amount: major, currency: eur }), [['payment', 'amount'], ['payment_ref', 'amount']]],
  ['row numbers in both', table({ no: count, reference: ref, amount: major, currency: eur }), table({ no: count, reference: ref, amount: major, currency: eur }, { rows: SALES.toReversed() }), [['reference', 'amount'], ['reference', 'amount']]],
  ['day before month against month before day', table({ reference: ref, amount: major, currency: eur, date: dmy }), table({ id: ref, amount: major, currency: eur, date: mdy }), [['reference', 'amount'], ['id', 'amount']]],
  ['seconds since 1970', OURS, table({ id: ref, amount: major, currency: eur, created: (sale) => String(ms(sale) / 1_000) }), [['reference', 'amount'], ['id', 'amount']]],
  ['seconds since 1970 under a name that says nothing', OURS, table({ id: ref, amount: major, currency: eur, x: (sale) => String(ms(sale) / 1_000) }), [['reference', 'amount'], ['id', 'amount']]],
  ['milliseconds since 1970', OURS, table({ id: ref, amount: major, currency: eur, time: (sale) => String(ms(sale)) }), [['reference', 'amount'], ['id', 'amount']]],
  ['days of a spreadsheet', OURS, table({ id: ref, amount: major, currency: eur, date: ({ day }) => String(46_082 + day - 1) }), [['reference', 'amount'], ['id', 'amount']]],
  ['JSON against CSV', OURS, json({ id: ref, amount: major, currency: eur, created: iso }), [['reference', 'amount'], ['id', 'amount']]],
  ['JSON with numbers', OURS, JSON.stringify(SALES.map((sale) => ({ id: ref(sale), amount: sale.minor / 100, currency: 'EUR' }))), [['reference', 'amount'], ['id', 'amount']]],
  ['JSON lines with cents', OURS, SALES.map((sale) => `${JSON.stringify({ payment: ref(sale), amount: sale.minor, currency: 'eur' })}\n`).join(''), [['reference', 'amount'], ['payment', 'amount']]],
  ['one row', table({ reference: ref, amount: major, currency: eur }, { rows: SALES.slice(0, 1) }), table({ reference: ref, amount: major, currency: eur }, { rows: SALES.slice(0, 1) }), [['reference', 'amount'], ['reference', 'amount']]],
  ['two rows', table({ payment_ref: ref, amount: major, currency: eur }, { rows: SALES.slice(0, 2) }), table({ reference: ref, gross: major, currency: eur }, { rows: SALES.slice(0, 2) }), [['payment_ref', 'amount'], ['reference', 'gross']]],
  ['three rows of which one is missing', table({ reference: ref, amount: major, currency: eur }, { rows: SALES.slice(0, 3) }), table({ reference: ref, amount: major, currency: eur }, { rows: SALES.slice(1, 4) }), [['reference', 'amount'], ['reference', 'amount']]],
  ['a thin overlap', table({ reference: ref, amount: major, currency: eur }, { rows: SALES.slice(0, 8) }), table({ reference: ref, amount: major, currency: eur }, { rows: SALES.slice(5) }), [['reference', 'amount'], ['reference', 'amount']]],
  ['nothing in common', OURS, table({ id: ({ place }) => `zz${place}q`, amount: ({ place }) => `${place}.37`, currency: eur }), 'unsure'],
  ['nothing in common but amounts', OURS, table({ id: ({ place }) => `zz${place}q`, amount: major, currency: eur }), 'unsure'],
  ['nothing in common but dates', OURS, table({ id: ({ place }) => `zz${place}q`, amount: ({ place }) => `${place}.37`, currency: eur, date: iso }), 'unsure'],
  ['nothing in common but row numbers', table({ no: count, amount: major, currency: eur }), table({ no: count, amount: ({ place }) => `${place}.37`, currency: eur }), 'unsure'],
  ['nothing in common but a buyer', table({ buyer: ({ place }) => `b${place % 2}`, amount: major, currency: eur }), table({ buyer: ({ place }) => `b${place % 2}`, amount: ({ place }) => `${place}.37`, currency: eur }), 'unsure'],
  ['no names of columns on their side', OURS, headless({ a: ref, b: major, c: eur, d: iso }), [['reference', 'amount'], ['column 1', 'column 2']]],
  ['no names of columns on either side', headless({ a: ref, b: major, c: eur, d: iso }), headless({ a: iso, b: ref, c: eur, d: major }), [['column 1', 'column 2'], ['column 2', 'column 4']]],
  ['spaces of thousands', OURS, table({ id: ref, montant: (sale) => comma({ ...sale }).replace(/\B(?=(\d{3})+,)/, '\u00a0'), currency: eur }, { separator: ';' }), [['reference', 'amount'], ['id', 'montant']]],
  ['a minus behind and a refund', table({ reference: ref, amount: (sale) => (sale.place === 3 ? `-${major(sale)}` : major(sale)), currency: eur }), table({ id: ref, amount: (sale) => (sale.place === 3 ? `${major(sale)}-` : major(sale)), currency: eur }), [['reference', 'amount'], ['id', 'amount']]],
  ['brackets for what is taken', table({ reference: ref, amount: (sale) => (sale.place === 3 ? `-${major(sale)}` : major(sale)), currency: eur }), table({ id: ref, amount: (sale) => (sale.place === 3 ? `(${major(sale)})` : major(sale)), currency: eur }), [['reference', 'amount'], ['id', 'amount']]],
  ['two currencies and a settled amount', table({ reference: ref, amount: major, currency: eur }), table({ id: ref, amount: major, currency: eur, settlement_amount: (sale) => major({ ...sale, minor: Math.round(sale.minor * 1.087) }), settlement_currency: always('USD') }), [['reference', 'amount'], ['id', 'amount']]],
  ['quantity and price', OURS, table({ id: ref, quantity: ({ place }) => String((place % 3) + 1), price: major, currency: eur }), [['reference', 'amount'], ['id', 'price']]],
  ['a tax beside the total', table({ id: ref, total: major, tax: ({ place }) => `${place}.19`, currency: eur }), table({ id: ref, tax: ({ place }) => `${place}.19`, total: major, currency: eur }), [['id', 'total'], ['id', 'total']]],
  ['IBANs that repeat', table({ iban: always('DE02120300000000202051'), reference: ref, amount: major, currency: eur }), table({ iban: always('DE02120300000000202051'), note: ref, amount: major, currency: eur }), [['reference', 'amount'], ['note', 'amount']]],
  ['prefixes that differ on both sides', table({ id: ({ place }) => `a${place + 1}`, amount: major, currency: eur }), table({ id: ({ place }) => `b${place + 1}`, amount: major, currency: eur }), 'unsure'],
  ['a prefix on one side and noughts on both', table({ id: ({ place }) => `INV-${String(place + 123).padStart(6, '0')}`, amount: major, currency: eur }), table({ id: ({ place }) => String(place + 123).padStart(6, '0'), amount: major, currency: eur }), [['id', 'amount'], ['id', 'amount']]],
  ['yen that prove no unit for a krona beside them', table({ id: ref, amount_minor: minor, currency: always('JPY') }), table({ id: (sale) => (sale.place === 3 ? 'Z9Q' : ref(sale)), Credit: minor, Debit: always(''), currency: ({ place }) => (place === 3 ? 'SEK' : 'JPY') }), 'unsure'],
  ['kronor that prove their unit among yen', table({ id: ref, amount_minor: minor, currency: ({ place }) => (place % 3 === 0 ? 'SEK' : 'JPY') }), table({ id: ref, Credit: minor, Debit: always(''), currency: ({ place }) => (place % 3 === 0 ? 'SEK' : 'JPY') }), [['id', 'amount_minor'], ['id', 'Credit−Debit']]],
  ['days that are unique, like references', OURS, table({ date: iso, id: ({ place }) => `zz${place}q`, amount: major, currency: eur }), 'unsure'],
] // biome-ignore format: a table

describe('a pair of files', () => {
  it.each(CASES)('is compared rightly, or not at all: %s', async (_what, ours, theirs, expected) => {
    const compared = await compareFiles({ ours, theirs }, { asOf: '2026-04-30' })

    const { fields } = compared.kind === 'done' ? compared.summary.mapping : compared.mapping
    const chosen =
      compared.kind === 'unsure'
        ? 'unsure'
        : [
            [fields.key.ours, fields.amount.ours],
            [fields.key.theirs, fields.amount.theirs],
          ]
    expect(chosen, JSON.stringify(fields)).toEqual(expected)
    if (compared.kind === 'done')
      expect(compared.summary.proof.every(({ unexplained }) => unexplained === 0n)).toBe(true)
  })
})
