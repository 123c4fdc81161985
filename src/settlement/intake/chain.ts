import { formatStated } from '../../money/index.ts'
import type { Diagnostic, Statement } from '../formats/format.ts'
import { expectedBetween } from './expected.ts'

/**
 * How the statements of one account follow each other: each opens with what the one before closed with, numbers have no
 * gap, no expected day is missing. What does not fit is told and rejects nothing: the money is right, a file may be missing.
 */

/** A statement with its place in the order of its account. */
export type Placed = Pick<Statement, 'account' | 'currency' | 'sequence' | 'opening' | 'closing'> & {
  /** ISO date. */
  readonly day: string
  /** What orders statements: day, number, page. */
  readonly turn: string
}

/** A statement that was received before, with the name of its file. */
export type Neighbour = Pick<Placed, 'day' | 'sequence' | 'turn'> & {
  readonly opening: bigint | null | undefined
  readonly closing: bigint | null | undefined
  readonly file: string
}

export type Neighbours = { readonly before: Neighbour | undefined; readonly after: Neighbour | undefined }

type Numbered = { readonly number: bigint; readonly page: bigint }

const DIGITS_MAX = 18

/** The number and page of `12/1`, `12` or `00012/001`; undefined for what is no number. */
export function numberOf(sequence: string | undefined): Numbered | undefined {
  const match = /^(\d+)(?:\/(\d+))?$/.exec(sequence ?? '')
  if (match === null || (match[1] ?? '').length > DIGITS_MAX || (match[2] ?? '').length > DIGITS_MAX) return undefined
  return { number: BigInt(match[1] ?? '0'), page: BigInt(match[2] ?? '0') }
}

/** Text that orders statements of one account by day, number and page, byte by byte. */
export function turnOf(day: string, sequence: string | undefined): string {
  const numbered = numberOf(sequence)
  if (numbered === undefined) return `${day} ${sequence ?? ''}`
  const pad = (value: bigint): string => value.toString().padStart(DIGITS_MAX, '0')
  return `${day} ${pad(numbered.number)}/${pad(numbered.page)}`
}

/**
 * Whether a statement begins exactly where the one before it ended, as another statement, and ends where the one after it
 * begins: then nothing in it was told before, however equal it looks.
 */
export const continues = ({ opening, closing, sequence }: Placed, { before, after }: Neighbours): boolean =>
  (after?.opening == null || closing === undefined || after.opening === closing) &&
  before !== undefined &&
  opening !== undefined &&
  sequence !== undefined &&
  before.sequence !== undefined &&
  before.closing === opening &&
  before.sequence !== sequence

/** What does not fit. `overlaps`: some of its lines were told before, so that it need not begin where another ended. */
export function findings(
  statement: Placed,
  neighbours: Neighbours,
  options: { readonly overlaps: boolean; readonly expectedDays: readonly number[] | undefined },
): readonly Diagnostic[] {
  const { before } = neighbours
  const messages: (readonly [code: string, message: string | undefined])[] = [
    ['chain_broken', options.overlaps ? undefined : brokenChain(statement, neighbours)],
    ['sequence_gap', before && sequenceGap(statement, before)],
    ['day_missing', before && options.expectedDays && dayMissing(statement, before, options.expectedDays)],
  ]
  return messages.flatMap(([code, message]) =>
    message === undefined ? [] : [{ severity: 'warning' as const, code, line: 1, message }],
  )
}

const accountOf = ({ account, currency }: Placed): string => (account === '' ? currency : `${account} in ${currency}`)

function brokenChain(statement: Placed, { before, after }: Neighbours): string | undefined {
  const { opening, closing, currency } = statement
  const money = (amount: bigint): string => formatStated(amount, currency)
  const closed = before?.closing ?? undefined
  if (before !== undefined && closed !== undefined && opening !== undefined && opening !== closed)
    return `${accountOf(statement)} opens with ${money(opening)}, and ${before.file} of ${before.day} closed with ${money(closed)}: ${money(opening - closed)} are not told`
  const opened = after?.opening ?? undefined
  if (after !== undefined && opened !== undefined && closing !== undefined && closing !== opened)
    return `${accountOf(statement)} closes with ${money(closing)}, and ${after.file} of ${after.day} opens with ${money(opened)}: ${money(opened - closing)} are not told`
  return undefined
}

function sequenceGap(statement: Placed, before: Neighbour): string | undefined {
  const [next, last] = [numberOf(statement.sequence), numberOf(before.sequence)]
  if (next === undefined || last === undefined) return undefined
  const says = `${accountOf(statement)} is statement ${statement.sequence} after ${before.sequence} (${before.file})`
  if (next.number === last.number) return next.page > last.page + 1n ? `${says}: pages are missing` : undefined
  // Numbers begin anew with a year.
  const isNewYear = next.number < last.number && statement.day.slice(0, 4) > before.day.slice(0, 4)
  const expected = isNewYear ? 1n : last.number + 1n
  const missing = next.number - expected
  if (missing > 0n) return `${says}: ${missing === 1n ? 'one is' : `${missing} are`} missing`
  return undefined
}

function dayMissing(statement: Placed, before: Neighbour, days: readonly number[]): string | undefined {
  const missing = expectedBetween(before.day, statement.day, days)
  if (missing.length === 0) return undefined
  const which = missing.length === 1 ? missing[0] : `${missing[0]} to ${missing.at(-1)} (${missing.length} days)`
  return `${accountOf(statement)} has no statement of ${which}`
}
