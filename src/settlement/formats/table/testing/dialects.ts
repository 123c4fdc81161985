import fc from 'fast-check'
import { decimalsOf } from '../../../../money/index.ts'
import { type SheetCell, workbookOf } from './workbook.ts'

/** Tables as a test has them in mind, and the many ways in which senders write one and the same table. */

export type ModelRow = {
  readonly date: string
  readonly amount: bigint
  readonly fee: bigint
  readonly currency: string
  readonly reference: string
  readonly text: string
}

/** Names of columns: date, reference, text, currency, amount, debit, credit, direction, fee, balance. */
const LANGUAGES = [
  ['Date', 'Reference', 'Description', 'Currency', 'Amount', 'Debit', 'Credit', 'D/C', 'Fee', 'Balance'],
  ['created_at', 'order_id', 'details', 'currency', 'gross', 'paid_out', 'paid_in', 'direction', 'fee', 'balance'],
  ['Buchungstag', 'Kundenreferenz', 'Verwendungszweck', 'Währung', 'Betrag', 'Soll', 'Haben', 'Soll/Haben', 'Gebühr', 'Saldo'],
  ['Date opération', 'Référence', 'Libellé', 'Devise', 'Montant', 'Débit', 'Crédit', 'Sens', 'Frais', 'Solde'],
  ['Fecha', 'Referencia', 'Concepto', 'Divisa', 'Importe', 'Cargo', 'Abono', 'D/C', 'Comisión', 'Saldo'],
  ['Data contabile', 'Riferimento', 'Causale', 'Divisa', 'Importo', 'Addebiti', 'Accrediti', 'Segno', 'Commissione', 'Saldo'],
  ['Boekdatum', 'Kenmerk', 'Omschrijving', 'Munt', 'Bedrag', 'Af', 'Bij', 'Af Bij', 'Kosten', 'Saldo'],
  ['Bokføringsdag', 'Referens', 'Tekst', 'Valuta', 'Beløp', 'Uttag', 'Insättning', 'D/C', 'Gebyr', 'Saldo'],
  ['Data', 'Referência', 'Descrição', 'Moeda', 'Valor', 'Débito', 'Crédito', 'D/C', 'Tarifa', 'Saldo'],
] as const // biome-ignore format: one row each

const SIGNS = [
  'signed',
  'trailing',
  'parentheses',
  'wide minus',
  'dr/cr',
  'split',
  'split with minus',
  'direction',
] as const
const DATES = [
  'iso', 'd.m.y', 'd/m/y', 'm/d/y', 'd-m-yy', 'yy-m-d', 'eight', 'name', 'instant', 'epoch', 'iso time',
] as const // biome-ignore format: one list
const GROUPS = ['', 'other mark', ' ', '\u00a0', "'"] as const
const KINDS = ['csv', 'csv', 'csv', 'json', 'member', 'jsonl', 'xlsx', 'xlsx texts'] as const
const ENCODINGS = ['utf-8', 'mark', 'utf-16le', 'windows-1252'] as const

export type Dialect = {
  readonly kind: (typeof KINDS)[number]
  readonly language: number
  readonly sign: (typeof SIGNS)[number]
  readonly date: (typeof DATES)[number]
  readonly mark: '.' | ','
  readonly group: (typeof GROUPS)[number]
  /** How decimals are written: all of them, as few as needed, or as minor units that a name may say. */
  readonly decimals: 'all' | 'shortest' | 'minor named' | 'minor'
  readonly currency: 'column' | 'name' | 'cell' | 'before' | 'none'
  readonly separator: ',' | ';' | '\t' | '|'
  readonly lineEnd: '\n' | '\r\n' | '\r'
  readonly encoding: (typeof ENCODINGS)[number]
  readonly quotes: boolean
  readonly before: number
  readonly hasFee: boolean
  readonly hasBalance: boolean
  readonly newestFirst: boolean
  readonly hasTotal: boolean
  /** Column n of the model stands at the place of the n-th smallest of these. */
  readonly order: readonly number[]
}

export const dialect: fc.Arbitrary<Dialect> = fc.record({
  kind: fc.constantFrom(...KINDS),
  language: fc.nat({ max: LANGUAGES.length - 1 }),
  sign: fc.constantFrom(...SIGNS),
  date: fc.constantFrom(...DATES),
  mark: fc.constantFrom('.', ','),
  group: fc.constantFrom(...GROUPS),
  decimals: fc.constantFrom('all', 'all', 'all', 'shortest', 'minor named', 'minor'),
  currency: fc.constantFrom('column', 'column', 'name', 'cell', 'before', 'none'),
  separator: fc.constantFrom(',', ';', '\t', '|'),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
  encoding: fc.constantFrom(...ENCODINGS),
  quotes: fc.boolean(),
  before: fc.nat({ max: 3 }),
  hasFee: fc.boolean(),
  hasBalance: fc.boolean(),
  newestFirst: fc.boolean(),
  hasTotal: fc.boolean(),
  order: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 10, maxLength: 10 }),
})

