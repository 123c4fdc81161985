import { BrokenFile } from './diagnostics.ts'
import type { Control, KindTotal, LineKind, SettlementLine, Statement } from './format.ts'
import { detached } from './text/detached.ts'

export type Failure = Extract<Control, { status: 'fail' }>

export const failure = (what: string, stated: bigint, computed: bigint): Failure => ({
  status: 'fail',
  what,
  stated,
  computed,
  difference: computed - stated,
})

/** Of a total that is not there, or cannot be read. */
export const missing = (what: string): Failure => failure(`${what} is missing`, 0n, 0n)

type About = Pick<Statement, 'account' | 'currency' | 'businessDate' | 'sequence' | 'opening' | 'closing'>

/** A statement is kept to the end: texts of the piece of the file that they were cut out of would keep all of it. */
const withOwnTexts = (about: About): About => ({
  ...about,
  account: detached(about.account),
  currency: detached(about.currency),
  ...(about.businessDate === undefined ? {} : { businessDate: detached(about.businessDate) }),
  ...(about.sequence === undefined ? {} : { sequence: detached(about.sequence) }),
})

type Sum = { lines: number; amount: bigint; fee: bigint }

/**
 * The sums of one statement while its lines are read, and what they are compared with. Each format says which totals
 * it states; the first that is not right is told, because what follows from it is wrong as well.
 */
export type Sums = {
  /** Counts a line. One that is not booked is counted and moves nothing. */
  readonly add: (line: Pick<SettlementLine, 'kind' | 'amount' | 'fee' | 'booked'>) => void
  readonly lines: () => number
  readonly credits: () => bigint
  readonly debits: () => bigint
  readonly ofKind: (kind: LineKind) => Readonly<Sum>
  /** Compares a total that the file states with the same from its lines. Undefined is not stated. */
  readonly compare: (what: string, stated: bigint | undefined, computed: bigint) => void
  /** As `compare`, for what has no number: a trailer that is missing, rows out of their order. */
  readonly fail: (control: Failure) => void
  /** opening + Σ = closing is compared when both are there. Nothing compared is the control `none`. */
  readonly finish: (about: About) => Statement
}

export function createSums(): Sums {
  const byKind = new Map<LineKind, Sum>()
  let lines = 0
  let credits = 0n
  let debits = 0n
  let compared = 0
  let failed: Control | undefined

  const compare = (what: string, stated: bigint | undefined, computed: bigint): void => {
    if (stated === undefined) return
    compared++
    if (stated !== computed) failed ??= failure(what, stated, computed)
  }

  return {
    add({ kind, amount, fee, booked }) {
      lines++
      if (booked === false) return
      const net = amount - fee
      if (net > 0n) credits += net
      else debits += net
      const sum = byKind.get(kind)
      if (sum === undefined) byKind.set(kind, { lines: 1, amount, fee })
      else {
        sum.lines++
        sum.amount += amount
        sum.fee += fee
      }
    },
    lines: () => lines,
    credits: () => credits,
    debits: () => debits,
    ofKind: (kind) => byKind.get(kind) ?? { lines: 0, amount: 0n, fee: 0n },
    compare,
    fail(control) {
      compared++
      failed ??= control
    },
    finish(stated) {
      const about = withOwnTexts(stated)
      const { opening, closing, currency } = about
      if (opening !== undefined) compare(`the closing balance in ${currency}`, closing, opening + credits + debits)
      const totals: KindTotal[] = [...byKind].map(([kind, sum]) => ({ kind, ...sum }))
      const control = failed ?? { status: compared > 0 ? 'pass' : 'none' }
      return { ...about, lines, credits, debits, totals, control }
    },
  }
}

/**
 * A total of several statements (of a group, of the file) that is wrong makes the last of them wrong, so that whoever looks
 * at statements sees it. When one of them is wrong already, that one is the reason. `from` is the first that the total is
 * about; when there is none, the last statement before it is taken. Throws `BrokenFile` when the file has no statement.
 */
export function failLater(
  statements: Statement[],
  from: number,
  { line, control }: { readonly line: number; readonly control: Failure },
): void {
  const last = statements.pop()
  if (last === undefined)
    throw new BrokenFile('control', line, `${control.what}: ${control.stated} stated, ${control.computed} read`)
  const isTold = [...statements.slice(from), last].some((each) => each.control.status === 'fail')
  statements.push(isTold ? last : { ...last, control })
}
