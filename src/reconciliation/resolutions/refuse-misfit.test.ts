import { describe, expect, it } from 'vitest'
import { Refusal } from '../../platform/errors.ts'
import type { Item } from './position.ts'
import { refuseMisfit } from './refuse-misfit.ts'
import { VERBS } from './verbs.ts'

const anItem = (fields: Partial<Item>): Item => ({
  id: 'b',
  source: 'bank',
  code: 'missing_external',
  class: 'real',
  dueOn: null,
  openedInRun: 'r',
  ours: undefined,
  payout: undefined,
  isOfBank: true,
  theirs: undefined,
  difference: null,
  currency: null,
  suspense: new Map(),
  transit: new Map(),
  ...fields,
})
const aLine = {
  fileId: 'f',
  line: 1,
  kind: 'entry',
  status: null,
  reference: null,
  pspReference: null,
  amount: 100n,
  fee: 0n,
  currency: 'EUR',
  occurredAt: null,
}

const request = (verb: (typeof VERBS)[number]) => ({
  breakId: 'b',
  with: [],
  verb,
  reason: 'expected' as const,
  ...(verb === 'book_difference' && { as: 'other' as const }),
  ...(verb === 'create_missing_record' && { seller: 'anna' }),
})

const aPayout = {
  id: 'p',
  psp: 'acme',
  pspReference: 'po_1',
  amount: 100n,
  currency: 'EUR',
  businessDate: '2026-03-02',
  occurredAt: new Date(0),
}
const payout = anItem({ payout: aPayout })
const line = anItem({ code: 'missing_internal', theirs: aLine })
const inTransit = anItem({ code: 'payout_in_transit', class: 'temporary', dueOn: '2026-03-03', payout: aPayout })
const short = anItem({ code: 'payout_mismatch', payout: aPayout, theirs: aLine })
const control = anItem({ code: 'bank_mismatch', difference: 7n, currency: 'EUR', transit: new Map([['acme', 7n]]) })

describe('a break between a PSP and a bank', () => {
  it.each([
    ['a payout', [payout], ['write_off', 'not_a_break']],
    ['a payout on its way', [inTransit], []],
    ['a payout on its way and a line', [inTransit, line], ['match', 'psp_corrected']],
    ['a payout and a line', [payout, line], ['match', 'psp_corrected', 'book_difference']],
    ['a line', [line], ['mark_duplicate', 'write_off', 'not_a_break']],
    ['a payout that came short', [short], ['book_difference', 'write_off', 'not_a_break']],
    ['the control', [control], ['write_off']],
    ['a control that is another one by now', [{ ...control, difference: 8n }], []],
    ['a row that cannot be read', [anItem({ code: 'unparsed_line' })], []],
  ] as const)('takes the verbs that fit: %s', (_, items, fitting) => {
    const fits = (verb: (typeof VERBS)[number]): boolean => {
      try {
        refuseMisfit(items, request(verb))
        return true
      } catch (error) {
        if (error instanceof Refusal) return false
        throw error
      }
    }
    expect(VERBS.filter(fits)).toEqual(fitting)
  })
})
