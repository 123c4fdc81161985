/**
 * Rows turned into columns, for `unnest($1::uuid[], $2::text[], …)`: one array parameter per column. `width` is
 * the number of columns, so that no rows at all still give the empty arrays that the statement expects.
 */
export function toColumns(width: number, rows: readonly (readonly unknown[])[]): unknown[][] {
  const columns: unknown[][] = Array.from({ length: width }, () => [])
  for (const row of rows) {
    for (let index = 0; index < width; index += 1) columns[index]?.push(row[index])
  }
  return columns
}
