import { describe, expect, it } from 'vitest'
import { compareFiles, csv } from '../testing.ts'

/** One sale, as every file of a pair tells it in its own way. */
type Sale = { readonly id: number; readonly minor: number; readonly day: number; readonly hour: number }

const SALES: readonly Sale[] = Array.from({ length: 14 }, (_, place) => ({
  id: 40_017 + place * 113,
  minor: 1_099 + ((place * 7_919) % 90_000),
  day: 3 + place,
  hour: (place * 5) % 24,
}))

type Shape = {
  readonly key: string
  readonly amount: string
  readonly render: (sales: readonly Sale[]) => string | Uint8Array
}

type Column = readonly [name: string, cell: (sale: Sale, place: number) => string]

const table =
  (columns: readonly Column[], separator = ',', before = '') =>
  (sales: readonly Sale[]): string =>
    before +
    csv(
      [columns.map(([name]) => name), ...sales.map((sale, place) => columns.map(([, cell]) => cell(sale, place)))],
      separator,
    )

const two = (value: number): string => String(value).padStart(2, '0')
const major =
  (mark: string) =>
  ({ minor }: Sale): string =>
    `${Math.floor(minor / 100)}${mark}${two(minor % 100)}`
const grouped = ({ minor }: Sale): string => `"${Math.floor(minor / 100).toLocaleString('en-US')}.${two(minor % 100)}"`
const iso = ({ day, hour }: Sale): string => `2026-03-${two(day)}T${two(hour)}:15:00Z`
const german = ({ day }: Sale): string => `${two(day)}.03.2026`
const american = ({ day }: Sale): string => `03/${two(day)}/2026`
const long = ({ day }: Sale): string => `Mar ${day}, 2026`
const id = ({ id: value }: Sale): string => `ch_${value.toString(36)}x${value}`
const plain = ({ id: value }: Sale): string => String(value)
const number = (_sale: Sale, place: number): string => String(place + 1)
const eur = (): string => 'EUR'

/** Ours, mostly: what a ledger exports. */
const OURS: Readonly<Record<string, Shape>> = {
  ledger: { key: 'payment_ref', amount: 'amount', render: table([['payment_ref', id], ['amount', ({ minor }) => String(minor)], ['currency', eur], ['captured_at', iso]]) },
  'ledger in euros with row numbers': { key: 'reference', amount: 'total', render: table([['row', number], ['reference', id], ['total', major('.')], ['currency', eur], ['created', iso]]) },
  'cents by name and mixed case': { key: 'Order ID', amount: 'Amount (cents)', render: table([['Order ID', id], ['Amount (cents)', ({ minor }) => String(minor)], ['Currency', (_sale, place) => (place % 2 === 0 ? 'eur' : 'EUR')], ['Date', iso]]) },
  'groups of thousands and quotes': { key: 'ref', amount: 'Amount', render: table([['ref', id], ['Amount', grouped], ['Ccy', eur], ['Date', american]]) },
  'json lines': { key: 'payment', amount: 'amount_minor', render: (sales) => sales.map((sale) => `${JSON.stringify({ payment: id(sale), amount_minor: sale.minor, currency: 'EUR', at: iso(sale) })}\n`).join('') },
  'a buyer in every row': { key: 'charge', amount: 'amount', render: table([['buyer', (_sale, place) => `buyer ${place % 3}`], ['charge', id], ['amount', major('.')], ['currency', eur], ['date', iso]]) },
} // biome-ignore format: a table

/** Theirs: exports in the languages and habits of banks and PSPs. */
const THEIRS: Readonly<Record<string, Shape>> = {
  'a PSP': { key: 'charge_id', amount: 'gross', render: table([['charge_id', id], ['gross', major('.')], ['fee', () => '0.30'], ['net', ({ minor }) => major('.')({ minor: minor - 30 } as Sale)], ['currency', eur], ['created', iso]]) },
  'German with semicolons': { key: 'Referenz', amount: 'Betrag', render: table([['Buchungstag', german], ['Referenz', id], ['Betrag', major(',')], ['Währung', eur]], ';') },
  'French with a byte order mark': { key: 'Référence', amount: 'Montant', render: table([['Date', german], ['Référence', id], ['Montant', major(',')], ['Devise', eur]], ';', '\ufeff') },
  'Polish, without names that are known': { key: 'Identyfikator', amount: 'Kwota', render: table([['Dzien', iso], ['Identyfikator', id], ['Kwota', major(',')], ['Waluta', eur]], '\t') },
  'debit and credit apart': { key: 'Reference', amount: 'Credit−Debit', render: table([['Date', long], ['Reference', id], ['Debit', () => ''], ['Credit', major('.')], ['Currency', eur]].map(([name, cell]) => [name, name === 'Date' ? (sale: Sale) => `"${long(sale)}"` : cell] as Column)) },
  'a running balance': { key: 'transaction id', amount: 'amount', render: (sales) => { let balance = 0; return table([['date', iso], ['transaction id', id], ['amount', major('.')], ['balance', ({ minor }) => { balance += minor; return major('.')({ minor: balance } as Sale) }], ['currency', eur]])(sales) } },
  'rows before the header': { key: 'Reference', amount: 'Amount', render: table([['Date', iso], ['Reference', id], ['Amount', major('.')], ['Currency', eur]], ',', 'Report of Acme Payments,,,\nMerchant,4711,,\n') },
  'upper case': { key: 'REFERENCE', amount: 'AMOUNT', render: table([['REFERENCE', (sale) => id(sale).toUpperCase()], ['AMOUNT', major('.')], ['CURRENCY', eur], ['DATE', iso]]) },
} // biome-ignore format: a table

