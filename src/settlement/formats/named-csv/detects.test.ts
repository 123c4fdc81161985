import { describe, expect, it } from 'vitest'
import { ACCOUNTING_COLUMNS, COLUMNS as SETTLEMENT_COLUMNS } from '../adyen/testing.ts'
import { COLUMNS as BREAKDOWN_COLUMNS } from '../checkoutcom/testing.ts'
import { detectFormat, PUBLISHED_FORMATS } from '../index.ts'
import { COLUMNS as STRIPE_COLUMNS } from '../stripe/testing.ts'
import { csvBytes, PLAIN, type Style } from './testing.ts'

const PAYOUTS_COLUMNS = ['Client Entity ID', 'Holding Currency', 'Payout ID', 'Payout Date', 'Payout Amount']

const HEADERS: readonly (readonly [string, readonly string[]])[] = [
  ['stripe', STRIPE_COLUMNS],
  ['adyen_settlement', SETTLEMENT_COLUMNS],
  ['adyen_accounting', ACCOUNTING_COLUMNS],
  ['checkoutcom_settlement', BREAKDOWN_COLUMNS],
  ['checkoutcom_payouts', PAYOUTS_COLUMNS],
]

const STYLES: readonly Style[] = [
  PLAIN,
  { ...PLAIN, separator: ';', end: '\r\n', encoding: 'mark', turn: 7 },
  { ...PLAIN, encoding: 'utf16be', end: '\r', more: ['A new column'] },
]

describe('a report', () => {
  it.each(HEADERS)('of the format %s is of no other one, however its columns are written', (name, columns) => {
    for (const style of STYLES) {
      const bytes = csvBytes(columns, [], style)
      expect(PUBLISHED_FORMATS.filter((format) => format.detects(bytes)).map((format) => format.name)).toEqual([name])
      expect(detectFormat(bytes)?.name).toBe(name)
    }
  })

  it('of any other table is left to those who read tables', () => {
    const bytes = Buffer.from('Date,Type,Currency,Gross,Fee,Net,Reference\n2026-03-03,charge,EUR,1,0,1,A\n')

    expect(PUBLISHED_FORMATS.filter((format) => format.detects(bytes))).toEqual([])
  })
})
