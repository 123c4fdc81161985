import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dateOfEight, dateOfSix } from './dates.ts'
import { type DecimalMark, readDecimal, rounded, toMinor } from './decimal.ts'
import { createZoneReader } from './zone.ts'

const minor = (text: string, currency: string, mark: DecimalMark = '.'): [bigint, bigint] | undefined => {
  const decimal = readDecimal(text, mark)
  if (decimal === undefined) return undefined
  const { amount, rest } = toMinor(decimal, currency)
  return [amount, rest]
}

describe('a decimal', () => {
  it('is minor units of its currency: 0, 2, 3 and 4 decimals', () => {
    expect(['JPY', 'EUR', 'KWD', 'CLF'].map((currency) => minor('12', currency)?.[0])).toEqual([
      12n,
      1_200n,
      12_000n,
      120_000n,
    ])
  })

  it('may have a sign, leading zeros and a mark at its end', () => {
    const texts = ['-20,', '+20,00', '000000020,5', ',5', '\u221220,00']

    expect(texts.map((text) => minor(text, 'EUR', ',')?.[0])).toEqual([-2_000n, 2_000n, 2_050n, 50n, -2_000n])
  })

  it.each([
    '',
    '-',
    '.',
    '1.2.3',
    '1,2',
    '1e3',
    '0x10',
    ' 1',
    '1 000',
    '$1',
    'NaN',
    '1'.repeat(65),
    `0.${'1'.repeat(25)}`,
  ])('is not %j', (text) => {
    expect(readDecimal(text, '.')).toBeUndefined()
  })

  it('loses nothing: what is finer than the currency stays beside it, and rounds half away from zero', () => {
    const round = (text: string, currency = 'EUR'): bigint | undefined => {
      const decimal = readDecimal(text, '.')
      return decimal && rounded(toMinor(decimal, currency), currency)
    }

    expect(minor('100.0000000000005', 'EUR')).toEqual([10_000n, 5n * 10n ** 11n])
    expect(['0.005', '-0.005', '0.0049', '1.999'].map((text) => round(text))).toEqual([1n, -1n, 0n, 200n])
    expect(round('0.5', 'JPY')).toBe(1n)
  })

  it('of any size and scale is exact', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
        fc.integer({ min: 0, max: 9 }),
        (digits, scale) => {
          const sign = digits < 0n ? '-' : ''
          const padded = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0')
          const text = scale === 0 ? sign + padded : `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`
          const { amount, rest } = toMinor(readDecimal(text, '.') ?? { digits: 0n, scale: 0 }, 'KWD')

          expect(amount * 10n ** 21n + rest).toBe(digits * 10n ** BigInt(24 - scale))
        },
      ),
    )
  })

  it('beyond 2^63 − 1 minor units is refused', () => {
    expect(minor('92233720368547758.07', 'EUR')?.[0]).toBe(2n ** 63n - 1n)
    expect(() => minor('92233720368547758.08', 'EUR')).toThrow('2^63')
  })
})

describe('a date', () => {
  it('is one that there is', () => {
    expect([dateOfSix('240229'), dateOfSix('990101'), dateOfSix('250230'), dateOfSix('25013')]).toEqual([
      '2024-02-29',
      '1999-01-01',
      undefined,
      undefined,
    ])
    expect([dateOfEight('20260331'), dateOfEight('20260431'), dateOfEight('2026-3-1')]).toEqual([
      '2026-03-31',
      undefined,
      undefined,
    ])
  })
})

describe('a time in a zone', () => {
  const HOUR_MS = 3_600_000
  const at = (zone: string, date: string, hours: number): [string, string | undefined] | undefined => {
    const zoned = createZoneReader(zone)(date, hours * HOUR_MS)
    return zoned && [zoned.at.toISOString(), zoned.doubt]
  }

  it('is an instant, in summer and in winter', () => {
    expect(at('Europe/Berlin', '2026-01-15', 12)).toEqual(['2026-01-15T11:00:00.000Z', undefined])
    expect(at('Europe/Berlin', '2026-07-15', 12)).toEqual(['2026-07-15T10:00:00.000Z', undefined])
    expect(at('Asia/Kathmandu', '2026-07-15', 0)).toEqual(['2026-07-14T18:15:00.000Z', undefined])
  })

  it('that does not exist is flagged and read with the offset before', () => {
    expect(at('Europe/Berlin', '2026-03-29', 2.5)).toEqual(['2026-03-29T01:30:00.000Z', 'gap'])
    expect(at('Europe/Berlin', '2026-03-29', 3)).toEqual(['2026-03-29T01:00:00.000Z', undefined])
  })

  it('that comes twice is flagged and read as the earlier one', () => {
    expect(at('Europe/Berlin', '2026-10-25', 2.5)).toEqual(['2026-10-25T00:30:00.000Z', 'overlap'])
    expect(at('Australia/Lord_Howe', '2026-04-05', 1.75)).toEqual(['2026-04-04T14:45:00.000Z', 'overlap'])
    expect(at('Australia/Lord_Howe', '2026-04-05', 1.25)).toEqual(['2026-04-04T14:15:00.000Z', undefined])
  })

  it('is none on a day that there is not, or behind midnight', () => {
    expect([at('UTC', '2026-02-30', 1), at('UTC', '2026-02-28', 24), at('UTC', '2026-02-28', -1)]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('is the same as Temporal gives it, in any zone', () => {
    const zones = ['America/New_York', 'Africa/Casablanca', 'Asia/Tehran', 'Pacific/Apia', 'Antarctica/Troll', 'UTC']
    const readers = new Map(zones.map((zone) => [zone, createZoneReader(zone)]))
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: 0, max: 20_000 * 96 }), (zone, quarters) => {
        const wall = new Temporal.PlainDateTime(1971, 1, 1).add({ minutes: quarters * 15 })
        const timeMs = (wall.hour * 60 + wall.minute) * 60_000
        const expected = wall.toZonedDateTime(zone).epochMilliseconds

        expect(readers.get(zone)?.(wall.toPlainDate().toString(), timeMs)?.at.getTime()).toBe(expected)
      }),
      { numRuns: 3_000 },
    )
  })

  it('in a zone that there is not is refused', () => {
    expect(() => createZoneReader('Mars/Olympus')).toThrow(RangeError)
  })
})
