import { describe, expect, it } from 'vitest'
import { createCharges } from './charges.ts'
import { DAY_MS, dayFromIso, isoDay } from './days.ts'
import { createSettlementBook, type SettlementBook } from './settlement-book.ts'
import { fileText } from './settlement-csv.ts'
import { aRecord } from './testing.ts'

const DAY = 20_515
const MIDNIGHT = (DAY + 1) * DAY_MS

describe('The book of settlement files', () => {
  const charges = createCharges()
  function aBook(...instants: readonly number[]): SettlementBook {
    const book = createSettlementBook(charges)
    book.open(DAY * DAY_MS + 5)
    for (const at of instants) book.captured(charges.add(aRecord({ at, reference: `at ${at - MIDNIGHT}` })))
    return book
  }

  it('tells a day from the next by the millisecond', () => {
    const book = aBook(MIDNIGHT - 1, MIDNIGHT)
    book.produce({ t: 'file', day: isoDay(DAY), at: MIDNIGHT })
    book.produce({ t: 'file', day: isoDay(DAY + 1), at: MIDNIGHT + DAY_MS })

    const source = { charges, settlement: book, chargeId: String, bookId: () => 'abc' }
    const texts = [DAY, DAY + 1].map((day) => {
      const file = book.readyFile(day, Number.POSITIVE_INFINITY)
      return file === undefined ? '' : [...fileText(source, file)].join('')
    })

    expect(texts.map((text) => text.match(/at -?\d+/g))).toEqual([['at -1'], ['at 0']])
  })

  it('has a file ready at its instant and not a millisecond before', () => {
    const book = aBook()
    book.produce({ t: 'file', day: isoDay(DAY), at: MIDNIGHT })
    book.produce({ t: 'file', day: isoDay(DAY + 1), at: MIDNIGHT + DAY_MS, delay_minutes: 10 })
    const late = MIDNIGHT + DAY_MS + 600_000

    expect(book.readyFile(DAY, MIDNIGHT - 1)).toBeUndefined()
    expect(book.readyFile(DAY, MIDNIGHT)).toMatchObject({ day: DAY, lines: 0 })
    expect(book.readyFile(DAY + 1, late - 1)).toBeUndefined()
    expect(book.readyFile(DAY + 1, late)).toMatchObject({ day: DAY + 1 })
    expect([book.nextReadyAt(late - 1), book.nextReadyAt(late)]).toEqual([late, undefined])
    expect(book.readyFile(DAY - 1, late)).toBeUndefined()
  })

  it('never changes a file that was produced', () => {
    const book = aBook()
    book.produce({ t: 'file', day: isoDay(DAY), at: MIDNIGHT })

    const late = charges.add(aRecord({ at: MIDNIGHT - 1 }))

    expect(() => book.captured(late)).toThrow('never changes')
    expect(() => book.produce({ t: 'file', day: isoDay(DAY), at: MIDNIGHT })).toThrow('comes before')
  })
})

describe('A day', () => {
  it.each(['2024-02-29', '1970-01-01', '2026-12-31'])('%s is read and written', (text) => {
    expect(isoDay(dayFromIso(text) ?? 0)).toBe(text)
  })

  it.each(['2026-02-29', '2026-13-01', '2026-1-1', '20260101', '', '2026-01-01T00', '+02026-01-01'])(
    '%j is none',
    (text) => {
      expect(dayFromIso(text)).toBeUndefined()
    },
  )
})
