import type { BreakCode, PayoutRecord } from '../break.ts'
import { contribution } from '../decide.ts'
import { type ProofLine, prove } from '../proof.ts'
import { type RunSummary, waterfallOf } from '../runs/run-summary.ts'
import type { Verdict } from '../runs/verdict.ts'
import type { Apart } from './apart.ts'
import { breakOfArrival, breakOfLine, breakOfPayout } from './decide.ts'
import type { ConcernedLine } from './lines.ts'
import { type Arrival, type BankLine, matchArrivals, type OpenPayout } from './match.ts'
import type { StoredPayout } from './payouts.ts'
import type { BankSource } from './source.ts'

/** A break that is open when the run begins, about a payout or a line alone. */
export type OpenBankBreak = {
  readonly id: string
  readonly code: BreakCode
  readonly class: 'temporary' | 'real'
  readonly dueOn: string | null
  readonly businessDate: string
  readonly payoutId: string | null
  readonly fileId: string | null
  readonly line: number | null
  readonly difference: bigint | null
  readonly currency: string | null
}

export type BankVerdict = Verdict & {
  readonly arrivals: readonly Arrival[]
  /** What is in no pair. */
  readonly alone: { readonly payouts: readonly OpenPayout[]; readonly lines: readonly ConcernedLine[] }
  /** The break that was open about a record when the run began, or null. */
  readonly openOf: {
    readonly payout: (id: string) => string | null
    readonly line: (place: Pick<ConcernedLine, 'fileId' | 'line'>) => string | null
  }
  /** Lines that are strange now, and were not when the run began. */
  readonly strange: readonly ConcernedLine[]
  /** Lines that were strange, and in which a payout arrived. */
  readonly explained: readonly OpenBankBreak[]
  readonly counts: { readonly ours: bigint; readonly theirs: bigint; readonly matched: bigint; readonly breaks: bigint }
  readonly proof: readonly ProofLine[]
  readonly summary: Pick<RunSummary, 'matched' | 'waterfall'>
}

const keyOf = ({ fileId, line }: { readonly fileId: string | null; readonly line: number | null }): string =>
  `${fileId}:${line}`

type Given = {
  /** Those that have not arrived, and those of the last days that have. */
  readonly payouts: readonly StoredPayout[]
  readonly lines: readonly ConcernedLine[]
  readonly open: readonly OpenBankBreak[]
  /** Payouts and lines that people took apart. */
  readonly apart: readonly Apart[]
}

/** The records of a run, in pairs and alone. */
function pairUp(source: BankSource, given: Given) {
  const lineOf = new Map(given.lines.map((line) => [keyOf(line), line]))
  const awaited = given.payouts.filter(({ arrived }) => !arrived)
  const apart = new Set(given.apart.map((each) => `${each.payoutId} ${keyOf(each)}`))
  const matched = matchArrivals(awaited, given.lines, source, ({ id }, line) => apart.has(`${id} ${keyOf(line)}`))
  // A line that only might have been a payout is none of ours.
  const lines = matched.lines.flatMap((line) => {
    const concerned = lineOf.get(keyOf(line))
    return concerned !== undefined && (concerned.recognised || concerned.names.length > 0) ? [concerned] : []
  })
  const arrivedLines = new Map(matched.arrivals.map(({ line }) => [keyOf(line), line]))
  return { awaited, matched, lines, arrivedLines, lineOf }
}

/** Whether a line names a payout in its direction that has arrived; `arrived` has their amounts. */
export const repeats = (
  { names, amount }: Pick<BankLine, 'names' | 'amount'>,
  arrived: ReadonlyMap<string, bigint>,
): boolean =>
  names.some((id) => {
    const paid = arrived.get(id)
    return paid !== undefined && paid > 0n === amount > 0n
  })

