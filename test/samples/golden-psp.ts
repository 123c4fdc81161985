import { type Check, check, minorOf } from './check.ts'
import type { Line, Reading } from './read-sample.ts'

/**
 * `EXPECTED.json`: what the tests of SmashPig expect of reports of PSPs, in its own words. Compared are the kind, the
 * effect on the balance before and after the fee, the fee, the currency of the balance, the time and the identifiers.
 * Not compared: what it makes up (`gateway`, `payment_submethod`, a UUID that it computes from an id, ids that begin with
 * `fee-`, `adjustment-` or `rounding-`), names and addresses, and amounts in the buyer's currency, which move no balance.
 */
export type Expected = { readonly tests: readonly ExpectedTest[] }

type Values = Readonly<Record<string, string | number | null>>

type ExpectedTest = {
  readonly test: string
  readonly file: string
  readonly rows?: readonly { readonly index: number | null; readonly values: Values }[]
  /** What a row is found by, where the test does not count. */
  readonly match?: Values
  readonly cells?: readonly { readonly index: number; readonly key: string; readonly value: string | number }[]
}

/** The checks of one file: `name` ends with the name that the tests call it by. */
export function compareExpected({ tests }: Expected, name: string, reading: Reading): Check[] {
  return tests
    .filter(({ file }) => name.endsWith(`__${file}`))
    .flatMap(({ test, rows = [], cells = [], match = {} }) => {
      const byIndex = Map.groupBy(cells, ({ index }) => index)
      const ofCells = [...byIndex].map(([index, list]) => ({
        index,
        values: Object.fromEntries(list.map(({ key, value }) => [key, value])),
      }))
      return [...rows, ...ofCells].flatMap(({ index, values }) =>
        compareRow(test, index ?? 0, { ...match, ...values }, reading),
      )
    })
}

/** What identifies a row, of which any may stand in the file. */
const IDS = [
  'gateway_txn_id',
  'gateway_refund_id',
  'gateway_parent_id',
  'backend_processor_txn_id',
  'capture_id',
  'auth_id',
  'modification_reference',
  'invoice_id',
  'order_id',
  'payment_orchestrator_reconciliation_id',
] as const

const MADE_UP = /^(?:fee|adjustment|rounding)-|^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

const KINDS: Readonly<Record<string, readonly string[]>> = {
  donation: ['charge'],
  refund: ['refund'],
  chargeback: ['dispute'],
  chargeback_reversed: ['dispute_reversal'],
  fee: ['fee', 'rounding'],
  adjustment: ['adjustment'],
  // It calls an exchange between balances a payout too.
  payout: ['payout', 'conversion', 'transfer'],
}

function compareRow(test: string, index: number, values: Values, reading: Reading): Check[] {
  const name = `${test}, row ${index + 1}`
  const line = lineFor(values, index, reading)
  if (line === undefined) return [check('value', name, 'a line', undefined)]
  const currency = String(values['settled_currency'] ?? line.currency)
  const type = values['type']
  const checks = [...compareIds(name, values, line), ...compareMoney(name, values, line, currency)]
  if (values['settled_currency'] !== undefined)
    checks.push(check('value', `${name}: the currency`, currency, line.currency))
  if (typeof type === 'string') {
    const kinds = kindsOf(values)
    checks.push(
      check('value', `${name}: the kind`, type, kinds.includes(line.kind) ? type : `${line.kind} (${line.status})`),
    )
  }
  const date = values['date']
  // A payout that it adds up itself has the day of the report, and no time.
  if (typeof date === 'number' && !isOwnPayout(values)) {
    const instant = new Date(date * 1_000).toISOString()
    checks.push(check('value', `${name}: the time`, instant, line.occurred_at ?? line.business_date))
  }
  return checks
}

/** The net of a row; both halves of it too, where it is a payment: a cost is an amount with us and a fee with SmashPig. */
function compareMoney(name: string, values: Values, line: Line, currency: string): Check[] {
  const fee = line.fee ?? 0n
  const money = (key: string): bigint | undefined => {
    const value = values[key]
    return value === undefined || value === null ? undefined : minorOf(value, currency)
  }
  const net = money('settled_net_amount')
  const total = money('settled_total_amount')
  const cost = money('settled_fee_amount')
  const checks: Check[] = []
  if (values['type'] === 'payout' || isOwnPayout(values)) {
    // What is paid out is positive there, and takes from the balance here.
    if (total !== undefined) checks.push(check('value', `${name}: what is paid out`, total, -line.amount))
    return checks
  }
  if (net !== undefined) checks.push(check('value', `${name}: the net`, net, line.amount - fee))
  // A chargeback's fee that is a row of its own is told apart by its net.
  if (values['type'] === 'fee' || values['type'] === 'adjustment') return checks
  if (total !== undefined) checks.push(check('value', `${name}: the amount`, total, line.amount))
  if (cost !== undefined) checks.push(check('value', `${name}: the fee`, cost, -fee))
  return checks
}

const isOwnPayout = (values: Values): boolean => values['type'] === 'payout' && values['gateway_txn_id'] === ''

function compareIds(name: string, values: Values, line: Line): Check[] {
  return idsOf(values).map(([key, id]) => {
    const isThere = line.references.includes(id)
    return check('value', `${name}: ${key}`, id, isThere ? id : line.references.join(' '))
  })
}

const idsOf = (values: Values): (readonly [string, string])[] =>
  IDS.map((key) => [key, String(values[key] ?? '')] as const).filter(([, id]) => id !== '' && !MADE_UP.test(id))

/** The line with most of the identifiers, and of the right kind before any other; or else the one at the place. */
function lineFor(values: Values, index: number, { lines }: Reading): Line | undefined {
  const ids = idsOf(values).map(([, id]) => id)
  const kinds = kindsOf(values)
  const scores = lines.map(({ references, kind }) => {
    const known = ids.filter((id) => references.includes(id)).length
    return known + (kinds.includes(kind) ? 0.5 : 0)
  })
  const best = Math.max(...scores)
  const isClear = best >= 1 || scores.filter((score) => score === best).length === 1
  return lines[isClear && best > 0 ? scores.indexOf(best) : index]
}

function kindsOf(values: Values): readonly string[] {
  if (String(values['gateway_txn_id']).startsWith('rounding-')) return ['rounding']
  return KINDS[String(values['type'])] ?? []
}
