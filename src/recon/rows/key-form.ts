import type { DuckDb } from '../../platform/duckdb.ts'
import type { KeyForm } from '../side.ts'

/** A key in one of its forms, as an expression of DuckDB over a cell. The loose one is a macro, see `createKeyForms`. */
export function keySql(cell: string, form: KeyForm): string {
  const trimmed = `nullif(trim(${cell}), '')`
  if (form === 'exact') return trimmed
  return form === 'case' ? `upper(${trimmed})` : `loose_form(${cell})`
}

/** What counts as a letter and as a digit. Of texts that are ASCII both say the same, and one is made ready in a fifth of the time. */
const ALPHABETS = { any: ['\\p{L}', '\\p{N}'], ascii: ['A-Z', '0-9'] } as const
export type Alphabet = keyof typeof ALPHABETS

/**
 * Macros over references:
 *
 *     loose_form(cell)     what is left without case, marks, a prefix such as `order-` or `INV`, leading zeros, and the `.0` that a
 *                          spreadsheet adds to a number
 *     letters_of(ref)      its letters and digits
 *     prefix_of(ref, loose)  what was taken off in front of its loose form
 */
export async function createKeyForms(duckdb: DuckDb, alphabet: Alphabet): Promise<void> {
  const [letter, digit] = ALPHABETS[alphabet]
  const steps: readonly (readonly [pattern: string, by: string])[] = [
    [`^[^${letter}${digit}]+|[^${letter}${digit}]+$`, ''],
    ['^(\\d+)\\.0+$', '\\1'],
    [`^([${letter}]+[^${letter}${digit}]+)+(.)`, '\\2'],
    [`^[${letter}]+(\\d+)$`, '\\1'],
  ]
  const upper = keySql('cell', 'case')
  const stripped = steps.reduce((text, [pattern, by]) => `regexp_replace(${text}, '${pattern}', '${by}', 'g')`, upper)
  const joined = (text: string): string => `regexp_replace(${text}, '[^${letter}${digit}]', '', 'g')`
  await duckdb.run(`
    create macro loose_form(cell) as nullif(regexp_replace(${joined(stripped)}, '^0+(.)', '\\1'), '');
    create macro letters_of(ref) as ${joined('upper(ref)')};
    create macro prefix_of(ref, loose) as case when ends_with(letters_of(ref), loose)
      then rtrim(left(letters_of(ref), length(letters_of(ref)) - length(loose)), '0') else '' end`)
}
