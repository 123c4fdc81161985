import { describe, expect, it } from 'vitest'
import { compareFiles, done } from '../testing.ts'
import { formatSaved, parseSaved } from './saved.ts'
import {
  always,
  type Cell,
  type Columns,
  comma,
  eur,
  iso,
  major,
  minor,
  order,
  ref,
  SALES,
  type Sale,
  table,
} from './testing.ts'

/**
 * Pairs of files with the same three breaks: theirs has one row more, ours another one, and one amount differs. Each has a column
 * that looks like what it is not. All three are found, and nothing else, or the command says that it is not sure.
 */
const [MISSING, ADDED, DIFFERENT] = [7, 3, 10]
const OURS_ROWS = SALES.filter(({ place }) => place !== ADDED)
const THEIRS_ROWS = SALES.filter(({ place }) => place !== MISSING)
  .map((sale) => (sale.place === DIFFERENT ? { ...sale, minor: sale.minor + 100 } : sale))
  .toReversed()

const THREE = ['amount_mismatch', 'missing_external', 'missing_internal']
const TWO = ['missing_external', 'missing_internal']

const ours = (columns: Columns = {}): string =>
  table({ reference: ref, amount: major, currency: eur, ...columns }, { rows: OURS_ROWS })
const theirs = (columns: Columns = {}): string =>
  table({ id: ref, total: major, ccy: eur, ...columns }, { rows: THEIRS_ROWS })

const isRefund = ({ place }: Sale): boolean => place % 4 === 1
const signed: Cell = (sale) => `${isRefund(sale) ? '-' : ''}${major(sale)}`
const OURS_SIGNED = ours({ amount: signed })
const every =
  (part: number, word: string, other: string): Cell =>
  ({ place }) =>
    place % part === 0 ? word : other
const fee =
  (part: number): Cell =>
  (sale) =>
    major({ ...sale, minor: Math.round(sale.minor / part) })

const damagedAt =
  (place: number, text: string): Cell =>
  (sale) =>
    sale.place === place ? text : major(sale)
const less: Cell = (sale) => major({ ...sale, minor: sale.minor - Math.round(sale.minor / 40) })

/** The same price in every row, and what else a row has: `id` counts on in the order of the file. */
const constant = (columns: Columns, rows: readonly Sale[]): string => {
  const places = new Map(rows.map((sale, place) => [sale.place, place]))
  return table(
    { id: ({ place }) => String(1_001 + (places.get(place) ?? 0)), ...columns, amount: always('9.99'), currency: eur },
    { rows },
  )
}

type Case = readonly [what: string, ours: string, theirs: string, expected: readonly string[] | 'unsure']