/** What a run says about every payout and every line that concerns one. Pure. */
export function judgeBank(source: BankSource, day: string, given: Given): BankVerdict {
  const known = new Map(given.payouts.map((payout) => [payout.id, payout]))
  const { awaited, matched, lines, arrivedLines, lineOf } = pairUp(source, given)
  const { arrivals } = matched
  const waiting = new Set(matched.payouts.map(({ id }) => id))
  // A line that nothing leads to any more, because its payout is long past, is in the books all the same: only an arrival ends it.
  const standing = given.open.filter((each) =>
    each.payoutId === null ? !arrivedLines.has(keyOf(each)) : waiting.has(each.payoutId),
  )
  const openPayouts = new Set(standing.flatMap(({ payoutId }) => payoutId ?? []))
  const openLines = new Map(
    standing.filter(({ payoutId }) => payoutId === null).map((each) => [keyOf(each), each.code]),
  )
  const strange = lines.filter((line) => !openLines.has(keyOf(line)))
  const arrived = new Map([
    ...amountsById(given.payouts.filter((payout) => payout.arrived)),
    ...amountsById(arrivals.map(({ payout }) => payout)),
  ])
  const record = (id: string): PayoutRecord => recordOf(known.get(id))
  const differing = arrivals.flatMap((arrival) => {
    const line = lineOf.get(keyOf(arrival.line))
    return arrival.amount === arrival.payout.amount || line === undefined
      ? []
      : [breakOfArrival(arrival, record(arrival.payout.id), line)]
  })
  const found = [
    ...differing,
    ...matched.payouts.filter(({ id }) => !openPayouts.has(id)).map(({ id }) => breakOfPayout(record(id), day, source)),
    ...strange.map((line) => breakOfLine(line, repeats(line, arrived))),
  ]
  const gone = given.open.filter((each) => !standing.includes(each))
  const stillOpen = [
    ...matched.payouts.filter(({ id }) => openPayouts.has(id)).map(({ id }) => breakOfPayout(record(id), day, source)),
    ...lines.flatMap((line) => {
      const code = openLines.get(keyOf(line))
      return code === undefined ? [] : [{ ...breakOfLine(line, false), code }]
    }),
  ]
  return {
    arrivals,
    alone: { payouts: matched.payouts, lines },
    openOf: openOf(given.open),
    found,
    strange,
    explained: gone.filter((each) => each.payoutId === null),
    cleared: gone.map(({ id }) => id),
    known: [],
    repeated: [],
    promoted: standing
      .filter((each) => each.class === 'temporary' && each.dueOn !== null && each.dueOn <= day)
      .map(({ id }) => ({ id, code: 'missing_external' as const })),
    carried: standing.map(({ id }) => id),
    standing: [...found, ...stillOpen],
    counts: {
      ours: BigInt(awaited.length),
      theirs: BigInt(lines.length + arrivedLines.size),
      matched: BigInt(arrivals.length - differing.length),
      breaks: BigInt(found.length + standing.length),
    },
    proof: prove(
      amountsOf(awaited),
      amountsOf([...lines, ...arrivedLines.values()]),
      [...found, ...stillOpen].flatMap(contribution),
    ),
    summary: {
      matched: matchedOf(arrivals.filter(({ payout, amount }) => payout.amount === amount)),
      waterfall: waterfallOf([...found, ...stillOpen]),
    },
  }
}

function openOf(open: readonly OpenBankBreak[]): BankVerdict['openOf'] {
  const payouts = new Map(open.map(({ payoutId, id }) => [payoutId, id]))
  const lines = new Map(open.map((each) => [keyOf(each), each.id]))
  return { payout: (id) => payouts.get(id) ?? null, line: (place) => lines.get(keyOf(place)) ?? null }
}

const amountsById = (payouts: readonly OpenPayout[]): readonly (readonly [string, bigint])[] =>
  payouts.map(({ id, amount }) => [id, amount])

type Amounted = { readonly currency: string; readonly amount: bigint }

const amountsOf = (records: readonly Amounted[]): readonly (readonly [string, bigint])[] =>
  records.map(({ currency, amount }) => [currency, amount])

function matchedOf(arrivals: readonly Arrival[]): RunSummary['matched'] {
  const groups = Map.groupBy(arrivals, ({ rule, payout }) => `${rule} ${payout.currency}`)
  return [...groups.values()].map((all) => ({
    rule: all[0]?.rule ?? '',
    currency: all[0]?.payout.currency ?? '',
    pairs: BigInt(all.length),
    amount: all.reduce((sum, { amount }) => sum + amount, 0n),
  }))
}

function recordOf(payout: StoredPayout | undefined): PayoutRecord {
  if (payout === undefined) throw new Error('a payout that is matched is known')
  const { id, psp, pspReference, amount, currency, businessDate, occurredAt } = payout
  return { id, psp, pspReference, amount, currency, businessDate, occurredAt }
}
