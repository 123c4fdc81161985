import { describe, expect, it } from 'vitest'
import { addsUp, codes, csvText, type Read, type Row, readBytes } from '../named-csv/testing.ts'
import { mutated } from '../text/testing.ts'
import { checkoutcomPayouts } from './payouts.ts'

const COLUMNS = [
  'Client Entity ID', 'Client Entity Name', 'Sub Entity ID', 'Currency Account ID', 'Holding Currency', 'Payout ID',
  'Payout Date', 'Payout Amount', 'Merchant Payout Fees',
] as const // biome-ignore format: one list

const aRow = (more: Row = {}): Row => ({
  'Client Entity ID': 'ent_1',
  'Currency Account ID': 'ca_1',
  'Holding Currency': 'USD',
  'Payout ID': '00000003K599',
  'Payout Date': '2026-07-02T02:03:04.000',
  'Payout Amount': '79.51',
  'Merchant Payout Fees': '-2',
  ...more,
})

const read = (rows: readonly Row[], zone?: string): Promise<Read> =>
  readBytes(checkoutcomPayouts, csvText(COLUMNS, rows), zone === undefined ? {} : { zone })

describe('a payouts report of Checkout.com', () => {
  it('has a line for each payout, which takes from the balance', async () => {
    const { lines, summary } = await read([
      aRow(),
      aRow({ 'Holding Currency': 'JPY', 'Payout Amount': '500.00000000' }),
    ])

    expect(lines[0]).toEqual({
      line: 2,
      statement: 0,
      kind: 'payout',
      status: 'Payout',
      pspReference: '00000003K599',
      reference: undefined,
      otherReferences: ['ca_1'],
      amount: -79_51n,
      fee: 0n,
      currency: 'USD',
      occurredAt: new Date('2026-07-02T02:03:04.000Z'),
      businessDate: '2026-07-02',
    })
    expect(
      summary.statements.map(({ account, currency, debits, control }) => [account, currency, debits, control]),
    ).toEqual([
      ['ent_1', 'USD', -79_51n, { status: 'none' }],
      ['ent_1', 'JPY', -500n, { status: 'none' }],
    ])
  })

  it('is in UTC unless a zone is given', async () => {
    expect((await read([aRow()], 'Asia/Tokyo')).lines[0]?.occurredAt).toEqual(new Date('2026-07-01T17:03:04.000Z'))
  })

  it('tells a payout without an amount, and one that is finer than its currency', async () => {
    const { lines, summary } = await read([aRow({ 'Payout Amount': '' }), aRow({ 'Payout Amount': '1.005' })])

    expect(codes(summary)).toEqual(['amount', 'rounding'])
    expect(lines.map(({ amount }) => amount)).toEqual([-1_01n])
  })

  it('that was damaged is read or told', async () => {
    const text = csvText(COLUMNS, [aRow(), aRow(), aRow({ 'Holding Currency': 'EUR' })])
    for (let seed = 0; seed < 200; seed++)
      expect(addsUp(await readBytes(checkoutcomPayouts, mutated(text, seed)))).toBe(true)
  })
})
