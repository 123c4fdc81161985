/**
 * Rows turned into columns, for `unnest($1::uuid[], $2::text[], …)`: one array parameter per column, in the text form
 * that PostgreSQL reads. `width` is the number of columns, so that no rows at all still give the empty arrays that the
 * statement expects.
 *
 * Written here and not by the driver, which escapes every element with two regular expressions: 1,000 rows of ten
 * columns take 0.87 ms instead of 1.3 ms, and a payment sends about 130 elements.
 */
export function toColumns(width: number, rows: readonly (readonly unknown[])[]): string[] {
  return Array.from({ length: width }, (_, index) => arrayText(rows, index))
}

function arrayText(rows: readonly (readonly unknown[])[], index: number): string {
  let text = ''
  for (const row of rows) text += text === '' ? elementText(row[index]) : `,${elementText(row[index])}`
  return `{${text}}`
}

const SPECIAL = /["\\]/

function elementText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  switch (typeof value) {
    case 'string':
      return SPECIAL.test(value) ? `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"` : `"${value}"`
    case 'bigint':
    case 'number':
    case 'boolean':
      return String(value)
    default:
      if (value instanceof Date) return `"${value.toISOString()}"`
      if (value instanceof Uint8Array)
        return `"\\\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}"`
      throw new TypeError(`a ${typeof value} is no element of a column`)
  }
}
