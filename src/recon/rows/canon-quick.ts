import { NO_CURRENCY } from '../../money/index.ts'
import { literal } from '../../platform/duckdb.ts'
import type { ColumnSurvey, DateOrder, DecimalMark } from '../../settlement/index.ts'
import type { SideSpec, Unit } from '../side.ts'
import { currencyOf, decimalsIn } from './currency-code.ts'
import { TOTAL_WORDS } from './kinds.ts'

/**
 * The ways in which nearly all cells of a long file are written, as expressions of DuckDB in front of those that read every plain
 * way (`otherwise`, see canon-sql.ts), which take several times as long. Both read the same: what a number or a text was made into is
 * compared with what stands in the cell, or nothing else fits the pattern.
 */

/** Without the spaces around it; null when nothing is left. A cell of ASCII that begins and ends with something has none. */
export const trimmedSql = (cell: string): string =>
  `case when ${cell} >= '!' and strlen(${cell}) = length(${cell}) and not ends_with(${cell}, ' ') then ${cell} else nullif(trim(${cell}), '') end`

/** Whether there is nothing in a cell. */
export const isEmptySql = (cell: string): string =>
  `case when ${cell} >= '!' and ${cell} <= '~' then false else coalesce(trim(${cell}) = '', true) end`

const FEW_WORDS = 8

/** The first words of a currency column, as they stand there, with their codes. */
function wordsOf(column: ColumnSurvey | undefined): readonly (readonly [word: string, code: string])[] {
  const words = [...(column?.values ?? [])].slice(0, FEW_WORDS)
  return words.flatMap((word) => {
    const code = currencyOf(word)
    return code === undefined || code === NO_CURRENCY ? [] : [[word, code] as const]
  })
}

export function quickCurrency(cell: string, column: ColumnSurvey | undefined, otherwise: string): string {
  const words = wordsOf(column).map(([word, code]) => `when ${literal(word)} then ${literal(code)}::currency_code`)
  return words.length === 0 ? otherwise : `case ${cell} ${words.join(' ')} else ${otherwise} end`
}

/** What has more digits is left to the others: so many and four decimals more still fit 64 bits. */
const [MOST_DIGITS, MOST_WITH_CENTS] = [14, 17]

type Amount = { readonly mark: DecimalMark; readonly unit: Unit; readonly sign: 1 | -1 }

/** Minor units of a whole number, or of one with two decimals in a currency that has two. `times` is a column, see `timesSql`. */
export function quickUnits(
  text: string,
  { mark, unit, sign }: Amount,
  column: ColumnSurvey | undefined,
  otherwise: string,
): string {
  const minus = sign === 1 ? '' : '-'
  const whole = `try_cast(${text} as bigint)`
  const pointed = mark === '.' ? text : `replace(${text}, ',', '.')`
  const cents = `try_cast(${pointed} as decimal(18, 2))`
  const branches = [
    `when strlen(${text}) <= ${MOST_DIGITS} and times is not null and not contains(${text}, '${mark}') and ${whole}::varchar = ${text}
     then ${minus}${whole} * times`,
  ]
  const withCents = `when strlen(${text}) <= ${MOST_WITH_CENTS} and times = 100 ${mark === '.' ? '' : `and not contains(${text}, '.')`}
      and ${cents}::varchar = ${pointed} then ${minus}(${cents} * 100)::bigint`
  // The first branch is asked for every row.
  if (unit === 'major') branches.splice((column?.fractions ?? 0) > 0 ? 0 : 1, 0, withCents)
  return `case ${branches.join(' ')} else ${otherwise} end`
}

const SHIFTS = { major: 0, hundredths: 2, thousandths: 3 } as const

/** What a whole number in the unit of a side is multiplied by, for the currencies that are known beforehand; null for the others. */
export function timesSql(
  { currency, unit }: SideSpec,
  cell: (column: string) => string,
  surveyOf: (column: string) => ColumnSurvey | undefined,
): string {
  if (unit === 'minor') return '1::bigint'
  const timesOf = (code: string): string => {
    const places = decimalsIn(code) - SHIFTS[unit]
    return places < 0 ? 'null' : `${10 ** places}::bigint`
  }
  if ('code' in currency) return timesOf(currency.code)
  const words = wordsOf(surveyOf(currency.column)).map(([word, code]) => `when ${literal(word)} then ${timesOf(code)}`)
  return words.length === 0 ? 'null::bigint' : `case ${cell(currency.column)} ${words.join(' ')} end`
}

/**
 * Whether a reference may be the word of a sum: one that begins with another letter than all such words do, or with a digit, is
 * none.
 */
export function quickSum(cell: string, otherwise: string): string {
  const first = new Set(['s', 'g', ...TOTAL_WORDS.split('|').map((word) => word.slice(0, 1))])
  const runs: string[] = []
  for (const alphabet of ['abcdefghijklmnopqrstuvwxyz', '0123456789', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'])
    for (const run of alphabet.split(new RegExp(`[${[...first].join('')}]`, 'i')))
      if (run !== '')
        runs.push(`(${cell} >= '${run[0]}' and ${cell} < '${String.fromCharCode(run.charCodeAt(run.length - 1) + 1)}')`)
  return `case when ${runs.toSorted((a, b) => b.length - a.length).join(' or ')} then false else ${otherwise} end`
}

const WITH_TIME = /^\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(?:\.(\d{1,6}))?(Z?)$/

/**
 * The instant of a day and a time, year first, where all cells are written as the first one of the file is, and in UTC. Without a
 * letter and a fraction it is what DuckDB writes itself.
 */
export function quickInstant(
  text: string,
  {
    order,
    column,
    zone,
  }: { readonly order: DateOrder; readonly column: ColumnSurvey | undefined; readonly zone: string },
  otherwise: { readonly here: string; readonly alone: string },
): string {
  const [first = ''] = column?.values ?? []
  const [, between = '', fraction = '', utc = ''] = WITH_TIME.exec(first) ?? []
  if (order !== 'ymd' || between === '' || (utc === '' && zone !== 'UTC')) return otherwise.here
  const at = `try_cast(${text} as timestamp)`
  const digits = fraction === '' ? '' : `\\.\\d{${fraction.length}}`
  const isPlain =
    between === ' ' && fraction === '' && utc === ''
      ? `${at}::varchar = ${text}`
      : `regexp_full_match(${text}, '\\d{4}-\\d\\d-\\d\\d${between}([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d${digits}${utc}')`
  return `case when ${isPlain} and ${at} between timestamp '1970-01-01' and timestamp '9999-12-31' then ${at} else ${otherwise.alone} end`
}
