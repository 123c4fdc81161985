import { createSums, type Sums } from '../control.ts'
import { exactText } from '../decimal.ts'
import type { Reading } from '../reading.ts'
import { type Balance, type EntrySum, type Exact, NOTHING, negated, plus } from './money.ts'

/**
 * One message: a page of a statement (MT940), or a report of what moved (MT942), from its field 20 to the next one, and
 * what it states of itself.
 */
export type Page = {
  /** Where it begins. */
  readonly line: number
  readonly index: number
  readonly sums: Sums
  account: string
  own: string
  related: string
  sequence: string | undefined
  currency: string | undefined
  opening: Balance | undefined
  closing: Balance | undefined
  /** It says of itself that it is an MT942, which has no balances. */
  isInterim: boolean
  /** It has fields that an MT942 has, and some banks write into an MT940. */
  isReport: boolean
  /** The day that an MT942 says it was made on. */
  reportDate: string | undefined
  /** What the decimals that were rounded away amount to. */
  over: bigint
  readonly debits: Side
  readonly credits: Side
  /** Fields of type 61, those that could not be read included. */
  entries: number
}

type Tally = { count: bigint; sum: Exact }
/** Entries of one sign: those that are booked, and those with what is expected. */
export type Side = { readonly booked: Tally; readonly all: Tally; stated: EntrySum | undefined }

const newTally = (): Tally => ({ count: 0n, sum: NOTHING })
const newSide = (): Side => ({ booked: newTally(), all: newTally(), stated: undefined })

export const newPage = (line: number, index: number): Page => ({
  line,
  index,
  sums: createSums(),
  account: '',
  own: '',
  related: '',
  sequence: undefined,
  currency: undefined,
  opening: undefined,
  closing: undefined,
  isInterim: false,
  isReport: false,
  reportDate: undefined,
  over: 0n,
  debits: newSide(),
  credits: newSide(),
  entries: 0,
})

/** Counts an entry for the sums of its sign, which are positive. */
export function tally(page: Page, effect: Exact, isDebit: boolean, isBooked: boolean): void {
  const side = isDebit ? page.debits : page.credits
  const size = isDebit ? negated(effect) : effect
  count(side.all, size)
  if (!isBooked) return
  count(side.booked, size)
  page.over += effect.over
}

function count(into: Tally, size: Exact): void {
  into.count++
  into.sum = plus(into.sum, size)
}

/** Compares the closing balance. The first thing to be compared: all else that is wrong would make it wrong as well. */
export function compareClosing(page: Page): void {
  const { opening, closing, sums, currency } = page
  if (opening === undefined || closing === undefined) return
  const computed = {
    amount: opening.money.amount + sums.credits() + sums.debits(),
    over: opening.money.over + page.over,
  }
  compare(sums, `the closing balance in ${currency}`, closing.money, computed)
}

/** The fields 90 of an MT942, which may count what is only expected or leave it out. */
export function compareEntrySums(page: Page): void {
  for (const [word, side] of [
    ['debits', page.debits],
    ['credits', page.credits],
  ] as const) {
    if (side.stated === undefined) continue
    const { count: statedCount, sum } = side.stated
    const isBookedOnly = side.booked.count === statedCount && side.booked.sum.amount === sum.amount
    const { count: computedCount, sum: computed } = isBookedOnly ? side.booked : side.all
    page.sums.compare(`the number of ${word}`, statedCount, computedCount)
    compare(page.sums, `the sum of ${word} in ${page.currency}`, sum, computed)
  }
}

/** Exactly: what differs by less than a minor unit differs. */
function compare(sums: Sums, what: string, stated: Exact, computed: Exact): void {
  if (stated.over === computed.over) return sums.compare(what, stated.amount, computed.amount)
  const over = exactText(computed.over - stated.over)
  const difference = computed.amount - stated.amount
  sums.fail({
    status: 'fail',
    what: `${what} (${over} of the difference is less than a minor unit)`,
    stated: stated.amount,
    computed: computed.amount,
    difference,
  })
}

/** ING ends a statement with the numbers and sums of its entries, in a field 86: `D000004C000002D25,24C28,71`. */
const STATED_TOTALS = /^(?:D(\d{1,9})C(\d{1,9})D([\d,]+)C([\d,]+)|\/SUM\/(\d{1,9})\/(\d{1,9})\/([\d,]+)\/([\d,]+)\/)/

/** Numbers and sums of the entries in a text behind the closing balance: debits, credits, sum of debits, sum of credits. */
export function statedTotals(text: string): readonly [string, string, string, string] | undefined {
  const match = STATED_TOTALS.exec(text.trimStart())
  if (match === null) return undefined
  const [, a, b, c, d, e = '', f = '', g = '', h = ''] = match
  return [a ?? e, b ?? f, c ?? g, d ?? h]
}

/** What a page that can be used lacks. */
export function tellGaps({ diagnostics }: Reading, page: Page): void {
  const { opening, closing } = page
  if (page.isInterim || (page.isReport && opening === undefined && closing === undefined)) return
  const tell = (code: string, word: string, rest: string): void =>
    diagnostics.add({
      severity: 'error',
      code,
      line: page.line,
      message: `The statement that begins here has no ${word} balance${rest}`,
    })
  if (opening === undefined) tell('no_opening', 'opening', '')
  if (closing === undefined) tell('no_closing', 'closing', ': it is not whole')
}
