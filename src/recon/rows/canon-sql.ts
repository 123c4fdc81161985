import { literal } from '../../platform/duckdb.ts'
import type { ColumnSurvey, DateOrder, DecimalMark } from '../../settlement/index.ts'
import type { Rows, SideSpec, Unit } from '../side.ts'
import { isEmptySql, quickCurrency, quickInstant, quickSum, quickUnits, timesSql } from './canon-quick.ts'
import { CURRENCY_CODES, decimalsIn } from './currency-code.ts'
import { TOTAL_WORDS } from './kinds.ts'

/**
 * Cells as expressions of DuckDB. Each reads the plain ways to write a thing, exactly as canon-row.ts does, and is null for
 * everything else: such rows are read there, one by one.
 */
export type RowSql = {
  readonly currency: string
  /** What whole numbers are multiplied by: the column `times` of what the next ones are asked of. */
  readonly times: string
  readonly amount: string
  readonly fee: string
  /** Whether there is no fee. */
  readonly isFree: string
  readonly at: string
  /** Whether the date has a time. */
  readonly isTimed: string
  /** Whether there is no date. */
  readonly isUndated: string
  /** Whether the key may be the word of a sum. */
  readonly isSuspicious: string
}

/** Reads nothing, so that every row is read one by one. */
export const NOTHING_READ: RowSql = {
  currency: 'null::currency_code',
  times: 'null::bigint',
  amount: 'null::bigint',
  fee: 'null::bigint',
  isFree: 'true',
  at: 'null::timestamp',
  isTimed: 'false',
  isUndated: 'true',
  isSuspicious: 'false',
}

export function rowSql(
  side: Pick<Rows, 'isTable' | 'columns'>,
  spec: SideSpec,
  zone: string,
  cell: (column: string) => string,
): RowSql {
  const surveyOf = (column: string) => side.columns.find(({ name }) => name === column)
  const units = (column: string, sign: 1 | -1): string => {
    const [text, amount] = [cell(column), { mark: spec.decimal, unit: spec.unit, sign }]
    return quickUnits(
      text,
      amount,
      surveyOf(column),
      aloneSql(text, (each) => unitsSql(each, amount)),
    )
  }
  const date = spec.date && { ...spec.date, text: cell(spec.date.column) }
  const fee = spec.fee && { ...spec.fee, text: cell(spec.fee.column) }
  const sums = `regexp_matches(${cell(spec.key)}, '(?i)^[^\\p{L}\\p{N}]*(sub|grand )?(${TOTAL_WORDS})')`
  return {
    currency: currencyOfRow(spec, cell, surveyOf),
    times: timesSql(spec, cell, surveyOf),
    amount: spec.amount.rule === 'signed' ? units(spec.amount.column, spec.sign) : 'null::bigint',
    fee: fee ? units(fee.column, fee.sign === 'cost' ? 1 : -1) : 'null::bigint',
    isFree: fee ? isEmptySql(fee.text) : 'true',
    at: date
      ? quickInstant(
          date.text,
          { order: date.order, column: surveyOf(date.column), zone },
          {
            here: instantSql(date.text, date.order, zone),
            alone: aloneSql(date.text, (text) => instantSql(text, date.order, zone)),
          },
        )
      : 'null::timestamp',
    isTimed: date ? `(${isEpoch(date.order)} or length(${date.text}) > 10)` : 'false',
    isUndated: date ? isEmptySql(date.text) : 'true',
    isSuspicious: side.isTable ? quickSum(cell(spec.key), `coalesce(${sums}, false)`) : 'false',
  }
}

/**
 * An expression over a text that is worked out only where it is asked for: DuckDB works out what stands in an expression more than
 * once beforehand, for all rows, but looks into no lambda.
 */
const aloneSql = (text: string, expression: (text: string) => string): string =>
  `list_transform([${text}], lambda each: ${expression('each')})[1]`

function currencyOfRow(
  { currency }: SideSpec,
  cell: (column: string) => string,
  surveyOf: (column: string) => ColumnSurvey | undefined,
): string {
  if ('code' in currency) return codeSql(currency.code)
  const text = cell(currency.column)
  return quickCurrency(text, surveyOf(currency.column), currencySql(text))
}

