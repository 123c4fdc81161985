import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeBank, type OpenBankBreak } from './judge.ts'
import type { ConcernedLine } from './lines.ts'
import type { StoredPayout } from './payouts.ts'
import type { BankSource } from './source.ts'

const BANK: BankSource = {
  name: 'house-bank',
  zone: 'UTC',
  psps: ['acme'],
  account: undefined,
  calendar: { days: [1, 2, 3, 4, 5], holidays: [] },
  lagDays: 1,
  windowDays: 5,
  references: 'remittance',
  recognisedBy: [],
}
const DAY = '2026-03-04'

const ids = ['a', 'b', 'c', 'd']
const payouts = fc
  .array(
    fc.record({
      amount: fc.constantFrom(-40n, 40n, 60n, 100n),
      currency: fc.constantFrom('EUR', 'USD'),
      businessDate: fc.constantFrom('2026-03-02', '2026-03-03', '2026-03-04'),
      arrived: fc.boolean(),
    }),
    { maxLength: 4 },
  )
  .map((all) =>
    all.map((each, index): StoredPayout => {
      const id = ids[index] ?? ''
      return { id, psp: 'acme', pspReference: `po_${id}`, reference: null, occurredAt: new Date(0), ...each }
    }),
  )
const lines = fc
  .array(
    fc.record({
      amount: fc.constantFrom(-40n, 40n, 60n, 99n, 100n),
      currency: fc.constantFrom('EUR', 'USD'),
      names: fc.subarray(ids, { maxLength: 2 }),
      recognised: fc.boolean(),
    }),
    { maxLength: 6 },
  )
  .map((all) =>
    all.map(
      (each, index): ConcernedLine => ({
        fileId: 'f',
        line: index,
        on: DAY,
        reference: null,
        bankReference: null,
        ...each,
      }),
    ),
  )

describe('a run over any statements', () => {
  it('leaves a line in suspense that nothing leads to any more, because its payout is long past', () => {
    const open: OpenBankBreak = {
      id: 'second line of a payout',
      code: 'duplicate_external',
      class: 'real',
      dueOn: null,
      businessDate: '2025-11-03',
      payoutId: null,
      fileId: 'f',
      line: 7,
      difference: -5n,
      currency: 'EUR',
    }
    const verdict = judgeBank(BANK, DAY, { payouts: [], lines: [], open: [open], apart: [] })
    expect(verdict).toMatchObject({ cleared: [], explained: [], carried: [open.id], counts: { breaks: 1n } })
  })

  it('explains the difference to the cent, and carries on what the run before left', () => {
    fc.assert(
      fc.property(payouts, lines, (ours, theirs) => {
        const first = judgeBank(BANK, DAY, { payouts: ours, lines: theirs, open: [], apart: [] })
        expect(first.proof.every(({ unexplained }) => unexplained === 0n)).toBe(true)
        const open = first.found
          .filter(({ code }) => code !== 'payout_mismatch')
          .map(
            (each, index): OpenBankBreak => ({
              id: String(index),
              code: each.code,
              class: each.class,
              dueOn: each.dueOn ?? null,
              businessDate: DAY,
              payoutId: each.payout?.id ?? null,
              fileId: each.theirs?.fileId ?? null,
              line: each.theirs?.line ?? null,
              difference: each.difference ?? null,
              currency: each.currency ?? null,
            }),
          )
        const claimed = new Set(first.arrivals.map(({ line }) => line.line))
        const arrivedIds = new Set(first.arrivals.map(({ payout }) => payout.id))
        const second = judgeBank(BANK, '2026-03-05', {
          payouts: ours.map((each) => ({ ...each, arrived: each.arrived || arrivedIds.has(each.id) })),
          lines: theirs.filter(({ line }) => !claimed.has(line)),
          open,
          apart: [],
        })
        expect(second.proof.every(({ unexplained }) => unexplained === 0n)).toBe(true)
        expect([second.found, second.cleared, second.carried.length]).toEqual([[], [], open.length])
        expect(second.promoted).toEqual(
          open.flatMap(({ id, dueOn }) =>
            dueOn !== null && dueOn <= '2026-03-05' ? [{ id, code: 'missing_external' }] : [],
          ),
        )
      }),
    )
  })

  it('leaves a pair apart that people took apart, both sides open, and explains the difference to the cent', () => {
    const source = fc.constantFrom<Partial<BankSource>>({}, { references: 'none' })
    fc.assert(
      fc.property(payouts, lines, source, (ours, theirs, over) => {
        const bank = { ...BANK, ...over }
        const first = judgeBank(bank, DAY, { payouts: ours, lines: theirs, open: [], apart: [] })
        const [pair] = first.arrivals
        if (pair === undefined) return
        const apart = first.arrivals
          .filter(({ line }) => line === pair.line)
          .map(({ payout, line }) => ({ payoutId: payout.id, fileId: line.fileId, line: line.line }))

        const second = judgeBank(bank, DAY, {
          payouts: ours,
          lines: theirs.map((line) => ({ ...line, recognised: line.recognised || line.line === pair.line.line })),
          open: [],
          apart,
        })

        const places = second.arrivals.map(({ payout, line }) => `${payout.id} ${line.line}`)
        expect(places.filter((place) => apart.some((each) => place === `${each.payoutId} ${each.line}`))).toEqual([])
        const isSeen = [...second.arrivals.map(({ line }) => line), ...second.alone.lines].some(
          ({ line }) => line === pair.line.line,
        )
        expect([isSeen, second.proof.every(({ unexplained }) => unexplained === 0n)]).toEqual([true, true])
      }),
    )
  })

  it('leaves lines alone that are nobody’s', () => {
    const stranger = { fileId: 'f', line: 1, on: DAY, amount: 5n, currency: 'EUR', names: [], reference: null }
    const verdict = judgeBank(BANK, DAY, {
      payouts: [],
      lines: [{ ...stranger, bankReference: null, recognised: false }],
      open: [],
      apart: [],
    })

    expect([verdict.found, verdict.strange, verdict.proof]).toEqual([[], [], []])
  })
})
