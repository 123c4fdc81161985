import { addBusinessDays } from './business-days.ts'
import type { BankSource } from './source.ts'

/**
 * Which payouts arrived in which lines of a bank's statements. Pure. Records are claimed exclusively, pass by pass, the earliest
 * first, so that the same records give the same arrivals in whatever order they come. Amounts are signed: a payout that
 * came back to the PSP is less than zero on both sides.
 *
 *     1  reference   the line names one payout, in its amount and currency
 *     2  joined      the line names several payouts, and they come to its amount
 *     3  reference   the line names one payout, in its currency and direction, over another amount
 *     4  amount      where lines carry no references: amount, currency, and a day in the window behind the payout's
 *     5  sum         where lines carry no references: payouts of neighbouring days that come to the line's amount, if only they do
 *
 * A payout that people took out of a line is never put into it again; each of them may belong to something else.
 */
export type OpenPayout = {
  readonly id: string
  readonly amount: bigint
  readonly currency: string
  /** ISO date. */
  readonly businessDate: string
}

export type BankLine = {
  readonly fileId: string
  readonly line: number
  /** ISO date. */
  readonly on: string
  readonly amount: bigint
  readonly currency: string
  /** Ids of payouts whose reference stands in it, arrived ones among them. */
  readonly names: readonly string[]
}

export type ArrivalRule = 'reference' | 'joined' | 'amount' | 'sum'

/** A payout in a line, by its part of the line's amount. */
export type Arrival = {
  readonly rule: ArrivalRule
  readonly payout: OpenPayout
  readonly line: BankLine
  readonly amount: bigint
}

export type Arrivals = {
  readonly arrivals: readonly Arrival[]
  readonly payouts: readonly OpenPayout[]
  readonly lines: readonly BankLine[]
}

type Given = Pick<BankSource, 'calendar' | 'windowDays' | 'references'>

/** Whether people took a payout out of a line. */
export type IsApart = (payout: OpenPayout, line: BankLine) => boolean

export function matchArrivals(
  payouts: readonly OpenPayout[],
  lines: readonly BankLine[],
  source: Given,
  isApart: IsApart = () => false,
): Arrivals {
  const freePayouts = new Set(payouts.toSorted(byPayout))
  const freeLines = new Set(lines.toSorted(byLine))
  const arrivals: Arrival[] = []
  const claim = (rule: ArrivalRule, line: BankLine, found: readonly (readonly [OpenPayout, bigint])[]): void => {
    freeLines.delete(line)
    for (const [payout, amount] of found) {
      freePayouts.delete(payout)
      arrivals.push({ rule, payout, line, amount })
    }
  }
  const byId = new Map(payouts.map((payout) => [payout.id, payout]))
  const namedBy = (line: BankLine): readonly OpenPayout[] =>
    line.names
      .flatMap((id) => byId.get(id) ?? [])
      .filter((payout) => freePayouts.has(payout) && !isApart(payout, line))
      .toSorted(byPayout)
  for (const pass of [named, joined, different])
    for (const line of [...freeLines]) {
      const found = pass(line, namedBy(line))
      if (found !== undefined) claim(found.length > 1 ? 'joined' : 'reference', line, found)
    }
  if (source.references === 'none') {
    const windows = new Map([...freePayouts].map((payout) => [payout, windowOf(payout, source)]))
    const isInWindow = ({ on }: BankLine, payout: OpenPayout): boolean =>
      on >= payout.businessDate && on <= (windows.get(payout) ?? '')
    for (const line of nameless(freeLines)) {
      const payout = [...freePayouts].find(
        (each) => isEqual(line, each) && isInWindow(line, each) && !isApart(each, line),
      )
      if (payout !== undefined) claim('amount', line, [[payout, payout.amount]])
    }
    for (const line of nameless(freeLines)) {
      const found = sumOf(
        line,
        [...freePayouts].filter((each) => isInWindow(line, each)),
        isApart,
      )
      if (found !== undefined) claim('sum', line, wholes(found))
    }
  }
  return { arrivals, payouts: [...freePayouts], lines: [...freeLines] }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const byPayout = (a: OpenPayout, b: OpenPayout): number =>
  compare(a.businessDate, b.businessDate) || compare(a.id, b.id)
const byLine = (a: BankLine, b: BankLine): number =>
  compare(a.on, b.on) || compare(a.fileId, b.fileId) || a.line - b.line

const nameless = (lines: ReadonlySet<BankLine>): readonly BankLine[] =>
  [...lines].filter(({ names }) => names.length === 0)

const isEqual = (line: BankLine, payout: OpenPayout): boolean =>
  line.amount === payout.amount && line.currency === payout.currency

const wholes = (payouts: readonly OpenPayout[]): readonly (readonly [OpenPayout, bigint])[] =>
  payouts.map((payout) => [payout, payout.amount])

type Found = readonly (readonly [OpenPayout, bigint])[] | undefined

/** A line that is in the name of one payout alone, open or not. */
const only = (line: BankLine, open: readonly OpenPayout[]): OpenPayout | undefined =>
  line.names.length === 1 ? open[0] : undefined

function named(line: BankLine, open: readonly OpenPayout[]): Found {
  const payout = only(line, open)
  return payout !== undefined && isEqual(line, payout) ? [[payout, payout.amount]] : undefined
}

function joined(line: BankLine, open: readonly OpenPayout[]): Found {
  if (open.length < 2 || open.length !== line.names.length) return undefined
  const total = open.reduce((sum, { amount }) => sum + amount, 0n)
  return total === line.amount && open.every(({ currency }) => currency === line.currency) ? wholes(open) : undefined
}

function different(line: BankLine, open: readonly OpenPayout[]): Found {
  const payout = only(line, open)
  if (payout?.currency !== line.currency || payout.amount > 0n !== line.amount > 0n) return undefined
  return [[payout, line.amount]]
}

/** The last day on which a payout without a reference may arrive. */
const windowOf = ({ businessDate }: OpenPayout, { calendar, windowDays }: Given): string =>
  addBusinessDays(businessDate, windowDays, calendar)

/**
 * The one row of payouts, two at least and by day, that comes to the line's amount; undefined when there is none or several. A
 * row with a payout that people took out of the line is none.
 */
function sumOf(line: BankLine, payouts: readonly OpenPayout[], isApart: IsApart): readonly OpenPayout[] | undefined {
  const own = payouts.filter(({ currency }) => currency === line.currency)
  const found: (readonly OpenPayout[])[] = []
  for (let first = 0; first < own.length; first += 1) {
    let sum = 0n
    for (let last = first; last < own.length; last += 1) {
      sum += own[last]?.amount ?? 0n
      if (last > first && sum === line.amount) found.push(own.slice(first, last + 1))
    }
  }
  const possible = found.filter((row) => !row.some((payout) => isApart(payout, line)))
  return possible.length === 1 ? possible[0] : undefined
}
