import { describe, expect, it } from 'vitest'
import { resolveMapping, shellWord } from './mapping.ts'

const OLIST = ['order_id', 'order_item_id', 'seller_id', 'price', 'freight_value']
const resolve = (header: readonly string[], map?: string) => resolveMapping(header, map, 'items.csv')

describe('a mapping', () => {
  it('takes the named columns and adds up amounts', () => {
    const mapping = resolve(OLIST, 'checkout=order_id,seller=seller_id,amount=price+freight_value,currency=BRL')

    expect(mapping).toEqual({ checkout: 0, seller: 2, amounts: [3, 4], currency: { code: 'BRL' } })
  })

  it('finds well-known names by itself, whatever their case', () => {
    const mapping = resolve(['Order_ID', 'Seller', 'Amount', 'Currency'])

    expect(mapping).toEqual({ checkout: 0, seller: 1, amounts: [2], currency: { column: 3 } })
  })

  it('finds the columns that --map leaves out', () => {
    expect(resolve(OLIST, 'amount=price,currency=EUR')).toMatchObject({ checkout: 0, seller: 2, amounts: [3] })
  })

  it('prefers a column to a currency code of the same name', () => {
    expect(resolve(['checkout', 'seller', 'amount', 'EUR'], 'currency=EUR')).toMatchObject({ currency: { column: 3 } })
  })

  it('takes a column whose name holds a plus sign', () => {
    expect(resolve(['checkout', 'seller', 'net+vat'], 'amount=net+vat,currency=EUR')).toMatchObject({ amounts: [2] })
  })

  it.each([
    [OLIST, undefined, /^No column is surely the amount: name it with --map; items.csv has the columns order_id, /],
    [['order_id', 'cart_id', 'seller', 'amount', 'currency'], undefined, /^No column is surely the checkout/],
    [OLIST, 'amount=cost,currency=EUR', /^There is no column "cost" for amount/],
    [OLIST, 'amount=price+tax,currency=EUR', /^There is no column "tax" for amount/],
    [OLIST, 'amount=price+price,currency=EUR', /^A column is added twice/],
    [OLIST, 'amount=price,currency=EURO', /^"EURO" is neither a column nor an ISO 4217 currency/],
    [OLIST, 'amount=price,amount=freight_value', /^--map names amount twice/],
    [OLIST, 'amont=price', /^"amont=price" in --map is not checkout=…, seller=…, amount=…, currency=…/],
    [OLIST, 'amount', /^"amount" in --map is not/],
    [
      ['a', 'seller', 'seller', 'amount'],
      'checkout=a,seller=seller,currency=EUR',
      /^The column "seller" for seller is/,
    ],
  ])('of %j as %j is refused', (header, map, message) => {
    expect(() => resolve(header, map)).toThrow(message)
  })

  it('is refused with an example made of the columns at hand', () => {
    expect(() => resolve(OLIST)).toThrow(
      expect.objectContaining({
        next: `npx tallystick checkouts import items.csv --map checkout=order_id,seller=seller_id,amount=price+freight_value,currency=CODE`,
        exitCode: 2,
      }),
    )
  })
})

describe('a word for the shell', () => {
  it('is quoted only where it must be', () => {
    expect(shellWord('../a/b-1.csv')).toBe('../a/b-1.csv')
    expect(shellWord("it's here.csv")).toBe(`'it'\\''s here.csv'`)
  })
})
