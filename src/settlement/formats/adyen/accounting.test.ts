import { describe, expect, it } from 'vitest'
import { addsUp, codes, csvText, type Read, type Row, readBytes } from '../named-csv/testing.ts'
import { mutated } from '../text/testing.ts'
import { adyenAccounting } from './accounting.ts'
import { ACCOUNTING_COLUMNS, aState } from './testing.ts'

const read = (rows: readonly Row[], columns: readonly string[] = ACCOUNTING_COLUMNS): Promise<Read> =>
  readBytes(adyenAccounting, csvText(columns, rows))

const payable = {
  'Settlement Currency': 'EUR',
  'Payable (SC)': '10.02',
  'Markup (SC)': '0.02',
  'Scheme Fees (SC)': '0.06',
  'Interchange (SC)': '0.30',
  'Modification Psp Reference': '8835000000000009',
}

const life: readonly Row[] = [
  aState({ 'Received (PC)': '10.40' }),
  aState({ 'Record Type': 'Authorised', 'Received (PC)': '-10.40', 'Authorised (PC)': '10.40' }),
  aState({ 'Record Type': 'SentForSettle', 'Authorised (PC)': '-10.40', 'Captured (PC)': '10.40', ...payable }),
  aState({ 'Record Type': 'Settled', 'Captured (PC)': '-10.40', ...payable, 'Payable Batch': '12' }),
]

describe('a payment accounting report of Adyen', () => {
  it('moves the balance once in the life of a payment', async () => {
    const { lines, summary } = await read(life)

    expect(lines.map(({ status, amount, fee, booked }) => [status, amount, fee, booked])).toEqual([
      ['Received', 10_40n, 0n, false],
      ['Authorised', 10_40n, 0n, false],
      ['SentForSettle', 10_40n, 0n, false],
      ['Settled', 10_40n, 38n, undefined],
    ])
    expect(lines[3]).toMatchObject({
      kind: 'charge',
      pspReference: '8835000000000001',
      reference: 'ORDER-1',
      otherReferences: ['8835000000000009'],
      occurredAt: new Date('2026-03-03T22:30:00.000Z'),
      businessDate: '2026-03-03',
    })
    expect(
      summary.statements.map(({ sequence, lines: count, credits, control }) => [sequence, count, credits, control]),
    ).toEqual([
      [undefined, 3, 0n, { status: 'none' }],
      ['12', 1, 10_02n, { status: 'none' }],
    ])
  })

  it('takes a chargeback with its cost, and a refund that was only asked for not at all', async () => {
    const { lines } = await read([
      aState({
        'Record Type': 'Chargeback',
        'Settlement Currency': 'EUR',
        'Payable (SC)': '-9.74',
        'Commission (SC)': '7.99',
      }),
      aState({ 'Record Type': 'SentForRefund', ...payable, 'Payable (SC)': '-10.40' }),
      aState({ 'Record Type': 'RefundedExternally', ...payable, 'Payable (SC)': '-10.40' }),
      aState({ 'Record Type': 'Refunded', 'Settlement Currency': 'EUR', 'Payable (SC)': '-10.40' }),
    ])

    expect(lines.map(({ kind, amount, fee, booked }) => [kind, amount, fee, booked])).toEqual([
      ['dispute', -1_75n, 7_99n, undefined],
      ['refund', -10_40n, 0n, false],
      ['refund', -10_40n, 0n, false],
      ['refund', -10_40n, 0n, undefined],
    ])
  })

  it('tells a state without an amount, and a type that nobody knows', async () => {
    const { lines, summary } = await read([
      aState({ 'Main Amount': '' }),
      aState({ 'Record Type': 'Levitated' }),
      aState(),
    ])

    expect(codes(summary)).toEqual(['amount', 'kind'])
    expect(lines.map(({ kind }) => kind)).toEqual(['adjustment', 'charge'])
  })

  it('that was damaged is read or told', async () => {
    const text = csvText(ACCOUNTING_COLUMNS, [...life, ...life])
    for (let seed = 0; seed < 300; seed++)
      expect(addsUp(await readBytes(adyenAccounting, mutated(text, seed)))).toBe(true)
  })
})