const day = fc.integer({ min: Date.UTC(2024, 0, 1) / 86_400_000, max: Date.UTC(2027, 0, 1) / 86_400_000 })

export const rows: fc.Arbitrary<readonly ModelRow[]> = fc
  .tuple(day, fc.constantFrom('EUR', 'USD', 'SEK', 'JPY', 'KWD'))
  .chain(([first, currency]) =>
    fc.array(
      fc.record({
        date: fc.nat({ max: 40 }).map((more) => new Date((first + more) * 86_400_000).toISOString().slice(0, 10)),
        amount: fc.oneof(
          fc.bigInt({ min: -999_999_999n, max: 999_999_999n }),
          fc.bigInt({ min: -50n, max: 50n }).map((each) => each * 1_000n),
        ),
        fee: fc.bigInt({ min: 0n, max: 500n }),
        currency: fc.constant(currency),
        reference: fc.integer({ min: 1, max: 9_999 }).map((number) => `ref-${number}`),
        text: fc.constantFrom('Miete', 'coffee, black', 'say "hi"', 'zwölf; elf', 'A|B', '-', 'x'),
      }),
      { minLength: 1, maxLength: 12 },
    ),
  )
  .map((list) => list.toSorted((a, b) => (a.date < b.date ? -1 : 1)))

type Column = { readonly name: string; readonly cell: (row: ModelRow, balance: bigint) => SheetCell }

/** The file, and the rows in the order in which it has them. */
export function writeTable(
  given: readonly ModelRow[],
  dialect: Dialect,
): { readonly bytes: Buffer; readonly rows: readonly ModelRow[] } {
  const list = dialect.hasFee ? given : given.map((row) => ({ ...row, fee: 0n }))
  let balance = 1_000n
  const withBalances = list.map((row) => {
    balance += row.amount - row.fee
    return { row, balance }
  })
  if (dialect.newestFirst) withBalances.reverse()
  const columns = columnsOf(dialect, list[0]?.currency ?? 'EUR')
  const cells = withBalances.map((each) => columns.map(({ cell }) => cell(each.row, each.balance)))
  return {
    bytes: bytesOf(
      columns.map(({ name }) => name),
      cells,
      dialect,
      list[0]?.currency ?? 'EUR',
    ),
    rows: withBalances.map(({ row }) => row),
  }
}

function columnsOf(dialect: Dialect, currency: string): readonly Column[] {
  const names = LANGUAGES[dialect.language] ?? LANGUAGES[0]
  const [date, reference, text, code, amount, debit, credit, direction, fee, balance] = names
  const unit = dialect.decimals === 'minor named' ? ' (cents)' : dialect.currency === 'name' ? ` (${currency})` : ''
  const money = (value: bigint): SheetCell => moneyCell(value, currency, dialect)
  const words = direction === 'Af Bij' ? ['Af', 'Bij'] : direction === 'Soll/Haben' ? ['S', 'H'] : ['D', 'C']
  const size = (value: bigint): bigint => (value < 0n ? -value : value)
  const amounts: readonly Column[] =
    dialect.sign === 'split' || dialect.sign === 'split with minus'
      ? [
          {
            name: debit + unit,
            cell: (row) => (row.amount < 0n ? money(dialect.sign === 'split' ? -row.amount : row.amount) : ''),
          },
          { name: credit + unit, cell: (row) => (row.amount < 0n ? '' : money(row.amount)) },
        ]
      : dialect.sign === 'direction'
        ? [
            { name: amount + unit, cell: (row) => money(size(row.amount)) },
            { name: direction, cell: (row) => words[row.amount < 0n ? 0 : 1] },
          ]
        : [{ name: amount + unit, cell: (row) => money(row.amount) }]
  const columns: readonly Column[] = [
    { name: date, cell: (row) => dateCell(row.date, dialect) },
    { name: reference, cell: (row) => row.reference },
    { name: text, cell: (row) => row.text },
    ...amounts,
    ...(dialect.currency === 'column' ? [{ name: code, cell: (row: ModelRow) => row.currency }] : []),
    ...(dialect.hasFee ? [{ name: fee + unit, cell: (row: ModelRow) => money(row.fee) }] : []),
    ...(dialect.hasBalance ? [{ name: balance + unit, cell: (_row: ModelRow, after: bigint) => money(after) }] : []),
  ]
  return columns
    .map((column, place) => ({ column, at: dialect.order[place] ?? 0 }))
    .sort((a, b) => a.at - b.at)
    .map(({ column }) => column)
}

const isTyped = ({ kind }: Dialect): boolean => kind === 'xlsx' || kind === 'json' || kind === 'member'

