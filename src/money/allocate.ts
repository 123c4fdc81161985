import assert from 'node:assert/strict'

/**
 * Splits an amount in proportion to weights, to the last minor unit, by the method of the largest remainder: every
 * part is its exact share rounded down or up, the parts sum to the amount, and what rounding left goes one unit each
 * to the largest remainders (the earlier part first when they are equal). A negative amount is split as its mirror.
 */
export function allocate(amount: bigint, weights: readonly bigint[]): bigint[] {
  assert(
    weights.every((weight) => weight >= 0n),
    'weights are not negative',
  )
  const total = weights.reduce((sum, weight) => sum + weight, 0n)
  assert(total > 0n, 'at least one weight is above zero')
  if (amount < 0n) return allocate(-amount, weights).map((part) => -part)

  const parts = weights.map((weight) => (amount * weight) / total)
  const left = Number(amount - parts.reduce((sum, part) => sum + part, 0n))
  const byRemainder = weights
    .map((weight, index) => ({ index, remainder: (amount * weight) % total }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1))
  for (const { index } of byRemainder.slice(0, left)) parts[index] = (parts[index] ?? 0n) + 1n
  return parts
}
