import { type Check, check } from './check.ts'
import type { Line, Reading, Statement } from './read-sample.ts'

/** What must hold of every reading, whatever the file says. */

/** A control that passes adds up; one that fails about the closing balance differs by what it says. */
export function checkSums({ statements, lines }: Reading): Check[] {
  const ofStatement = Map.groupBy(lines, ({ statement }) => statement)
  return statements.flatMap((statement, index) => checkSum(statement, ofStatement.get(index) ?? [], index + 1))
}

function checkSum({ opening, closing, control }: Statement, lines: readonly Line[], number: number): Check[] {
  if (opening === undefined || closing === undefined) return []
  const booked = lines.filter((line) => line.booked !== false)
  const difference = booked.reduce((sum, { amount, fee = 0n }) => sum + amount - fee, opening) - closing
  const what = `opening + lines − closing of statement ${number}, whose control says ${control.status}`
  if (control.status === 'pass') return [check('sum', what, 0n, difference)]
  const isAboutClosing = control.status === 'fail' && /^the closing balance in \w{3}(?:$| \()/.test(control.what ?? '')
  return isAboutClosing ? [check('sum', what, control.difference, difference)] : []
}

/** A decimal with a point or a comma, or with the bare comma of MT 940 before the type; no day and no time. */
const DECIMAL = /(?<![\d.:/])(?:\d*[.,]\d{1,5}(?![.:/-]?\d)|\d+,(?=[NSF][A-Z0-9]{3}))/g

/**
 * Lines without a movement whose own text has an amount that is not zero. The text of a line goes from where it begins
 * to where the next one does.
 */
export function checkZeros({ lines }: Reading, text: string): Check[] {
  const rows = text.split(/\r\n|\r|\n/)
  return lines.flatMap((line, index) => {
    if (line.amount !== 0n || (line.fee ?? 0n) !== 0n) return []
    const end = lines[index + 1]?.line ?? line.line + 1
    const raw = rows.slice(line.line - 1, Math.max(end - 1, line.line)).join('\n')
    const amounts = raw.match(DECIMAL) ?? []
    const suspect = amounts.find((each) => /[1-9]/.test(each))
    return [check('zero', `the amount of line ${line.line}, which is read as 0`, 'no amount', suspect ?? 'no amount')]
  })
}
