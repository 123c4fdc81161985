import { NO_CURRENCY } from '../../money/index.ts'
import { type AmountRule, DATE_ORDERS } from '../../settlement/index.ts'
import { currencyOf } from '../rows/currency-code.ts'
import { KEY_FORMS, SIDES, type SideName, type SideSpec, UNITS, UnreadableInput } from '../side.ts'
import type { Field, Mapping } from './mapping.ts'

/**
 * A mapping as it is saved, in YAML: two blocks of `name: value`, every value a word or JSON, which YAML reads as well.
 * Nothing else of YAML is read.
 */
export const SAVED_SCHEMA = 'tallystick.recon-mapping/1'

const NAMES = [
  'key', 'key_form', 'second', 'amount', 'decimal', 'unit', 'sign', 'currency', 'date', 'fee', 'kind', 'status', 'payout',
] as const // biome-ignore format: one list
type Name = (typeof NAMES)[number]

export function formatSaved(specs: Readonly<Record<SideName, SideSpec>>): string {
  const blocks = SIDES.flatMap((side) => {
    const { key, keyForm, second, amount, decimal, unit, sign, currency, date, fee, kind, status, payout } = specs[side]
    const values: Readonly<Record<Name, unknown>> = {
      key,
      key_form: keyForm,
      second,
      amount,
      decimal,
      unit,
      sign,
      currency,
      date,
      fee,
      kind,
      status,
      payout,
    }
    // Most files are no payouts.
    const names = NAMES.filter((name) => name !== 'payout' || payout !== undefined)
    return [`${side}:`, ...names.map((name) => `  ${name}: ${JSON.stringify(values[name] ?? null)}`)]
  })
  const head = [
    '# How two files are compared. Edit it, and use it with: npx tallystick recon OURS THEIRS --config recon.yaml',
  ]
  return `${[...head, `schema: ${SAVED_SCHEMA}`, ...blocks].join('\n')}\n`
}

/** Throws `UnreadableInput` with the line that is wrong. */
export function parseSaved(text: string): Mapping {
  const values: Record<SideName, Partial<Record<Name, unknown>>> = { ours: {}, theirs: {} }
  let side: SideName | undefined
  let schema: unknown
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue
    const match = /^( *)([a-z_]+):(?: +(.*))?$/s.exec(line)
    const [, indent = '', name = '', value = ''] = match ?? []
    if (match === null) throw bad(`line ${index + 1} is no "name: value"`)
    if (indent === '') {
      if (name === 'schema') schema = meaningOf(value)
      else if (name === 'ours' || name === 'theirs') side = name
      else throw bad(`line ${index + 1}: there is no "${name}"`)
      continue
    }
    if (side === undefined) throw bad(`line ${index + 1} belongs to neither ours nor theirs`)
    const known = NAMES.find((each) => each === name)
    if (known === undefined) throw bad(`line ${index + 1}: there is no "${name}"; there are ${NAMES.join(', ')}`)
    values[side][known] = meaningOf(value)
  }
  if (schema !== SAVED_SCHEMA) throw bad(`schema has to be ${SAVED_SCHEMA}`)
  const specs = { ours: specOf('ours', values.ours), theirs: specOf('theirs', values.theirs) }
  return { specs, fields: fieldsOf(specs), notes: [] }
}

const bad = (what: string): UnreadableInput => new UnreadableInput('config', `The mapping cannot be read: ${what}`)

