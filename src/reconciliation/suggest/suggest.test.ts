import { describe, expect, it } from 'vitest'
import type { Candidate } from './score.ts'
import { suggest } from './suggest.ts'

const record = (fields: Partial<Candidate> & { readonly id: string }): Candidate => ({
  amount: 5_000n,
  currency: 'EUR',
  fee: undefined,
  day: '2026-03-10',
  references: [],
  ...fields,
})
const sale = record({ id: 'sale', references: ['ORD-204711'] })
const namesOf = (candidates: readonly Candidate[], of: Candidate = sale): readonly string[][] =>
  suggest(of, candidates).map(({ reasons }) => reasons.map(({ name }) => name))

describe('a suggestion', () => {
  it('says why: the amount, the reference and the day', () => {
    const [first] = suggest(sale, [record({ id: 'line', references: ['PAY ord204711'], day: '2026-03-11' })])

    expect(first).toEqual({
      candidates: [expect.objectContaining({ id: 'line' })],
      score: 0.89,
      reasons: [
        { name: 'same_amount', weight: 0.45, sentence: 'the amount is the same' },
        { name: 'same_reference', weight: 0.7, sentence: 'a reference is the same but for its form' },
        { name: 'near_day', weight: 0.2, sentence: 'the days are neighbours' },
        { name: 'only_one', weight: 0.15, sentence: 'no other open record has this amount' },
      ],
    })
  })

  it('puts the nearer day before the farther one', () => {
    const lines = [record({ id: 'far', day: '2026-03-13' }), record({ id: 'near' })]

    expect(suggest(sale, lines).map(({ candidates }) => candidates[0]?.id)).toEqual(['near', 'far'])
  })

  it('tells an amount that is less the fee', () => {
    expect(namesOf([record({ id: 'net', amount: 4_825n, fee: 175n })])).toEqual([['amount_less_fee', 'same_day']])
    expect(namesOf([record({ id: 'net', amount: 4_825n, fee: 174n })])).toEqual([])
  })

  it.each([
    ['a letter that is wrong', 'ORD-204712'],
    ['letters that changed places', 'ORD-240711'],
    ['two that are missing', 'OD-20711'],
  ])('tells a reference with %s', (_, reference) => {
    expect(namesOf([record({ id: 'line', amount: 4_990n, references: [reference] })])).toEqual([
      ['near_amount', 'near_reference', 'same_day'],
    ])
  })

  it('tells a number that both references have', () => {
    expect(namesOf([record({ id: 'line', amount: 100n, references: ['shop 4 / 00204711-B'] })])).toEqual([
      ['shared_number', 'same_day'],
    ])
  })

  it('tells a reference that was cut, beside a near amount', () => {
    const cut = record({ id: 'line', references: ['ORD2047'] })
    const whole = record({ id: 'whole', references: ['ORD-204788811'] })

    expect(namesOf([cut], whole)).toEqual([['same_amount', 'cut_reference', 'same_day', 'only_one']])
    expect(namesOf([{ ...cut, amount: 100n }], whole)).toEqual([])
  })

  it('finds two or three records that come to the amount', () => {
    const parts = [1_700n, 3_300n, 2_000n, 1_300n].map((amount, place) => record({ id: `part ${place}`, amount }))

    expect(suggest(sale, parts).map(({ candidates }) => candidates.map(({ id }) => id))).toEqual([
      ['part 0', 'part 1'],
      ['part 0', 'part 2', 'part 3'],
    ])
  })

  it('finds parts of what was paid back', () => {
    const refund = record({ id: 'refund', amount: -5_000n })

    expect(namesOf([record({ id: 'a', amount: -2_000n }), record({ id: 'b', amount: -3_000n })], refund)).toEqual([
      ['sum_of_amounts', 'same_day'],
    ])
  })

  it.each([
    ['another currency', { currency: 'USD', references: ['ORD-204711'] }],
    ['the other sign', { amount: -5_000n, references: ['ORD-204711'] }],
    ['a day alone', { amount: 100n }],
    ['the next order of that day', { amount: 100n, references: ['ORD-204712'] }],
    ['the same amount a season later', { day: '2026-06-20' }],
    ['an amount that is near, of that day', { amount: 4_990n }],
  ])('is not made of %s', (_, fields) => {
    expect(suggest(sale, [record({ id: 'line', ...fields })])).toEqual([])
  })

  it('is one of five at most, the same in any order', () => {
    const lines = Array.from({ length: 40 }, (_, place) => record({ id: `line ${place}` }))

    const found = suggest(sale, lines)

    expect(found).toHaveLength(5)
    expect(suggest(sale, lines.toReversed())).toEqual(found)
  })

  it('has a score between nothing and one', () => {
    const twin = record({ id: 'line', references: ['ord 204711'] })

    expect(suggest(sale, [twin])[0]?.score).toBe(0.9)
  })
})
