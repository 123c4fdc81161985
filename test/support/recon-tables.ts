import { createSeeded, type Seeded } from './seeded.ts'

type Row = {
  readonly reference: string
  readonly other: string
  readonly units: bigint
  readonly fee: bigint
  readonly currency: string
  readonly ms: number
  readonly kind: string
  readonly status: string
}

/** How one side writes its rows. */
type Style = {
  readonly separator: string
  readonly end: string
  readonly mark: '.' | ','
  readonly isMinor: boolean
  readonly date: (ms: number) => string
  readonly columns: readonly (keyof typeof NAMES)[]
  /** A text around all cells, or those that need it. */
  readonly isQuoted: boolean
  readonly hasMark: boolean
  /** Currency in the amount. */
  readonly isBeside: boolean
}

const NAMES = {
  reference: ['order_ref', 'Reference'],
  other: ['psp_reference', 'charge_id'],
  amount: ['amount', 'Gross'],
  fee: ['fee', 'Fee'],
  currency: ['currency', 'Currency'],
  date: ['created_at', 'Date'],
  kind: ['type', 'Type'],
  status: ['status', 'Status'],
  note: ['note', 'Description'],
} as const

const DECIMALS: Readonly<Record<string, number>> = { EUR: 2, USD: 2, JPY: 0, KWD: 3 }
const NOTES = ['', 'plain', 'with, comma', 'with; semicolon', 'say "so"', 'Zoë 🙂', ' spaces ', '\u00a0', "it's"]
const DAY_MS = 86_400_000

const iso = (ms: number): string => new Date(ms).toISOString()
const DATES: readonly ((ms: number) => string)[] = [
  iso,
  (ms) => iso(ms).slice(0, 19).replace('T', ' '),
  (ms) => iso(ms).slice(0, 10),
  (ms) => iso(ms).slice(0, 10).split('-').toReversed().join('.'),
  (ms) => `${iso(ms).slice(5, 7)}/${iso(ms).slice(8, 10)}/${iso(ms).slice(0, 4)}`,
  (ms) => String(ms),
  (ms) => iso(ms).replace('Z', '+00:00'),
]

function rowsOf(random: Seeded): readonly Row[] {
  const start = Date.UTC(2026, 2, 1)
  const currencies = random.chance(0.5) ? ['EUR'] : ['EUR', 'USD', 'JPY', 'KWD']
  return Array.from({ length: random.integer(5, 120) }, (_, place): Row => {
    const units = random.chance(0.04)
      ? random.pick([2n ** 53n + 7n, 2n ** 62n, 2n ** 62n + 1n, 10n ** 20n, 0n])
      : BigInt(random.integer(1, 500_000)) * (random.chance(0.2) ? -1n : 1n)
    return {
      reference: random.chance(0.03) ? '' : `ord_${1_000 + place * 7}${random.chance(0.05) ? ' ' : ''}`,
      other: `ch_${(place * 7_919 + 13).toString(36)}x`,
      units,
      fee: BigInt(random.integer(0, 900)),
      currency: random.pick(currencies),
      ms: start + random.integer(0, 27) * DAY_MS + random.integer(0, 86_399) * 1_000,
      kind: random.chance(0.1) ? random.pick(['payout', 'fee', 'refund', '']) : 'charge',
      status: random.chance(0.1) ? random.pick(['failed', 'pending', 'refunded', 'odd', '']) : 'succeeded',
    }
  })
}

function styleOf(random: Seeded, side: 0 | 1): Style {
  const some = (['other', 'fee', 'kind', 'status', 'note'] as const).filter(() => random.chance(0.6))
  const isBeside = random.chance(0.15)
  return {
    separator: random.pick([',', ';', '\t', '|']),
    end: random.chance(0.3) ? '\r\n' : '\n',
    mark: random.chance(0.3) ? ',' : '.',
    isMinor: side === 0 && random.chance(0.3),
    date: random.pick(DATES),
    columns: ['reference', 'amount', ...(isBeside ? [] : (['currency'] as const)), 'date', ...some],
    isQuoted: random.chance(0.2),
    hasMark: random.chance(0.2),
    isBeside,
  }
}

function amountText(units: bigint, currency: string, { mark, isMinor, isBeside }: Style, random: Seeded): string {
  const decimals = isMinor ? 0 : (DECIMALS[currency] ?? 2)
  const digits = String(units < 0n ? -units : units).padStart(decimals + 1, '0')
  const text = decimals === 0 ? digits : `${digits.slice(0, -decimals)}${mark}${digits.slice(-decimals)}`
  const code = isBeside ? ` ${currency}` : ''
  if (random.chance(0.02)) return random.pick(['', 'n/a', '1.2.3', '1e3'])
  if (units >= 0n) return text + code
  return (random.chance(0.3) ? `(${text})` : `-${text}`) + code
}

function cell(row: Row, column: keyof typeof NAMES, style: Style, random: Seeded): string {
  if (column === 'amount') return amountText(row.units, row.currency, style, random)
  if (column === 'fee') return random.chance(0.1) ? '' : amountText(row.fee, row.currency, style, random)
  if (column === 'date') return random.chance(0.03) ? random.pick(['', 'soon']) : style.date(row.ms)
  if (column === 'currency') return random.chance(0.02) ? random.pick(['', 'xyz', 'eur ']) : row.currency
  if (column === 'note') return random.chance(0.003) ? 'two\nlines' : random.pick(NOTES)
  return row[column]
}

function fileOf(rows: readonly Row[], side: 0 | 1, random: Seeded): string {
  const style = styleOf(random, side)
  const { separator, end, columns } = style
  const quoted = (text: string): string =>
    style.isQuoted || text.includes(separator) || /["\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  const written = rows.map((row) => columns.map((column) => quoted(cell(row, column, style, random))).join(separator))
  const odd: readonly string[] = [
    ['Total', ...columns.slice(1).map((column) => (column === 'amount' ? '12.00' : ''))].join(separator),
    columns.map(() => '').join(separator),
    columns.map(() => ' ').join(separator),
    'short',
    '',
    `${columns.map(() => 'x').join(separator)}${separator}more`,
    `"open${separator}1`,
  ]
  if (random.chance(0.3)) written.splice(random.integer(0, written.length), 0, random.pick(odd))
  const before = random.chance(0.1) ? `Bank of somewhere${end}` : ''
  const header = columns.map((column) => NAMES[column][side]).join(separator)
  const last = random.chance(0.2) ? '' : end
  return `${style.hasMark ? '\ufeff' : ''}${before}${header}${end}${written.join(end)}${last}`
}

/**
 * The same payments on both sides, of which some are missing, stand twice, or say something else, in files that are written
 * in many ways, of which some are no plain CSV.
 */
export function filesOf(seed: number): { readonly ours: string; readonly theirs: string } {
  const random = createSeeded(seed)
  const rows = rowsOf(random)
  const changed = rows
    .flatMap((row) => (random.chance(0.05) ? [] : random.chance(0.05) ? [row, row] : [row]))
    .map((row): Row => {
      if (random.chance(0.05)) return { ...row, units: row.units + 3n }
      if (random.chance(0.03)) return { ...row, reference: row.reference.toUpperCase() }
      if (random.chance(0.03)) return { ...row, reference: '' }
      return random.chance(0.03) ? { ...row, fee: row.fee + 1n } : row
    })
  const shuffled = changed.toSorted((a, b) => (a.other < b.other ? -1 : 1))
  const ours = random.chance(0.1) ? [...rows, ...rows.slice(0, 2)] : rows
  return { ours: fileOf(ours, 0, random), theirs: fileOf(shuffled, 1, random) }
}
