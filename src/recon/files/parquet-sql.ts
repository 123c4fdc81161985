/**
 * Columns of a Parquet file as texts, the way people would have written them: expressions of DuckDB. A number has a point and no
 * exponent, an instant ends with Z, a time without a zone has none. Undefined for a type that is no text, number, date or time.
 */
export function textSql(name: string, type: string): string | undefined {
  const column = `"${name.replaceAll('"', '""')}"`
  if (type === 'FLOAT' || type === 'DOUBLE') return floatSql(column, type)
  if (/^TIMESTAMP.*(WITH TIME ZONE|TZ)/.test(type)) return instantSql(column)
  if (/^TIMESTAMP/.test(type)) return `left(${column}::varchar, ${MICROSECONDS})`
  // Some programs write texts without saying so.
  if (type === 'BLOB') return `nullif(coalesce(try(decode(${column})), ${column}::varchar), '')`
  if (type === 'VARCHAR' || type === 'JSON' || type.startsWith('ENUM(')) return `nullif(${column}::varchar, '')`
  return isNumber(type) || PLAIN.has(type) ? `${column}::varchar` : undefined
}

/** Whether cells of a type are numbers, which have a decimal point whatever mark the texts of the file have. */
export const isNumber = (type: string): boolean =>
  /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\))$/.test(type)

const PLAIN: ReadonlySet<string> = new Set(['DATE', 'TIME', 'TIME WITH TIME ZONE', 'INTERVAL', 'BOOLEAN', 'UUID'])

/** As much of `2026-03-03 12:00:00.123456789` as anything compares. */
const MICROSECONDS = 26

const instantSql = (column: string): string =>
  `case when isfinite(${column}::timestamptz) then replace(make_timestamp(epoch_us(${column}::timestamptz))::varchar, ' ', 'T') || 'Z'
        else ${column}::varchar end`

/** Decimal digits that a type brings back as they were written, and the largest whole number up to which it has every one. */
const EXACT = { FLOAT: { digits: 6, whole: 2 ** 24 }, DOUBLE: { digits: 15, whole: 2 ** 53 } } as const
/** No currency has more. */
const MOST_DECIMALS = 4

/**
 * The shortest decimal that a binary number stands for. One of so many digits that its minor units are not certain is marked,
 * so that it is no amount: a FLOAT of 167772.18 would come back as 167772.19.
 */
function floatSql(column: string, type: keyof typeof EXACT): string {
  const { digits, whole } = EXACT[type]
  const text = `${column}::varchar`
  const exponent = `regexp_extract(${text}, 'e-(\\d+)$', 1)::integer`
  const mantissa = `replace(regexp_extract(${text}, '^-?([\\d.]+)e', 1), '.', '')`
  const small = `case when ${column} < 0 then '-' else '' end || '0.' || repeat('0', ${exponent} - 1) || ${mantissa}`
  const significant = `length(ltrim(replace(replace(${text}, '-', ''), '.', ''), '0'))`
  return `case when not isfinite(${column}) then ${text}
       when ${column} = trunc(${column}) then case when abs(${column}) <= ${whole} then ${column}::bigint::varchar else ${text} || '${INEXACT}' end
       when contains(${text}, 'e') then ${small}
       when abs(${column}) < 1e${digits - MOST_DECIMALS} or ${significant} <= ${digits} then ${text}
       else ${text} || '${INEXACT}' end`
}

const INEXACT = ' (inexact)'
