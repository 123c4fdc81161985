import { isCurrency, NO_CURRENCY } from '../../../money/index.ts'
import type { DecimalMark } from '../decimal.ts'
import { DATE_ORDERS, type DateOrder } from './date-text.ts'

/**
 * How the columns of a table become lines of a statement. It is inferred from a file, shown, saved, and edited by people;
 * with it every later file of the same make is read in the same way. Columns are named as the header names them; without
 * a header they are `column 1`, `column 2`, …
 */
export type Profile = {
  readonly schema: typeof PROFILE_SCHEMA
  readonly table: TableShape
  /** Line of the header, 0 for none. Rows before it are not read. In JSON the keys are the header. */
  readonly header: number
  /** `ambiguous`: nothing proves the order of day and month, so no date is read until somebody says it. */
  readonly date: { readonly column: string; readonly order: DateOrder | 'ambiguous' } | undefined
  readonly amount: AmountRule
  /** −1: every amount and balance, but for fees, is written with the other sign than we see it. Only with a signed amount. */
  readonly sign?: -1 | undefined
  readonly decimal: DecimalMark
  /** True when amounts are written in minor units, such as cents. */
  readonly minor: boolean
  /** A column (of codes, or of amounts that each have theirs, as `12.00 USD`), or one code for all. `XXX` (ISO 4217: no currency) counts hundredths. */
  readonly currency: CurrencyRule
  /** `cost`: a fee is written as a positive number; `effect`: as what it does to the balance, so mostly negative. */
  readonly fee: { readonly column: string; readonly sign: 'cost' | 'effect' } | undefined
  /** amount − fee, as the sender computed it: compared with ours. */
  readonly net: string | undefined
  /** The balance after each row (or, in a table with the newest row first, the same read upwards): compared. */
  readonly balance: string | undefined
  /** Strongest first. */
  readonly references: readonly string[]
  readonly descriptions: readonly string[]
  readonly account: string | undefined
  readonly status: string | undefined
}

/** A mapping of any kind of table: which one a file is, and what separates its columns, is found out. */
export type AnyTableProfile = Omit<Profile, 'table'> & { readonly table: undefined }

/** `aliases`: what stands in the column for a currency besides its code, such as `€`, in any case. */
export type CurrencyRule =
  | { readonly column: string; readonly aliases?: Readonly<Record<string, string>> | undefined }
  | { readonly code: string }

export const PROFILE_SCHEMA = 'tallystick.mapping/1'

export type TableShape =
  | { readonly kind: 'csv'; readonly separator: string }
  | { readonly kind: 'json' }
  | { readonly kind: 'jsonl' }
  | { readonly kind: 'xlsx' }

export type AmountRule =
  /** One column, signed. */
  | { readonly rule: 'signed'; readonly column: string }
  /** One column without a sign that matters, and another that says debit or credit in one of these words, in any case. */
  | {
      readonly rule: 'direction'
      readonly column: string
      readonly direction: string
      readonly debit: readonly string[]
      readonly credit: readonly string[]
      /** What a minus beside such a word is: on all debits or on none, or nothing that counts. */
      readonly minus: 'debits' | 'ignored'
    }
  /** Two columns: credit − debit, or credit + debit when debits are written with a minus. */
  | {
      readonly rule: 'split'
      readonly credit: string
      readonly debit: string
      readonly debitSign: 'positive' | 'negative'
    }

/** Why a text is no mapping: which field, what was wrong, what would be right. */
export class ProfileError extends Error {
  override readonly name = 'ProfileError'
}

