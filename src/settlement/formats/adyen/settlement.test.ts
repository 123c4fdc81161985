import { describe, expect, it } from 'vitest'
import { codes, csvText, type Read, type Row, readBytes } from '../named-csv/testing.ts'
import { adyenSettlement } from './settlement.ts'
import { anAccountRow, aRow, COLUMNS, EXTENDED } from './testing.ts'

const read = (rows: readonly Row[], columns: readonly string[] = EXTENDED, zone?: string): Promise<Read> =>
  readBytes(adyenSettlement, csvText(columns, rows), zone === undefined ? {} : { zone })

const payout = (debit: string): Row =>
  anAccountRow('MerchantPayout', 'TX1234567890XT batch 7, ShopECOM', { 'Net Debit (NC)': debit })

describe('a settlement details report of Adyen', () => {
  it('gives the movement before the fees, and the fees', async () => {
    const { lines, summary } = await read([aRow()])

    expect(lines).toEqual([
      {
        line: 2,
        statement: 0,
        kind: 'charge',
        status: 'Settled',
        pspReference: '8835000000000001',
        reference: 'ORDER-1',
        otherReferences: ['8835000000000002'],
        description: undefined,
        amount: 10_00n,
        fee: 24n,
        currency: 'USD',
        occurredAt: new Date('2026-03-04T07:30:00.000Z'),
        businessDate: '2026-03-03',
      },
    ])
    expect(summary.statements).toMatchObject([
      { account: 'ShopECOM', currency: 'USD', sequence: '7', businessDate: '2026-03-03', control: { status: 'none' } },
    ])
  })

  it('is in the settlement currency where the payment was in another one', async () => {
    const { lines, summary } = await read([
      aRow({ 'Gross Currency': 'INR', 'Gross Credit (GC)': '10', 'Exchange Rate': '0.011', 'Net Credit (NC)': '', 'Net Debit (NC)': '0.03',
        'Scheme Fees (NC)': '0.04', 'Interchange (NC)': '0.1' }),
    ]) // biome-ignore format: a row

    expect(lines[0]).toMatchObject({ amount: 11n, fee: 14n, currency: 'USD' })
    expect(summary.diagnostics).toEqual([])
  })

  it('takes the total of the fees only where their parts are not there', async () => {
    const all = await read([aRow({ 'Payment Fees (NC)': '0.24' })])
    const total = await read(
      [aRow({ 'Payment Fees (NC)': '0.24' })],
      EXTENDED.filter((name) => !/^(Commission|Markup|Scheme Fees|Interchange) /.test(name)),
    )

    expect(all.lines[0]).toMatchObject({ amount: 10_00n, fee: 24n })
    expect(total.lines[0]).toMatchObject({ amount: 10_00n, fee: 24n })
  })

  it('has costs, corrections and payouts as amounts without a fee', async () => {
    const { lines } = await read([
      anAccountRow('Fee', 'Transaction Fees March 2026', { 'Net Debit (NC)': '1.80' }),
      anAccountRow('InvoiceDeduction', 'Invoice NL202600000533 costs', {
        'Net Credit (NC)': '0.03',
        'Payment Fees (NC)': '9',
      }),
      anAccountRow('DepositCorrection', 'DepositCorrection', { 'Net Debit (NC)': '500' }),
      anAccountRow('DepositCorrection', 'Deposit Correction', { 'Net Credit (NC)': '300' }),
      anAccountRow('Balancetransfer', 'Balancetransfer from batch 6', { 'Net Credit (NC)': '5' }),
      payout('7.52'),
    ])

    expect(lines.map(({ kind, amount, fee, pspReference }) => [kind, amount, fee, pspReference])).toEqual([
      ['fee', -1_80n, 0n, undefined],
      ['fee', 3n, 0n, 'NL202600000533'],
      ['reserve', -500_00n, 0n, undefined],
      ['reserve_release', 300_00n, 0n, undefined],
      ['transfer', 5_00n, 0n, undefined],
      ['payout', -7_52n, 0n, 'TX1234567890XT'],
    ])
    expect(lines[5]?.description).toBe('TX1234567890XT batch 7, ShopECOM')
  })

  it.each([
    ['Settled', 'charge'], ['Refunded', 'refund'], ['Chargeback', 'dispute'], ['SecondChargeback', 'dispute'],
    ['ChargebackReversed', 'dispute_reversal'], ['RefundedReversed', 'refund_reversal'], ['RefundFailed (Sales Day payout)', 'refund_reversal'],
    ['SettledExternallyWithInfo', 'charge'], ['UnmatchedRefundedExternallyWithInfo', 'refund'], ['MiscCosts', 'fee'],
    ['PaymentCost', 'fee'], ['SettleCost', 'fee'], ['InternalCompanyPayout', 'payout'], ['PaidOut', 'payout'],
    ['BankInstructionReturned', 'payout_reversal'], ['ReserveAdjustment', 'reserve_release'], ['BalanceTransfer', 'transfer'],
    ['MatchedStatement', 'adjustment'], ['ManualCorrected', 'adjustment'], ['EpaPaid', 'adjustment'],
  ])('reads the type %s as %s', async (type, kind) => {
    const { lines, summary } = await read([aRow({ Type: type })])

    expect(lines[0]).toMatchObject({ kind, status: type })
    expect(codes(summary)).toEqual([])
  }) // biome-ignore format: a table

  it('reads a type that nobody knows as an adjustment, and says so once', async () => {
    const { lines, summary } = await read([aRow({ Type: 'Teleported' }), aRow({ Type: 'Teleported' })])

    expect(lines.map(({ kind }) => kind)).toEqual(['adjustment', 'adjustment'])
    expect(codes(summary)).toEqual(['kind'])
  })

  it('proves that a batch with its payout adds up to zero', async () => {
    const rows = [aRow(), anAccountRow('Fee', 'Fees March', { 'Net Debit (NC)': '1.00' })]

    expect((await read([...rows, payout('8.76')])).summary.statements[0]?.control).toEqual({ status: 'pass' })
    expect((await read([...rows, payout('8.75')])).summary.statements[0]?.control).toEqual({
      status: 'fail',
      what: 'the payout of batch 7',
      stated: 8_75n,
      computed: 8_76n,
      difference: 1n,
    })
  })

  it('has a statement for each account, batch and currency', async () => {
    const { summary } = await read([
      aRow(),
      aRow({ 'Batch Number': '8' }),
      aRow({ 'Merchant Account': 'ShopPOS' }),
      aRow({ 'Net Currency': 'EUR', 'Gross Currency': 'EUR' }),
      aRow(),
    ])

    expect(
      summary.statements.map(({ account, sequence, currency, lines }) => [account, sequence, currency, lines]),
    ).toEqual([
      ['ShopECOM', '7', 'USD', 2],
      ['ShopECOM', '8', 'USD', 1],
      ['ShopPOS', '7', 'USD', 1],
      ['ShopECOM', '7', 'EUR', 1],
    ])
  })

  it('warns of a net that is not gross × rate − fees, by more than a minor unit and what the rate is rounded by', async () => {
    const converted = {
      'Gross Currency': 'JPY',
      'Gross Credit (GC)': '1000000',
      'Exchange Rate': '0.0067',
      'Scheme Fees (NC)': '',
      'Interchange (NC)': '',
    }
    const nets = ['6700.00', '6700.01', '6650.01', '6649.00', '6751.00']
    const { summary } = await read(nets.map((net) => aRow({ ...converted, 'Net Credit (NC)': net })))

    expect(summary.diagnostics.map(({ code, severity, line }) => [code, severity, line])).toEqual([
      ['net_mismatch', 'warning', 5],
      ['net_mismatch', 'warning', 6],
    ])
  })

  it('warns of a row at the rate 1 that is two cents off', async () => {
    const { summary, lines } = await read([aRow({ 'Net Credit (NC)': '9.75' }), aRow({ 'Net Credit (NC)': '9.74' })])

    expect(summary.diagnostics.map(({ line }) => line)).toEqual([3])
    expect(lines[1]).toMatchObject({ amount: 9_98n, fee: 24n })
  })

  it('reads a row whose gross or rate is no number, for its net is certain', async () => {
    const { summary, lines } = await read([aRow({ 'Exchange Rate': 'n/a' }), aRow({ 'Gross Credit (GC)': '10 USD' })])

    expect(lines.map(({ amount }) => amount)).toEqual([10_00n, 10_00n])
    expect(codes(summary)).toEqual(['net_mismatch', 'net_mismatch'])
  })

  it('has its times in the zone of their column, whatever the season', async () => {
    const at = async (zone: string, given?: string): Promise<string | undefined> =>
      (await read([aRow({ TimeZone: zone })], EXTENDED, given)).lines[0]?.occurredAt?.toISOString()

    expect(await at('PDT')).toBe('2026-03-04T06:30:00.000Z')
    expect(await at('CEST')).toBe('2026-03-03T21:30:00.000Z')
    expect(await at('IST')).toBeUndefined()
    expect(await at('IST', 'Asia/Kolkata')).toBe('2026-03-03T18:00:00.000Z')
    expect(await at('', 'UTC')).toBe('2026-03-03T23:30:00.000Z')
  })

  it('tells a zone that could be several, and keeps the day', async () => {
    const { lines, summary } = await read([aRow({ TimeZone: 'IST' }), aRow({ TimeZone: 'IST' })])

    expect(lines[0]).toMatchObject({ occurredAt: undefined, businessDate: '2026-03-03' })
    expect(codes(summary)).toEqual(['zone'])
  })

  it('has the booking date as its business date', async () => {
    const { lines, summary } = await read([
      aRow({ 'Booking Date': '2026-03-05 01:00:00', 'Booking Date TimeZone': 'PST' }),
    ])

    expect(lines[0]).toMatchObject({ occurredAt: new Date('2026-03-04T07:30:00.000Z'), businessDate: '2026-03-05' })
    expect(summary.businessDate).toBe('2026-03-05')
  })

  it('leaves out a number that a spreadsheet damaged, and says so', async () => {
    const { lines, summary } = await read([aRow({ ARN: '1.2302025304E+022', 'Dispute Reference': 'DISPUTE1' })])

    expect(lines[0]?.otherReferences).toEqual(['8835000000000002', 'DISPUTE1'])
    expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'damaged', line: 2, column: 31 }])
  })

  it('finds references in the metadata, and none in what Adyen fills in by itself', async () => {
    const { lines } = await read([
      aRow({ Metadata: '{"order_ref":"O-77","colour":"red"}', 'Modification Merchant Reference': '<auto>' }),
    ])

    expect(lines[0]?.otherReferences).toEqual(['8835000000000002', 'O-77'])
  })

  it('tells a row without a net amount, and never reads it as zero', async () => {
    const { lines, summary } = await read([
      aRow({ 'Net Credit (NC)': '' }),
      aRow({ 'Net Credit (NC)': '0.00', 'Gross Credit (GC)': '0.24' }),
    ])

    expect(summary.diagnostics).toMatchObject([{ severity: 'error', code: 'amount', line: 2, column: 16 }])
    expect(lines).toMatchObject([{ line: 3, amount: 24n, fee: 24n }])
  })

  it('is read with the columns in another order', async () => {
    const { lines } = await read([aRow()], COLUMNS.toReversed())

    expect(lines[0]).toMatchObject({ pspReference: '8835000000000001', amount: 10_00n, fee: 24n })
  })

  it('without its columns is not readable', async () => {
    expect((await read([], COLUMNS)).summary).toMatchObject({ readable: true, statements: [] })
    expect((await read([], ['Type', 'Net Currency'])).summary.diagnostics).toMatchObject([{ code: 'columns' }])
  })

  it('with more batches than a file can have is not readable', async () => {
    const { summary } = await read(
      Array.from({ length: 10_001 }, (_, batch) => aRow({ 'Batch Number': String(batch) })),
    )

    expect(summary).toMatchObject({ readable: false, diagnostics: [{ code: 'statements', line: 10_002 }] })
  })
})
