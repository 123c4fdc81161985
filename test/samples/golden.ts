import { type Check, check } from './check.ts'
import type { Line, Reading } from './read-sample.ts'

/** What another project's own test expects of a file, as far as it can be compared. Undefined: it does not say. */
export type Golden = {
  readonly lines: readonly GoldenLine[]
  /** Balances that some statement of the file must have. */
  readonly openings: readonly GoldenBalance[]
  readonly closings: readonly GoldenBalance[]
  /** Accounts that some statement must have. */
  readonly accounts: readonly string[]
}

export type GoldenBalance = { readonly amount: bigint | undefined; readonly currency: string }

export type GoldenLine = {
  /** Signed minor units. */
  readonly amount: bigint | undefined
  readonly currency: string | undefined
  /** ISO date of booking, or the value date where there is none. */
  readonly date: string | undefined
  readonly references: readonly string[]
}

/** One check for each value, by position. Entries that we read payment by payment are taken together again. */
export function compareGolden(golden: Golden, reading: Reading): Check[] {
  const entries = grouped(
    reading.lines,
    golden.lines.map(({ amount }) => amount),
  )
  return [
    check('value', 'the number of entries', golden.lines.length, entries.length),
    ...golden.lines.flatMap((line, index) => compareLine(line, entries[index] ?? [], index + 1)),
    ...golden.openings.map((each) => compareBalance('an opening balance', each, balancesOf(reading, 'opening'))),
    ...golden.closings.map((each) => compareBalance('a closing balance', each, balancesOf(reading, 'closing'))),
    ...golden.accounts.map((account) => compareAccount(account, reading)),
  ]
}

function compareLine(golden: GoldenLine, entry: readonly Line[], number: number): Check[] {
  const [first] = entry
  const sum = first === undefined ? undefined : sumOf(entry)
  const checks = [check('value', `the amount of entry ${number}`, golden.amount, sum)]
  if (golden.currency !== undefined)
    checks.push(check('value', `the currency of entry ${number}`, golden.currency, first?.currency))
  if (golden.date !== undefined)
    checks.push(check('value', `the date of entry ${number}`, golden.date, first?.business_date))
  // Blanks behind a reference fill its field.
  for (const reference of golden.references.map((each) => each.trim()).filter(saysSomething)) {
    const has = entry.some(({ references }) => references.includes(reference))
    const all = entry.map(({ references }) => references.join(' ')).join(' | ')
    checks.push(check('value', `a reference of entry ${number}`, reference, has ? reference : all))
  }
  return checks
}

/** `NONREF` is what MT 940 writes where there is no reference, and a dash what some banks do. */
const saysSomething = (reference: string): boolean => !/^(?:NONREF|-)?$/.test(reference)

/** Lines that make the amounts, one after the other; what is left over is an entry each. */
function grouped(lines: readonly Line[], amounts: readonly (bigint | undefined)[]): Line[][] {
  if (lines.length === amounts.length) return lines.map((line) => [line])
  const entries: Line[][] = []
  let at = 0
  for (const amount of amounts) {
    let end = at + 1
    while (end < lines.length && sumOf(lines.slice(at, end)) !== amount) end++
    const makesIt = sumOf(lines.slice(at, end)) === amount
    entries.push(lines.slice(at, makesIt ? end : at + 1))
    at = makesIt ? end : at + 1
  }
  return [...entries, ...lines.slice(at).map((line) => [line])].filter((entry) => entry.length > 0)
}

const sumOf = (lines: readonly Line[]): bigint => lines.reduce((sum, { amount }) => sum + amount, 0n)

function balancesOf({ statements }: Reading, name: 'opening' | 'closing'): string[] {
  return statements.map((statement) => `${statement[name] ?? 'none'} ${statement.currency}`)
}

function compareBalance(what: string, { amount, currency }: GoldenBalance, balances: readonly string[]): Check {
  const expected = `${amount} ${currency}`
  return check('value', what, expected, balances.includes(expected) ? expected : balances.slice(0, 4).join(', '))
}

function compareAccount(account: string, { statements }: Reading): Check {
  const accounts = statements.map((each) => each.account)
  return check('value', 'an account', account, accounts.includes(account) ? account : accounts.slice(0, 4).join(', '))
}
