/** How two references that are not equal may still be the same one. Case, spaces and signs say nothing. */
export type Resemblance =
  /** Letters and digits are the same, or one stands in the other as a whole word. */
  | { readonly is: 'same' }
  /** One or two letters or digits are wrong, missing, too many or changed places. */
  | { readonly is: 'near'; readonly edits: number }
  /** One is a piece of the other, as a field that is too short leaves it. */
  | { readonly is: 'cut' }
  /** Both have one number, and other text around it. */
  | { readonly is: 'number'; readonly digits: number }

/** Shorter references are near to too many others. */
const MIN_NEAR_LENGTH = 6
/** Shorter numbers are dates, counters and places. */
const MIN_SHARED_DIGITS = 5
const MAX_EDITS = 2
const TOO_MANY = MAX_EDITS + 1
/** Longer texts are sentences and no references; two of this length are compared in some 4,000 steps. */
const MAX_LENGTH = 64

/** The closest resemblance of any two of them, undefined when there is none. */
export function resemblance(some: readonly string[], others: readonly string[]): Resemblance | undefined {
  const found = some.flatMap((a) => others.flatMap((b) => resemblanceOf(a, b) ?? []))
  return found.toSorted((a, b) => rank(a) - rank(b))[0]
}

const rank = (found: Resemblance): number =>
  found.is === 'near' ? found.edits : { same: 0, number: MAX_EDITS + 1, cut: MAX_EDITS + 2 }[found.is]

function resemblanceOf(a: string, b: string): Resemblance | undefined {
  const [left, right] = [bare(a), bare(b)]
  if (left === '' || right === '') return undefined
  if (left === right) return { is: 'same' }
  if (stands(left, b) || stands(right, a)) return { is: 'same' }
  const edits = editsBetween(left, right)
  if (edits !== undefined) return { is: 'near', edits }
  const shared = numbersIn(a).filter((number) => numbersIn(b).includes(number))
  const digits = Math.max(0, ...shared.map((number) => number.length))
  if (digits >= MIN_SHARED_DIGITS) return { is: 'number', digits }
  return isCut(left, right) || isCut(right, left) ? { is: 'cut' } : undefined
}

/** A piece without a digit is a name that others have as well. */
const isCut = (piece: string, whole: string): boolean =>
  piece.length >= MIN_NEAR_LENGTH && /\d/.test(piece) && whole.includes(piece)

const bare = (reference: string): string => reference.toUpperCase().replace(/[^\p{L}\p{N}]/gu, '')

const stands = (reference: string, text: string): boolean =>
  reference.length >= MIN_NEAR_LENGTH && text.split(/[\s/,;:|]+/).some((word) => bare(word) === reference)

/** Whole numbers without their leading zeros: 12345 is no part of 123456. */
const numbersIn = (reference: string): readonly string[] =>
  (reference.match(/\d+/g) ?? []).map((digits) => digits.replace(/^0+/, ''))

/**
 * How many letters have to be put in, taken out, replaced or swapped with the next one to make `a` of `b` (optimal string
 * alignment); undefined when they are more than two or one of them is too short or too long to say.
 */
export function editsBetween(a: string, b: string): number | undefined {
  const [shorter, longer] = a.length <= b.length ? [a, b] : [b, a]
  if (shorter.length < MIN_NEAR_LENGTH || longer.length > MAX_LENGTH) return undefined
  if (longer.length - shorter.length > MAX_EDITS) return undefined
  let before: number[] = []
  let above = Array.from({ length: longer.length + 1 }, (_, place) => place)
  for (let i = 1; i <= shorter.length; i += 1) {
    const row = new Array<number>(longer.length + 1).fill(TOO_MANY)
    let least = TOO_MANY
    // Further from the diagonal there are more edits than are counted.
    const last = Math.min(longer.length, i + MAX_EDITS)
    if (i <= MAX_EDITS) row[0] = i
    for (let j = Math.max(1, i - MAX_EDITS); j <= last; j += 1) {
      const isSame = shorter[i - 1] === longer[j - 1]
      let steps = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + (isSame ? 0 : 1))
      const isSwapped = shorter[i - 1] === longer[j - 2] && shorter[i - 2] === longer[j - 1]
      if (i > 1 && j > 1 && isSwapped) steps = Math.min(steps, (before[j - 2] ?? 0) + 1)
      row[j] = steps
      if (steps < least) least = steps
    }
    if (least > MAX_EDITS && i > MAX_EDITS) return undefined
    before = above
    above = row
  }
  const edits = above[longer.length] ?? 0
  return edits > MAX_EDITS ? undefined : edits
}
