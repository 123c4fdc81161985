export type Spread = { readonly min: number; readonly median: number; readonly max: number }

export type Percentiles = { readonly p50: number; readonly p95: number; readonly p99: number }

/** The smallest, the middle and the largest of some ratios: a shared machine makes a mean say nothing. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2
  return { min: round(sorted[0] ?? 0), median: round(median), max: round(sorted.at(-1) ?? 0) }
}

export function percentilesOf(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

/** Three significant places are more than a shared machine can repeat. */
export function round(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return 0
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return Number(value.toFixed(Math.min(digits, 6)))
}

export type Round = { readonly ours: number; readonly baseline: number; readonly ratio: number }

export const roundOf = (ours: number, baseline: number): Round => ({
  ours: round(ours),
  baseline: round(baseline),
  ratio: round(ours / baseline),
})
