import { describe, expect, it } from 'vitest'
import { done } from '../testing.ts'
import { formatSaved, parseSaved } from './saved.ts'
import { always, type Columns, eur, iso, major, ref, type Sale, table } from './testing.ts'

const ours = table({ reference: ref, amount: major, currency: eur })
const theirs = (columns: Columns): string => table({ id: ref, total: major, ccy: eur, ...columns })
const some = (word: string, other: string) => (sale: Sale) => (sale.place === 5 ? word : other)

describe('a column that nothing reads', () => {
  it.each([
    ['how much was refunded', { 'Amount Refunded': some('5.00', '0.00') }, ['theirs.Amount Refunded is not looked at: amounts are compared whole, whatever was given back']],
    ['nothing refunded', { amount_refunded: always('0.00') }, []],
    ['when it was refunded', { date: iso, refunded_at: some('2026-03-14', '') }, []],
    ['rows that are not paid', { paid: some('false', 'true') }, ['theirs.paid is not looked at: it says no of some rows']],
    ['that all are paid', { is_paid: always('TRUE') }, []],
    ['disputes', { disputed: some('yes', 'no') }, ['theirs.disputed is not looked at: it says yes of some rows']],
    ['refunds as a flag', { refunded: some('1', '0') }, ['theirs.refunded is not looked at: it says yes of some rows']],
    ['a name', { customer: always('Refunded Goods Ltd') }, []],
  ] as const)('has a note where it says %s', async (_what, columns, notes) => {
    expect((await done({ ours, theirs: theirs(columns) })).summary.notes).toEqual(notes)
  }) // biome-ignore format: a table

  it('has the same note under a mapping that was saved', async () => {
    const files = { ours, theirs: theirs({ paid: some('false', 'true') }) }
    const { summary } = await done(files)
    const { specs } = summary.mapping
    const again = await done(files, specs === undefined ? {} : { saved: parseSaved(formatSaved(specs)) })

    expect([summary.notes.length, again.summary.notes]).toEqual([1, summary.notes])
  })
})
