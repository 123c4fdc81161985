/** Months by their names in the languages that files come in, long and short, without marks: `janv`, `dezember`, `ago`. */
const LOCALES = [
  'en', 'de', 'fr', 'es', 'it', 'nl', 'pt', 'ca', 'ro', 'pl', 'cs', 'sk', 'sl', 'hu', 'sv', 'da', 'nb', 'fi', 'et', 'lv',
  'lt', 'is', 'tr', 'el', 'ru', 'uk', 'bg', 'id',
] // biome-ignore format: one list

/** Letters that are no other letter with a mark on it. */
const LETTERS: Readonly<Record<string, string>> = { ı: 'i', ø: 'o', ł: 'l', đ: 'd', ß: 'ss', æ: 'ae', œ: 'oe' }

/** Letters only, in lower case and without marks: what names are compared by. */
export const plain = (text: string): string =>
  text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[\p{M}.]/gu, '')
    .replace(/[ıøłđßæœ]/g, (letter) => LETTERS[letter] ?? letter)

/** By their names without marks. Asking for them takes a tenth of a second. */
export function createMonthNames(): ReadonlyMap<string, number> {
  const months = new Map<string, number>()
  const ambiguous = new Set<string>()
  for (const locale of LOCALES) {
    for (const month of ['long', 'short'] as const) {
      const alone = new Intl.DateTimeFormat(locale, { month, timeZone: 'UTC' })
      const inDate = new Intl.DateTimeFormat(locale, { day: 'numeric', month, timeZone: 'UTC' })
      for (let number = 1; number <= 12; number++) {
        const date = Date.UTC(2026, number - 1, 15)
        const genitive = inDate.formatToParts(date).find(({ type }) => type === 'month')?.value ?? ''
        for (const name of [alone.format(date), genitive].map(plain)) {
          if (!/^\p{L}{3,}$/u.test(name)) continue
          if ((months.get(name) ?? number) !== number) ambiguous.add(name)
          months.set(name, number)
        }
      }
    }
  }
  // A name that is one month here and another there says nothing.
  for (const name of ambiguous) months.delete(name)
  months.set('sept', 9)
  return months
}
