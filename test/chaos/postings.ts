import type { Entry, PostingSeen } from './snapshot.ts'

/** Postings compared, shown and summed up, for the audit. */

export const RECEIVABLE = 'psp:simulator:receivable'

export const show = (postings: readonly PostingSeen[]): string =>
  postings.map(({ account, amount, currency }) => `${account} ${amount} ${currency}`).join(', ')

export function samePostings(one: readonly PostingSeen[], other: readonly PostingSeen[]): boolean {
  const sorted = (postings: readonly PostingSeen[]): string =>
    postings
      .map(({ account, amount, currency }) => `${account} ${amount} ${currency}`)
      .toSorted()
      .join('\n')
  return sorted(one) === sorted(other)
}

export function sums<T extends { readonly amount: bigint }>(
  items: readonly T[],
  by: (item: T) => string,
): Map<string, bigint> {
  const totals = new Map<string, bigint>()
  for (const item of items) totals.set(by(item), (totals.get(by(item)) ?? 0n) + item.amount)
  return totals
}

/** Gross debits and credits by account and currency, out of the postings alone. */
export function turnover(entries: readonly Entry[]): Map<string, { debits: bigint; credits: bigint }> {
  const totals = new Map<string, { debits: bigint; credits: bigint }>()
  for (const { postings } of entries) {
    for (const { account, amount, currency } of postings) {
      const key = `${account} ${currency}`
      const total = totals.get(key) ?? { debits: 0n, credits: 0n }
      if (amount > 0n) total.debits += amount
      else total.credits -= amount
      totals.set(key, total)
    }
  }
  return totals
}

/** Sums by currency. */
export const sumsBy = (items: readonly { readonly amount: bigint; readonly currency: string }[]): Map<string, bigint> =>
  sums(items, (item) => item.currency)
