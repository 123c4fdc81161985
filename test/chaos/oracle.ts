import type { Charge, Nights, PspLine, Snapshot } from './snapshot.ts'

/**
 * What the nights have to come to, worked out from the simulator's files and its book alone, by the published rules. It
 * shares nothing with what it judges: business days are days of UTC, a record may come in the file of the day after its
 * own, a quarter of an hour on each side of midnight is grace, and a fee is 2.9 % and 30 minor units.
 */
export type Outcome = {
  readonly pairs: readonly Pair[]
  /** Lines without a charge of ours, or with one that another line has settled. */
  readonly strangers: readonly FileLine[]
  readonly payouts: readonly FileLine[]
  /** Captured charges of days that were closed, and in no file. */
  readonly missing: readonly Charge[]
  /** Captured charges that no run had to know of yet. */
  readonly later: readonly Charge[]
  readonly breaks: readonly ExpectedBreak[]
  /** Charges of which the end of their day may not have known the outcome. */
  readonly lateKnown: ReadonlySet<string>
}

export type FileLine = PspLine & {
  readonly day: string
  /** Which part it is of a line that several charges share, from 1. */
  readonly part?: number
}

export type Pair = {
  readonly charge: Charge
  readonly line: FileLine
  readonly code: PairCode | undefined
  readonly expectedFee: bigint
}

type PairCode = 'currency_mismatch' | 'status_mismatch' | 'amount_mismatch' | 'fee_mismatch'

export type ExpectedBreak = {
  readonly code: string
  readonly class: 'temporary' | 'real'
  readonly state: 'open' | 'cleared'
  readonly chargeId: string | undefined
  readonly at: FileLine | undefined
  readonly difference: bigint | undefined
  readonly isPromoted: boolean
}

const DAY_MS = 86_400_000
const GRACE_MS = 15 * 60_000

const dayOf = (instant: string): string => instant.slice(0, 10)
const msOfDay = (instant: string): number => Date.parse(instant) % DAY_MS
export const nextDay = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10)
const feeOf = (gross: bigint): bigint => (gross * 29n + 500n) / 1_000n + 30n

/** The days whose run is completed, the oldest first. */
export const closedDays = ({ runs }: Nights): readonly string[] =>
  runs.flatMap((run) => (run.status === 'completed' ? [run.day] : [])).toSorted()

export function workOut({ book, nights }: Pick<Snapshot, 'book' | 'nights'>): Outcome {
  const days = closedDays(nights)
  const lines = nights.pspFiles
    .filter(({ day }) => days.includes(day))
    .flatMap(({ day, lines: ofDay }) => ofDay.map((line): FileLine => ({ ...line, day })))
  const linesOf = Map.groupBy(
    lines.filter(({ kind }) => kind === 'charge'),
    (line) => line.pspReference,
  )
  const bookings = new Map(nights.bookings.map((booking) => [booking.chargeId, booking]))
  const pairs: Pair[] = []
  const missing: Charge[] = []
  const later: Charge[] = []
  const breaks: ExpectedBreak[] = []
  const lateKnown = new Set<string>()
  const paired = new Set<string>()
  const shared = sharedLines(lines, book)
  for (const charge of book) {
    if (charge.status !== 'captured') continue
    const line = linesOf.get(charge.id)?.[0] ?? shared.get(charge.id)
    const known = firstRunThatKnew(nights, charge, bookings.get(charge.attemptId ?? ''))
    if (known !== dayOf(charge.occurredAt)) lateKnown.add(charge.attemptId ?? '')
    if (line !== undefined) {
      const pair = compare(charge, line)
      pairs.push(pair)
      paired.add(placeOf(line))
      if (pair.code !== undefined) breaks.push(breakOfPair(pair, pair.code))
    } else (known === undefined ? later : missing).push(charge)
    breaks.push(...waitingOf(charge, known, line, days))
  }
  const strangers = lines.filter((line) => line.kind === 'charge' && !paired.has(placeOf(line)))
  const payouts = lines.filter((line) => line.kind === 'payout')
  for (const line of strangers) breaks.push(breakOfStranger(line, linesOf, days))
  return { pairs, strangers, payouts, missing, later, breaks, lateKnown }
}

const placeOf = ({ day, line }: FileLine): string => `${day}:${line}`

/**
 * The parts of lines that several charges share, by the PSP's id of the charge. Each charge has its own amount and fee; what the
 * fee of the line is beyond them falls to the first. A line that does not come to its charges has no parts.
 */
