import { isCurrency } from '../../../money/index.ts'
import { UnreadableRow } from '../diagnostics.ts'
import { type Fields, hundredthsIn, inMinorUnits, isCreditIn } from './hundredths.ts'

/**
 * What a section (`SF`) or a report (`RF`) states for one currency: type, currency, four sums, the balances at the beginning
 * and at the end, each as direction and amount, and a number of rows. All in hundredths of a major unit.
 *
 * A settlement report has three pairs of balances: total, available, payable (the last since version 7). A transaction
 * detail report has none.
 */
export type Totals = {
  readonly line: number
  readonly currency: string
  readonly flows: Flows
  /** The total balance. Undefined when none is stated. */
  readonly opening: bigint | undefined
  readonly closing: bigint | undefined
  readonly rows: bigint | undefined
}

/** Sums by direction, each without a sign, in hundredths of a major unit. */
export type Flows = { [flow in Flow]: bigint }

export const FLOWS = ['grossCredits', 'grossDebits', 'feeCredits', 'feeDebits'] as const
export type Flow = (typeof FLOWS)[number]

export const noFlows = (): Flows => ({ grossCredits: 0n, grossDebits: 0n, feeCredits: 0n, feeDebits: 0n })

/** What they do to the balance. */
export const netOf = ({ grossCredits, grossDebits, feeCredits, feeDebits }: Flows): bigint =>
  grossCredits - grossDebits + feeCredits - feeDebits

const CURRENCY = 1
const FIRST_SUM = 2
const FIRST_BALANCE = 6

/** Throws `UnreadableRow`. */
export function readTotals(fields: Fields, line: number): Totals {
  const currency = currencyIn(fields, CURRENCY)
  const end = fields.findLastIndex((field) => field.trim() !== '') + 1
  if (end < FIRST_BALANCE)
    throw new UnreadableRow('columns', 0, 'A row of totals has a currency and four sums at least')
  const sum = (index: number): bigint => {
    const hundredths = hundredthsIn(fields, FIRST_SUM + index) ?? 0n
    inMinorUnits(hundredths, currency, FIRST_SUM + index)
    return hundredths
  }
  // Whatever is left over from pairs is the number of rows.
  const hasRows = (end - FIRST_BALANCE) % 2 === 1
  const balances = (end - FIRST_BALANCE - (hasRows ? 1 : 0)) / 2
  return {
    line,
    currency,
    flows: { grossCredits: sum(0), grossDebits: sum(1), feeCredits: sum(2), feeDebits: sum(3) },
    opening: balances < 2 ? undefined : balanceIn(fields, FIRST_BALANCE, currency),
    closing: balances < 2 ? undefined : balanceIn(fields, FIRST_BALANCE + 2, currency),
    rows: hasRows ? countIn(fields, end - 1) : undefined,
  }
}

export function currencyIn(fields: Fields, place: number): string {
  const text = fields[place] ?? ''
  if (isCurrency(text)) return text
  const code = text.trim().toUpperCase()
  if (isCurrency(code)) return code
  throw new UnreadableRow('currency', place + 1, `"${text.slice(0, 16)}" is not a currency`)
}

function balanceIn(fields: Fields, place: number, currency: string): bigint | undefined {
  const hundredths = hundredthsIn(fields, place + 1)
  if (hundredths === undefined) return undefined
  inMinorUnits(hundredths, currency, place + 1)
  // Nothing has no direction.
  if (hundredths === 0n && (fields[place] ?? '').trim() === '') return 0n
  return isCreditIn(fields, place) ? hundredths : -hundredths
}

export function countIn(fields: Fields, place: number): bigint {
  const text = (fields[place] ?? '').trim()
  if (/^\d{1,15}$/.test(text)) return BigInt(text)
  throw new UnreadableRow('count', place + 1, `"${text.slice(0, 32)}" is no number of rows`)
}