const shuffledOdd = <T>(items: readonly T[]): readonly T[] => [
  ...items.filter((_, place) => place % 2 === 1),
  ...items.filter((_, place) => place % 2 === 0),
]

const SUM = SALES.reduce((sum, { minor }) => sum + BigInt(minor), 0n)

async function pairOf(ours: Shape, theirs: Shape) {
  return await compareFiles({ ours: ours.render(SALES), theirs: theirs.render(shuffledOdd(SALES)) })
}

describe('a mapping', () => {
  it.each(Object.keys(OURS).flatMap((ours) => Object.keys(THEIRS).map((theirs) => [ours, theirs] as const)))(
    'is right for %s against %s',
    async (ours, theirs) => {
      const [a, b] = [OURS[ours] as Shape, THEIRS[theirs] as Shape]

      const compared = await pairOf(a, b)

      const { fields } = compared.kind === 'done' ? compared.summary.mapping : compared.mapping
      expect(fields).toMatchObject({
        key: { ours: a.key, theirs: b.key },
        amount: { ours: a.amount, theirs: b.amount },
      })
      expect(compared).toMatchObject({
        summary: {
          pairs: SALES.length,
          real: 0,
          proof: [{ currency: 'EUR', ours: SUM, theirs: SUM, unexplained: 0n }],
        },
      })
    },
  )
})

/** Two tables in CSV whose keys, amounts and dates are written as each side says. */
type Writing = {
  readonly key?: Column[1]
  readonly amount?: Column[1]
  readonly currency?: Column[1] | undefined
  readonly date?: Column[1]
}

const written = ({ key = id, amount = major('.'), currency = eur, date = iso }: Writing) =>
  table([
    ['reference', key],
    ['amount', amount],
    ['currency', currency],
    ['date', date],
  ])

const compareWritten = (ours: Writing, theirs: Writing, options?: Parameters<typeof compareFiles>[1]) =>
  compareFiles({ ours: written(ours)(SALES), theirs: written(theirs)(shuffledOdd(SALES)) }, options)

describe('a key', () => {
  it.each<readonly [string, Column[1], Column[1]]>([
    ['a prefix', (sale) => `order-${plain(sale)}`, plain],
    ['prefixes on both sides', (sale) => `INV/${plain(sale)}`, (sale) => `#${plain(sale)}`],
    ['leading zeros', (sale) => plain(sale).padStart(9, '0'), plain],
    ['letters in front', (sale) => `ORD${plain(sale)}`, plain],
    ['the decimals of a spreadsheet', (sale) => `${plain(sale)}.0`, plain],
    ['case and spaces', (sale) => ` ${id(sale).toUpperCase()}`, id],
    ['a prefix and leading zeros', (sale) => `order-${plain(sale).padStart(8, '0')}`, plain],
  ])('is found without %s', async (_what, ours, theirs) => {
    const compared = await compareWritten({ key: ours }, { key: theirs })

    expect(compared).toMatchObject({ kind: 'done', summary: { pairs: SALES.length, real: 0 } })
  })

  it('keeps references apart that differ in what is no prefix', async () => {
    const compared = await compareWritten({ key: (sale) => `A-${id(sale)}` }, { key: (sale) => `A-${id(sale)}` })

    expect(compared).toMatchObject({ kind: 'done', summary: { pairs: SALES.length } })
  })
})

