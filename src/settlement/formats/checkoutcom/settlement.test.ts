import { describe, expect, it } from 'vitest'
import { codes, csvText, type Read, type Row, readBytes } from '../named-csv/testing.ts'
import { checkoutcomSettlement } from './settlement.ts'
import { aPayout, aRow, COLUMNS, EXTENDED } from './testing.ts'

const read = (rows: readonly Row[], columns: readonly string[] = COLUMNS, zone?: string): Promise<Read> =>
  readBytes(checkoutcomSettlement, csvText(columns, rows), zone === undefined ? {} : { zone })

const cost = (type: string, deduction: string, more: Row = {}): Row =>
  aRow({
    Type: type,
    'Gross In Holding Currency': '0',
    'Deduction In Holding Currency': deduction,
    'Net In Holding Currency': deduction,
    'Processing Fee In Holding Currency': deduction,
    'Scheme Fee In Holding Currency': '0',
    ...more,
  })

const gross = (type: string, size: string): Row =>
  aRow({
    Type: type,
    'Gross In Holding Currency': size,
    'Deduction In Holding Currency': '0',
    'Net In Holding Currency': size,
  })

describe('a settlement breakdown of Checkout.com', () => {
  it('gives the gross, and the deduction as a fee', async () => {
    const { lines, summary } = await read([aRow()])

    expect(lines).toEqual([
      {
        line: 2,
        statement: 0,
        kind: 'charge',
        status: 'Charge',
        pspReference: 'pay_1',
        reference: 'ORDER-1',
        otherReferences: ['00000003K599'],
        amount: 50_00n,
        fee: 1_50n,
        currency: 'USD',
        occurredAt: undefined,
        businessDate: '2026-07-01',
      },
    ])
    expect(summary).toMatchObject({ businessDate: '2026-07-01', fileReference: '00000003K599', diagnostics: [] })
    expect(summary.statements).toMatchObject([
      { account: 'ent_1', currency: 'USD', sequence: '00000003K599', credits: 48_50n },
    ])
  })

  it('has a row without a gross as a cost, whatever it is about', async () => {
    const types = [
      'Network Token Provisioning',
      'Account Updater',
      'Void',
      'Charge',
      'Merchant Payout',
      'Something New',
    ]
    const { lines, summary } = await read(types.map((type) => cost(type, '-0.1')))

    expect(lines.map(({ kind, amount, fee }) => [kind, amount, fee])).toEqual(types.map(() => ['fee', 0n, 10n]))
    expect(summary.diagnostics).toEqual([])
  })

  it.each([
    ['Charge', '5', 'charge'], ['Partial Capture', '5', 'charge'], ['Refund', '-5', 'refund'], ['Partial Refund', '-5', 'refund'],
    ['Refund Reversal', '5', 'refund_reversal'], ['Chargeback', '-5', 'dispute'], ['Chargeback Reversal', '5', 'dispute_reversal'],
    ['Dispute Won', '5', 'dispute_reversal'], ['Rolling Reserve', '-5', 'reserve'], ['Rolling Reserve Release', '5', 'reserve_release'],
    ['Security Deposit Reservation', '-5', 'reserve'], ['Security Deposit Release', '5', 'reserve_release'],
    ['Merchant Payout', '-5', 'payout'], ['Payout Returned', '5', 'payout_reversal'], ['Currency Conversion', '-5', 'conversion'],
    ['Account Transfer', '-5', 'transfer'], ['Top Up', '5', 'adjustment'], ['Adjustment', '-5', 'adjustment'],
  ])('reads the type %s of %s as %s', async (type, size, kind) => {
    const { lines, summary } = await read([gross(type, size)])

    expect(lines[0]).toMatchObject({ kind, status: type })
    expect(codes(summary)).toEqual([])
  }) // biome-ignore format: a table

  it('reads a type that nobody knows as an adjustment, and says so once', async () => {
    const { lines, summary } = await read([gross('Levy', '-5'), gross('Levy', '-5')])

    expect(lines.map(({ kind }) => kind)).toEqual(['adjustment', 'adjustment'])
    expect(codes(summary)).toEqual(['kind'])
  })

  it('holds back what is reserved in a line of its own', async () => {
    const { lines, summary } = await read([
      aRow({
        'Deduction In Holding Currency': '-6.5',
        'Net In Holding Currency': '43.5',
        'Reserve In Holding Currency': '-5',
      }),
      aRow({ 'Reserve In Holding Currency': '-5' }),
    ])

    expect(lines.map(({ line, kind, amount, fee, pspReference }) => [line, kind, amount, fee, pspReference])).toEqual([
      [2, 'charge', 50_00n, 1_50n, 'pay_1'],
      [2, 'reserve', -5_00n, 0n, undefined],
      [3, 'charge', 50_00n, 1_50n, 'pay_1'],
    ])
    expect(summary.statements[0]?.control).toEqual({ status: 'pass' })
  })

  it('has a line for what its lines are rounded by', async () => {
    const { lines, summary } = await read([
      cost('Charge', '-0.004'),
      cost('Charge', '-0.004'),
      cost('Refund', '-0.004'),
    ])

    expect(lines.map(({ kind, amount, fee }) => [kind, amount, fee])).toEqual([
      ['fee', 0n, 0n],
      ['fee', 0n, 0n],
      ['fee', 0n, 0n],
      ['rounding', -1n, 0n],
    ])
    expect(lines[3]).toMatchObject({ line: 4, otherReferences: ['00000003K599'], businessDate: '2026-07-01' })
    expect(summary.statements).toMatchObject([{ lines: 4, debits: -1n, control: { status: 'pass' } }])
    expect(codes(summary)).toEqual(['rounding'])
  })

  it('compares all movements with the payout, but for less than a minor unit that stays behind', async () => {
    const rows = [aRow({ 'Deduction In Holding Currency': '-1.4951', 'Net In Holding Currency': '48.5049' })]
    const paid = await read([...rows, aPayout('48.50')])
    const short = await read([...rows, aPayout('48.49')])

    expect(paid.summary.statements[0]).toMatchObject({ control: { status: 'pass' }, credits: 48_50n, debits: -48_50n })
    expect(short.summary.statements[0]?.control).toEqual({
      status: 'fail',
      what: 'the payout 00000003K599: 48.49 stated, 48.5049 computed',
      stated: 48_49n,
      computed: 48_50n,
      difference: 1n,
    })
  })

  it('does not take the fee of a payout, or a payout to a card, for the payout', async () => {
    const { summary, lines } = await read([cost('Merchant Payout', '-2', { 'Payment ID': '' }), gross('Payout', '-5')])

    expect(lines.map(({ kind }) => kind)).toEqual(['fee', 'payout'])
    expect(summary.statements[0]?.control).toEqual({ status: 'pass' })
  })

  it('compares the net of each row', async () => {
    const { summary } = await read([aRow({ 'Net In Holding Currency': '48.4' })])

    expect(summary.statements[0]?.control).toMatchObject({ what: 'the net of line 2', difference: 10n })
  })

  it('calls no net that is wrong a rounding', async () => {
    const { lines, summary } = await read([aRow({ 'Net In Holding Currency': '48.4' }), aPayout('48.5')])

    expect(lines.map(({ kind }) => kind)).toEqual(['charge', 'payout'])
    expect(summary.statements[0]).toMatchObject({
      control: { what: 'the net of line 2' },
      credits: 48_50n,
      debits: -48_50n,
    })
  })

  it('has an instant where the file or the reader says in which zone', async () => {
    const at = async (more: Row, zone?: string): Promise<string | undefined> =>
      (await read([aRow(more)], EXTENDED, zone)).lines[0]?.occurredAt?.toISOString()

    expect(await at({})).toBeUndefined()
    expect(await at({}, 'America/Los_Angeles')).toBe('2026-07-01T17:00:00.000Z')
    expect(await at({ Timezone: 'Asia/Singapore' })).toBe('2026-07-01T02:00:00.000Z')
    expect(await at({ 'Processed On UTC': '2026-07-01T14:00:00.000' }, 'Asia/Tokyo')).toBe('2026-07-01T14:00:00.000Z')
  })

  it('has a statement for each entity, currency and payout', async () => {
    const { summary } = await read([aRow(), aRow({ 'Payout ID': 'P2' }), aRow({ 'Holding Currency': 'EUR' }), aRow()])

    expect(summary.statements.map(({ currency, sequence, lines }) => [currency, sequence, lines])).toEqual([
      ['USD', '00000003K599', 2],
      ['USD', 'P2', 1],
      ['EUR', '00000003K599', 1],
    ])
    expect(summary.fileReference).toBeUndefined()
  })

  it.each(['Gross', 'Deduction', 'Net'])('is read without the column %s', async (name) => {
    const { lines, summary } = await read(
      [aRow()],
      COLUMNS.filter((column) => column !== `${name} In Holding Currency`),
    )

    expect(lines[0]).toMatchObject({ amount: 50_00n, fee: 1_50n })
    expect(codes(summary)).toEqual([])
  })

  it('tells a row that cannot be read, and reads the others', async () => {
    const { lines, summary } = await read([
      aRow({ 'Net In Holding Currency': 'x' }),
      aRow({ 'Holding Currency': '' }),
      aRow({ 'Gross In Holding Currency': '', 'Net In Holding Currency': '' }),
      aRow(),
    ])

    expect(summary.diagnostics.map(({ code, line }) => [code, line])).toEqual([
      ['amount', 2],
      ['currency', 3],
      ['amount', 4],
    ])
    expect(lines.map(({ line }) => line)).toEqual([5])
  })
})
