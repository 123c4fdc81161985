import { describe, expect, it } from 'vitest'
import { createDateReader, type DateOrder } from './date-text.ts'

const dates = createDateReader()

const shown = (text: string, order: DateOrder): string | undefined => {
  const read = dates.read(text, order)
  if (read === undefined) return undefined
  const time = read.timeMs === undefined ? '' : ` ${read.timeMs}`
  return `${read.date}${time}${read.offsetMinutes === undefined ? '' : ` ${read.offsetMinutes}`}`
}

const at = (hours: number, minutes = 0, seconds = 0): number => ((hours * 60 + minutes) * 60 + seconds) * 1_000

describe('a date', () => {
  it.each([
    ['2026-03-04', 'ymd', '2026-03-04'],
    ['2026/3/4', 'ymd', '2026-03-04'],
    ['2026. 03. 04.', 'ymd', '2026-03-04'],
    ['20260304', 'ymd', '2026-03-04'],
    ['04032026', 'dmy', '2026-03-04'],
    ['04.03.2026', 'dmy', '2026-03-04'],
    ['4. 3. 2026', 'dmy', '2026-03-04'],
    ['04/03/26', 'dmy', '2026-03-04'],
    ['03/04/2026', 'mdy', '2026-03-04'],
    ['3-4-99', 'mdy', '1999-03-04'],
    ['26-03-04', 'ymd', '2026-03-04'],
    ['26-03-04', 'dmy', '2004-03-26'],
    ['2026年3月4日', 'ymd', '2026-03-04'],
    ['2026년 3월 4일', 'ymd', '2026-03-04'],
    ['1772582400', 'epoch_seconds', `2026-03-04 0 0`],
    ['1772582400.5', 'epoch_seconds', `2026-03-04 500 0`],
    ['1772582400123', 'epoch_ms', `2026-03-04 123 0`],
    ['46085', 'excel', '2026-03-04'],
    ['46085.5', 'excel', `2026-03-04 ${at(12)}`],
  ] as const)('%s in the order %s is %s', (text, order, expected) => {
    expect(shown(text, order)).toBe(expected)
  })

  it.each([
    '4 March 2026', '4th of March 2026', 'Mar 4, 2026', 'March 4th, 2026', '04-Mar-26', '4. März 2026', '4 mars 2026', '4 de marzo de 2026',
    '4 marzo 2026', '4 maart 2026', '4 de março de 2026', '4 marca 2026', '4. března 2026', '4 mars 2026', '4. marts 2026', '4. maaliskuuta 2026',
    '4 martie 2026', '4 Mart 2026', '4 марта 2026 г.', '4 березня 2026', '4 март 2026', '4 Μαρτίου 2026', '4. marca 2026',
    '4 Maret 2026', '2026-Mar-04', 'Wed, 04 Mar 2026', '4 MAR 2026',
  ])('%s proves itself in every order', (text) => {
    expect(['ymd', 'dmy', 'mdy'].map((order) => shown(text, order as DateOrder))).toEqual(Array(3).fill('2026-03-04'))
  }) // biome-ignore format: one list

  it.each([
    ['2026-02-30', 'ymd'], ['31.04.2026', 'dmy'], ['13/13/2026', 'mdy'], ['29/02/2025', 'dmy'], ['00.01.2026', 'dmy'],
    ['4 Smarch 2026', 'dmy'], ['1969-12-31', 'ymd'], ['2026-3', 'ymd'], ['3/4', 'dmy'], ['2026-03-04x', 'ymd'], ['', 'ymd'],
    ['46085', 'ymd'], ['123', 'excel'], ['99999999999', 'epoch_seconds'], ['26/03/04', 'ymd'], ['2026-03-04', 'dmy'],
    ['2026-03.04', 'ymd'],
  ] as const)('is not %s in the order %s', (text, order) => {
    expect(shown(text, order)).toBeUndefined()
  }) // biome-ignore format: one list

  it('29 February is one in a leap year', () => {
    expect(shown('29.02.2024', 'dmy')).toBe('2024-02-29')
  })

  it('of hostile length takes no time', () => {
    for (const text of [' '.repeat(100_000), 'a '.repeat(50_000), '1/'.repeat(50_000)])
      expect(dates.ordersOf(text).size).toBe(0)
  })
})

describe('a time', () => {
  it.each([
    ['2026-03-04T10:20:30Z', `2026-03-04 ${at(10, 20, 30)} 0`],
    ['2026-03-04t10:20:30z', `2026-03-04 ${at(10, 20, 30)} 0`],
    ['2026-03-04 10:20', `2026-03-04 ${at(10, 20)}`],
    ['2026-03-04, 10:20:30.123456', `2026-03-04 ${at(10, 20, 30) + 123}`],
    ['2026-03-04T10:20:30+05:30', `2026-03-04 ${at(10, 20, 30)} 330`],
    ['2026-03-04 10:20:30 -0800', `2026-03-04 ${at(10, 20, 30)} -480`],
    ['2026-03-04 10:20:30 PST', `2026-03-04 ${at(10, 20, 30)} -480`],
    ['2026-03-04 10:20:30 CEST', `2026-03-04 ${at(10, 20, 30)} 120`],
    ['2026-03-04 12:00 AM', `2026-03-04 0`],
    ['2026-03-04 12:00 PM', `2026-03-04 ${at(12)}`],
    ['2026-03-04 1:05:06 p.m.', `2026-03-04 ${at(13, 5, 6)}`],
  ])('%s is read', (text, expected) => {
    expect(shown(text, 'ymd')).toBe(expected)
  })

  it.each([
    '2026-03-04 24:00', '2026-03-04 10:60', '2026-03-04 10:20:61', '2026-03-04 13:00 PM', '2026-03-04 0:00 AM', '2026-03-04 10:20 +15:00',
    '2026-03-04 10:20 -13:00', '2026-03-04 10:20 +05:75', '2026-03-04 10:20 XYZ', '2026-03-04 10:20 IST',
  ])('%s is none', (text) => {
    expect(shown(text, 'ymd')).toBeUndefined()
  }) // biome-ignore format: one list
})
