import { expect, it } from 'vitest'
import { explainMatch } from './explain-match.ts'

const side = { amount: 10_000n, currency: 'EUR', occurredAt: null, carried: false }
const aPair = (fee: bigint) => ({
  position: 0n,
  rule: 'exact' as const,
  code: null,
  charge: { attemptId: '01a00000-0000-7000-8000-000000000001', paymentId: '01a00000-0000-7000-8000-000000000002' },
  payout: null,
  pspReference: null,
  ours: side,
  theirs: { ...side, fileId: 'f', fileName: 'f.csv', line: 2, on: null, kind: 'charge', fee },
  difference: null,
  expectedFee: 320n,
})

it.each([
  [323n, / the fee is 0\.03 EUR more than it should be, which the rules tolerate\.$/],
  [318n, / the fee is 0\.02 EUR less than it should be, which the rules tolerate\.$/],
  [320n, /100\.00 EUR\.$/],
])('a fee of %i where 320 is due says by how much it is off, and in which direction', (fee, sentence) => {
  expect(explainMatch(aPair(fee))).toMatch(sentence)
})
