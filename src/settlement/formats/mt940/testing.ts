import fc from 'fast-check'
import { minorUnits } from '../../../money/index.ts'

/** Statements as a test has them in mind, and the text that a bank would make of them. */

export type ModelEntry = {
  /** Minor units, never 0. */
  readonly amount: bigint
  readonly isReversal: boolean
  readonly isExpected: boolean
  /** Milliseconds of midnight in UTC. */
  readonly valueDay: number
  /** When it was booked, in days after the value date; undefined: the field has none. */
  readonly bookedAfterDays: number | undefined
  readonly type: string
  readonly reference: string
  readonly bankReference: string
  readonly text: string
}

export type ModelStatement = {
  readonly account: string
  readonly currency: string
  readonly opening: bigint
  readonly entries: readonly ModelEntry[]
}

export type Style = {
  readonly frame: 'blocks' | 'dash' | 'none'
  readonly end: '\n' | '\r\n' | '\r'
  /** Field 86 as plain text, or with the subfields of German banks. */
  readonly details: 'plain' | 'coded'
}

export const PLAIN: Style = { frame: 'dash', end: '\r\n', details: 'plain' }

export const DAY_MS = 86_400_000
export const DAY = Date.parse('2026-03-03T00:00:00.000Z')

export const anEntry = (more: Partial<ModelEntry> = {}): ModelEntry => ({
  amount: 12_50n,
  isReversal: false,
  isExpected: false,
  valueDay: DAY,
  bookedAfterDays: 0,
  type: 'NTRF',
  reference: 'ORDER-1',
  bankReference: 'BANK-1',
  text: 'Thank you',
  ...more,
})

export const aStatement = (more: Partial<ModelStatement> = {}): ModelStatement => ({
  account: 'DE02100100100006820101',
  currency: 'EUR',
  opening: 100_00n,
  entries: [anEntry(), anEntry({ amount: -3_00n, reference: 'ORDER-2', bankReference: '' })],
  ...more,
})

export const closingOf = ({ opening, entries }: ModelStatement): bigint =>
  entries.reduce((sum, { amount, isExpected }) => (isExpected ? sum : sum + amount), opening)

/** `260303` of a day. */
export const six = (dayMs: number): string => isoDay(dayMs).slice(2).replaceAll('-', '')
export const isoDay = (dayMs: number): string => new Date(dayMs).toISOString().slice(0, 10)

/** An amount without its sign, with the comma that is mandatory. */
export function swiftAmount(amount: bigint, currency: string): string {
  const decimals = minorUnits(currency)
  const digits = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, '0')
  return `${digits.slice(0, digits.length - decimals)},${digits.slice(digits.length - decimals)}`
}

/** The marks of an amount: how a credit looks to the account's holder. */
function markOf({ amount, isReversal, isExpected }: ModelEntry): string {
  if (isExpected) return amount < 0n ? 'ED' : 'EC'
  if (isReversal) return amount < 0n ? 'RC' : 'RD'
  return amount < 0n ? 'D' : 'C'
}

export const balanceText = (amount: bigint, currency: string, day = DAY): string =>
  `${amount < 0n ? 'D' : 'C'}${six(day)}${currency}${swiftAmount(amount, currency)}`

export function entryText(entry: ModelEntry, currency: string): string {
  const { valueDay, bookedAfterDays, type, reference, bankReference } = entry
  const entryDate = bookedAfterDays === undefined ? '' : six(valueDay + bookedAfterDays * DAY_MS).slice(2)
  const bank = bankReference === '' ? '' : `//${bankReference}`
  return `:61:${six(valueDay)}${entryDate}${markOf(entry)}${swiftAmount(entry.amount, currency)}${type}${reference}${bank}`
}

/** Field 86, broken where a line is full. */
export function detailsText(text: string, details: Style['details']): string[] {
  const pieces = text.match(/.{1,27}/gs) ?? ['']
  const whole =
    details === 'plain' ? text : `166?00GUTSCHRIFT${pieces.map((piece, index) => `?2${index}${piece}`).join('')}`
  return (whole.match(/.{1,65}/gs) ?? ['']).map((line, index) => (index === 0 ? `:86:${line}` : line))
}

/** The lines of one message. */
export function linesOf(statement: ModelStatement, number: number, style: Style): string[] {
  const { account, currency, opening, entries } = statement
  const body = [
    `:20:STMT${number}`,
    `:25:${account}`,
    `:28C:${number}/1`,
    `:60F:${balanceText(opening, currency)}`,
    ...entries.flatMap((entry) => [entryText(entry, currency), ...detailsText(entry.text, style.details)]),
    `:62F:${balanceText(closingOf(statement), currency)}`,
  ]
  if (style.frame === 'none') return body
  if (style.frame === 'dash') return [...body, '-']
  return ['{1:F01TESTDEFFAXXX0000000000}{2:I940TESTDEFFXXXXN}{4:', ...body, '-}{5:{CHK:0123456789AB}}']
}

export const textOf = (statements: readonly ModelStatement[], style: Style = PLAIN): string =>
  statements.flatMap((statement, index) => [...linesOf(statement, index + 1, style), '']).join(style.end)

const word = fc.stringMatching(/^[A-Z0-9]{1,8}$/)
const reference = fc.stringMatching(/^[A-Z0-9]{4,12}-[0-9]{1,3}$/)

const entry: fc.Arbitrary<ModelEntry> = fc.record({
  amount: fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }).filter((amount) => amount !== 0n),
  isReversal: fc.boolean(),
  isExpected: fc.constant(false),
  valueDay: fc.integer({ min: 0, max: 12_000 }).map((days) => Date.parse('2000-01-01T00:00:00.000Z') + days * DAY_MS),
  bookedAfterDays: fc.option(fc.integer({ min: -150, max: 150 }), { nil: undefined }),
  type: fc.constantFrom('NTRF', 'NMSC', 'N051', 'FCHG', 'S202'),
  reference,
  bankReference: fc.oneof(fc.constant(''), reference),
  text: fc.array(word, { minLength: 1, maxLength: 10 }).map((words) => words.join(' ')),
})

export const statements: fc.Arbitrary<ModelStatement[]> = fc.array(
  fc.record({
    account: fc.stringMatching(/^DE[0-9]{20}$/),
    currency: fc.constantFrom('EUR', 'USD', 'JPY', 'KWD', 'CLF'),
    opening: fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }),
    entries: fc.array(entry, { maxLength: 5 }),
  }),
  { minLength: 1, maxLength: 4 },
)

export const style: fc.Arbitrary<Style> = fc.record({
  frame: fc.constantFrom('blocks', 'dash', 'none'),
  end: fc.constantFrom('\n', '\r\n', '\r'),
  details: fc.constantFrom('plain', 'coded'),
})
