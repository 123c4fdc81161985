import type { Seeded } from '../support/seeded.ts'
import { wallClock } from './calendar.ts'

/** How one file is written: chosen anew for every file. */
export type Style = {
  readonly separator: string
  readonly mark: '.' | ','
  readonly unit: 'major' | 'minor'
  readonly isGrouped: boolean
  readonly date: (ms: number) => string
  readonly form: 'csv' | 'jsonl'
  /** Whether money in and money out stand in two columns. */
  readonly isSplit: boolean
  readonly isReversed: boolean
}

/** The columns of a row, by name, in the order in which they are told. */
export type Cells = readonly (readonly [name: string, text: string])[]

/** What is chosen of every style alike. */
export function punctuationOf(
  random: Seeded,
  unit: Style['unit'],
): Pick<Style, 'separator' | 'mark' | 'unit' | 'isGrouped' | 'form'> {
  const mark = random.pick(['.', '.', ','] as const)
  const form = random.chance(0.15) ? 'jsonl' : 'csv'
  return {
    separator: random.pick(mark === ',' ? [';', '\t', '|'] : [',', ';', '\t']),
    mark,
    unit,
    isGrouped: unit === 'major' && random.chance(0.2),
    form,
  }
}

export const timesOf = (zone: string): readonly ((ms: number) => string)[] => [
  (ms) => new Date(ms).toISOString().replace('.000', ''),
  (ms) => wallClock(ms, zone),
  (ms) => Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).toString({ smallestUnit: 'second', timeZoneName: 'never' }),
  (ms) => String(ms / 1_000),
] // biome-ignore format: one for each line

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/** Dates without a time, which both sides write by the clock of UTC. */
export const DATES: readonly ((ms: number) => string)[] = [
  (ms) => dayOf(ms),
  (ms) => dayOf(ms).replaceAll('-', ''),
  (ms) => dayOf(ms).split('-').toReversed().join('.'),
  (ms) => `${dayOf(ms).slice(5, 7)}/${dayOf(ms).slice(8)}/${dayOf(ms).slice(0, 4)}`,
  (ms) => `${MONTHS[Number(dayOf(ms).slice(5, 7)) - 1]} ${Number(dayOf(ms).slice(8))} ${dayOf(ms).slice(0, 4)}`,
]

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

export const DECIMALS: Readonly<Record<string, number>> = { EUR: 2, USD: 2, GBP: 2, JPY: 0, KWD: 3, CLF: 4 }

/** An amount as the style has it. */
export function amountText({ unit, mark, isGrouped }: Style, amount: bigint, currency: string): string {
  if (unit === 'minor') return String(amount)
  const decimals = DECIMALS[currency] ?? 2
  const digits = String(amount < 0n ? -amount : amount).padStart(decimals + 1, '0')
  const whole = decimals === 0 ? digits : digits.slice(0, -decimals)
  const grouped = isGrouped ? whole.replace(/\B(?=(\d{3})+$)/g, mark === '.' ? ',' : '.') : whole
  return `${amount < 0n ? '-' : ''}${grouped}${decimals === 0 ? '' : mark + digits.slice(-decimals)}`
}

/** All rows of a file have their columns in one order. */
export function createOrder(random: Seeded): (cells: Cells) => Cells {
  const keys = Array.from({ length: 32 }, () => random.next())
  return (cells) =>
    cells
      .map((cell, place) => ({ cell, key: keys[place] ?? 0 }))
      .toSorted((a, b) => a.key - b.key)
      .map(({ cell }) => cell)
}

export const textOf = (style: Style, lines: readonly Cells[]): string =>
  style.form === 'csv' ? asCsv(style, lines) : asJsonLines(lines)

function asCsv({ separator }: Style, lines: readonly Cells[]): string {
  const quoted = (text: string): string =>
    text.includes(separator) || text.includes('"') ? `"${text.replaceAll('"', '""')}"` : text
  const head = lines[0]?.map(([name]) => quoted(name)).join(separator) ?? ''
  return [head, ...lines.map((cells) => cells.map(([, text]) => quoted(text)).join(separator))].join('\n').concat('\n')
}

const asJsonLines = (lines: readonly Cells[]): string =>
  lines.map((cells) => `${JSON.stringify(Object.fromEntries(cells))}\n`).join('')
