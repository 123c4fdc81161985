import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { briefly, csv, done } from '../testing.ts'
import { type Lone, suggest } from './suggest.ts'

const aRow = (id: string, row: Partial<Lone> = {}): Lone => ({
  id,
  line: 2,
  references: [],
  amount: 2_500n,
  fee: undefined,
  currency: 'EUR',
  day: '2026-03-03',
  at: '2026-03-03',
  ...row,
})

const best = (ours: readonly Lone[], theirs: readonly Lone[], id = 'o') => {
  const [first] = suggest(ours, theirs).get(id) ?? []
  return (
    first && {
      ids: first.candidates.map((row) => row.id),
      score: first.score,
      reasons: first.reasons.map(({ name }) => name),
    }
  )
}

describe('the partner that is suggested first', () => {
  /** Rows that have something of the right one, but less. */
  const others = [
    aRow('far', { amount: 2_500n, day: '2026-06-03', references: ['zz-1'] }),
    aRow('day', { amount: 99_900n, references: ['zz-2'] }),
    aRow('name', { amount: 70_000n, references: ['order-7734518'], day: '2026-01-01' }),
  ]
  const mine = aRow('o', { references: ['order-7734512'], fee: undefined })

  it.each<readonly [string, Partial<Lone>, readonly string[]]>([
    ['has a typo in its reference', { references: ['order-7734521'] }, ['same_amount', 'near_reference', 'same_day']],
    ['has a reference that was cut', { references: ['order-773'] }, ['same_amount', 'cut_reference', 'same_day']],
    ['has another amount, by the fee', { references: ['ORDER 7734512'], amount: 2_425n, fee: 75n }, ['amount_less_fee', 'same_reference', 'same_day']],
    ['has the amount and a near date, and no reference', { day: '2026-03-05' }, ['same_amount', 'near_day']],
    ['has the reference in a text, and nearly the amount', { references: ['PAYMENT 7734512 THANKS'], amount: 2_450n }, ['near_amount', 'shared_number', 'same_day']],
  ])('%s', (_what, row, reasons) => {
    const found = best([mine], [...others, aRow('right', row)])

    expect(found).toMatchObject({ ids: ['right'], reasons })
    expect(found?.score).toBeLessThan(1)
  }) // biome-ignore format: a table

  it('is not called the only one of its amount where too many have it to be looked at', () => {
    const named = aRow('right', { references: ['order-7734521'], day: '2026-01-01' })
    const many = Array.from({ length: 25 }, (_, place) => aRow(`x${place}`, { day: '2026-01-01' }))

    expect(best([mine], [named])?.reasons).toContain('only_one')
    expect(best([mine], [named, ...many])).toMatchObject({ ids: ['right'], reasons: ['same_amount', 'near_reference'] })
  })

  it('is a few rows whose sum it is', () => {
    const parts = [aRow('a', { amount: 1_000n }), aRow('b', { amount: 1_400n }), aRow('c', { amount: 100n })]
    const odd = aRow('d', { amount: 730n })

    expect(best([aRow('o')], [...parts, odd])).toMatchObject({
      ids: ['a', 'b', 'c'],
      reasons: ['sum_of_amounts', 'same_day'],
    })
  })

  it('is never one of another currency', () => {
    expect(best([mine], [aRow('usd', { references: ['order-7734512'], currency: 'USD' })])).toBeUndefined()
  })

  it('is found among three hundred others', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), fc.constantFrom('typo', 'cut', 'fee'), (seed, fault) => {
        let state = seed
        const next = (below: number): number => {
          state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
          return state % below
        }
        const rows = Array.from({ length: 300 }, (_, place) =>
          aRow(`o${place}`, { references: [`pay_${100_000_000 + next(899_999_999)}`], amount: BigInt(1_000 + next(90_000)), day: `2026-03-${10 + next(20)}` }),
        )
        const damaged = rows.map((row, place) => {
          const reference = row.references[0] ?? ''
          const at = 6 + next(6)
          if (fault === 'typo') return { ...row, id: `t${place}`, references: [reference.slice(0, at) + reference.slice(at + 1)] }
          if (fault === 'cut') return { ...row, id: `t${place}`, references: [reference.slice(0, 10)] }
          return { ...row, id: `t${place}`, amount: row.amount - 31n, fee: 31n }
        })

        const found = suggest(rows, damaged)

        const firsts = rows.map((row, place) => [found.get(row.id)?.[0]?.candidates[0]?.id, `t${place}`])
        expect(firsts.filter(([one, other]) => one !== other)).toEqual([])
      }),
      { numRuns: 6, seed: 7 },
    )
  }) // biome-ignore format: a property
})

describe('suggestions', () => {
  it('are three at most for a break, the best first', () => {
    const theirs = [1, 2, 3, 4, 5].map((place) => aRow(`t${place}`, { day: `2026-03-0${3 + (place % 3)}` }))

    const found = suggest([aRow('o')], theirs).get('o') ?? []

    expect(found).toHaveLength(3)
    expect(found.map(({ score }) => score)).toEqual(found.map(({ score }) => score).toSorted((a, b) => b - a))
  })

  it('are none where so many rows agree that nothing says which', () => {
    const many = (side: string) => Array.from({ length: 3_000 }, (_, place) => aRow(`${side}${place}`))

    expect(suggest(many('o'), many('t')).size).toBe(0)
  })

  it('match nothing: breaks, matches and the proof are those of rows that have nothing in common', async () => {
    const agreed = Array.from({ length: 8 }, (_, place) => [`agreed-${place}x${place * 37}`, `${10 + place}.50`])
    const file = (rows: readonly (readonly string[])[]): string =>
      csv([['reference', 'amount', 'currency', 'date'], ...[...agreed, ...rows].map((row) => [...row, 'EUR', '2026-03-03'])])
    const ours = file([['order-7734512', '25.00']])
    const compare = async (reference: string, amount: string, anonymise = false) =>
      done({ ours, theirs: file([[reference, amount]]) }, { asOf: '2026-03-31', anonymise })

    const [near, far, hidden] = [
      await compare('order-7734521', '25.00'),
      await compare('zz', '25.00'),
      await compare('order-7734521', '25.00', true),
    ]

    expect(briefly(near.items)).toEqual(['missing_external order-7734512 2500', 'missing_internal order-7734521 -2500'])
    expect(near.summary.pairs).toBe(far.summary.pairs)
    expect(near.summary.proof).toEqual(far.summary.proof)
    expect(near.items[0]?.suggestions).toMatchObject([
      { reasons: ['same_amount', 'near_reference', 'same_day', 'only_one'].map((name) => ({ name })), rows: [{ id: near.items[1]?.id, row: 10, reference: 'order-7734521', amount: 2_500n }] },
    ])
    expect(near.items[1]?.suggestions).toMatchObject([{ rows: [{ id: near.items[0]?.id, row: 10 }] }])
    expect(JSON.stringify(hidden.items[0]?.suggestions, (_, value) => (typeof value === 'bigint' ? String(value) : value))).not.toContain('77345')
  }) // biome-ignore format: documents
})
