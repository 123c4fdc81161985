import type { Sums } from '../control.ts'
import type { Minor } from '../decimal.ts'
import { type Context, isolated, warn } from './context.ts'
import { child, childrenNamed, type Element, quoted } from './element.ts'
import type { Entry } from './entry.ts'
import { compareExactly, directionOf, minorOf, signedMinorOf } from './money.ts'
import { type BankCode, bankCodeOf } from './transaction.ts'

/** What `TxsSummry` states, compared with the entries as they are. */

type Total = { count: bigint; amount: bigint; rest: bigint }

/** Sums without signs of the entries that have something in common: of credits and of debits. */
type Turnover = { readonly credits: Total; readonly debits: Total }

export type EntryTotals = {
  readonly add: (entry: Entry) => void
  /** Booked entries in a currency, with signs, exactly. */
  readonly bookedIn: (currency: string) => Minor
  /** Compares the totals of `TxsSummry`. Sums of several currencies mean nothing, so only counts are compared then. */
  readonly compare: (sums: Sums, summary: Element, currency: string | undefined) => void
}

/** More different codes than there are; a file of nothing but codes must not fill memory. */
const MAX_CODES = 10_000
const MAX_CODE_TOTALS = 1_000

export function createEntryTotals(context: Context): EntryTotals {
  const booked = new Map<string, Turnover>()
  const groups = new Map<string, { readonly code: BankCode; readonly isBooked: boolean; readonly turnover: Turnover }>()

  /** A summary counts all entries of its report, in some banks only those that are booked. Either may be meant. */
  function turnovers(code?: BankCode): readonly [Turnover, Turnover] {
    const of = [...groups.values()].filter((group) => code === undefined || isWithin(group.code, code))
    return [
      merged(of.map((group) => group.turnover)),
      merged(of.filter((group) => group.isBooked).map((group) => group.turnover)),
    ]
  }

  return {
    add(entry) {
      if (entry.isBooked) count(turnoverIn(booked, entry.currency), entry)
      const code = entry.code ?? NO_CODE
      const key = `${code.domain}\n${code.family}\n${code.subFamily}\n${code.proprietary}\n${entry.isBooked}`
      let group = groups.get(key)
      if (group === undefined) {
        if (groups.size >= MAX_CODES) return
        group = { code, isBooked: entry.isBooked, turnover: nothing() }
        groups.set(key, group)
      }
      count(group.turnover, entry)
    },
    bookedIn(currency) {
      const { credits, debits } = booked.get(currency) ?? nothing()
      return { amount: credits.amount - debits.amount, rest: credits.rest - debits.rest }
    },
    compare(sums, summary, currency) {
      if (groups.size >= MAX_CODES) return
      const compareAll = (owner: Element | undefined, what: string, choice: Choice, code?: BankCode): void => {
        if (owner !== undefined) compareTotals(context, sums, owner, what, turnovers(code), choice, currency)
      }
      compareAll(child(summary, 'TtlNtries'), 'entries', 'both')
      compareAll(child(summary, 'TtlCdtNtries'), 'credit entries', 'credits')
      compareAll(child(summary, 'TtlDbtNtries'), 'debit entries', 'debits')
      for (const each of childrenNamed(summary, 'TtlNtriesPerBkTxCd').slice(0, MAX_CODE_TOTALS)) {
        const code = bankCodeOf(each)
        if (code === undefined || child(each, 'FcstInd')?.text === 'true') continue
        compareAll(each, `entries of ${nameOf(code)}`, choiceOf(each), code)
        compareAll(child(each, 'CdtNtries'), `credit entries of ${nameOf(code)}`, 'credits', code)
        compareAll(child(each, 'DbtNtries'), `debit entries of ${nameOf(code)}`, 'debits', code)
      }
    },
  }
}

const NO_CODE: BankCode = { domain: '', family: '', subFamily: '', proprietary: '' }

const nothing = (): Turnover => ({
  credits: { count: 0n, amount: 0n, rest: 0n },
  debits: { count: 0n, amount: 0n, rest: 0n },
})

function turnoverIn(map: Map<string, Turnover>, currency: string): Turnover {
  let turnover = map.get(currency)
  if (turnover === undefined) {
    turnover = nothing()
    map.set(currency, turnover)
  }
  return turnover
}

