import { isCurrency } from '../../../money/index.ts'
import { type Decimal, type DecimalMark, readDecimal } from '../decimal.ts'

/**
 * Amounts as people and banks write them: `1.234,56`, `1 234,56`, `1'234.56`, `(12.00)`, `12.00-`, `12.00 DR`, `€ 12`,
 * with a minus of any kind. Nothing is guessed: a text that is not wholly understood is no amount.
 */
export type ReadAmount = {
  readonly decimal: Decimal
  /** The currency that stands in the text, by its code or by a sign that only one currency has. */
  readonly currency: string | undefined
}

const MAX_LENGTH = 64
const SPACES = /[\s\u00a0\u2007\u2009\u202f]/g
const MINUS = /[\u2212\u2012\u2013\ufe63\uff0d]/g
const SIGNS: ReadonlyMap<string, string> = new Map([
  ['€', 'EUR'],
  ['£', 'GBP'],
  ['₹', 'INR'],
  ['₩', 'KRW'],
  ['zł', 'PLN'],
  ['R$', 'BRL'],
  ['US$', 'USD'],
  ['$', ''],
  ['¥', ''],
  ['kr', ''],
])
const AFFIX = /^(?:([A-Z]{3})|(US\$|R\$|[€£₹₩$¥]))?([^A-Za-z€£₹₩$¥]*)(?:([A-Z]{3})|(zł|kr|[€£₹₩$¥]))?$/
/** Marks behind the number: of debit they make it negative. */
const DIRECTION = /(CR|DR|C|D)$/

export function readAmount(given: string, mark: DecimalMark): ReadAmount | undefined {
  const simple = readDecimal(given, mark)
  if (simple !== undefined) return { decimal: simple, currency: undefined }
  if (given.length > MAX_LENGTH) return undefined
  // A leading apostrophe is how a spreadsheet marks a number that is kept as text.
  let text = given.replace(SPACES, '').replace(MINUS, '-').replace(/^'/, '')
  let isNegative = false
  const direction = /\d|\)/.test(text) ? DIRECTION.exec(text) : null
  if (direction !== null && /[\d.,)]$/.test(text.slice(0, direction.index))) {
    isNegative = direction[1]?.startsWith('D') === true
    text = text.slice(0, direction.index)
  }
  if (text.startsWith('(') && text.endsWith(')')) {
    isNegative = !isNegative
    text = text.slice(1, -1)
  }
  const sign = /^[+-]|[+-]$/.exec(text)
  if (sign !== null) text = text.slice(0, sign.index) + text.slice(sign.index + 1)
  const affix = AFFIX.exec(text)
  if (affix === null) return undefined
  const [, before, signBefore, middle = '', behind, signBehind] = affix
  const inner = /^[+-]/.exec(middle)
  if (inner !== null && sign !== null) return undefined
  const code = before ?? behind
  if (code !== undefined && !isCurrency(code)) return undefined
  const digits = ungrouped(inner === null ? middle : middle.slice(1), mark)
  const decimal = digits === undefined ? undefined : readDecimal(digits, mark)
  if (decimal === undefined) return undefined
  if ((sign ?? inner)?.[0] === '-') isNegative = !isNegative
  const currency = code ?? (SIGNS.get(signBefore ?? signBehind ?? '') || undefined)
  return { decimal: isNegative ? { ...decimal, digits: -decimal.digits } : decimal, currency }
}

/** The text without what groups its thousands, when they are grouped as they should be: 3 by 3, or 2 by 2 as in India. */
function ungrouped(text: string, mark: DecimalMark): string | undefined {
  const end = text.indexOf(mark)
  const whole = end === -1 ? text : text.slice(0, end)
  const group = /[^\d]/.exec(whole)?.[0]
  if (group === undefined) return /\d/.test(text) ? text : undefined
  if (!(mark === '.' ? ",'’_" : ".'’_").includes(group)) return undefined
  const groups = whole.split(group)
  const isWestern = groups.every((each, place) => (place === 0 ? /^\d{1,3}$/ : /^\d{3}$/).test(each))
  const isIndian =
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