/** A comment begins behind a space, and so may a # in the name of a column: the longest part that is a value counts. */
function meaningOf(text: string): unknown {
  const ends = [...text.matchAll(/\s+#/g)].map(({ index }) => index)
  for (const end of [text.length, ...ends.toReversed()])
    try {
      return JSON.parse(text.slice(0, end))
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
    }
  const bare = text.slice(0, ends[0]).trim()
  if (/^[[{"]/.test(bare)) throw bad(`${bare.slice(0, 60)} is no value`)
  return bare.replace(/^'(.*)'$/, '$1')
}

function specOf(side: SideName, values: Partial<Record<Name, unknown>>): SideSpec {
  const text = (name: Name): string => {
    const value = values[name]
    if (typeof value === 'string' && value !== '') return value
    throw bad(`${side}.${name} has to be a text`)
  }
  const optional = (name: Name): string | undefined =>
    values[name] == null || values[name] === '' ? undefined : text(name)
  const oneOf = <T extends string | number>(name: Name, choices: readonly T[]): T => {
    const found = choices.find((each) => each === values[name])
    if (found === undefined) throw bad(`${side}.${name} has to be one of ${choices.join(', ')}`)
    return found
  }
  const object = (name: Name): Record<string, unknown> | undefined => {
    const value = values[name]
    if (value === undefined || value === null || value === '') return undefined
    if (typeof value === 'object' && !Array.isArray(value)) return { ...value }
    throw bad(`${side}.${name} has to be {"name": value}`)
  }
  const member = (name: Name, of: Record<string, unknown>, field: string): string => {
    const value = of[field]
    if (typeof value === 'string' && value !== '') return value
    throw bad(`${side}.${name}.${field} has to be a text`)
  }
  const [currency, date, fee] = [object('currency') ?? {}, object('date'), object('fee')]
  return {
    key: text('key'),
    keyForm: oneOf('key_form', KEY_FORMS),
    amount: amountOf(side, object('amount') ?? {}),
    decimal: oneOf('decimal', ['.', ',']),
    unit: oneOf('unit', UNITS),
    sign: oneOf('sign', [1, -1]),
    currency:
      currency['code'] === undefined
        ? { column: member('currency', currency, 'column') }
        : { code: codeOf(side, member('currency', currency, 'code')) },
    date: date && { column: member('date', date, 'column'), order: orderOf(side, date['order']) },
    fee: fee && { column: member('fee', fee, 'column'), sign: fee['sign'] === 'effect' ? 'effect' : 'cost' },
    kind: optional('kind'),
    second: optional('second'),
    status: optional('status'),
    payout: optional('payout'),
  }
}

function codeOf(side: SideName, text: string): string {
  const code = text === NO_CURRENCY ? text : currencyOf(text)
  if (code === undefined) throw bad(`${side}.currency.code has to be a code of ISO 4217 such as EUR, or ${NO_CURRENCY}`)
  return code
}

function orderOf(side: SideName, value: unknown) {
  const order = DATE_ORDERS.find((each) => each === value)
  if (order === undefined) throw bad(`${side}.date.order has to be one of ${DATE_ORDERS.join(', ')}`)
  return order
}

function amountOf(side: SideName, amount: Record<string, unknown>): AmountRule {
  const text = (name: string): string => {
    const value = amount[name]
    if (typeof value === 'string' && value !== '') return value
    throw bad(`${side}.amount.${name} has to be a text`)
  }
  const { rule } = amount as { rule?: unknown }
  if (rule === 'signed') return { rule, column: text('column') }
  if (rule === 'split')
    return {
      rule,
      credit: text('credit'),
      debit: text('debit'),
      debitSign: amount['debitSign'] === 'negative' ? 'negative' : 'positive',
    }
  const words: unknown = amount['debit']
  if (rule === 'direction' && Array.isArray(words))
    return {
      rule,
      column: text('column'),
      direction: text('direction'),
      debit: words.map(String),
      credit: Array.isArray(amount['credit']) ? amount['credit'].map(String) : [],
      minus: amount['minus'] === 'debits' ? 'debits' : 'ignored',
    }
  throw bad(`${side}.amount.rule has to be one of signed, direction, split`)
}

function fieldsOf({ ours, theirs }: Readonly<Record<SideName, SideSpec>>): Mapping['fields'] {
  const field = (a: string | undefined, b: string | undefined): Field => ({
    ours: a,
    theirs: b,
    confidence: a === undefined && b === undefined ? 'none' : 'sure',
    reason: 'as saved',
  })
  const amount = ({ amount: rule }: SideSpec): string =>
    rule.rule === 'split' ? `${rule.credit}−${rule.debit}` : rule.column
  const currency = ({ currency: spec }: SideSpec): string => ('code' in spec ? spec.code : spec.column)
  return {
    key: field(ours.key, theirs.key),
    amount: field(amount(ours), amount(theirs)),
    currency: field(currency(ours), currency(theirs)),
    date: field(ours.date?.column, theirs.date?.column),
  }
}
