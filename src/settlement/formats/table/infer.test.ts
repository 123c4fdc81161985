import { describe, expect, it } from 'vitest'
import { errorsOf, readTableFile, told } from './testing/reading.ts'

const rowsOf = (text: string): string => text.trim().replace(/^ +/gm, '').concat('\n')

async function read(text: string) {
  const { summary, lines } = await readTableFile(text)
  const shown = lines.map(({ line, businessDate, amount, currency }) => `${line} ${businessDate} ${amount} ${currency}`)
  return { shown, told: told(summary), account: summary.statements[0]?.account, summary }
}

const ABROAD = rowsOf(`
  Booking Date,Account number,Amount (EUR),Original Amount,Original Currency,Exchange Rate
  2026-03-13,,-23.45,-23.45,EUR,1
  2026-03-14,DE00 1,1500.00,,,
  2026-03-15,,-9.20,-10.00,USD,0.92
`)

describe('what is inferred of a table', () => {
  it('is the currency of its amounts, and not the one that something was bought in', async () => {
    const { shown, told } = await read(ABROAD)

    expect(shown).toEqual(['2 2026-03-13 -2345 EUR', '3 2026-03-14 150000 EUR', '4 2026-03-15 -920 EUR'])
    expect(told).toEqual([])
  })

  it('is no account of its own where only some rows have one', async () => {
    expect((await read(ABROAD)).account).toBe('')
  })

  it('is the yen that stands in the names of columns', async () => {
    const { shown, summary } = await read(
      rowsOf(`
        日付,内容,出金金額(円),入金金額(円),残高(円)
        2026/03/14,給与,,250000,250000
        2026/03/15,振込,30000,,220000
      `),
    )

    expect(shown).toEqual(['2 2026-03-14 250000 JPY', '3 2026-03-15 -30000 JPY'])
    expect([errorsOf(summary), summary.statements[0]?.control.status]).toEqual([[], 'pass'])
  })

  it.each([
    ['a page of words', 'Please sign in, your session has expired.\nTotal amount due, date\n'],
    ['a PDF', '%PDF-1.7\n1 0 obj <</Date;Amount>> endobj\n'],
  ])('is nothing in %s: it is unreadable and not empty', async (_what, text) => {
    const { summary } = await readTableFile(text, { kind: 'csv' })

    expect([summary.readable, errorsOf(summary)]).toEqual([false, ['no_amount']])
  })
})

describe('a column of debits beside one of credits', () => {
  const file = (credits: readonly string[]): string =>
    `Date,Debit,Credit,Net,Currency\n${credits.map((credit, index) => `2026-03-1${index},${credit === '' ? '3.50' : ''},${credit},3.10,EUR\n`).join('')}`

  it('is one of a pair where the only credit is damaged', async () => {
    const { shown, told } = await read(file(['', '', '#VALUE!', '', '']))

    expect(shown.map((line) => line.split(' ')[2])).toEqual(['-350', '-350', '-350', '-350'])
    expect(told).toEqual(['error amount 4:3'])
  })

  it('is none where what is called credit is mostly text', async () => {
    const { shown } = await read(file(['', 'Visa', 'Amex', '', '']))

    expect(shown.map((line) => line.split(' ')[2])).toEqual(['310', '310', '310', '310', '310'])
  })

  it.each([
    ['accounts of a journal', 'Debit account', 'Credit account', '1200', '8400'],
    ['accounts of a journal in German', 'Soll-Konto', 'Haben-Konto', '1200', '8400'],
    ['last digits of cards', 'Debit card', 'Credit card', '', '4242'],
    ['takings by kind of card', 'Debit Card', 'Credit Card', '1.20', '12.30'],
  ])('is none where both are %s', async (_what, debit, credit, left, right) => {
    const { shown } = await read(
      `Date,${debit},${credit},Amount,Currency\n2026-03-14,${left},${right},13.50,EUR\n2026-03-15,${left},${right},14.50,EUR\n`,
    )

    expect(shown).toEqual(['2 2026-03-14 1350 EUR', '3 2026-03-15 1450 EUR'])
  })

  it('is one of a pair where both are in the currency of the account', async () => {
    const { shown } = await read(
      'Date,Debit in account currency,Credit in account currency,Currency\n2026-03-14,12,,EUR\n2026-03-15,,13,EUR\n2026-03-16,,14,EUR\n',
    )

    expect(shown.map((line) => line.split(' ')[2])).toEqual(['-1200', '1300', '1400'])
  })
})

describe('the sign of an amount', () => {
  it.each([
    ['letters', 'Grade', ['d', 'D', 'c'], ['direction_guessed']],
    ['letters under a name for kinds', 'Type', ['D', 'C', 'D'], ['direction_guessed']],
    ['letters of which one is no sign', 'Grade', ['d', 'c', 'b'], []],
    ['a mark for nothing', 'Note', ['-', '-', '-'], []],
    ['texts under a name like one for signs', 'Sign off', ['by C. Doe', 'C', 'by D. Roe'], ['direction_unknown']],
  ])('is not turned around by %s', async (_what, name, values, errors) => {
    const rows = values.map((value, index) => `2026-03-1${index},3.50,${value},EUR\n`).join('')

    const { shown, summary } = await read(`Date,Amount,${name},Currency\n${rows}`)

    expect(shown.map((line) => line.split(' ')[2])).toEqual(['350', '350', '350'])
    expect(errorsOf(summary)).toEqual(errors)
  })

  it('is turned around by letters alone where the running balance proves it', async () => {
    const { shown, summary } = await read(
      'Date,Amount,X,Currency,Balance\n2026-03-13,3.50,D,EUR,6.50\n2026-03-14,9.00,C,EUR,15.50\n2026-03-15,1.00,D,EUR,14.50\n',
    )

    expect(shown.map((line) => line.split(' ')[2])).toEqual(['-350', '900', '-100'])
    expect(summary.statements.map(({ control }) => control.status)).toEqual(['pass'])
  })
})
