import { describe, expect, it } from 'vitest'
import type { NewBreak, OursRecord, TheirsRecord } from './break.ts'
import {
  breakOfOurs,
  breakOfPair,
  breakOfTheirs,
  breakOfUnknown,
  contribution,
  type DifferingPair,
  promotion,
} from './decide.ts'
import type { Source } from './source.ts'

const DAY = '2026-03-03'

const aSource = (overrides: Partial<Source> = {}): Source => ({
  name: 'psp',
  zone: 'UTC',
  cutOff: '00:00',
  dayNamedBy: 'start',
  graceMinutes: 15,
  lagDays: 1,
  feeSchedule: undefined,
  ...overrides,
})

const ours = (overrides: Partial<OursRecord> = {}): OursRecord => ({
  attemptId: 'attempt',
  paymentId: 'payment',
  pspReference: 'psp_1',
  amount: 1_000n,
  currency: 'EUR',
  occurredAt: new Date(`${DAY}T12:00:00Z`),
  businessDate: DAY,
  ...overrides,
})

const theirs = (overrides: Partial<TheirsRecord> = {}): TheirsRecord => ({
  fileId: 'file',
  line: 3,
  kind: 'charge',
  status: 'captured',
  reference: 'att_1',
  pspReference: 'psp_1',
  amount: 1_000n,
  fee: 59n,
  currency: 'EUR',
  occurredAt: new Date(`${DAY}T12:00:00Z`),
  ...overrides,
})

const around = (overrides: Partial<Source> = {}, day = DAY) => ({ day, source: aSource(overrides) })

const essence = ({ code, class: kind, dueOn, difference, currency }: NewBreak) => ({
  code,
  class: kind,
  dueOn,
  difference,
  currency,
})

describe('a pair that differs', () => {
  const pair = (code: DifferingPair['code'], overrides: Partial<DifferingPair> = {}): DifferingPair => ({
    code,
    ours: ours(),
    theirs: theirs({ amount: 900n }),
    expectedFee: undefined,
    ...overrides,
  })

  it.each([
    ['amount_mismatch', pair('amount_mismatch'), 100n, 'EUR'],
    ['amount_mismatch', pair('amount_mismatch', { theirs: theirs({ amount: 1_001n }) }), -1n, 'EUR'],
    ['status_mismatch', pair('status_mismatch', { theirs: theirs({ status: 'refunded' }) }), 0n, 'EUR'],
    ['status_mismatch', pair('status_mismatch', { theirs: theirs({ amount: -1_000n }) }), 2_000n, 'EUR'],
    ['split_mismatch', pair('split_mismatch', { theirs: theirs() }), 0n, 'EUR'],
    ['fee_mismatch', pair('fee_mismatch', { expectedFee: 49n }), -10n, 'EUR'],
    ['fee_mismatch', pair('fee_mismatch', { expectedFee: 60n }), 1n, 'EUR'],
    ['currency_mismatch', pair('currency_mismatch', { theirs: theirs({ currency: 'USD' }) }), undefined, undefined],
  ] as const)('is a real %s', (code, found, difference, currency) => {
    const verdict = breakOfPair(found)

    expect(essence(verdict)).toEqual({ code, class: 'real', dueOn: undefined, difference, currency })
    expect([verdict.ours, verdict.theirs]).toEqual([found.ours, found.theirs])
  })
})

describe('a record that only we have', () => {
  const at = (time: string, businessDate = DAY): OursRecord =>
    ours({ occurredAt: new Date(`${businessDate}T${time}Z`), businessDate })
  const straddle = (dueOn: string) => ({ code: 'cutoff_straddle', class: 'temporary', dueOn })
  const awaiting = (dueOn: string) => ({ code: 'awaiting_settlement', class: 'temporary', dueOn })
  const missing = { code: 'missing_external', class: 'real', dueOn: undefined }

  it.each([
    ['seconds before the cut-off, lag 0', 0, at('23:59:55.000'), DAY, straddle('2026-03-04')],
    ['seconds before the cut-off, lag 1', 1, at('23:59:55.000'), DAY, straddle('2026-03-04')],
    ['seconds before the cut-off, lag 3', 3, at('23:59:55.000'), DAY, straddle('2026-03-06')],
    ['as long as the grace before the cut-off', 1, at('23:45:00.000'), DAY, straddle('2026-03-04')],
    ['longer than the grace before the cut-off', 1, at('23:44:59.999'), DAY, awaiting('2026-03-04')],
    ['just after the cut-off before', 0, at('00:00:30.000'), DAY, missing],
    ['just after the cut-off before, lag 1', 1, at('00:00:30.000'), DAY, awaiting('2026-03-04')],
    ['at noon, lag 0', 0, at('12:00:00.000'), DAY, missing],
    ['at noon, lag 1', 1, at('12:00:00.000'), DAY, awaiting('2026-03-04')],
    ['at noon, lag 3', 3, at('12:00:00.000'), DAY, awaiting('2026-03-06')],
    ['learned a day late, lag 1', 1, at('12:00:00.000', '2026-03-02'), DAY, missing],
    ['learned a day late, lag 3', 3, at('12:00:00.000', '2026-03-02'), DAY, awaiting('2026-03-05')],
    ['learned a day late, before its cut-off', 1, at('23:59:55.000', '2026-03-02'), DAY, missing],
    ['learned a day late, before its cut-off, lag 3', 3, at('23:59:55.000', '2026-03-02'), DAY, awaiting('2026-03-05')],
    ['learned a month late', 3, at('12:00:00.000', '2026-02-01'), DAY, missing],
  ] as const)('%s', (_when, lagDays, record, day, expected) => {
    const found = breakOfOurs({ ...record, isDuplicate: false }, around({ lagDays }, day))

    expect(essence(found)).toEqual({ ...expected, difference: 1_000n, currency: 'EUR' })
    expect(found.ours).toEqual(record)
  })

  it('is a duplicate when one like it was matched, whenever it was', () => {
    const found = breakOfOurs({ ...at('23:59:55.000'), isDuplicate: true }, around())

    expect(essence(found)).toEqual({
      code: 'duplicate_internal',
      class: 'real',
      dueOn: undefined,
      difference: 1_000n,
      currency: 'EUR',
    })
  })

  it('straddles by the wall clock of the source', () => {
    const berlin = { zone: 'Europe/Berlin', cutOff: '17:00' }
    const record = ours({ occurredAt: new Date('2026-03-04T15:59:55Z'), businessDate: DAY })

    const found = breakOfOurs({ ...record, isDuplicate: false }, around(berlin))

    expect(found.code).toBe('cutoff_straddle')
  })
})

