import type { KeyForm } from './side.ts'

/**
 * A key in one of its forms, as an expression of DuckDB over a cell. `loose` is what is left without case, marks, a prefix
 * such as `order-` or `INV`, leading zeros, and the `.0` that a spreadsheet adds to a number.
 */
export function keySql(cell: string, form: KeyForm): string {
  const trimmed = `nullif(trim(${cell}), '')`
  if (form === 'exact') return trimmed
  const upper = `upper(${trimmed})`
  if (form === 'case') return upper
  const steps: readonly (readonly [pattern: string, by: string])[] = [
    ['^[^\\p{L}\\p{N}]+|[^\\p{L}\\p{N}]+$', ''],
    ['^(\\d+)\\.0+$', '\\1'],
    ['^(\\p{L}+[^\\p{L}\\p{N}]+)+(.)', '\\2'],
    ['^\\p{L}+(\\d+)$', '\\1'],
  ]
  const stripped = steps.reduce((text, [pattern, by]) => `regexp_replace(${text}, '${pattern}', '${by}', 'g')`, upper)
  const joined = `regexp_replace(${stripped}, '[^\\p{L}\\p{N}]', '', 'g')`
  return `nullif(regexp_replace(${joined}, '^0+(.)', '\\1'), '')`
}
