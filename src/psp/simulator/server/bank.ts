import type { SettlementBook, SettlementFile } from './settlement-book.ts'
import { payoutId } from './settlement-csv.ts'
import type { LineNames } from './settlement-lines.ts'

/**
 * The merchant's bank account as its statements show it. A payout arrives on the weekday after the day of its file. Everything
 * follows from the settlement files, with the faults that were set when each was produced. Pure.
 */

/** What goes wrong with the payouts of a file on their way. */
export const BANK_FAULTS = ['none', 'short', 'missing', 'twice', 'returned', 'joined', 'no_reference'] as const
export type BankFault = (typeof BANK_FAULTS)[number]

export type BankEntry = {
  readonly currency: string
  /** Signed minor units. */
  readonly amount: bigint
  readonly text: string
}

export type BankStatement = {
  readonly day: number
  /** How many there were before it, and one. */
  readonly number: number
  readonly accounts: readonly BankAccount[]
}

export type BankAccount = {
  readonly currency: string
  readonly opening: bigint
  readonly closing: bigint
  readonly entries: readonly BankEntry[]
}

type Source = Pick<LineNames, 'bookId'> & {
  readonly settlement: Pick<SettlementBook, 'firstDay' | 'nextDay' | 'fileOf'>
}

const SHORT_BY = 100n // minor units
const PAYER = 'PSP SIMULATOR'

/** Monday to Friday. 1970-01-01 was a Thursday. */
export const isBankDay = (day: number): boolean => (day + 3) % 7 < 5

function bankDayAfter(day: number): number {
  let next = day + 1
  while (!isBankDay(next)) next += 1
  return next
}

/** The days whose payouts arrive on a bank day: those since the bank day before it. */
function daysArrivingOn(bankDay: number): readonly number[] {
  const days: number[] = []
  for (let day = bankDay - 1; bankDayAfter(day) === bankDay; day -= 1) days.unshift(day)
  return days
}

/** The statement of a bank day, once the settlement file of that day is there; undefined on a day on which banks rest. */
export function statementOf(source: Source, day: number): BankStatement | undefined {
  const { firstDay, nextDay } = source.settlement
  if (!isBankDay(day) || day < firstDay() || day >= nextDay()) return undefined
  const balances = new Map<string, bigint>()
  let number = 0
  for (let each = firstDay(); ; each += 1) {
    if (!isBankDay(each)) continue
    number += 1
    const entries = entriesOf(source, each)
    if (each === day) return { day, number, accounts: accountsOf(balances, entries) }
    for (const { currency, amount } of entries) balances.set(currency, (balances.get(currency) ?? 0n) + amount)
  }
}

function accountsOf(balances: ReadonlyMap<string, bigint>, entries: readonly BankEntry[]): readonly BankAccount[] {
  const currencies = [...new Set([...balances.keys(), ...entries.map(({ currency }) => currency)])].sort()
  return (currencies.length === 0 ? ['EUR'] : currencies).map((currency) => {
    const own = entries.filter((entry) => entry.currency === currency)
    const opening = balances.get(currency) ?? 0n
    return { currency, opening, closing: own.reduce((sum, { amount }) => sum + amount, opening), entries: own }
  })
}

function entriesOf(source: Source, bankDay: number): readonly BankEntry[] {
  const files = filesOf(source, daysArrivingOn(bankDay))
  const yesterday = filesOf(source, daysArrivingOn(bankDayBefore(bankDay)))
  const back = yesterday
    .filter(({ bankFault }) => bankFault === 'returned')
    .flatMap((file) => payoutsOf(source, file))
    .map((each) => ({ ...each, amount: -each.amount, text: `${each.text} RETURNED` }))
  const single = files
    .filter(({ bankFault }) => bankFault !== 'joined')
    .flatMap((file) => payoutsOf(source, file).flatMap((each) => arriving(each, file.bankFault)))
  const joined = Map.groupBy(
    files.filter(({ bankFault }) => bankFault === 'joined').flatMap((file) => payoutsOf(source, file)),
    ({ currency }) => currency,
  )
  return [...single, ...[...joined.values()].map(join), ...back]
}

function bankDayBefore(day: number): number {
  let before = day - 1
  while (!isBankDay(before)) before -= 1
  return before
}

const filesOf = ({ settlement }: Source, days: readonly number[]): readonly SettlementFile[] =>
  days.flatMap((day) => settlement.fileOf(day) ?? [])

type Payout = BankEntry & { readonly id: string }

const payoutsOf = (source: Source, { day, sections }: SettlementFile): readonly Payout[] =>
  sections.flatMap(({ currency, payout }) => {
    const id = payoutId(source, day, currency)
    return payout > 0n ? [{ id, currency, amount: payout, text: `${PAYER} PAYOUT ${id}` }] : []
  })

function arriving(payout: Payout, fault: BankFault): readonly BankEntry[] {
  switch (fault) {
    case 'short':
      return [{ ...payout, amount: payout.amount > SHORT_BY ? payout.amount - SHORT_BY : 1n }]
    case 'missing':
      return []
    case 'twice':
      return [payout, payout]
    case 'no_reference':
      return [{ ...payout, text: `${PAYER} PAYOUT` }]
    default:
      return [payout]
  }
}

const join = (payouts: readonly Payout[]): BankEntry => ({
  currency: payouts[0]?.currency ?? '',
  amount: payouts.reduce((sum, { amount }) => sum + amount, 0n),
  text: `${PAYER} PAYOUTS ${payouts.map(({ id }) => id).join(' ')}`,
})
