import { describe, expect, it } from 'vitest'
import { codes, csvText, differences, type Read, type Row, readBytes } from '../named-csv/testing.ts'
import { stripe } from './stripe.ts'
import { aRow, COLUMNS } from './testing.ts'

const read = (rows: readonly Row[], columns: readonly string[] = COLUMNS, zone?: string): Promise<Read> =>
  readBytes(stripe, csvText(columns, rows), zone === undefined ? {} : { zone })

const payoutRow = (net: string, more: Row = {}): Row =>
  aRow({
    balance_transaction_id: 'txn_p',
    gross: net,
    fee: '0',
    net,
    reporting_category: 'payout',
    source_id: 'po_1',
    charge_id: '',
    payment_intent_id: '',
    'payment_metadata[order_id]': '',
    ...more,
  })

describe('an itemised report of Stripe', () => {
  it('gives lines in minor units, with our reference and all others', async () => {
    const { summary, lines } = await read([aRow({ description: 'Order 1', 'payment_metadata[colour]': 'red' })])

    expect(lines).toEqual([
      {
        line: 2,
        statement: 0,
        kind: 'charge',
        status: 'charge',
        pspReference: 'ch_1',
        reference: 'ORDER-1',
        otherReferences: ['pi_1', 'txn_1', 'po_1'],
        payoutReference: 'po_1',
        amount: 25_00n,
        fee: 95n,
        currency: 'EUR',
        occurredAt: new Date('2026-03-03T10:11:12.000Z'),
        businessDate: '2026-03-03',
        description: 'Order 1',
      },
    ])
    expect(summary).toMatchObject({ format: 'stripe', businessDate: '2026-03-03', readable: true, diagnostics: [] })
    expect(summary.statements).toMatchObject([{ account: '', currency: 'EUR', lines: 1, credits: 24_05n, debits: 0n }])
  })

  it('has the payment intent or the charge for a reference where we gave none', async () => {
    const none = { 'payment_metadata[order_id]': '' }
    const { lines } = await read([aRow(none), aRow({ ...none, payment_intent_id: '' }), payoutRow('-1')])

    expect(lines.map(({ reference }) => reference)).toEqual(['pi_1', 'ch_1', undefined])
    expect(lines.map(({ pspReference }) => pspReference)).toEqual(['ch_1', 'ch_1', 'po_1'])
  })

  it('reads currencies in any case as one', async () => {
    const { summary } = await read([
      aRow(),
      aRow({ currency: 'EUR' }),
      aRow({ currency: 'jpy', gross: '100', fee: '4', net: '96' }),
    ])

    expect(summary.statements.map(({ currency, lines, credits }) => [currency, lines, credits])).toEqual([
      ['EUR', 2, 48_10n],
      ['JPY', 1, 96n],
    ])
  })

  it.each([
    ['charge', 'charge'], ['refund', 'refund'], ['refund_failure', 'refund_reversal'], ['dispute', 'dispute'],
    ['dispute_reversal', 'dispute_reversal'], ['fee', 'fee'], ['network_cost', 'fee'], ['payout', 'payout'],
    ['payout_reversal', 'payout_reversal'], ['transfer', 'transfer'], ['connect_collection_transfer', 'transfer'],
    ['risk_reserved_funds', 'reserve_release'], ['partial_capture_reversal', 'charge'], ['topup', 'adjustment'],
    ['other_adjustment', 'adjustment'],
  ])('reads the category %s as %s', async (category, kind) => {
    const { lines, summary } = await read([aRow({ reporting_category: category, automatic_payout_id: '' })])

    expect(lines[0]).toMatchObject({ kind, status: category })
    expect(summary.diagnostics).toEqual([])
  }) // biome-ignore format: a table

  it('reads a category that nobody knows as an adjustment, and says so once', async () => {
    const { lines, summary } = await read(Array.from({ length: 3 }, () => aRow({ reporting_category: 'moon_tax' })))

    expect(lines.map(({ kind }) => kind)).toEqual(['adjustment', 'adjustment', 'adjustment'])
    expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'kind', line: 2, column: 8 }])
  })

  it('takes a cost of the category fee as a negative amount without a fee', async () => {
    const { lines } = await read([aRow({ reporting_category: 'fee', gross: '-0.5', fee: '0', net: '-0.5' })])

    expect(lines[0]).toMatchObject({ kind: 'fee', amount: -50n, fee: 0n })
  })

  it('holds back with a negative amount and gives free with a positive one', async () => {
    const { lines } = await read([
      aRow({ reporting_category: 'connect_reserved_funds', gross: '-5', fee: '0', net: '-5' }),
    ])

    expect(lines[0]).toMatchObject({ kind: 'reserve', amount: -5_00n })
  })

  it('compares the net of each row', async () => {
    const { summary } = await read([aRow(), aRow({ net: '24.00' })])

    expect(summary.statements[0]?.control).toEqual({
      status: 'fail',
      what: 'the net of line 3',
      stated: 24_00n,
      computed: 24_05n,
      difference: 5n,
    })
  })

  it('tells a net that is off by less than a minor unit', async () => {
    const { summary } = await read([aRow({ net: '24.051' })])

    expect(summary.statements[0]?.control).toMatchObject({
      status: 'fail',
      what: 'the net of line 2: 24.051 stated, 24.05 computed',
      difference: 0n,
    })
  })

  it('compares a payout with the rows that name it', async () => {
    const refund = aRow({ reporting_category: 'refund', gross: '-10', fee: '0', net: '-10' })

    expect((await read([payoutRow('-14.05'), aRow(), refund])).summary.statements[0]?.control).toEqual({
      status: 'pass',
    })
    expect((await read([aRow(), refund, payoutRow('-14.06')])).summary.statements[0]?.control).toEqual({
      status: 'fail',
      what: 'the payout po_1',
      stated: 14_06n,
      computed: 14_05n,
      difference: -1n,
    })
  })

  it('does not compare a payout that no row names, nor rows without their payout', async () => {
    const byHand = payoutRow('-99', { automatic_payout_id: '', source_id: 'po_hand' })
    const { summary } = await read([aRow(), byHand, aRow({ automatic_payout_id: '' })])

    expect(summary.statements[0]?.control).toEqual({ status: 'pass' })
  })

  it('has one statement for each connected account', async () => {
    const columns = [...COLUMNS, 'connected_account']
    const { summary, lines } = await read(
      [aRow({ connected_account: 'acct_1' }), aRow({ connected_account: '' }), aRow({ connected_account: 'acct_2' })],
      columns,
    )

    expect(summary.statements.map(({ account, lines: count }) => [account, count])).toEqual([
      ['acct_1', 2],
      ['acct_2', 1],
    ])
    expect(lines.map(({ statement }) => statement)).toEqual([0, 0, 1])
  })

  it('is in UTC, unless a zone is given, and created_utc always is', async () => {
    const columns = [...COLUMNS, 'created_utc']
    const local = await read([aRow()], COLUMNS, 'America/Los_Angeles')
    const both = await read([aRow({ created_utc: '2026-03-03 18:11:12' })], columns, 'Asia/Tokyo')

    expect(local.lines[0]).toMatchObject({
      occurredAt: new Date('2026-03-03T18:11:12.000Z'),
      businessDate: '2026-03-03',
    })
    expect(both.lines[0]).toMatchObject({
      occurredAt: new Date('2026-03-03T18:11:12.000Z'),
      businessDate: '2026-03-03',
    })
  })

  it('without a column for its time has the day on which the money moves', async () => {
    const { lines } = await read(
      [aRow({ automatic_payout_effective_at: '2026-03-06 00:00:00' })],
      COLUMNS.filter((name) => name !== 'created'),
    )

    expect(lines[0]).toMatchObject({ occurredAt: undefined, businessDate: '2026-03-06' })
  })

  it('reads amounts with a decimal comma, as a report can be asked for', async () => {
    const { lines, summary } = await read([aRow({ gross: '25,00', fee: '0,95', net: '24,05' })])

    expect(lines[0]).toMatchObject({ amount: 25_00n, fee: 95n })
    expect(summary.statements[0]?.control).toEqual({ status: 'pass' })
  })

  it.each(['gross', 'fee', 'net'])('is read without the column %s', async (name) => {
    const { lines, summary } = await read(
      [aRow()],
      COLUMNS.filter((column) => column !== name),
    )

    expect(lines[0]).toMatchObject({ amount: 25_00n, fee: 95n })
    expect(codes(summary)).toEqual([])
  })

  it('tells a row that cannot be read, with its place, and reads the others', async () => {
    const { lines, summary } = await read([
      aRow({ gross: 'twelve' }),
      aRow({ currency: 'zzz' }),
      aRow({ gross: '', fee: '', net: '' }),
      aRow({ created: '2026-02-30 10:00:00' }),
      aRow({ created: '3/3/26 10:00' }),
      aRow(),
    ])

    expect(summary.diagnostics.map(({ severity, code, line, column }) => [severity, code, line, column])).toEqual([
      ['error', 'amount', 2, 5],
      ['error', 'currency', 3, 4],
      ['error', 'amount', 4, 7],
      ['warning', 'date_impossible', 5, 2],
      ['error', 'date', 6, 2],
    ])
    expect(lines.map(({ line, businessDate }) => [line, businessDate])).toEqual([
      [5, undefined],
      [6, undefined],
      [7, '2026-03-03'],
    ])
  })

  it('rounds what is finer than the currency, and says so', async () => {
    const { lines, summary } = await read([aRow({ gross: '10.005', fee: '0.001', net: '10.004' })])

    expect(lines[0]).toMatchObject({ amount: 10_01n, fee: 1n })
    expect(codes(summary)).toEqual(['rounding'])
    expect(differences(summary)).toEqual([])
  })

  it('without rows has no statement, and without its columns is not readable', async () => {
    expect((await read([])).summary).toMatchObject({ readable: true, statements: [], businessDate: undefined })
    expect((await readBytes(stripe, 'gross,currency\n1,eur\n')).summary).toMatchObject({
      readable: false,
      diagnostics: [{ code: 'columns', message: 'There is no column "reporting_category"' }],
    })
    expect((await readBytes(stripe, '')).summary.readable).toBe(false)
  })
})
