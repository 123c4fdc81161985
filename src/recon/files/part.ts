import { BrokenFile, type ColumnSurvey, type DateOrder } from '../../settlement/index.ts'
import type { Side } from '../side.ts'

/** One of several files that are read as one side. */
export type Part = {
  readonly name: string
  readonly sha256: string
  readonly format: string
  readonly rows: number
  /** The lines of the files before it: a line of the side is this and the line in the file. */
  readonly base: number
  /** Where its columns stand among those of the side, in its own order. */
  readonly order: readonly number[]
}

/** A line of a side as people look for it. `file` is undefined where the side is one file. */
export type Place = { readonly file: string | undefined; readonly line: number }

const partOf = ({ parts }: Pick<Side, 'parts'>, line: number): Part | undefined =>
  parts.findLast(({ base }) => base < line) ?? parts[0]

/** The number of a column of the side in the file that has a line. */
export const columnIn = (side: Pick<Side, 'parts'>, line: number, column: number): number =>
  (partOf(side, line)?.order.indexOf(column - 1) ?? -1) + 1 || column

export function placeOf(side: Pick<Side, 'parts'>, line: number): Place {
  const part = partOf(side, line)
  return part === undefined ? { file: undefined, line } : { file: part.name, line: line - part.base }
}

/** Of a side of one file there is nothing to say. */
export const placeText = ({ file, line }: Place): string =>
  file === undefined ? `line ${line}` : `line ${line} of ${file}`

type Shaped = { readonly name: string } & Pick<Side, 'format' | 'isTable' | 'columns' | 'rows'>

/** Throws `BrokenFile` when a file says other things than the first one, or says them in another way. */
export function refuseOther(first: Shaped, next: Shaped): void {
  const differ = (what: string): BrokenFile =>
    new BrokenFile('files_differ', 1, `${next.name} cannot be read together with ${first.name}: ${what}`)
  if (first.isTable !== next.isTable || (!first.isTable && first.format !== next.format))
    throw differ(`it is ${next.format}, and not ${first.format}`)
  const [lacks, more] = [missing(first, next), missing(next, first)]
  if (lacks.length + more.length > 0) {
    const parts = [
      ...(lacks.length > 0 ? [`it lacks ${listed(lacks)}`] : []),
      ...(more.length > 0 ? [`it has ${listed(more)} besides`] : []),
    ]
    throw differ(parts.join(', and '))
  }
  for (const column of first.columns) {
    const other = next.columns.find(({ name }) => name === column.name)
    if (other === undefined) continue
    const [ours, theirs] = [markOf(column), markOf(other)]
    if (ours !== undefined && theirs !== undefined && ours !== theirs)
      throw differ(`"${column.name}" has its decimals behind "${theirs}", and there behind "${ours}"`)
    const [before, after] = [orderOf(column), orderOf(other)]
    if (before !== undefined && after !== undefined && before !== after)
      throw differ(`"${column.name}" has dates in the order ${after}, and there in the order ${before}`)
  }
}

const listed = (names: readonly string[]): string =>
  names
    .slice(0, 8)
    .map((name) => `"${name.slice(0, 60)}"`)
    .join(', ') + (names.length > 8 ? ` and ${names.length - 8} more columns` : '')

/** Columns of the one that the other lacks. A key of JSON that not every object has may be in none of a few. */
const missing = (of: Shaped, from: Shaped): readonly string[] => {
  const names = new Set(from.columns.map(({ name }) => name))
  const isLoose = from.format.startsWith('json') && of.format.startsWith('json')
  return of.columns
    .filter(({ name, filled }) => !names.has(name) && !(isLoose && filled < Math.min(of.rows, SURVEYED)))
    .map(({ name }) => name)
}

/** Cells of a column that are counted. */
const SURVEYED = 2_000
/** What most cells of a column are, the column is. */
const MOST = 0.7

function markOf({ marks, numbers, filled }: ColumnSurvey): '.' | ',' | undefined {
  if (numbers < filled * MOST || (marks['.'] === 0) === (marks[','] === 0)) return undefined
  return marks['.'] > 0 ? '.' : ','
}

function orderOf({ orders, dates, filled }: ColumnSurvey): DateOrder | undefined {
  if (filled === 0 || dates < filled * MOST || orders.dmy === orders.mdy) return undefined
  return orders.dmy > orders.mdy ? 'dmy' : 'mdy'
}

/** What is known of the columns of two files together, in the order of the first. */
export function joinColumns(all: readonly ColumnSurvey[], next: readonly ColumnSurvey[]): readonly ColumnSurvey[] {
  const others = next.filter(({ name }) => !all.some((each) => each.name === name))
  return [
    ...all.map((column) => {
      const other = next.find(({ name }) => name === column.name)
      return other === undefined ? column : joinColumn(column, other)
    }),
    ...others.map((column, index) => ({ ...column, place: all.length + index })),
  ]
}

function joinColumn(one: ColumnSurvey, other: ColumnSurvey): ColumnSurvey {
  const sum = <
    K extends
      | 'filled'
      | 'words'
      | 'numbers'
      | 'fractions'
      | 'negatives'
      | 'positives'
      | 'dates'
      | 'currencies'
      | 'withCurrency',
  >(
    name: K,
  ): number => one[name] + other[name]
  return {
    name: one.name,
    place: one.place,
    filled: sum('filled'),
    words: sum('words'),
    numbers: sum('numbers'),
    marks: added(one.marks, other.marks),
    open: added(one.open, other.open),
    fractions: sum('fractions'),
    negatives: sum('negatives'),
    positives: sum('positives'),
    orders: added(one.orders, other.orders),
    years: { ymd: span(one, other, 'ymd'), dmy: span(one, other, 'dmy'), mdy: span(one, other, 'mdy') },
    dates: sum('dates'),
    currencies: sum('currencies'),
    inAmounts: new Set([...one.inAmounts, ...other.inAmounts]),
    withCurrency: sum('withCurrency'),
    values: new Set([...one.values, ...other.values]),
  }
}

const added = <K extends string>(
  one: Readonly<Record<K, number>>,
  other: Readonly<Record<K, number>>,
): Record<K, number> => {
  const sums: Record<K, number> = { ...one }
  for (const name of Object.keys(other) as K[]) sums[name] = (sums[name] ?? 0) + other[name]
  return sums
}

const span = (
  one: ColumnSurvey,
  other: ColumnSurvey,
  order: keyof ColumnSurvey['years'],
): readonly [number, number] => [
  Math.min(one.years[order][0], other.years[order][0]),
  Math.max(one.years[order][1], other.years[order][1]),
]
