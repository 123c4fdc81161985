/**
 * The proof of a run, per currency, at gross amounts: ours − theirs is explained by the breaks, to the cent. Ours and
 * theirs are summed over the records themselves, what is explained over the breaks, so that a record that was lost or
 * counted twice on the way shows as unexplained.
 */
export type ProofLine = {
  readonly currency: string
  readonly ours: bigint
  readonly theirs: bigint
  readonly difference: bigint
  readonly explained: bigint
  readonly unexplained: bigint
}

type Amount = readonly [currency: string, amount: bigint]

export function prove(
  ours: Iterable<Amount>,
  theirs: Iterable<Amount>,
  explained: Iterable<Amount>,
): readonly ProofLine[] {
  const sums = new Map<string, { ours: bigint; theirs: bigint; explained: bigint }>()
  const add = (side: 'ours' | 'theirs' | 'explained', amounts: Iterable<Amount>): void => {
    for (const [currency, amount] of amounts) {
      const sum = sums.get(currency) ?? { ours: 0n, theirs: 0n, explained: 0n }
      sum[side] += amount
      sums.set(currency, sum)
    }
  }
  add('ours', ours)
  add('theirs', theirs)
  add('explained', explained)
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, sum]) => {
      const difference = sum.ours - sum.theirs
      return { currency, ...sum, difference, unexplained: difference - sum.explained }
    })
}