function sharedLines(lines: readonly FileLine[], book: readonly Charge[]): ReadonlyMap<string, FileLine> {
  const byId = new Map(book.map((charge) => [charge.id, charge]))
  const parts = new Map<string, FileLine>()
  for (const line of lines) {
    const ids = line.pspReference.split(' ')
    if (line.kind !== 'charge' || ids.length === 1) continue
    const charges = ids.flatMap((id) => byId.get(id) ?? []).toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
    const total = charges.reduce((sum, { amount }) => sum + amount, 0n)
    if (charges.length < ids.length || total !== line.gross) continue
    const fees = charges.reduce((sum, { amount }) => sum + feeOf(amount), 0n)
    for (const [index, { id, amount }] of charges.entries()) {
      const fee = feeOf(amount) + (index === 0 ? line.fee - fees : 0n)
      parts.set(id, { ...line, gross: amount, fee, part: index + 1 })
    }
  }
  return parts
}

const orderOf = ({ occurredAt, attemptId }: Charge): string => `${occurredAt} ${attemptId}`

/** The first run, of the charge's own day or later, that had read the ledger as far as its booking. */
function firstRunThatKnew(
  nights: Nights,
  charge: Charge,
  booking: Nights['bookings'][number] | undefined,
): string | undefined {
  if (booking === undefined) return undefined
  const day = dayOf(charge.occurredAt)
  return nights.runs.find(
    (run) => run.status === 'completed' && run.day >= day && (run.seen[booking.chain] ?? 0n) >= booking.batch,
  )?.day
}

function compare(charge: Charge, line: FileLine): Pair {
  const expectedFee = feeOf(charge.currency === line.currency ? charge.amount : line.gross)
  const code = ((): PairCode | undefined => {
    if (charge.currency !== line.currency) return 'currency_mismatch'
    if (line.status !== 'captured') return 'status_mismatch'
    if (charge.amount !== line.gross) return 'amount_mismatch'
    return line.fee === expectedFee ? undefined : 'fee_mismatch'
  })()
  return { charge, line, code, expectedFee }
}

function breakOfPair({ charge, line, expectedFee }: Pair, code: PairCode): ExpectedBreak {
  const difference = {
    currency_mismatch: undefined,
    status_mismatch: charge.amount - line.gross,
    amount_mismatch: charge.amount - line.gross,
    fee_mismatch: expectedFee - line.fee,
  }[code]
  const { attemptId } = charge
  return { code, class: 'real', state: 'open', chargeId: attemptId, at: line, difference, isPromoted: false }
}

/** The break of a charge that was known before its line came, or of which no line came; of none when both came together. */
function waitingOf(
  charge: Charge,
  known: string | undefined,
  line: FileLine | undefined,
  days: readonly string[],
): readonly ExpectedBreak[] {
  if (known === undefined || (line !== undefined && line.day <= known)) return []
  const due = nextDay(dayOf(charge.occurredAt))
  const isStraddle = msOfDay(charge.occurredAt) >= DAY_MS - GRACE_MS
  const awaited = isStraddle ? 'cutoff_straddle' : 'awaiting_settlement'
  const promotedOn = days.find((day) => day > known && day >= due && (line === undefined || day < line.day))
  const isReal = due <= known || promotedOn !== undefined
  return [
    {
      code: isReal ? 'missing_external' : awaited,
      class: isReal ? 'real' : 'temporary',
      state: line === undefined ? 'open' : 'cleared',
      chargeId: charge.attemptId,
      at: undefined,
      difference: charge.amount,
      isPromoted: due > known && promotedOn !== undefined,
    },
  ]
}

/** A second line for a charge repeats it; every other is of something that we do not know, soon or never. */
function breakOfStranger(
  line: FileLine,
  linesOf: ReadonlyMap<string, readonly FileLine[]>,
  days: readonly string[],
): ExpectedBreak {
  const repeats = (linesOf.get(line.pspReference) ?? []).length > 1
  const isJustAfter = !repeats && msOfDay(line.occurredAt) < GRACE_MS
  const isPromoted = isJustAfter && days.some((day) => day > line.day)
  const waits = isJustAfter && !isPromoted
  return {
    code: repeats ? 'duplicate_external' : waits ? 'awaiting_internal' : 'missing_internal',
    class: waits ? 'temporary' : 'real',
    state: 'open',
    chargeId: undefined,
    at: line,
    difference: -line.gross,
    isPromoted,
  }
}
