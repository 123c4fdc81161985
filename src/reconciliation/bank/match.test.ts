import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BankLine, matchArrivals, type OpenPayout } from './match.ts'

const WEEKDAYS = { days: [1, 2, 3, 4, 5], holidays: ['2026-03-06'] }
const NAMED = { calendar: WEEKDAYS, windowDays: 2, references: 'remittance' } as const
const NAMELESS = { ...NAMED, references: 'none' } as const

/** 2026-03-02 is a Monday. */
const payout = (id: string, amount: bigint, more: Partial<OpenPayout> = {}): OpenPayout => ({
  id,
  amount,
  currency: 'EUR',
  businessDate: '2026-03-02',
  ...more,
})
const line = (
  number: number,
  amount: bigint,
  names: readonly string[] = [],
  more: Partial<BankLine> = {},
): BankLine => ({
  fileId: 'f',
  line: number,
  on: '2026-03-03',
  amount,
  currency: 'EUR',
  names,
  ...more,
})
const shown = (found: ReturnType<typeof matchArrivals>): readonly string[] =>
  found.arrivals.map(({ rule, payout: { id }, line: { line: at }, amount }) => `${rule} ${id} ${at} ${amount}`)

describe('payouts that lines name', () => {
  it('arrive in their amount first, whatever else names them', () => {
    const found = matchArrivals([payout('a', 100n)], [line(1, 90n, ['a']), line(2, 100n, ['a'])], NAMED)

    expect(shown(found)).toEqual(['reference a 2 100'])
    expect(found.lines.map(({ line: at }) => at)).toEqual([1])
  })

  it('arrive over another amount, in the same currency and direction only', () => {
    const payouts = [payout('a', 100n), payout('b', 100n), payout('c', 100n)]
    const lines = [line(1, 99n, ['a']), line(2, -100n, ['b']), line(3, 100n, ['c'], { currency: 'USD' })]

    expect(shown(matchArrivals(payouts, lines, NAMED))).toEqual(['reference a 1 99'])
  })

  it('share a line when they come to its amount, and not otherwise', () => {
    const payouts = [payout('a', 100n), payout('b', 50n)]

    expect(shown(matchArrivals(payouts, [line(1, 150n, ['a', 'b'])], NAMED))).toEqual([
      'joined a 1 100',
      'joined b 1 50',
    ])
    expect(shown(matchArrivals(payouts, [line(1, 149n, ['a', 'b'])], NAMED))).toEqual([])
    expect(shown(matchArrivals(payouts, [line(1, 150n, ['a', 'b', 'arrived'])], NAMED))).toEqual([])
  })

  it('do not arrive by their amount where lines carry references', () => {
    expect(shown(matchArrivals([payout('a', 100n)], [line(1, 100n)], NAMED))).toEqual([])
  })
})

describe('payouts where lines carry no references', () => {
  it.each([
    ['2026-03-01', false],
    ['2026-03-02', true],
    ['2026-03-04', true],
    ['2026-03-05', false],
  ])('arrive by their amount on %s: %s', (on, arrives) => {
    expect(shown(matchArrivals([payout('a', 100n)], [line(1, 100n, [], { on })], NAMELESS))).toHaveLength(
      arrives ? 1 : 0,
    )
  })

  it('count business days, over a weekend and a holiday', () => {
    const thursday = payout('a', 100n, { businessDate: '2026-03-05' })

    expect(shown(matchArrivals([thursday], [line(1, 100n, [], { on: '2026-03-10' })], NAMELESS))).toHaveLength(1)
    expect(shown(matchArrivals([thursday], [line(1, 100n, [], { on: '2026-03-11' })], NAMELESS))).toHaveLength(0)
  })

  it('share a line when one row of neighbouring days comes to its amount, and not when several do', () => {
    const days = (amounts: readonly bigint[]): readonly OpenPayout[] =>
      amounts.map((amount, index) => payout(`p${index}`, amount, { businessDate: `2026-03-0${index + 2}` }))
    const on = { on: '2026-03-04' }

    expect(shown(matchArrivals(days([10n, 20n, 30n]), [line(1, 50n, [], on)], NAMELESS))).toEqual([
      'sum p1 1 20',
      'sum p2 1 30',
    ])
    expect(shown(matchArrivals(days([20n, 10n, 20n]), [line(1, 30n, [], on)], NAMELESS))).toEqual([])
    expect(shown(matchArrivals(days([10n, 5n, 30n]), [line(1, 40n, [], on)], NAMELESS))).toEqual([])
  })
})

