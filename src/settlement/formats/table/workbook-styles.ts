/** How a cell shows its number: as a date, or with so many decimals at least. */
export type NumberFormat = { readonly isDate: boolean; readonly decimals: number }

const PLAIN: NumberFormat = { isDate: false, decimals: 0 }

/** Built-in formats (ECMA-376 part 1, 18.8.30): dates and times, those of East Asia included, and two decimals. */
const isBuiltInDate = (id: number): boolean =>
  (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58)
const WITH_TWO_DECIMALS = new Set([2, 4, 7, 8, 39, 40, 43, 44])

export const builtInFormat = (id: number): NumberFormat =>
  isBuiltInDate(id) ? { isDate: true, decimals: 0 } : WITH_TWO_DECIMALS.has(id) ? { isDate: false, decimals: 2 } : PLAIN

/** A format's code without quoted texts, colours, conditions, escaped characters and widths. */
export function customFormat(code: string): NumberFormat {
  if (code.length > 255 || /^general$/i.test(code)) return PLAIN
  const [first = ''] = code.replace(/"[^"]*"|\[[^\]]*\]|\\.|_.|\*./g, '').split(';')
  if (/[ymdhs]/i.test(first)) return { isDate: true, decimals: 0 }
  return { isDate: false, decimals: first.includes('%') ? 0 : (/\.(0+)/.exec(first)?.[1]?.length ?? 0) }
}
