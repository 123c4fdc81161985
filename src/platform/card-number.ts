/**
 * Telling card numbers from other long numbers, so that none is stored, logged or echoed.
 *
 * A card number is a whole run of 13 to 19 digits, with a space or dash allowed between its groups, that touches no
 * letter and no further digit, starts like a known brand, has a length of that brand and a right Luhn sum. Together
 * the four conditions let real references pass: hexadecimal ids touch letters, and of random runs of digits about one
 * in forty has all the rest.
 */

/** First digits from `from` to `to` (same number of digits), and the lengths of the brand's numbers. */
type Brand = { readonly from: string; readonly to: string; readonly lengths: readonly number[] }

const brand = (from: string, to: string, lengths: readonly number[]): Brand => ({ from, to, lengths })
const prefixes = (starts: string, lengths: readonly number[]): Brand[] =>
  starts.split(' ').map((start) => brand(start, start, lengths))

const SIXTEEN_TO_NINETEEN = [16, 17, 18, 19]

const BRANDS: readonly Brand[] = [
  // Visa
  ...prefixes('4', [13, 16, 19]),
  // Mastercard
  brand('51', '55', [16]),
  brand('2221', '2720', [16]),
  // American Express
  ...prefixes('34 37', [15]),
  // Diners Club
  brand('300', '305', [14, ...SIXTEEN_TO_NINETEEN]),
  ...prefixes('3095 36 38 39', [14, ...SIXTEEN_TO_NINETEEN]),
  // Discover
  ...prefixes('6011 65', SIXTEEN_TO_NINETEEN),
  brand('644', '649', SIXTEEN_TO_NINETEEN),
  // JCB
  ...prefixes('2131 1800', [15]),
  brand('3528', '3589', SIXTEEN_TO_NINETEEN),
  // UnionPay
  ...prefixes('62 81', SIXTEEN_TO_NINETEEN),
  // Maestro
  ...prefixes('5018 5020 5038 5893 6304 6759 6761 6762 6763 676770 676774', [13, 14, 15, 16, 17, 18, 19]),
  // Mir, RuPay, Elo, Hipercard, Troy, Verve, Dankort
  brand('2200', '2204', SIXTEEN_TO_NINETEEN),
  ...prefixes('60 82 508 353 356 5067 6062 6363 9792 5019', [16]),
  brand('506099', '506198', [16, 18, 19]),
]

const SEPARATOR = '[ \\u00a0\\u2010-\\u2015-]'
const MAYBE = new RegExp(`(?<![A-Za-z\\d])\\d(?:${SEPARATOR}?\\d){12,18}(?![A-Za-z\\d])`)
const RUN = new RegExp(`\\d+(?:${SEPARATOR}\\d+)*`, 'g')
const LETTER = /\p{L}/u
const DECIMALS = /^\d\.$/
const UUID = /(?<![\da-z])[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}(?![\da-z])/gi

/** How card numbers are written in groups; a run that holds one of these among other groups holds a card number. */
const GROUPINGS = new Set(['4 4 4 4', '4 4 4 4 3', '4 6 5', '4 6 4', '4 4 5'])

/**
 * A quick look, right in every case where it says no: no 13 to 19 digits in groups that begin and end beside neither
 * a letter nor a digit. It lets hexadecimal ids pass, of which every twentieth has 13 digits in a row.
 */
export const mayHoldCardNumber = (text: string): boolean => MAYBE.test(text)

/** Whether the text holds a card number anywhere. */
export function holdsCardNumber(text: string): boolean {
  if (!MAYBE.test(text)) return false
  for (const match of text.replace(UUID, ' , ').matchAll(RUN)) {
    const start = match.index
    // The decimals of a number such as 0.4242424242424242 are no run of their own either.
    const before =
      LETTER.test(precedingCharacter(match.input, start)) ||
      DECIMALS.test(match.input.slice(Math.max(0, start - 2), start))
    const after = LETTER.test(followingCharacter(match.input, start + match[0].length))
    if (runHoldsCardNumber(match[0], { before, after })) return true
  }
  return false
}

/** A letter beyond the basic plane is two UTF-16 units, so both are looked at together. */
const precedingCharacter = (text: string, index: number): string =>
  [...text.slice(Math.max(0, index - 2), index)].at(-1) ?? ''
const followingCharacter = (text: string, index: number): string => [...text.slice(index, index + 2)][0] ?? ''

/** The run as a whole, each of its groups alone, and every stretch of groups that is written as cards are. */
function runHoldsCardNumber(run: string, touches: { readonly before: boolean; readonly after: boolean }): boolean {
  const groups = run.split(new RegExp(SEPARATOR))
  const first = touches.before ? 1 : 0
  const end = touches.after ? groups.length - 1 : groups.length
  if (!touches.before && !touches.after && isCardNumber(groups.join(''))) return true
  for (let from = first; from < end; from += 1) {
    for (let to = from + 1; to <= Math.min(end, from + 5); to += 1) {
      const stretch = groups.slice(from, to)
      const written = stretch.map((group) => group.length).join(' ')
      if ((stretch.length === 1 || GROUPINGS.has(written)) && isCardNumber(stretch.join(''))) return true
    }
  }
  return false
}

function isCardNumber(digits: string): boolean {
  return digits.length >= 13 && digits.length <= 19 && isOfKnownBrand(digits) && hasLuhnSum(digits)
}

function isOfKnownBrand(digits: string): boolean {
  return BRANDS.some(({ from, to, lengths }) => {
    const start = digits.slice(0, from.length)
    return start >= from && start <= to && lengths.includes(digits.length)
  })
}

function hasLuhnSum(digits: string): boolean {
  let sum = 0
  for (let place = 0; place < digits.length; place += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - place) - 48
    const doubled = digit * 2
    sum += place % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}
