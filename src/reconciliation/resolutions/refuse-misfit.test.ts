import { describe, expect, it } from 'vitest'
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
  theirs: undefined,
  difference: null,
  currency: null,
  suspense: new Map(),
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

describe('a break between a PSP and a bank', () => {
  it.each([
    ['a payout', anItem({})],
    ['a payout on its way', anItem({ code: 'payout_in_transit', class: 'temporary', dueOn: '2026-03-03' })],
    ['a line of a bank', anItem({ code: 'missing_internal', theirs: aLine })],
    ['a payout and its line', anItem({ code: 'payout_mismatch', theirs: aLine })],
    ['the control of a bank', anItem({ code: 'bank_mismatch' })],
  ])('is not resolved by hand: %s', (_, item) => {
    for (const verb of VERBS)
      expect(() => refuseMisfit([item], request(verb))).toThrow(/by itself|matched by hand|expected by/)
  })
})