function moneyCell(value: bigint, currency: string, dialect: Dialect): SheetCell {
  const { decimals, mark, group, sign } = dialect
  const places = decimals.startsWith('minor') ? 0 : (decimalsOf(currency) ?? 2)
  const digits = String(value < 0n ? -value : value).padStart(places + 1, '0')
  const whole = digits.slice(0, digits.length - places)
  const all = digits.slice(digits.length - places)
  const fraction = decimals === 'shortest' ? all.replace(/0+$/, '') : all
  if (isTyped(dialect) && dialect.currency !== 'cell')
    return { number: `${value < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}` }
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, group === 'other mark' ? (mark === '.' ? ',' : '.') : group)
  const size = fraction === '' ? grouped : `${grouped}${mark}${fraction}`
  const signed =
    value >= 0n
      ? sign === 'dr/cr' ? `${size} CR` : size
      : sign === 'trailing' ? `${size}-` : sign === 'parentheses' ? `(${size})` : sign === 'wide minus' ? `\u2212${size}` : sign === 'dr/cr' ? `${size} DR` : `-${size}`
  return dialect.currency === 'cell' ? `${currency} ${signed}` : signed
} // biome-ignore format: one choice each

function dateCell(date: string, { date: layout, kind }: Dialect): SheetCell {
  const [y = '', m = '', d = ''] = date.split('-')
  switch (layout) {
    case 'iso':
      return kind === 'xlsx' ? { number: String(Date.parse(date) / 86_400_000 + 25_569), style: 1 } : date
    case 'd.m.y':
      return `${d}.${m}.${y}`
    case 'd/m/y':
      return `${Number(d)}/${Number(m)}/${y}`
    case 'm/d/y':
      return `${m}/${d}/${y}`
    case 'd-m-yy':
      return `${d}-${m}-${y.slice(2)}`
    case 'yy-m-d':
      return date.slice(2)
    case 'eight':
      return y + m + d
    case 'name':
      return new Intl.DateTimeFormat('fr', { dateStyle: 'long', timeZone: 'UTC' }).format(Date.parse(date))
    case 'instant':
      return `${date}T12:30:00Z`
    case 'epoch':
      return String(Date.parse(date) / 1_000 + 43_200)
    case 'iso time':
      return `${date} 08:15:00`
  }
}

const textOf = (cell: SheetCell): string =>
  cell === undefined ? '' : typeof cell === 'string' ? cell : 'number' in cell ? cell.number : ''

function bytesOf(
  names: readonly string[],
  cells: readonly (readonly SheetCell[])[],
  dialect: Dialect,
  currency: string,
): Buffer {
  const { kind, before, hasTotal } = dialect
  const head = [
    ['Bank of Somewhere'],
    ['Account', '1234 5678'],
    ['Currency', dialect.currency === 'before' ? currency : ''],
  ]
  const metadata = dialect.currency === 'before' ? head : head.slice(0, Math.min(before, 2))
  if (kind === 'json' || kind === 'member' || kind === 'jsonl') {
    const objects = cells.map(
      (row) => `{${names.map((name, place) => `${JSON.stringify(name)}: ${jsonOf(row[place])}`).join(', ')}}`,
    )
    if (kind === 'jsonl') return Buffer.from(`${objects.join('\n')}\n`)
    return Buffer.from(kind === 'json' ? `[${objects.join(',\n')}]` : `{"ok": true, "data": [${objects.join(', ')}]}`)
  }
  const isDate = names.map((_name, place) => cells.every((row) => row[place] === cells[0]?.[place]))
  const total = hasTotal && isDate.length > 0 ? [['Total', ...names.slice(2).map(() => '')]] : []
  const all = [...metadata, names, ...cells, ...total]
  if (kind === 'xlsx') return workbookOf({ rows: all, formats: ['yyyy-mm-dd'] })
  if (kind === 'xlsx texts') return workbookOf({ rows: all.map((row) => row.map(textOf)) })
  const text = all
    .map((row) => row.map((cell) => field(textOf(cell), dialect)).join(dialect.separator))
    .join(dialect.lineEnd)
  return encoded(text + dialect.lineEnd, dialect)
}

const jsonOf = (cell: SheetCell): string =>
  cell !== undefined && typeof cell === 'object' && 'number' in cell ? cell.number : JSON.stringify(textOf(cell))

const field = (text: string, { separator, quotes }: Dialect): string =>
  quotes || text.includes(separator) || text.includes('"') ? `"${text.replaceAll('"', '""')}"` : text

function encoded(text: string, { encoding }: Dialect): Buffer {
  if (encoding === 'utf-16le') return Buffer.from(`\ufeff${text}`, 'utf16le')
  if (encoding === 'windows-1252' && [...text].every((char) => char.charCodeAt(0) < 256))
    return Buffer.from(text, 'latin1')
  return Buffer.from(encoding === 'mark' ? `\ufeff${text}` : text)
}