const CASES: readonly Case[] = [
  ['a kind that says transfer of every row', ours(), theirs({ type: always('Transfer') }), THREE],
  ['a kind that says transfer of every second row', ours(), theirs({ type: every(2, 'Transfer', 'Card payment') }), THREE],
  ['a kind that says release of every row', ours(), theirs({ 'record type': always('release') }), THREE],
  ['a status of orders that are paid and not yet sent', ours({ status: every(3, 'completed', 'processing') }), theirs(), THREE],
  ['a status of orders beside that of payments', ours({ status: every(3, 'completed', 'processing') }), theirs({ status: always('succeeded') }), THREE],
  ['a status of invoices, which are open', ours({ Status: always('Offen') }), theirs({ Status: always('Gebucht') }), THREE],
  ['a state of what was sent back', ours({ goods: every(6, 'returned', 'ok') }), theirs(), THREE],
  ['fees of the shop beside those of the PSP', ours({ fee: fee(10) }), theirs({ fee: fee(70) }), THREE],
  ['fees in cents beside fees in euros', ours({ fee: fee(70) }), theirs({ fee_cents: (sale) => String(Math.round(sale.minor / 70)) }), THREE],
  ['fees with a point beside amounts with a comma', ours(), table({ id: ref, total: comma, fee: fee(70), ccy: eur }, { rows: THEIRS_ROWS, separator: ';' }), THREE],
  ['fees that are not there in every third row', ours({ fee: fee(70) }), theirs({ fee: (sale) => (sale.place % 3 ? fee(70)(sale) : 'n/a') }), THREE],
  ['thousandths, each of which could be a thousand', ours({ amount: (sale) => `${sale.place + 5}.${sale.minor % 900 + 100}`, currency: always('KWD') }), table({ a: ref, b: (sale) => `${sale.place + 5},${sale.minor % 900 + 100}`, ccy: always('KWD'), c: always('0,030') }, { rows: THEIRS_ROWS, separator: ';' }), THREE],
  ['a tax in whole yen that is in both', table({ a: minor, x: ref, tax: (sale) => minor({ ...sale, minor: Math.floor(sale.minor / 11) }), currency: always('JPY') }, { rows: OURS_ROWS }), table({ tax: (sale) => minor({ ...sale, minor: Math.floor(sale.minor / 11) }), amount: minor, y: ref, ccy: always('JPY') }, { rows: THEIRS_ROWS }), THREE],
  ['a state that is pending in every row of both', ours({ status: always('open') }), theirs({ status: always('processing') }), THREE],
  ['what comes in and what goes out under names that say nothing', OURS_SIGNED, table({ a: ref, b: (sale) => (isRefund(sale) ? major(sale) : ''), c: (sale) => (isRefund(sale) ? '' : major(sale)), d: eur }, { rows: THEIRS_ROWS }), THREE],
  ['postal codes beside credits, two of which differ', ours({ amount: always(''), Credit: major, Debit: always(''), zip: ({ place }) => String(10_115 + place * 37) }), theirs({ total: always(''), Credit: (sale) => (sale.place === 5 ? '1.00' : major(sale)), Debit: always(''), zip: ({ place }) => String(10_115 + place * 37) }), ['amount_mismatch', ...THREE]],
  ['thousands of yen in groups beside plain ones', table({ reference: ref, amount: (sale) => `${sale.place + 11},000` }, { rows: OURS_ROWS, separator: ';' }), theirs({ total: (sale) => (sale.place === DIFFERENT ? '21100' : `${sale.place + 11}000`), ccy: always('JPY') }), THREE],
  ['signs in S and H', OURS_SIGNED, table({ Beleg: ref, Betrag: comma, 'S/H': (sale) => (isRefund(sale) ? 'S' : 'H') }, { rows: THEIRS_ROWS, separator: ';' }), THREE],
  ['signs in letters under a name that says nothing', OURS_SIGNED, theirs({ x: (sale) => (isRefund(sale) ? 'D' : 'C') }), THREE],
  ['refunds that only their kind tells', OURS_SIGNED, theirs({ type: (sale) => (isRefund(sale) ? 'Refund' : 'Payment') }), THREE],
  ['refunds that only our kind tells', ours({ type: (sale) => (isRefund(sale) ? 'refund' : 'sale') }), theirs({ total: signed }), THREE],
  ['refunds that nothing tells', OURS_SIGNED, theirs(), 'unsure'],
  ['ids of two systems, one price, and a reference', constant({ order: ref }, OURS_ROWS), constant({ merchant: ref }, THEIRS_ROWS), TWO],
  ['ids of two systems, one price, and a reference in another case', constant({ order: ref }, OURS_ROWS), constant({ merchant: (sale) => ref(sale).toLowerCase() }, THEIRS_ROWS), TWO],
  ['ids of two systems and one price', constant({}, OURS_ROWS), constant({}, THEIRS_ROWS), 'unsure'],
  ['whole numbers without names that could be references as well as amounts', table({ a: order, b: minor }, { rows: OURS_ROWS }).replace(/^.*\n/, ''), table({ b: minor, a: order }, { rows: THEIRS_ROWS }).replace(/^.*\n/, ''), 'unsure'],
  ['references in two columns, never both', ours({ reference: (sale) => (sale.place % 2 ? ref(sale) : ''), invoice: (sale) => (sale.place % 2 ? '' : order(sale)) }), theirs({ id: (sale) => (sale.place % 2 ? ref(sale) : ''), document: (sale) => (sale.place % 2 ? '' : order(sale)) }), THREE],
  ['an amount column for each currency', ours({ currency: every(3, 'USD', 'EUR') }), theirs({ ccy: always(''), total: always(''), 'amount EUR': (sale) => (sale.place % 3 ? major(sale) : ''), 'amount USD': (sale) => (sale.place % 3 ? '' : major(sale)) }), 'unsure'],
  ['a dollar sign of which nothing says whose it is', ours({ currency: every(3, 'USD', 'EUR') }), table({ id: ref, total: (sale) => `${sale.place % 3 ? '€' : '$'}${major(sale)}` }, { rows: THEIRS_ROWS }), 'unsure'],
  ['years of another calendar', ours({ date: iso }), theirs({ date: (sale) => iso(sale).replace('2026', '2569') }), 'unsure'],
  ['a sum without a currency', ours(), `${theirs()}Total,12345.67,\n`, THREE],
  ['the columns of a format that it is not in', ours(), table({ 'Psp Reference': order, 'Merchant Reference': ref, 'Main Amount': major, Currency: eur, 'Record Type': always('Settled') }, { rows: THEIRS_ROWS }), THREE],
  ['what is left of values of which two are damaged', table({ reference: ref, value: damagedAt(5, 'n/a'), net: less, currency: eur }, { rows: OURS_ROWS }), table({ id: ref, value: damagedAt(6, '#VALUE!'), net: less, ccy: eur }, { rows: THEIRS_ROWS }), ['amount_mismatch', 'missing_external', ...TWO, 'missing_internal', 'unparsed_line', 'unparsed_line']],
  ['debits beside what is left, where the only credit is damaged', table({ reference: ref, amount: minor, net: (sale) => less(sale).replace('.', ''), currency: eur }, { rows: OURS_ROWS }), table({ id: ref, debit: (sale) => (sale.place === 5 ? '' : minor(sale)), credit: (sale) => (sale.place === 5 ? '#VALUE!' : ''), net: (sale) => less(sale).replace('.', ''), ccy: eur }, { rows: THEIRS_ROWS }), ['amount_mismatch', 'missing_external', ...TWO, 'unparsed_line']],
  ['debits beside amounts in another currency, where the only credit is damaged', ours({ amount: minor }), table({ id: ref, debit: (sale) => (sale.place === 5 ? '' : minor(sale)), credit: (sale) => (sale.place === 5 ? '#VALUE!' : ''), settlement_amount: (sale) => String(Math.round(sale.minor * 1.09)), settlement_currency: always('USD'), currency: eur }, { rows: THEIRS_ROWS }), ['amount_mismatch', 'missing_external', ...TWO, 'unparsed_line']],
  ['debits in every row, and a word under what is called credit', ours(), table({ id: ref, Debit: major, Credit: (sale) => (sale.place === 5 ? 'Visa' : ''), ccy: eur }, { rows: THEIRS_ROWS }), THREE],
  ['our debits in every row, and a word under what is called credit', table({ reference: ref, Debit: major, Credit: (sale) => (sale.place === 5 ? 'Visa' : ''), currency: eur }, { rows: OURS_ROWS }), theirs(), THREE],
  ['debits that say the total again, and a word as the only credit', ours(), theirs({ Debit: (sale) => (sale.place === 5 ? '' : major(sale)), Credit: (sale) => (sale.place === 5 ? 'cheque' : '') }), THREE],
  ['debits that say again what no name says, and a word as the only credit', ours(), table({ id: ref, x: major, Debit: (sale) => (sale.place === 5 ? '' : major(sale)), Credit: (sale) => (sale.place === 5 ? 'cheque' : ''), ccy: eur }, { rows: THEIRS_ROWS }), THREE],
  ['yen in a column of debits, and francs with decimals', ours({ amount: minor, currency: always('JPY') }), table({ id: ref, Credit: always(''), Debit: (sale) => (sale.place === DIFFERENT ? '81,04' : minor(sale)), ccy: ({ place }) => (place === DIFFERENT ? 'CHF' : 'JPY') }, { rows: THEIRS_ROWS, separator: ';' }), ['currency_mismatch', ...TWO]],
] // biome-ignore format: a table