function count({ credits, debits }: Turnover, { direction, exact }: Entry): void {
  const total = direction === 1n ? credits : debits
  total.count++
  total.amount += exact.amount * direction
  total.rest += exact.rest * direction
}

function merged(turnovers: readonly Turnover[]): Turnover {
  const sum = nothing()
  for (const each of turnovers) {
    addTo(sum.credits, each.credits)
    addTo(sum.debits, each.debits)
  }
  return sum
}

function addTo(sum: Total, { count: more, amount, rest }: Total): void {
  sum.count += more
  sum.amount += amount
  sum.rest += rest
}

/** Whether an entry's code is the one of a total: of what the total leaves open, any will do. */
const isWithin = (code: BankCode, total: BankCode): boolean =>
  (total.domain === '' || total.domain === code.domain) &&
  (total.family === '' || total.family === code.family) &&
  (total.subFamily === '' || total.subFamily === code.subFamily) &&
  (total.proprietary === '' || total.proprietary === code.proprietary)

const nameOf = ({ domain, family, subFamily, proprietary }: BankCode): string =>
  [domain, family, subFamily, proprietary]
    .filter((part) => part !== '')
    .join(' ')
    .slice(0, 60)

type Choice = 'both' | 'credits' | 'debits'

/** Up to version .03 CdtDbtInd is the sign of the net sum; without one it says which entries are counted. */
function choiceOf(total: Element): Choice {
  const direction = child(total, 'TtlNetNtryAmt') === undefined ? directionOf(total) : undefined
  if (direction === undefined) return 'both'
  return direction === 1n ? 'credits' : 'debits'
}

function compareTotals(
  context: Context,
  sums: Sums,
  owner: Element,
  what: string,
  turnovers: readonly [Turnover, Turnover],
  choice: Choice,
  currency: string | undefined,
): void {
  const [all, booked] = turnovers.map((turnover) => valuesOf(turnover, choice)) as [Values, Values]
  const stated = countIn(context, child(owner, 'NbOfNtries'))
  if (stated !== undefined)
    sums.compare(`the number of ${what}`, stated, stated === booked.count ? booked.count : all.count)
  if (currency === undefined) return
  const sum = child(owner, 'Sum')
  if (sum !== undefined) {
    const minor = isolated(context, () => minorOf(sum, currency))
    if (minor !== undefined)
      compareExactly(sums, `the sum of ${what}`, minor, equal(minor, booked.sum) ? booked.sum : all.sum, currency)
  }
  const net = netIn(context, owner, currency)
  if (net !== undefined)
    compareExactly(sums, `the net sum of ${what}`, net, equal(net, booked.net) ? booked.net : all.net, currency)
}

type Values = { readonly count: bigint; readonly sum: Minor; readonly net: Minor }

function valuesOf({ credits, debits }: Turnover, choice: Choice): Values {
  const [c, d] = [choice === 'debits' ? NOTHING : credits, choice === 'credits' ? NOTHING : debits]
  return {
    count: c.count + d.count,
    sum: { amount: c.amount + d.amount, rest: c.rest + d.rest },
    net: { amount: c.amount - d.amount, rest: c.rest - d.rest },
  }
}

const NOTHING: Total = { count: 0n, amount: 0n, rest: 0n }

const equal = (one: Minor, other: Minor): boolean => one.amount === other.amount && one.rest === other.rest

/** Up to version .03 an amount and its sign beside it, later both within `TtlNetNtry`. */
function netIn(context: Context, owner: Element, currency: string): Minor | undefined {
  const later = child(owner, 'TtlNetNtry')
  const amount = child(later, 'Amt') ?? child(owner, 'TtlNetNtryAmt')
  const signed = later ?? owner
  if (amount === undefined || directionOf(signed) === undefined) return undefined
  return isolated(context, () => signedMinorOf(signed, amount, currency))
}

function countIn(context: Context, element: Element | undefined): bigint | undefined {
  if (element === undefined) return undefined
  if (/^\d{1,15}$/.test(element.text)) return BigInt(element.text)
  warn(context, element, 'count', `${element.name}: ${quoted(element.text)} is not a number`)
  return undefined
}
