/**
 * A text of somebody else's as a cell of a CSV file. What a spreadsheet would take for a formula gets an apostrophe before
 * it, which shows it as text. Numbers are ours and need none of this: an apostrophe would break a negative amount.
 */
export function csvText(value: string): string {
  const clean = value.replace(/[\r\n\t]+/g, ' ')
  const safe = /^[=+\-@＝＋－＠]/.test(clean) ? `'${clean}` : clean
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