describe('a scale', () => {
  it.each<readonly [string, string, number, Column[1], Column[1]]>([
    ['thousandths', 'KWD', 10, ({ minor }) => String(minor * 10), ({ minor }) => `${Math.floor(minor / 100)}.${two(minor % 100)}0`],
    ['none', 'JPY', 1, ({ minor }) => String(minor), ({ minor }) => `${minor}`],
    ['hundredths of a currency without minor units', 'JPY', 1, ({ minor }) => String(minor * 100), ({ minor }) => `${minor}.00`],
  ])('of %s in %s is found', async (_what, code, factor, ours, theirs) => {
    const currency = (): string => code

    const compared = await compareWritten({ amount: ours, currency }, { amount: theirs, currency })

    expect(compared).toMatchObject({
      kind: 'done',
      summary: { pairs: SALES.length, proof: [{ currency: code, ours: SUM * BigInt(factor), unexplained: 0n }] },
    })
  }) // biome-ignore format: a table

  it('is not proven by a row that is in another currency on each side', async () => {
    const whole = (others: string): Writing => ({
      amount: ({ minor }) => String(minor),
      currency: ({ id: value }) => (value === SALES[3]?.id ? others : 'EUR'),
    })

    const compared = await compareWritten(whole('EUR'), whole('JPY'))

    expect(compared).toMatchObject({
      kind: 'done',
      summary: {
        pairs: SALES.length - 1,
        proof: [{ currency: 'EUR', ours: SUM * 100n, unexplained: 0n }, { currency: 'JPY' }],
      },
    })
  })

  it('turns the sign that one side writes differently', async () => {
    const compared = await compareWritten({}, { amount: (sale) => `-${major('.')(sale)}` })

    expect(compared).toMatchObject({
      kind: 'done',
      summary: { pairs: SALES.length, proof: [{ ours: SUM, theirs: SUM }] },
    })
  })
})

describe('a date', () => {
  const few = ({ day }: Sale): number => (day % 11) + 1

  it('whose day and month could be swapped takes the order with which it agrees with the other side', async () => {
    const compared = await compareWritten(
      { date: (sale) => `${two(few(sale))}/04/2026` },
      { date: (sale) => `2026-04-${two(few(sale))}` },
    )

    expect(compared).toMatchObject({ kind: 'done', summary: { period: { from: '2026-04-01', to: '2026-04-11' } } })
  })

  it('that neither side proves is asked for', async () => {
    const date = (sale: Sale): string => `${two(few(sale))}/04/2026`

    const compared = await compareWritten({ date }, { date })
    const given = await compareWritten(
      { date },
      { date },
      { given: { date: { ours: 'date:dmy', theirs: 'date:dmy' } } },
    )

    expect(compared).toMatchObject({ kind: 'unsure', mapping: { fields: { date: { confidence: 'guess' } } } })
    expect(given).toMatchObject({ kind: 'done', summary: { period: { from: '2026-04-01', to: '2026-04-11' } } })
  })

  it.each(['2026/03/03', 'Mar 3, 2026', '3 mars 2026', '20260303', '03.03.2026'])('reads %s', async (text) => {
    const rows = (date: string): string =>
      csv([
        ['reference', 'amount', 'currency', 'date'],
        ...SALES.map((sale) => [id(sale), major('.')(sale), 'EUR', `"${date}"`]),
      ])

    const compared = await compareFiles({ ours: rows('2026-03-03'), theirs: rows(text) })

    expect(compared).toMatchObject({
      kind: 'done',
      summary: { pairs: SALES.length, period: { from: '2026-03-03', to: '2026-03-03' } },
    })
  })
})

describe('what the files do not prove', () => {
  it('is not matched on amounts alone', async () => {
    const compared = await compareWritten({}, { key: (sale) => `tx${(sale.id * 7_919) % 99_991}z` })

    expect(compared).toMatchObject({ kind: 'unsure', mapping: { fields: { key: { confidence: 'guess' } } } })
  })

  it('is not matched by row numbers', async () => {
    const ours = table([
      ['no', number],
      ['amount', major('.')],
      ['currency', eur],
    ])(SALES)
    const theirs = table([
      ['no', number],
      ['amount', major('.')],
      ['currency', eur],
    ])(shuffledOdd(SALES))

    const compared = await compareFiles({ ours, theirs })

    expect(compared.kind).toBe('unsure')
  })

  it('is a currency that one side leaves out and the other has several of', async () => {
    const compared = await compareWritten(
      { currency: (_sale, place) => (place % 2 === 0 ? 'EUR' : 'USD') },
      { currency: () => '' },
    )

    expect(compared).toMatchObject({ kind: 'unsure', mapping: { fields: { currency: { confidence: 'none' } } } })
  })

  it('is a unit that both files could mean, and a flag says', async () => {
    const whole: Writing = { amount: ({ minor }) => String(minor) }
    const amount = { ours: 'amount:minor', theirs: 'amount:minor' }

    const compared = await compareWritten(whole, whole, { given: { amount } })

    expect(compared).toMatchObject({ kind: 'done', summary: { pairs: SALES.length, proof: [{ ours: SUM }] } })
  })

  it('is said with flags', async () => {
    const given = { key: { ours: 'reference', theirs: 'reference' } }

    const compared = await compareWritten(
      {},
      { key: (sale) => `tx${(sale.id * 7_919) % 99_991}z` },
      { given, asOf: '2026-04-30' },
    )

    expect(compared).toMatchObject({ kind: 'done', summary: { pairs: 0, real: 2 * SALES.length } })
  })
})
