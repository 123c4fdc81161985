import { describe, expect, it } from 'vitest'
import { expectedBetween, latenessOf } from './expected.ts'

const WEEKDAYS = { by: '09:00', days: [1, 2, 3, 4, 5], zone: 'Europe/Berlin' }
const SINCE = new Date('2026-03-02T10:00:00Z') // a Monday

const at = (now: string, newest?: string) => {
  const { next, lateSince, overdue } = latenessOf(WEEKDAYS, SINCE, newest, new Date(now))
  return [next.businessDate, next.by.toISOString(), lateSince !== undefined, overdue]
}

describe('a file of weekdays by nine', () => {
  it('is awaited on the next weekday, of the weekday before', () => {
    expect(at('2026-03-02T12:00:00Z')).toEqual(['2026-03-02', '2026-03-03T08:00:00.000Z', false, 0])
    expect(at('2026-03-06T12:00:00Z', '2026-03-05')).toEqual(['2026-03-06', '2026-03-09T08:00:00.000Z', false, 0])
  })

  it('is late from that minute on, once for each day that is missing', () => {
    expect(at('2026-03-03T07:59:59Z')).toEqual(['2026-03-02', '2026-03-03T08:00:00.000Z', false, 0])
    expect(at('2026-03-03T08:00:00Z')).toEqual(['2026-03-02', '2026-03-03T08:00:00.000Z', true, 1])
    expect(at('2026-03-05T08:00:00Z')).toEqual(['2026-03-02', '2026-03-03T08:00:00.000Z', true, 3])
  })

  it('is not late once it, or a newer one, is there', () => {
    expect(at('2026-03-03T08:00:00Z', '2026-03-02')).toEqual(['2026-03-03', '2026-03-04T08:00:00.000Z', false, 0])
    expect(at('2026-03-05T12:00:00Z', '2026-03-04')).toEqual(['2026-03-05', '2026-03-06T08:00:00.000Z', false, 0])
  })

  it('was not expected before the source was declared', () => {
    expect(at('2026-03-02T12:00:00Z', '2026-02-10')).toEqual(['2026-03-02', '2026-03-03T08:00:00.000Z', false, 0])
  })

  it('is due by the wall clock, also when clocks change', () => {
    const since = new Date('2026-03-27T10:00:00Z')

    expect(latenessOf(WEEKDAYS, since, '2026-03-26', since).next.by.toISOString()).toBe('2026-03-30T07:00:00.000Z')
  })
})

describe('a weekly file', () => {
  it('is awaited once a week', () => {
    const schedule = { by: '18:00', days: [1], zone: 'UTC' }

    const { next, overdue } = latenessOf(schedule, SINCE, '2026-03-08', new Date('2026-03-16T17:00:00Z'))

    expect([next.businessDate, next.by.toISOString(), overdue]).toEqual(['2026-03-09', '2026-03-16T18:00:00.000Z', 0])
  })
})

describe('the expected days between two', () => {
  it('are those of the week, without both', () => {
    expect(expectedBetween('2026-03-05', '2026-03-10', WEEKDAYS.days)).toEqual(['2026-03-06', '2026-03-09'])
    expect(expectedBetween('2026-03-05', '2026-03-06', WEEKDAYS.days)).toEqual([])
    expect(expectedBetween('2026-03-06', '2026-03-05', WEEKDAYS.days)).toEqual([])
  })
})