describe('a payout that people took out of a line', () => {
  it.each([
    ['by its reference', [payout('a', 100n)], line(1, 100n, ['a']), NAMED],
    ['by its reference over another amount', [payout('a', 100n)], line(1, 99n, ['a']), NAMED],
    ['among others that the line names', [payout('a', 100n), payout('b', 50n)], line(1, 150n, ['a', 'b']), NAMED],
    ['by its amount', [payout('a', 100n)], line(1, 100n), NAMELESS],
    ['in a row that comes to the amount', [payout('a', 100n), payout('b', 50n)], line(1, 150n), NAMELESS],
  ] as const)('is not put into it again %s', (_, payouts, at, how) => {
    expect(matchArrivals(payouts, [at], how).arrivals).not.toEqual([])

    const found = matchArrivals(payouts, [at], how, ({ id }) => id === 'a')

    expect([found.arrivals, found.payouts.length, found.lines]).toEqual([[], payouts.length, [at]])
  })

  it('arrives in another line, and the line has another payout', () => {
    const payouts = [payout('a', 100n), payout('b', 100n, { businessDate: '2026-03-03' })]
    const isApart = ({ id }: { readonly id: string }, { line: at }: { readonly line: number }) => id === 'a' && at === 1

    expect(shown(matchArrivals(payouts, [line(1, 100n), line(2, 100n)], NAMELESS, isApart))).toEqual([
      'amount b 1 100',
      'amount a 2 100',
    ])
  })
})

describe('any payouts and lines', () => {
  const ids = ['a', 'b', 'c', 'd', 'e']
  const amount = fc.constantFrom(-50n, 20n, 30n, 50n, 70n, 100n)
  const day = fc.constantFrom('2026-03-02', '2026-03-03', '2026-03-04', '2026-03-05')
  const currency = fc.constantFrom('EUR', 'USD')
  const payouts = fc
    .array(fc.record({ amount, currency, businessDate: day }), { maxLength: 5 })
    .map((all) => all.map((each, index) => ({ id: ids[index] ?? '', ...each })))
  const lines = fc
    .array(fc.record({ amount, currency, on: day, names: fc.subarray(ids, { maxLength: 3 }) }), { maxLength: 8 })
    .map((all) => all.map((each, index) => ({ fileId: 'f', line: index, ...each })))
  const source = fc.constantFrom(NAMED, NAMELESS)

  it('are each claimed once at most, add up line by line, and none is lost', () => {
    fc.assert(
      fc.property(payouts, lines, source, (ours, theirs, how) => {
        const found = matchArrivals(ours, theirs, how)
        const claimed = found.arrivals.map(({ payout: { id } }) => id)

        expect([...claimed, ...found.payouts.map(({ id }) => id)].toSorted()).toEqual(ours.map(({ id }) => id))
        const used = [...Map.groupBy(found.arrivals, (each) => each.line)]
        expect(used.length + found.lines.length).toBe(theirs.length)
        for (const [at, parts] of used) {
          expect(parts.reduce((sum, part) => sum + part.amount, 0n)).toBe(at.amount)
          expect(parts.every((part) => part.payout.currency === at.currency)).toBe(true)
        }
      }),
    )
  })

  it('give the same arrivals in whatever order they come', () => {
    fc.assert(
      fc.property(payouts, lines, source, (ours, theirs, how) => {
        const again = matchArrivals(ours.toReversed(), theirs.toReversed(), how)

        expect(shown(again)).toEqual(shown(matchArrivals(ours, theirs, how)))
      }),
    )
  })
})
