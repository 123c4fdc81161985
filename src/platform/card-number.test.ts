import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { holdsCardNumber, mayHoldCardNumber } from './card-number.ts'

/** Numbers that PSPs publish for tests, or made up of zeros and a right sum; one or more per brand. */
const TEST_NUMBERS = {
  visa: '4242424242424242',
  'visa, 13 digits': '4222222222222',
  'visa, 19 digits': '4000000000000000006',
  mastercard: '5555555555554444',
  'mastercard, 2 series': '2223003122003222',
  'american express': '378282246310005',
  'american express, 34': '343434343434343',
  discover: '6011111111111117',
  'discover, 65': '6500000000000002',
  'diners club': '30569309025904',
  'diners club, 38': '38520000023237',
  'diners club, 36': '36227206271667',
  jcb: '3530111333300000',
  unionpay: '6200000000000005',
  'unionpay, 19 digits': '6205500000000000004',
  maestro: '6759649826438453',
  'maestro, 5018': '5018000000000009',
  mir: '2200000000000004',
  rupay: '6080320000000002',
  hipercard: '6062826786276634',
  troy: '9792020000000001',
  verve: '5060990580000217499',
} as const

const fours = (digits: string): string[] => digits.match(/.{1,4}/g) ?? []

describe('a card number', () => {
  it.each(Object.entries(TEST_NUMBERS))('of %s is seen plain, spaced, dashed and inside a text', (_, digits) => {
    const amexGroups =
      digits.length === 15 ? [digits.slice(0, 4), digits.slice(4, 10), digits.slice(10)] : fours(digits)
    const ways = [
      digits,
      fours(digits).join(' '),
      fours(digits).join('-'),
      amexGroups.join(' '),
      [...digits].join(' '),
      fours(digits).join('\u00a0'),
      fours(digits).join('\u2013'),
      `card ${digits}`,
      `paid with ${fours(digits).join(' ')}, thanks`,
      `pm_${digits}`,
      `"${digits}"`,
      `é ${digits}.`,
      `${digits} 12/26`,
      `order 7: ${digits}`,
    ]

    expect(ways.filter((way) => !holdsCardNumber(way))).toEqual([])
    expect(ways.filter((way) => !mayHoldCardNumber(way))).toEqual([])
  })

  it.each([
    '4242 4242 4242 4242 12 26',
    '2026-11-22 4242424242424242',
    '1 4242-4242-4242-4242',
    'x4242424242424242 4242424242424242',
    '4242424242424242.0',
    'no. 4242424242424242.',
    'a.4242424242424242',
  ])('is seen among other groups of digits: %s', (text) => {
    expect(holdsCardNumber(text)).toBe(true)
  })

  it.each([
    ['a wrong Luhn sum', '4242424242424241'],
    ['no known brand', '9999999999999995'],
    ['a length that its brand does not have', '424242424242423'],
    ['twelve digits', '424242424242'],
    ['twenty digits', '42424242424242424242'],
    ['a letter right before', 'a4242424242424242'],
    ['a letter right after', '4242424242424242b'],
    ['a letter of another script right after', '4242424242424242ж'],
    ['a letter beyond the basic plane right before', '\u{10400}4242424242424242'],
    ['a further digit', '42424242424242420'],
    ['two separators between groups', '4242  4242  4242  4242'],
    ['a full stop between groups', '4242.4242.4242.4242'],
    ['the decimals of a number', '0.4242424242424242'],
    ['milliseconds since 1970', '1763827200000'],
    ['no digits', 'pm_test_visa'],
    ['nothing', ''],
  ])('is not a text with %s', (_, text) => {
    expect(holdsCardNumber(text)).toBe(false)
  })

  it('is not seen in any of 100,000 random hexadecimal ids of 32 digits', () => {
    const ids = Array.from({ length: 100_000 }, () => randomBytes(16).toString('hex'))

    expect(ids.filter(holdsCardNumber)).toEqual([])
  })

  it('is not seen in any of 100,000 random UUIDs', () => {
    const ids = Array.from({ length: 100_000 }, () => randomUUID())

    expect(ids.filter(holdsCardNumber)).toEqual([])
  })

  it('is looked for in time that grows with the text only', () => {
    const long = '1 '.repeat(500_000)
    const started = performance.now()

    expect(holdsCardNumber(long)).toBe(false)

    // A quadratic search of a million characters would take minutes; the bound is generous for a busy machine.
    expect(performance.now() - started).toBeLessThan(10_000)
  })
})
