import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NewEntry } from '../ledger/index.ts'
import { type BookedLine, feeEntry, foundEntry, NOWHERE, payoutEntry, releaseEntry, unmatchedEntry } from './entries.ts'

const MAX = BigInt(Number.MAX_SAFE_INTEGER)
const belongs = { paymentId: 'payment', orderId: 'order' }

const aLine = (overrides: Partial<BookedLine> = {}): BookedLine => ({
  fact: 'sf_1:3',
  amount: 1_000n,
  fee: 59n,
  currency: 'EUR',
  occurredAt: new Date('2026-03-03T12:00:00Z'),
  ...overrides,
})

/** Account and amount, debit positive. */
const postings = (entry: NewEntry | undefined): Record<string, bigint> =>
  Object.fromEntries((entry?.postings ?? []).map(({ account, amount }) => [account.name, amount]))

describe('the entry of a fee', () => {
  it.each([
    ['as in the schedule', 59n, 59n, { 'expense:psp_fee': 59n, 'psp:acme:receivable': -59n }],
    ['below the schedule', 40n, 59n, { 'expense:psp_fee': 40n, 'psp:acme:receivable': -40n }],
    ['without a schedule', 59n, undefined, { 'expense:psp_fee': 59n, 'psp:acme:receivable': -59n }],
    ['above the schedule', 70n, 59n, { 'expense:psp_fee': 59n, 'suspense:acme': 11n, 'psp:acme:receivable': -70n }],
    ['where none is due', 11n, 0n, { 'suspense:acme': 11n, 'psp:acme:receivable': -11n }],
    ['that is given back', -59n, 59n, { 'expense:psp_fee': -59n, 'psp:acme:receivable': 59n }],
  ] as const)('%s', (_what, fee, expected, moves) => {
    const entry = feeEntry('acme', aLine({ fee }), { expected }, belongs)

    expect(postings(entry)).toEqual(moves)
    expect(entry).toMatchObject({ kind: 'psp_fee', fact: 'sf_1:3', ...belongs })
  })

  it.each([
    ['less than ours', 59n, 2n, { 'expense:psp_fee': 59n, rounding: 2n, 'psp:acme:receivable': -61n }],
    ['more than ours', 59n, -2n, { 'expense:psp_fee': 59n, rounding: -2n, 'psp:acme:receivable': -57n }],
    ['less than ours, without a fee', 0n, 2n, { rounding: 2n, 'psp:acme:receivable': -2n }],
  ] as const)('takes along what is tolerated of an amount that is %s', (_what, fee, tolerated, moves) => {
    expect(postings(feeEntry('acme', aLine({ fee }), { expected: undefined, tolerated }, belongs))).toEqual(moves)
  })

  it('is none for no fee', () => {
    expect(feeEntry('acme', aLine({ fee: 0n }), { expected: 59n }, belongs)).toBeUndefined()
  })
})

describe('the entry of a line without a record of ours', () => {
  it('puts all that it moved into suspense', () => {
    const entry = unmatchedEntry('acme', aLine())

    expect(postings(entry)).toEqual({ 'psp:acme:receivable': 941n, 'suspense:acme': -941n })
    expect(entry).toMatchObject({ kind: 'unmatched_line', paymentId: undefined, orderId: undefined })
  })

  it('is undone to the cent when its record is found', () => {
    const entry = foundEntry('acme', aLine(), { id: 'entry', moved: 941n }, belongs)

    expect(postings(entry)).toEqual({ 'psp:acme:receivable': -941n, 'suspense:acme': 941n })
    expect(entry).toMatchObject({ kind: 'unmatched_line_found', reverses: 'entry', ...belongs })
  })

  it('is none when it moved nothing', () => {
    const nothing = aLine({ amount: 59n })

    expect(unmatchedEntry('acme', nothing)).toBeUndefined()
    expect(foundEntry('acme', nothing, { id: 'entry', moved: 0n }, belongs)).toBeUndefined()
  })
})

describe('the entry of a payout', () => {
  it('moves money from the PSP to what is in transit', () => {
    const entry = payoutEntry('acme', aLine({ amount: -5_000n, fee: 0n }))

    expect(postings(entry)).toEqual({ 'psp:acme:in_transit': 5_000n, 'psp:acme:receivable': -5_000n })
  })

  it('that came back moves it the other way', () => {
    const entry = payoutEntry('acme', aLine({ amount: 5_000n, fee: 0n }))

    expect(postings(entry)).toEqual({ 'psp:acme:in_transit': -5_000n, 'psp:acme:receivable': 5_000n })
  })
})

describe('the entry of a release', () => {
  const order = {
    orderId: 'order',
    paymentId: 'payment',
    seller: 'anna',
    currency: 'JPY',
    at: new Date('2026-03-04T00:00:00Z'),
  }

  it('gives the seller what was pending', () => {
    const entry = releaseEntry({ ...order, amount: 900n })

    expect(postings(entry)).toEqual({ 'seller:anna:pending': 900n, 'seller:anna:available': -900n })
    expect(entry).toMatchObject({ kind: 'release', fact: 'order' })
  })

  it('is none when the fee took it all', () => {
    expect(releaseEntry({ ...order, amount: 0n })).toBeUndefined()
  })
})

describe('any entry', () => {
  const amount = fc.oneof(fc.constantFrom(0n, 1n, -1n, MAX, -MAX), fc.bigInt({ min: -MAX, max: MAX }))
  const line = fc.record({ amount, fee: amount, currency: fc.constantFrom('EUR', 'JPY', 'KWD') }).map(aLine)
  const expected = fc.record({ expected: fc.option(amount, { nil: undefined }) })

  it('balances, posts nothing of nothing, and has two sides, whatever the amounts are', () => {
    fc.assert(
      fc.property(line, expected, (each, due) => {
        const entries = [
          feeEntry('acme', each, due, belongs),
          feeEntry('acme', { ...each, fee: each.fee - each.amount }, { expected: undefined }, NOWHERE),
          unmatchedEntry('acme', each),
          foundEntry('acme', each, { id: 'entry', moved: each.amount - each.fee }, belongs),
          payoutEntry('acme', each),
        ].filter((entry) => entry !== undefined)

        for (const { postings: all } of entries) {
          expect(all.length).toBeGreaterThanOrEqual(2)
          expect(all.every((posting) => posting.amount !== 0n && posting.currency === each.currency)).toBe(true)
          expect(all.reduce((sum, posting) => sum + posting.amount, 0n)).toBe(0n)
        }
      }),
    )
  })

  it('of a line moves the receivable by what the line moved the balance', () => {
    const receivable = (entry: NewEntry | undefined): bigint => postings(entry)['psp:acme:receivable'] ?? 0n

    fc.assert(
      fc.property(line, expected, (each, due) => {
        const net = each.amount - each.fee
        const fee = feeEntry('acme', each, due, belongs)

        expect(receivable(unmatchedEntry('acme', each))).toBe(net)
        expect(receivable(foundEntry('acme', each, { id: 'entry', moved: net }, belongs))).toBe(-net)
        expect(receivable(fee)).toBe(-each.fee)
        expect(receivable(payoutEntry('acme', each)) + receivable(fee)).toBe(net)
      }),
    )
  })
})