/** The type of a currency. It sorts by its letters. */
export const CURRENCY_TYPE = `create type currency_code as enum (${CURRENCY_CODES.map(literal).join(', ')})`

const codeSql = (code: string): string => `${literal(code)}::currency_code`

/** XXX is a currency only where it is written so. */
const currencySql = (cell: string): string => `try_cast(nullif(upper(${cell}), 'XXX') as currency_code)`

/** How many decimals, for an expression of the type above. */
function decimalsSql(currency: string): string {
  const codes = Map.groupBy(CURRENCY_CODES, decimalsIn)
  const cases = [...codes]
    .filter(([decimals]) => decimals !== 2)
    .map(([decimals, list]) => `when ${currency} in (${list.map(codeSql).join(', ')}) then ${decimals}`)
  return `case ${cases.join(' ')} else 2 end`
}

const SHIFTS: Readonly<Record<Unit, number | undefined>> = { major: 0, minor: undefined, hundredths: 2, thousandths: 3 }

/** Minor units of a plain number of at most 14 digits and four decimals, which never overflow. `currency` is a column. */
function unitsSql(
  text: string,
  { mark, unit, sign }: { readonly mark: DecimalMark; readonly unit: Unit; readonly sign: 1 | -1 },
): string {
  const group = mark === '.' ? ',' : '.'
  const [point, comma] = [`\\${mark}`, `\\${group}`]
  const isPlain = `regexp_full_match(${text}, '-?(\\d{1,14}|[1-9]\\d{0,2}(${comma}\\d{3}){1,3})(${point}\\d{1,4})?')`
  const digits = `try_cast(replace(replace(${text}, '${group}', ''), '${mark}', '') as bigint)`
  const scale = `case when contains(${text}, '${mark}') then length(${text}) - instr(${text}, '${mark}') else 0 end`
  const shift = SHIFTS[unit]
  const missing = shift === undefined ? `-(${scale})` : `${decimalsSql('currency')} - ${shift} - (${scale})`
  const raised = [0, 1, 2, 3, 4].map((places) => `when ${places} then ${digits} * ${10 ** places}`)
  const lowered = [1, 2, 3, 4].map(
    (places) => `when -${places} then case when ${digits} % ${10 ** places} = 0 then ${digits} // ${10 ** places} end`,
  )
  const units = `case ${missing} ${[...raised, ...lowered].join(' ')} end`
  return `case when ${isPlain} then ${sign === 1 ? '' : '-'}(${units}) end`
}

const isEpoch = (order: DateOrder): boolean => order === 'epoch_ms' || order === 'epoch_seconds'

const [FROM, TO] = [`timestamp '2000-01-01'`, `timestamp '2100-01-01'`]

/** The time that is written, as a timestamp without a zone: only where that is UTC, or where no time is written. */
function instantSql(text: string, order: DateOrder, zone: string): string {
  if (order === 'excel') return 'null::timestamp'
  if (isEpoch(order)) {
    const [digits, factor] = order === 'epoch_ms' ? [13, 1] : [10, 1_000]
    const at = `make_timestamp_ms(try_cast(${text} as bigint) * ${factor})`
    return `case when regexp_full_match(${text}, '\\d{${digits}}') and ${at} >= ${FROM} and ${at} < ${TO} then ${at} end`
  }
  const part = (from: number, length: number): string => `substr(${text}, ${from}, ${length})`
  const dates = ['-', '/', '\\.'].map((each) =>
    order === 'ymd' ? `\\d{4}${each}\\d\\d${each}\\d\\d` : `\\d\\d${each}\\d\\d${each}\\d{4}`,
  )
  const time = `[T ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,6})?`
  const isPlain = `regexp_full_match(${text}, '(${dates.join('|')})(${time}Z${zone === 'UTC' ? '?' : ''})?')`
  const [year, month, day] = order === 'ymd' ? [1, 6, 9] : order === 'dmy' ? [7, 4, 1] : [7, 1, 4]
  const iso = `${part(year, 4)} || '-' || ${part(month, 2)} || '-' || ${part(day, 2)} || substr(${text}, 11)`
  const written = order === 'ymd' ? `case when ${part(5, 1)} = '-' then ${text} else ${iso} end` : iso
  const at = `try_cast(${written} as timestamp)`
  return `case when ${isPlain} and ${at} >= timestamp '1970-01-01' then ${at} end`
}