/** Reads a mapping that was saved. Throws `ProfileError`. */
export function parseProfile(text: string): Profile {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new ProfileError(`The mapping is no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  const top = objectAt(value, 'the mapping')
  if (top['schema'] !== PROFILE_SCHEMA) throw new ProfileError(`schema has to be "${PROFILE_SCHEMA}"`)
  refuseUnknown(top, NAMES, '')
  refuseOpen(top['open'])
  const optional = (name: string): string | undefined => (top[name] == null ? undefined : textAt(top[name], name))
  const amount = amountAt(objectAt(top['amount'], 'amount', AMOUNT_FIELDS))
  return {
    schema: PROFILE_SCHEMA,
    table: tableAt(top['table']),
    header: headerAt(top['header']),
    date: top['date'] == null ? undefined : dateAt(objectAt(top['date'], 'date', ['column', 'order'])),
    amount,
    ...signAt(top['sign'], amount),
    decimal: oneOf(top['decimal'], 'decimal', ['.', ',']),
    minor: flagAt(top['minor'], 'minor'),
    currency: currencyAt(objectAt(top['currency'], 'currency', ['column', 'code', 'aliases'])),
    fee: top['fee'] == null ? undefined : feeAt(objectAt(top['fee'], 'fee', ['column', 'sign'])),
    net: optional('net'),
    balance: optional('balance'),
    references: textsAt(top['references'] ?? [], 'references'),
    descriptions: textsAt(top['descriptions'] ?? [], 'descriptions'),
    account: optional('account'),
    status: optional('status'),
  }
}

/**
 * As it is saved: with an empty place for everything that could be said. What is `open`, a sentence each, has to be decided
 * by somebody before the mapping is read again.
 */
export const formatProfile = (profile: Profile, open: readonly string[] = []): string => {
  const whole: Record<keyof Profile, unknown> & { open?: readonly string[] } = {
    schema: profile.schema,
    ...(open.length > 0 ? { open } : {}),
    table: profile.table,
    header: profile.header,
    date: profile.date ?? null,
    amount: profile.amount,
    sign: profile.sign ?? 1,
    decimal: profile.decimal,
    minor: profile.minor,
    currency: profile.currency,
    fee: profile.fee ?? null,
    net: profile.net ?? null,
    balance: profile.balance ?? null,
    references: profile.references,
    descriptions: profile.descriptions,
    account: profile.account ?? null,
    status: profile.status ?? null,
  }
  return `${JSON.stringify(whole, undefined, 2)}\n`
}

const NAMES = [
  'schema', 'open', 'table', 'header', 'date', 'amount', 'sign', 'decimal', 'minor', 'currency', 'fee', 'net', 'balance', 'references',
  'descriptions', 'account', 'status',
] // biome-ignore format: one list

function refuseUnknown(fields: Record<string, unknown>, names: readonly string[], prefix: string): void {
  const unknown = Object.keys(fields).find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw new ProfileError(`"${prefix}${unknown.slice(0, 64)}" is no field of a mapping; there are ${names.join(', ')}`)
}

function refuseOpen(open: unknown): void {
  const [first] = textsAt(open ?? [], 'open')
  if (first === undefined) return
  throw new ProfileError(`open still says: ${first} Decide that in the mapping, then take it out of open`)
}

function objectAt(value: unknown, name: string, fields?: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ProfileError(`${name} has to be an object`)
  const object: Record<string, unknown> = { ...value }
  if (fields !== undefined) refuseUnknown(object, fields, `${name}.`)
  return object
}

const MAX_NAME_LENGTH = 1_024
const MAX_NAMES = 64

function textAt(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '' && value.length <= MAX_NAME_LENGTH) return value
  throw new ProfileError(`${name} has to be a text of 1 to ${MAX_NAME_LENGTH} characters`)
}

function textsAt(value: unknown, name: string): readonly string[] {
  if (Array.isArray(value) && value.length <= MAX_NAMES)
    return value.map((each, place) => textAt(each, `${name}[${place}]`))
  throw new ProfileError(`${name} has to be a list of at most ${MAX_NAMES} names`)
}

function oneOf<T extends string>(value: unknown, name: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value)
  if (found !== undefined) return found
  throw new ProfileError(`${name} has to be one of ${choices.map((choice) => `"${choice}"`).join(', ')}`)
}

function flagAt(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value
  throw new ProfileError(`${name} has to be true or false`)
}

function tableAt(value: unknown): TableShape {
  const table = objectAt(value, 'table', ['kind', 'separator'])
  const kind = oneOf(table['kind'], 'table.kind', ['csv', 'json', 'jsonl', 'xlsx'])
  if (kind !== 'csv') return { kind }
  const separator = textAt(table['separator'], 'table.separator')
  if (separator.length === 1 && !'"\r\n'.includes(separator)) return { kind, separator }
  throw new ProfileError('table.separator has to be one character that is no quote and no line end')
}

function headerAt(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new ProfileError('header has to be the number of a line, 0 for none')
}

const dateAt = (date: Record<string, unknown>): Profile['date'] => ({
  column: textAt(date['column'], 'date.column'),
  order: oneOf(date['order'], 'date.order', DATE_ORDERS),
})

const AMOUNT_FIELDS = ['rule', 'column', 'direction', 'debit', 'credit', 'minus', 'debitSign']

function amountAt(amount: Record<string, unknown>): AmountRule {
  const rule = oneOf(amount['rule'], 'amount.rule', ['signed', 'direction', 'split'])
  if (rule === 'split') {
    const [credit, debit] = [textAt(amount['credit'], 'amount.credit'), textAt(amount['debit'], 'amount.debit')]
    return { rule, credit, debit, debitSign: oneOf(amount['debitSign'], 'amount.debitSign', ['positive', 'negative']) }
  }
  const column = textAt(amount['column'], 'amount.column')
  if (rule === 'signed') return { rule, column }
  const direction = textAt(amount['direction'], 'amount.direction')
  const [debit, credit] = [textsAt(amount['debit'], 'amount.debit'), textsAt(amount['credit'], 'amount.credit')]
  const minus = oneOf(amount['minus'], 'amount.minus', ['debits', 'ignored'])
  return { rule, column, direction, debit, credit, minus }
}

function currencyAt(currency: Record<string, unknown>): Profile['currency'] {
  if (currency['column'] !== undefined && currency['code'] !== undefined)
    throw new ProfileError('currency has to have a column or a code, not both')
  if (currency['column'] !== undefined)
    return { column: textAt(currency['column'], 'currency.column'), ...aliasesAt(currency['aliases']) }
  if (currency['aliases'] !== undefined)
    throw new ProfileError('currency.aliases are for a column, and code is one for all')
  const code = textAt(currency['code'], 'currency.code')
  if (isCurrency(code) || code === NO_CURRENCY) return { code }
  throw new ProfileError('currency.code has to be an ISO 4217 code such as EUR')
}

const MAX_ALIASES = 200

function aliasesAt(value: unknown): { readonly aliases?: Readonly<Record<string, string>> } {
  if (value == null) return {}
  const aliases = Object.entries(objectAt(value, 'currency.aliases'))
  if (aliases.length > MAX_ALIASES) throw new ProfileError(`currency.aliases has at most ${MAX_ALIASES} names`)
  for (const [name, code] of aliases) {
    textAt(name, 'a name of currency.aliases')
    if (typeof code !== 'string' || !(isCurrency(code) || code === NO_CURRENCY))
      throw new ProfileError(`currency.aliases["${name.slice(0, 40)}"] has to be an ISO 4217 code such as EUR`)
  }
  return { aliases: Object.fromEntries(aliases) as Readonly<Record<string, string>> }
}

function signAt(value: unknown, { rule }: AmountRule): { readonly sign?: -1 } {
  if (value == null || value === 1) return {}
  if (value !== -1) throw new ProfileError('sign has to be 1 or -1')
  if (rule === 'signed') return { sign: -1 }
  throw new ProfileError('sign has to be 1 where words or columns say debit and credit: exchange those')
}

const feeAt = (fee: Record<string, unknown>): Profile['fee'] => ({
  column: textAt(fee['column'], 'fee.column'),
  sign: oneOf(fee['sign'], 'fee.sign', ['cost', 'effect']),
})
