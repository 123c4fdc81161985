import { dateOfSix, isDate } from '../dates.ts'
import { UnreadableRow } from '../diagnostics.ts'

/** A statement line, field 61, as it is written: what its amount is in minor units only its statement knows. */
export type StatementLine = {
  /** As the account's holder sees it: a reversed credit (RC) is a debit, a reversed debit (RD) a credit. */
  readonly isDebit: boolean
  /** EC and ED: announced, not booked. */
  readonly isExpected: boolean
  readonly digits: string
  /** The transaction type with its letter, such as `NTRF`. */
  readonly type: string | undefined
  /** The account owner's reference, as written: `NONREF` too. */
  readonly reference: string
  /** What stands behind `//`. */
  readonly bankReference: string
  /** Supplementary details: what stands on the lines below. */
  readonly supplementary: string
  /** When it was booked; undefined when there is no such day. */
  readonly businessDate: string | undefined
  /** What is impossible about its dates. */
  readonly dateProblem: { readonly column: number; readonly message: string } | undefined
}

/** The subfields of field 61, as columns of a diagnostic. */
const VALUE_DATE = 1
const ENTRY_DATE = 2
export const AMOUNT = 5

/** Value date, entry date or blanks, mark, third letter of the currency, amount, and what is behind it. */
const FIELD_61 = /^\s*(\d{6})(\d{4}|[ ]{1,4})?\s*(RC|RD|EC|ED|C|D)([A-Z])?\s*([\d,][\d,.']*)(.*)$/

/** Reads a field 61 from its text lines. Throws `UnreadableRow`. */
export function readStatementLine(lines: readonly string[]): StatementLine {
  const { match, used } = matchField(lines)
  const [, value = '', entry = '', mark = '', , digits = '', behind = ''] = match
  // The decimal mark is mandatory: what goes on with digits behind a blank may be the rest of the amount.
  if (!/[,.]/.test(digits) && /^\s+[\d,.]/.test(behind))
    throw new UnreadableRow(
      'amount',
      AMOUNT,
      `It is not clear where the amount ends: "${(digits + behind).slice(0, 64)}"`,
    )
  const isReversal = mark.startsWith('R')
  return {
    isDebit: isReversal === mark.endsWith('C'),
    isExpected: mark.startsWith('E'),
    digits,
    ...withoutName(readBehind(behind.trimStart()), lines.slice(used).join(' ').trim()),
    ...readDates(value, entry.trim()),
  }
}

/** Some banks break the field within its fixed part; then the lines are read as one. */
function matchField(lines: readonly string[]): { readonly match: RegExpExecArray; readonly used: number } {
  let text = ''
  for (let used = 1; used <= Math.min(lines.length, 3); used++) {
    text += lines[used - 1] ?? ''
    const match = FIELD_61.exec(text)
    if (match !== null && !goesOn(match, lines[used])) return { match, used }
  }
  throw new UnreadableRow('statement_line', 0, `"${(lines[0] ?? '').slice(0, 64)}" is not a statement line`)
}

/** Whether the next line has the rest of an amount, which then ends in a transaction type. */
function goesOn([, , , , , digits = '', behind = '']: RegExpExecArray, next: string | undefined): boolean {
  if (next === undefined || behind.trim() !== '') return false
  const rest = /^([\d,.]*)[NSF][A-Z0-9]{3}/.exec(next)
  return rest !== null && /^\d+[,.]\d{0,3}$/.test(digits + (rest[1] ?? ''))
}

const TYPE = /^[NSF][A-Z0-9 ]{3}/

function readBehind(behind: string): Pick<StatementLine, 'type' | 'reference' | 'bankReference'> {
  // Some banks leave the type out, and begin with the reference.
  const hasType = TYPE.test(behind) && !/^NONREF(?:\/\/|\s|$)/.test(behind)
  const references = hasType ? behind.slice(4) : behind
  const at = references.indexOf('//')
  return {
    type: hasType ? behind.slice(0, 4).trim() : undefined,
    reference: (at === -1 ? references : references.slice(0, at)).trim(),
    bankReference: at === -1 ? '' : references.slice(at + 2).trim(),
  }
}

const REFERENCE_LENGTH = 16

/** A reference that is padded to its length has something else behind it: a name. */
function withoutName(
  behind: ReturnType<typeof readBehind>,
  supplementary: string,
): ReturnType<typeof readBehind> & Pick<StatementLine, 'supplementary'> {
  const { reference } = behind
  if (reference[REFERENCE_LENGTH - 1] !== ' ' || reference.length <= REFERENCE_LENGTH)
    return { ...behind, supplementary }
  const name = reference.slice(REFERENCE_LENGTH).trim()
  return {
    ...behind,
    reference: reference.slice(0, REFERENCE_LENGTH).trim(),
    supplementary: `${name} ${supplementary}`.trim(),
  }
}

/** The entry date has no year: it is in the year in which it is nearest to the value date. */
function readDates(value: string, entry: string): Pick<StatementLine, 'businessDate' | 'dateProblem'> {
  const valueDate = dateOfSix(value)
  const problem = (column: number, date: string): StatementLine['dateProblem'] => ({
    column,
    message: `There is no day "${date}"`,
  })
  const valueProblem = valueDate === undefined ? problem(VALUE_DATE, value) : undefined
  // Blanks or zeros fill the place of an entry date that there is not.
  if (entry === '' || entry === '0000') return { businessDate: valueDate, dateProblem: valueProblem }
  const businessDate = entryDate(value, entry)
  return {
    businessDate,
    dateProblem: valueProblem ?? (businessDate === undefined ? problem(ENTRY_DATE, entry) : undefined),
  }
}

function entryDate(value: string, entry: string): string | undefined {
  const [yy, month] = [Number(value.slice(0, 2)), Number(value.slice(2, 4))]
  const entryMonth = Number(entry.slice(0, 2))
  // Without the month of the value date nothing says in which year the entry was.
  if (month < 1 || month > 12) return undefined
  const year = (yy >= 70 ? 1900 : 2000) + yy + nearestYear(entryMonth - month)
  const date = `${year}-${entry.slice(0, 2)}-${entry.slice(2)}`
  return isDate(date) ? date : undefined
}

const nearestYear = (monthsLater: number): number => (monthsLater > 6 ? -1 : monthsLater < -6 ? 1 : 0)