describe('a line of which we have no record', () => {
  const real = (code: string) => ({ code, class: 'real', dueOn: undefined })
  const awaiting = { code: 'awaiting_internal', class: 'temporary', dueOn: '2026-03-04' }

  it.each([
    ['seconds after the cut-off', '2026-03-04T00:00:30Z', awaiting],
    ['seconds after the cut-off before', '2026-03-03T00:00:30Z', awaiting],
    ['just within the grace', '2026-03-04T00:14:59.999Z', awaiting],
    ['as long as the grace after it', '2026-03-04T00:15:00Z', real('missing_internal')],
    ['seconds before the cut-off', '2026-03-03T23:59:55Z', real('missing_internal')],
    ['at noon', '2026-03-03T12:00:00Z', real('missing_internal')],
  ])('%s', (_when, at, expected) => {
    const found = breakOfTheirs({ ...theirs({ occurredAt: new Date(at) }), isDuplicate: false }, around())

    expect(essence(found)).toEqual({ ...expected, difference: -1_000n, currency: 'EUR' })
  })

  it('without a stamp never straddles', () => {
    const found = breakOfTheirs({ ...theirs({ occurredAt: null }), isDuplicate: false }, around())

    expect(found.code).toBe('missing_internal')
  })

  it('is a duplicate when its charge was matched, whenever it was', () => {
    const line = theirs({ occurredAt: new Date('2026-03-04T00:00:30Z') })

    const found = breakOfTheirs({ ...line, isDuplicate: true }, around())

    expect(essence(found)).toMatchObject(real('duplicate_external'))
  })

  it('that takes money back is a difference to our side', () => {
    const found = breakOfTheirs({ ...theirs({ kind: 'refund', amount: -400n }), isDuplicate: false }, around())

    expect(found.difference).toBe(400n)
  })
})

describe('an outcome that nobody knows', () => {
  it.each([
    [0, '2026-03-04'],
    [1, '2026-03-04'],
    [3, '2026-03-06'],
  ])('is awaited for %i days, and one at least', (lagDays, dueOn) => {
    const found = breakOfUnknown(ours(), around({ lagDays }))

    expect(essence(found)).toEqual({
      code: 'pending_outcome',
      class: 'temporary',
      dueOn,
      difference: undefined,
      currency: undefined,
    })
  })
})

describe('a promotion', () => {
  const open = (code: NewBreak['code'], dueOn: string | null = DAY) => ({ code, class: 'temporary' as const, dueOn })

  it.each([
    ['cutoff_straddle', 'missing_external'],
    ['awaiting_settlement', 'missing_external'],
    ['awaiting_internal', 'missing_internal'],
    ['pending_outcome', 'pending_outcome'],
  ] as const)('of a %s on its due date makes a %s', (code, promoted) => {
    expect(promotion(open(code), DAY)).toBe(promoted)
    expect(promotion(open(code), '2026-03-04')).toBe(promoted)
  })

  it('waits for the due date', () => {
    expect(promotion(open('awaiting_settlement', '2026-03-04'), DAY)).toBeUndefined()
  })

  it('comes once', () => {
    expect(promotion({ code: 'missing_external', class: 'real', dueOn: DAY }, DAY)).toBeUndefined()
    expect(promotion({ code: 'pending_outcome', class: 'real', dueOn: DAY }, '2026-03-09')).toBeUndefined()
  })

  it('comes to nothing without a due date', () => {
    expect(promotion(open('awaiting_settlement', null), DAY)).toBeUndefined()
  })
})

describe('a contribution to the proof', () => {
  it.each([
    ['of what only we have', { code: 'missing_external', ours: ours(), theirs: undefined }, [['EUR', 1_000n]]],
    ['of what only they have', { code: 'missing_internal', ours: undefined, theirs: theirs() }, [['EUR', -1_000n]]],
    ['of an unknown outcome', { code: 'pending_outcome', ours: ours(), theirs: undefined }, []],
    [
      'of a pair',
      { code: 'amount_mismatch', ours: ours(), theirs: theirs({ amount: 900n }) },
      [
        ['EUR', 1_000n],
        ['EUR', -900n],
      ],
    ],
    [
      'across currencies',
      { code: 'currency_mismatch', ours: ours(), theirs: theirs({ currency: 'USD' }) },
      [
        ['EUR', 1_000n],
        ['USD', -1_000n],
      ],
    ],
    ['of a file or a ledger', { code: 'ledger_mismatch', ours: undefined, theirs: undefined }, []],
  ] as const)('%s', (_what, found, expected) => {
    expect(contribution(found)).toEqual(expected)
  })
})
