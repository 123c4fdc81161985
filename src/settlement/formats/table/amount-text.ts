import { isCurrency } from '../../../money/index.ts'
import { type Decimal, type DecimalMark, readDecimal } from '../decimal.ts'
import { SIGNS } from './currency-sign.ts'

/**
 * Amounts as people and banks write them: `1.234,56`, `1 234,56`, `1'234.56`, `(12.00)`, `12.00-`, `12.00 DR`, `€ 12`,
 * with a minus of any kind. Nothing is guessed: a text that is not wholly understood is no amount, and neither is one
 * that says its sign twice.
 */
export type ReadAmount = {
  readonly decimal: Decimal
  /** The currency that stands in the text, by its code or by a sign that only one currency has. */
  readonly currency: string | undefined
}

const MAX_LENGTH = 64
const SPACES = /[\s\u00a0\u2007\u2009\u202f]+/g
const MINUS = /[\u2212\u2012\u2013\ufe63\uff0d]/g
// The longer ones first: `US$` is no `$`.
const SIGN = [...SIGNS.keys()]
  .toSorted((a, b) => b.length - a.length)
  .map((sign) => sign.replace('$', '\\$'))
  .join('|')
const BEFORE = new RegExp(`^([A-Z]{3}|${SIGN}) ?(?=[+\\-.,\\d(])`)
const BEHIND = new RegExp(`([\\d.,)+-]) ?([A-Z]{3}|${SIGN})$`)
/** Marks behind the number: of debit they make it negative. */
const DIRECTION = /([\d.,)]) ?(CR|DR|C|D)$/

export function readAmount(given: string, mark: DecimalMark): ReadAmount | undefined {
  const simple = readDecimal(given, mark)
  if (simple !== undefined) return { decimal: simple, currency: undefined }
  if (given.length > MAX_LENGTH) return undefined
  // A leading apostrophe is how a spreadsheet marks a number that is kept as text.
  let text = given.replace(SPACES, ' ').replace(MINUS, '-').trim().replace(/^'/, '').trim()
  let isNegative = false
  let signs = 0
  const sign = (negative: boolean): void => {
    signs++
    isNegative = negative
  }
  const direction = DIRECTION.exec(text)
  if (direction !== null) {
    sign(direction[2]?.startsWith('D') === true)
    text = text.slice(0, direction.index + 1)
  }
  const marks: string[] = []
  // A sign can stand outside of the currency or inside: `-€12`, `€ -12`, `(12.00) EUR`, `12.00- EUR`.
  for (let depth = 0; depth < 2; depth++) {
    if (text.startsWith('(') && text.endsWith(')')) {
      sign(true)
      text = text.slice(1, -1).trim()
    }
    if (/^[+-]/.test(text)) {
      sign(text.startsWith('-'))
      text = text.slice(1).trimStart()
    }
    if (/[+-]$/.test(text)) {
      sign(text.endsWith('-'))
      text = text.slice(0, -1).trimEnd()
    }
    const before = BEFORE.exec(text)
    if (before !== null) {
      marks.push(before[1] ?? '')
      text = text.slice(before[0].length)
    }
    const behind = BEHIND.exec(text)
    if (behind !== null) {
      marks.push(behind[2] ?? '')
      text = text.slice(0, behind.index + 1)
    }
  }
  const currency = currencyOf(marks)
  if (currency === undefined || signs > 1) return undefined
  const digits = ungrouped(text, mark)
  const decimal = digits === undefined ? undefined : readDecimal(digits, mark)
  if (decimal === undefined) return undefined
  return {
    decimal: isNegative ? { ...decimal, digits: -decimal.digits } : decimal,
    currency: currency === '' ? undefined : currency,
  }
}

/** Empty for none, undefined when they are not one currency: `$ 12 USD` is one, `€ 12 USD` is not. */
function currencyOf(marks: readonly string[]): string | undefined {
  const codes = marks.map((each) => SIGNS.get(each) ?? each)
  if (codes.some((code) => code !== '' && !isCurrency(code))) return undefined
  const known = new Set(codes.filter((code) => code !== ''))
  return known.size > 1 || marks.length > 2 ? undefined : ([...known][0] ?? '')
}

/** The text without what groups its thousands, when they are grouped as they should be: 3 by 3, or 2 by 2 as in India. */
function ungrouped(text: string, mark: DecimalMark): string | undefined {
  const end = text.indexOf(mark)
  const whole = end === -1 ? text : text.slice(0, end)
  const group = /[^\d]/.exec(whole)?.[0]
  // What is left begins with a digit or the mark: every sign was taken off.
  if (group === undefined) return /^[.,]?\d/.test(text) ? text : undefined
  if (!(mark === '.' ? ", '’" : ". '’").includes(group)) return undefined
  const groups = whole.split(group)
  // `0,123` is no thousand: where the comma groups, somebody meant something else.
  if (whole.startsWith('0')) return undefined
  const isWestern = groups.every((each, place) => (place === 0 ? /^\d{1,3}$/ : /^\d{3}$/).test(each))
  const isIndian =
    group !== '.' &&
    /^\d{3}$/.test(groups.at(-1) ?? '') &&
    groups.slice(0, -1).every((each, place) => (place === 0 ? /^\d{1,2}$/ : /^\d{2}$/).test(each))
  return isWestern || isIndian ? groups.join('') + text.slice(whole.length) : undefined
}

/** What a text says of its decimal mark: the one that it has to be, or nothing. `1,234` could be either. */
export function markShown(text: string): DecimalMark | undefined {
  const [point, comma] = [text.lastIndexOf('.'), text.lastIndexOf(',')]
  if (point !== -1 && comma !== -1) return point > comma ? '.' : ','
  if (point === -1 && comma === -1) return undefined
  const mark = point === -1 ? ',' : '.'
  const last = Math.max(point, comma)
  if (text.indexOf(mark) !== last) return mark === '.' ? ',' : '.'
  const behind = /^\d*/.exec(text.slice(last + 1))?.[0].length ?? 0
  const before = /\d*$/.exec(text.slice(0, last))?.[0] ?? ''
  const couldGroup = behind === 3 && before.length >= 1 && before.length <= 3 && !before.startsWith('0')
  return couldGroup ? undefined : mark
}

/** Whether a text has one mark that could separate decimals as well as thousands, so that its value is open. */
export const isMarkOpen = (text: string): boolean => /[.,]/.test(text) && markShown(text) === undefined
