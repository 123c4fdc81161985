import { groupedMajor } from '../recon/index.ts'
import { escapeHtml } from './recon-html-assets.ts'

export type Step = { readonly name: string; readonly amount: bigint }

/** Steps from nought to an end, a bar for each that begins where the one before it ended, as a drawing that loads nothing. */
export function waterfall({
  title,
  currency,
  steps,
  end,
}: {
  readonly title: string
  readonly currency: string
  readonly steps: readonly Step[]
  readonly end: Step
}): string {
  let level = 0n
  const bars = steps.map(({ name, amount }) => {
    const from = level
    level += amount
    return { name, amount, from, to: level }
  })
  const all = [...bars, { ...end, from: 0n, to: end.amount }]
  const levels = all.flatMap(({ from, to }) => [from, to])
  const [low, high] = [least(levels), most(levels)]
  const x = (value: bigint): number => 190 + Number(((value - low) * 4_000n) / (high === low ? 1n : high - low)) / 10
  const rows = all.map(({ name, amount, from, to }, place) => {
    const [left, right] = [Math.min(x(from), x(to)), Math.max(x(from), x(to))]
    const top = place * 24 + 6
    const colour = place === all.length - 1 ? 'total' : amount < 0n ? 'minus' : 'plus'
    return `<text x="182" y="${top + 11}" text-anchor="end">${escapeHtml(name)}</text><rect class="${colour}" x="${left.toFixed(1)}" y="${top}" width="${Math.max(right - left, 1).toFixed(1)}" height="14"/><text x="${(right + 6).toFixed(1)}" y="${top + 11}">${groupedMajor(amount, currency)}</text>`
  })
  return `<svg role="img" aria-label="${escapeHtml(title)}" viewBox="0 0 720 ${all.length * 24 + 8}"><title>${escapeHtml(title)}</title>${rows.join('')}</svg>`
}

const least = (values: readonly bigint[]): bigint => values.reduce((a, b) => (b < a ? b : a), 0n)
const most = (values: readonly bigint[]): bigint => values.reduce((a, b) => (b > a ? b : a), 0n)
