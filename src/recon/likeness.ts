/** How alike two references are, from 0 to 1, and what makes them so. Undefined when that says nothing. */
export type Likeness = {
  readonly share: number
  readonly reason: 'similar_reference' | 'cut_reference' | 'shared_digits'
}

/** Fewer characters that agree are no sign: references of one program begin alike. */
const [LEAST_CUT, LEAST_DIGITS, LEAST_SHARE] = [5, 5, 0.7]

/** Letters and digits of a reference, without case: what marks and spaces are put in, and taken out, on the way. */
export const lettersOf = (reference: string): string =>
  reference
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
    .slice(0, 64)

export function likeness(one: string, other: string): Likeness | undefined {
  if (one === '' || other === '') return undefined
  const [short, long] = one.length <= other.length ? [one, other] : [other, one]
  if (short.length >= LEAST_CUT && /\d/.test(short) && long.includes(short))
    return { share: 0.8 + (0.2 * short.length) / long.length, reason: 'cut_reference' }
  const share = 1 - distance(short, long) / long.length
  if (share >= LEAST_SHARE) return { share, reason: 'similar_reference' }
  const digits = longestDigits(short)
  return digits.length >= LEAST_DIGITS && digits === longestDigits(long)
    ? { share: LEAST_SHARE, reason: 'shared_digits' }
    : undefined
}

export const longestDigits = (text: string): string =>
  (text.match(/\d+/g) ?? []).reduce((longest, each) => (each.length > longest.length ? each : longest), '')

/** Edits that make one of the other: a character put in, left out, replaced, or two that changed places. */
export function distance(one: string, other: string): number {
  let before: number[] = []
  let last = Array.from({ length: other.length + 1 }, (_, place) => place)
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= other.length; j += 1) {
      const isSame = one[i - 1] === other[j - 1]
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (isSame ? 0 : 1))
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1)
      row.push(least)
    }
    before = last
    last = row
  }
  return last[other.length] ?? 0
}
