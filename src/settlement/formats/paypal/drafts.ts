import { type Failure, failure, type Sums } from '../control.ts'
import type { Statement } from '../format.ts'
import { isWhole, toMinorUnits } from './hundredths.ts'
import { FLOWS, type Flow, type Flows, netOf, noFlows, type Totals } from './totals.ts'

/** One section of a report: a day of an account, in every currency that the account holds. */
export type Section = {
  readonly account: string
  /** ISO date of the day that it is about. */
  readonly businessDate: string | undefined
  /** The first of its file. */
  readonly isFirst: boolean
  readonly drafts: Map<string, Draft>
  /** Rows that were read. */
  rows: number
  /** True from its row count (`SC`) on. */
  isOver: boolean
}

/** A statement while its rows are read: one section in one currency. */
export type Draft = {
  readonly index: number
  readonly section: Section
  readonly currency: string
  readonly sums: Sums
  /** Of the rows that moved the balance, and of every row. */
  readonly booked: Flows
  readonly all: Flows
  /** Its own `SF` row, or the `RF` row when that is about nothing else. */
  totals: Totals | undefined
  /** True when its rows began in a file before this one, so that its totals are about more than is here. */
  isPart: boolean
  /** A wrong number of rows, which is told when nothing weightier is wrong. */
  wrongRows: Failure | undefined
}

export const newDraft = (index: number, section: Section, currency: string, sums: Sums): Draft => ({
  index,
  section,
  currency,
  sums,
  booked: noFlows(),
  all: noFlows(),
  totals: undefined,
  isPart: false,
  wrongRows: undefined,
})

const WORDS: Readonly<Record<Flow, string>> = {
  grossCredits: 'gross credits',
  grossDebits: 'gross debits',
  feeCredits: 'fee credits',
  feeDebits: 'fee debits',
}

/** Whether the rows that are here give what is stated of them. */
export const addsUp = (draft: Draft, { flows, opening, closing }: Totals): boolean =>
  FLOWS.every((flow) => flows[flow] === flowsFor(draft, flows)[flow]) &&
  (opening === undefined || opening + netOf(draft.booked) === closing)

/**
 * Compares what is stated of a statement with its rows. The closing balance first: it is what counts. Whether a number of
 * rows is that of the currency or of `allRows`, the specification does not say: either is right.
 */
export function prove(draft: Draft, totals: Totals, allRows: number): void {
  const { currency, sums } = draft
  const { flows, opening, closing, rows } = totals
  if (opening !== undefined && closing !== undefined)
    compare(draft, `the closing balance in ${currency}`, closing, opening + netOf(draft.booked))
  const own = flowsFor(draft, flows)
  for (const flow of FLOWS) compare(draft, `the ${WORDS[flow]} in ${currency}`, flows[flow], own[flow])
  compareRows(draft, `the rows in ${currency}`, rows, [sums.lines(), allRows])
}

function compareRows({ sums }: Draft, what: string, stated: bigint | undefined, counts: readonly number[]): void {
  if (stated === undefined || counts.some((count) => BigInt(count) === stated)) return
  sums.fail(failure(what, stated, BigInt(counts[0] ?? 0)))
}

/**
 * What stated sums are compared with. Those of a transaction detail report may be of every row or only of rows that moved
 * the balance.
 */
function flowsFor({ all, booked }: Pick<Draft, 'all' | 'booked'>, stated: Flows): Flows {
  return FLOWS.every((flow) => stated[flow] === all[flow]) ? all : booked
}

/**
 * Compares what a report states for one currency, or for several accounts in it, with all its statements. The last of them
 * is told to be wrong.
 */
export function proveReport(drafts: readonly Draft[], totals: Totals, allRows: number): void {
  const last = drafts.at(-1)
  if (last === undefined) return
  const { currency, flows, opening, closing, rows } = totals
  const [booked, all] = [noFlows(), noFlows()]
  for (const draft of drafts)
    for (const flow of FLOWS) {
      booked[flow] += draft.booked[flow]
      all[flow] += draft.all[flow]
    }
  const what = (words: string): string => `the report's ${words} in ${currency}`
  const openings = openingOf(drafts)
  if (opening !== undefined && openings !== undefined) compare(last, what('opening balance'), opening, openings)
  if (closing !== undefined && opening !== undefined)
    compare(last, what('closing balance'), closing, opening + netOf(booked))
  const own = flowsFor({ all, booked }, flows)
  for (const flow of FLOWS) compare(last, what(WORDS[flow]), flows[flow], own[flow])
  const lines = drafts.reduce((sum, { sums }) => sum + sums.lines(), 0)
  compareRows(last, what('rows'), rows, [lines, allRows])
}

/** Undefined when one of them states none. */
function openingOf(drafts: readonly Draft[]): bigint | undefined {
  let sum = 0n
  for (const { totals } of drafts) {
    if (totals?.opening === undefined) return undefined
    sum += totals.opening
  }
  return sum
}

function compare({ sums, currency }: Draft, what: string, stated: bigint, computed: bigint): void {
  const [statedMinor, computedMinor] = [toMinorUnits(stated, currency), toMinorUnits(computed, currency)]
  if (stated === computed) return sums.compare(what, statedMinor, computedMinor)
  const apart = computed - stated
  const exactly = isWhole(apart, currency) ? '' : ` (${apart} hundredths of a unit apart)`
  const difference = toMinorUnits(apart, currency)
  sums.fail({ status: 'fail', what: what + exactly, stated: statedMinor, computed: computedMinor, difference })
}

export function finish({ section, currency, sums, totals, isPart }: Draft): Statement {
  const minor = (hundredths: bigint | undefined): bigint | undefined =>
    hundredths === undefined ? undefined : toMinorUnits(hundredths, currency)
  return sums.finish({
    account: section.account,
    currency,
    businessDate: section.businessDate,
    opening: isPart ? undefined : minor(totals?.opening),
    closing: minor(totals?.closing),
  })
}
