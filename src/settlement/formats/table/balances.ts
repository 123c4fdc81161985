import { type Failure, failure, type Sums } from '../control.ts'

/**
 * The balance after each row, which proves every amount on its own. A table has its oldest row first or its newest one:
 * both readings are followed, and the one that holds is right.
 */
export type Balances = {
  readonly add: (row: Row) => void
  /** A row without a balance. */
  readonly skip: (net: bigint) => void
  /** A balance that is stated for the whole. */
  readonly state: (which: 'opening' | 'closing', amount: bigint) => void
  /** Tells the sums what does not hold, and gives the balances of the whole. */
  readonly finish: (sums: Sums) => { readonly opening: bigint | undefined; readonly closing: bigint | undefined }
}

type Row = {
  readonly line: number
  readonly net: bigint
  readonly balance: bigint
  /** ISO date, which says what is right when as much is wrong in both readings. */
  readonly date: string | undefined
}

export function createBalances(): Balances {
  let first: Row | undefined
  let last: Row | undefined
  let rows = 0
  /** Moved by rows without a balance since the last one that has one. */
  let skipped = 0n
  let skippedBefore = 0n
  const wrong: { downwards: Failure | undefined; upwards: Failure | undefined } = {
    downwards: undefined,
    upwards: undefined,
  }
  const counts = { downwards: 0, upwards: 0 }
  const stated: { opening: bigint | undefined; closing: bigint | undefined } = {
    opening: undefined,
    closing: undefined,
  }

  const note = (way: 'downwards' | 'upwards', line: number, is: bigint, shouldBe: bigint): void => {
    if (is === shouldBe) return
    counts[way]++
    wrong[way] ??= failure(`the balance of line ${line}`, is, shouldBe)
  }

  return {
    add(row) {
      const { line, net, balance } = row
      rows++
      if (last === undefined) {
        first = row
        skippedBefore = skipped
      } else {
        note('downwards', line, balance, last.balance + skipped + net)
        // The row above is the newer one: its balance is this one and what moved in between.
        note('upwards', last.line, last.balance, balance + skipped + last.net)
      }
      last = row
      skipped = 0n
    },
    skip: (net) => {
      skipped += net
    },
    state: (which, amount) => {
      stated[which] = amount
    },
    finish(sums) {
      if (first === undefined || last === undefined) return stated
      // The balance of a single row proves nothing of its amount.
      if (rows === 1) return { opening: stated.opening, closing: stated.closing ?? last.balance + skipped }
      const isNewestFirst = (first.date ?? '') > (last.date ?? '')
      const isDownwards = counts.downwards < counts.upwards || (counts.downwards === counts.upwards && !isNewestFirst)
      const failed = isDownwards ? wrong.downwards : wrong.upwards
      if (failed !== undefined) sums.fail(failed)
      const opening = isDownwards ? first.balance - first.net - skippedBefore : last.balance - last.net - skipped
      const closing = isDownwards ? last.balance + skipped : first.balance + skippedBefore
      return { opening: stated.opening ?? opening, closing: stated.closing ?? closing }
    },
  }
}
