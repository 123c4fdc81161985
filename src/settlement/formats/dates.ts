/** Whether the text is an ISO date of a day that there is: not 30 February. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const [year, month, day] = [Number(text.slice(0, 4)), Number(text.slice(5, 7)), Number(text.slice(8))]
  // 1970 is earlier than any payment. Arithmetic: a `Date` for each row takes a sixth of the time of reading it.
  return year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month)
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** `260303` as `2026-03-03`, when there is such a day. Two digits of a year are of 1970 to 2069. */
export function dateOfSix(yymmdd: string): string | undefined {
  if (!/^\d{6}$/.test(yymmdd)) return undefined
  const year = Number(yymmdd.slice(0, 2))
  return existing(`${year >= 70 ? 19 : 20}${yymmdd.slice(0, 2)}-${yymmdd.slice(2, 4)}-${yymmdd.slice(4)}`)
}

/** `20260303` as `2026-03-03`, when there is such a day. */
export const dateOfEight = (yyyymmdd: string): string | undefined =>
  /^\d{8}$/.test(yyyymmdd)
    ? existing(`${yyyymmdd.slice(0, 4)}-${yyyymmdd.slice(4, 6)}-${yyyymmdd.slice(6)}`)
    : undefined

const existing = (date: string): string | undefined => (isDate(date) ? date : undefined)
