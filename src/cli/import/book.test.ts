import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BookLine, createCheckoutBook } from './book.ts'

const aLine = (line: Partial<BookLine> = {}): BookLine => ({
  checkout: 'c1',
  seller: 'acme',
  currency: 'EUR',
  amount: 100n,
  lineNumber: 2,
  ...line,
})

function bookOf(lines: readonly BookLine[], maxOrders = 10_000) {
  const book = createCheckoutBook({ maxOrders })
  for (const line of lines) book.add(line)
  book.close()
  return book
}

describe('a checkout book', () => {
  it('sums the lines of one checkout and seller, wherever they stand', () => {
    const book = bookOf([
      aLine({ amount: 100n }),
      aLine({ checkout: 'c2', seller: 'casa', amount: 7n, lineNumber: 3 }),
      aLine({ seller: 'casa', amount: 50n }),
      aLine({ amount: -25n }),
    ])

    expect(book.checkout(0)).toEqual({
      checkout: 'c1',
      currency: 'EUR',
      lineNumber: 2,
      orders: [
        { seller: 'acme', amount: 75n },
        { seller: 'casa', amount: 50n },
      ],
    })
    expect(book.size()).toEqual({ checkouts: 2, orders: 3, sellers: 2 })
    expect(book.totals()).toEqual(new Map([['EUR', 132n]]))
  })

  it('holds what a plain grouping of the same lines holds, in order of first appearance', () => {
    const line = fc.record({
      checkout: fc.constantFrom('c1', 'c2', 'c3', '__proto__'),
      seller: fc.constantFrom('s1', 's2', 's3', 's4'),
      amount: fc.bigInt({ min: 1n, max: 1_000_000n }),
    })
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 60 }), (lines) => {
        const expected = new Map<string, Map<string, bigint>>()
        for (const { checkout, seller, amount } of lines) {
          const sellers = expected.get(checkout) ?? new Map<string, bigint>()
          expected.set(checkout, sellers.set(seller, (sellers.get(seller) ?? 0n) + amount))
        }

        const book = bookOf(lines.map((one) => aLine(one)))

        const held = Array.from({ length: book.size().checkouts }, (_, index) => {
          const { checkout, orders } = book.checkout(index)
          return [checkout, orders.map(({ seller, amount }) => [seller, amount])]
        })
        expect(held).toEqual([...expected].map(([checkout, sellers]) => [checkout, [...sellers]]))
      }),
    )
  })

  it.each([
    ['two currencies', [aLine(), aLine({ currency: 'USD', lineNumber: 9 })], 9, /is in USD here and in EUR before/],
    ['an order of zero', [aLine({ amount: 0n })], 2, /gets 0 minor units .*; a payment order is more than 0/],
    ['a discount that eats an order', [aLine(), aLine({ amount: -100n })], 2, /gets 0 minor units/],
    ['an order beyond 2^53', [aLine({ amount: 2n ** 53n - 1n }), aLine({ lineNumber: 5 })], 5, /more than 2\^53/],
    ['a checkout beyond 2^53', [aLine({ amount: 2n ** 53n - 1n }), aLine({ seller: 'b' })], 2, /is more than 2\^53/],
  ])('refuses %s and names the line', (_what, lines, lineNumber, message) => {
    expect(() => bookOf(lines)).toThrow(
      expect.objectContaining({ lineNumber, message: expect.stringMatching(message) }),
    )
  })

  it('refuses the seller after the thousandth of one checkout', () => {
    const lines = Array.from({ length: 1_001 }, (_, index) => aLine({ seller: `s${index}`, lineNumber: index }))

    expect(() => bookOf(lines)).toThrow(expect.objectContaining({ lineNumber: 1_000 }))
  })

  it('refuses more orders than it may hold, rather than filling the memory', () => {
    const lines = ['a', 'b', 'c'].map((checkout, index) => aLine({ checkout, lineNumber: index + 2 }))

    expect(() => bookOf(lines, 2)).toThrow(expect.objectContaining({ lineNumber: 4 }))
    expect(bookOf(lines, 3).size().orders).toBe(3)
  })
})