describe('a pair of files with three breaks', () => {
  it.each(CASES)('is compared rightly, or not at all, with %s', async (_what, ours, theirs, expected) => {
    const compared = await compareFiles({ ours, theirs }, { asOf: '2026-04-30' })

    const found = compared.kind === 'unsure' ? 'unsure' : compared.items.map(({ code }) => code).toSorted()
    expect(
      found,
      JSON.stringify(compared.kind === 'done' ? compared.summary.mapping.fields : compared.mapping),
    ).toEqual(expected)
  })

  it.each([
    ['a state of sales', { status: (sale: Sale) => (sale.place < 2 ? 'settled' : 'captured') }, 2],
    ['a kind that stands once', { type: (sale: Sale) => (sale.place < 1 ? 'adjustment' : 'payment') }, 1],
  ])('takes no sign from %s', async (_what, columns, opposed) => {
    const ours = table({ reference: ref, amount: (sale) => `${sale.place < opposed ? '-' : ''}${major(sale)}`, currency: eur })
    const compared = await compareFiles({ ours, theirs: table({ id: ref, total: major, ccy: eur, ...columns }) })

    const found = compared.kind === 'unsure' ? 'unsure' : compared.summary.verdict
    expect(found).toBe(opposed === 2 ? 'unsure' : 'breaks')
  }) // biome-ignore format: one line

  it('tells of every fee that is higher than agreed', async () => {
    const compared = await compareFiles({ ours: ours({ fee: fee(70) }), theirs: theirs({ fee: fee(50) }) })

    const found = compared.kind === 'unsure' ? [] : compared.items.map(({ code }) => code)
    expect(found.filter((code) => code === 'fee_mismatch').length).toBe(9)
  })

  it.each([
    ['every third row', { status: every(3, 'failed', 'succeeded') }, {}],
    ['every row', { status: always('failed') }, {}],
    ['most rows, where the other side has states too', { status: every(3, 'succeeded', 'declined') }, { status: always('paid') }],
    ['every third row, in another word', { status: every(3, 'Do not honor', 'succeeded') }, {}],
    ['one row, under a name in French', { Statut: every(7, 'refusé', 'payé') }, {}],
    ['one row, under a name that says nothing', { 'what came of it': every(7, 'declined', 'approved') }, {}],
  ])('tells of every payment that failed at the PSP: %s', async (_what, there: Columns, here: Columns) => {
    for (const isTurned of [false, true]) {
      const [a, b] = [table({ reference: ref, amount: major, currency: eur, ...here }), table({ id: ref, total: major, ccy: eur, ...there })]
      const compared = await compareFiles(isTurned ? { ours: b, theirs: a } : { ours: a, theirs: b })

      const word = Object.values(there)[0]
      const failed = SALES.filter((sale) => /failed|declined|refusé|honor/.test(word?.(sale) ?? ''))
      const found = compared.kind === 'unsure' ? [] : compared.items.map(({ code }) => code)
      expect(found).toEqual(failed.map(() => 'status_mismatch'))
    }
  }) // biome-ignore format: a table

  it('tells of fees that were charged twice in most rows, and once in the others', async () => {
    const compared = await compareFiles({
      ours: ours({ fee: fee(70) }),
      theirs: theirs({ fee: (sale) => fee(sale.place % 3 === 0 ? 70 : 20)(sale) }),
    })

    const found = compared.kind === 'unsure' ? [] : compared.items.map(({ code }) => code)
    expect(found.filter((code) => code === 'fee_mismatch').length).toBeGreaterThan(3)
  })

  it('is compared by what was captured, and not by what was authorised', async () => {
    const captured: Cell = (sale) => major({ ...sale, minor: sale.minor - (sale.place % 2) * 500 })
    const compared = await compareFiles({
      ours: table({ reference: ref, amount: major, currency: eur }),
      theirs: table({ id: ref, authorized_amount: major, captured_amount: captured, ccy: eur }),
    })

    const found = compared.kind === 'unsure' ? 'unsure' : compared.items.map(({ code }) => code)
    expect(found).toEqual(SALES.filter(({ place }) => place % 2 === 1).map(() => 'amount_mismatch'))
  })

  it('has a note of fees that are not compared by the mapping that was saved either', async () => {
    const files = { ours: ours({ fee: fee(10) }), theirs: theirs({ fee: fee(70) }) }
    const first = await done(files)
    const { specs } = first.summary.mapping
    const again = await done(files, specs === undefined ? {} : { saved: parseSaved(formatSaved(specs)) })

    expect(again.items).toEqual(first.items)
    expect(again.summary.notes).toEqual(['fees are not compared: the mapping leaves ours.fee or theirs.fee out'])
  })

  it('has a note of states that are not known', async () => {
    const status: Cell = ({ place }) => ['Chargeback', 'captured', 'paid'][place % 3] ?? ''
    const files = { ours: ours(), theirs: theirs({ status }) }
    const notesOf = async (anonymise: boolean) => {
      const compared = await compareFiles(files, { anonymise })
      return compared.kind === 'unsure' ? 'unsure' : compared.summary.notes
    }

    expect(await notesOf(false)).toEqual(['what theirs.status says is not compared where it says "Chargeback"'])
    expect(await notesOf(true)).toEqual(['what theirs.status says is not compared where it says "…"'])
  })

  it('has a note of what is not compared, and why', async () => {
    const compared = await compareFiles({
      ours: ours({ fee: fee(10) }),
      theirs: theirs({ fee: fee(70), type: always('Transfer') }),
    })

    expect(compared).toMatchObject({
      summary: {
        notes: [
          'fees are not compared: ours.fee and theirs.fee are equal in 0 of 9 rows',
          'theirs.type is not read as a kind: it would set rows apart that the other side has',
        ],
      },
    })
  })
})
