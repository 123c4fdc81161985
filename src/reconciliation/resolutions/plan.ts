import { type Account, accounts, type NewEntry, type Posting } from '../../ledger/index.ts'
import type { Tx } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import { planMoves, type WalletChange, type WalletMove } from '../../wallet/index.ts'
import { correction } from './correction.ts'
import { type OrderOfCharge, ordersOf } from './own-booking.ts'
import { type Item, isLoneLine, isLoneRecord, type Position, positionOf } from './position.ts'
import { refuseMisfit } from './refuse-misfit.ts'
import { isAboveThreshold, type ResolutionSettings, toleranceOf } from './settings.ts'
import type { Unmatched } from './unmatch.ts'
import { ALWAYS_APPROVED, type ResolutionRequest } from './verbs.ts'

/** Money of an order that its seller gets with a resolution. */
export type Released = Omit<OrderOfCharge, 'fee' | 'isReleased' | 'attemptId'>

/** All that a resolution will do, as it stands now. */
export type Plan = {
  readonly items: readonly Item[]
  readonly postings: readonly Posting[]
  /** Reversals of what a run had booked, beside the entry of the resolution. */
  readonly takenBack?: readonly NewEntry[]
  readonly moves: readonly WalletMove[]
  readonly releases: readonly Released[]
  /** Charges that a line settles because somebody says so. */
  readonly settles: readonly { readonly attemptId: string; readonly line: Item }[]
  readonly needsApproval: boolean
  /** A pair of a run that is taken apart. */
  readonly unmatched?: Unmatched | undefined
}

/** What a verb makes of the breaks besides clearing them. */
export type Draft = {
  readonly postings: readonly Posting[]
  readonly changes: readonly WalletChange[]
  /** What sellers do not get of their orders, because it was taken from what was pending. */
  readonly withheld: ReadonlyMap<string, bigint>
  /** Whether our records stand afterwards, so that their sellers get their money. */
  readonly recordsStand: boolean
}

/** Plans a resolution of locked breaks. Throws `break_not_resolvable`, `invalid_request`. */
export async function planResolution(
  tx: Tx,
  items: readonly Item[],
  request: ResolutionRequest,
  settings: ResolutionSettings,
): Promise<Plan> {
  refuseMisfit(items, request)
  const positions = positionOf(items)
  const orders = await ordersOf(
    tx,
    items.flatMap(({ ours }) => ours?.attemptId ?? []),
  )
  const draft = await draftOf(tx, items, request, { positions, orders, settings })
  const moves = await planMoves(tx, draft.changes)
  const counter = summed([...draft.postings, ...moves.flatMap(sellerPostings)])
  const postings = summed([...clearing(items, positions), ...counter])
  return {
    items,
    postings,
    moves: moves.filter(({ pending, available, owed }) => pending !== 0n || available !== 0n || owed !== 0n),
    releases: draft.recordsStand ? releasesOf(orders, draft.withheld) : [],
    settles: settlesOf(items, request),
    needsApproval:
      ALWAYS_APPROVED.includes(request.verb) ||
      (request.verb === 'mark_duplicate' && items.some(isLoneRecord)) ||
      (request.verb !== 'match' &&
        counter.some(({ amount, currency }) => isAboveThreshold(settings, amount, currency))),
  }
}

/** What takes the breaks' money off the receivable, or out of transit, and out of suspense. */
const clearing = (items: readonly Item[], positions: ReadonlyMap<string, Position>): readonly Posting[] => {
  const [first] = items
  if (first === undefined) return []
  const { source } = first
  return [
    ...[...positions].map(([currency, { suspense }]) => ({
      account: accounts.suspense(source),
      amount: -suspense,
      currency,
    })),
    ...(first.isOfBank
      ? items.flatMap(transitOf).map((each) => ({ ...each, amount: -each.amount }))
      : [...positions].map(([currency, { receivable }]) => ({
          account: accounts.pspReceivable(source),
          amount: -receivable,
          currency,
        }))),
  ]
}

/** What PSPs have in transit because of a break of a bank. */
function transitOf({ payout, theirs, transit, currency }: Item): readonly Posting[] {
  const inTransit = (psp: string, amount: bigint, of: string): Posting => ({
    account: accounts.pspInTransit(psp),
    amount,
    currency: of,
  })
  if (payout !== undefined) return [inTransit(payout.psp, payout.amount - (theirs?.amount ?? 0n), payout.currency)]
  return [...transit].map(([psp, amount]) => inTransit(psp, amount, currency ?? ''))
}

export const sellerPostings = ({ seller, currency, pending, available, owed }: WalletMove): readonly Posting[] => [
  { account: accounts.seller(seller, 'pending'), amount: -pending, currency },
  { account: accounts.seller(seller, 'available'), amount: -available, currency },
  { account: accounts.seller(seller, 'receivable'), amount: owed, currency },
]

/** One posting for each account and currency, and none of nothing. */
export function summed(postings: readonly Posting[]): readonly Posting[] {
  const groups = Map.groupBy(postings, ({ account, currency }) => `${account.name} ${currency}`)
  return [...groups.values()].flatMap((group) => {
    const amount = group.reduce((sum, each) => sum + each.amount, 0n)
    const [first] = group
    return first === undefined || amount === 0n ? [] : [{ ...first, amount }]
  })
}

const NOTHING = { changes: [], withheld: new Map<string, bigint>(), recordsStand: true } as const

type Around = {
  readonly positions: ReadonlyMap<string, Position>
  readonly orders: readonly OrderOfCharge[]
  readonly settings: ResolutionSettings
}

async function draftOf(
  tx: Tx,
  items: readonly Item[],
  request: ResolutionRequest,
  { positions, orders, settings }: Around,
): Promise<Draft> {
  const [first] = items
  if (first === undefined) throw new Refusal('break_not_resolvable', 'A resolution is about a break.')
  const all = (account: (currency: string) => Account): Draft => ({
    ...NOTHING,
    postings: [...positions].map(([currency, { receivable, suspense }]) => ({
      account: account(currency),
      amount: receivable + suspense,
      currency,
    })),
  })
  const afterFees = (account: (currency: string) => Account): Draft => ({
    ...NOTHING,
    postings: [...positions].flatMap(([currency, { receivable, suspense, fee }]) => [
      { account: accounts.pspFee, amount: fee, currency },
      { account: account(currency), amount: receivable + suspense - fee, currency },
    ]),
  })
  switch (request.verb) {
    case 'match':
    case 'psp_corrected':
      refuseBeyondTolerance(positions, settings)
      return afterFees(() => accounts.rounding)
    case 'book_difference':
      return afterFees((currency) => differenceAccount(request.as ?? 'other', currency))
    case 'write_off':
      return all(() => accounts.writeOff)
    case 'not_a_break':
      // A line that is none of a PSP's: like every other one, the books do not hold it.
      if (first.isOfBank && isLoneLine(first)) return all(() => accounts.bank(first.source))
      if ([...positions.values()].some(({ receivable, suspense }) => receivable !== 0n || suspense !== 0n))
        throw new Refusal(
          'break_not_resolvable',
          'Money stands in the books for it, which has to go somewhere: match it, book the difference, or write it off.',
        )
      return { ...NOTHING, postings: [] }
    case 'mark_duplicate':
      return first.ours === undefined
        ? all(() => accounts.duplicates(first.source))
        : correction(tx, first, request, orders)
    case 'correct':
      return correction(tx, first, request, orders)
    case 'create_missing_record':
      return missingRecord(first, request)
    default:
      return request.verb satisfies never
  }
}

function differenceAccount(as: NonNullable<ResolutionRequest['as']>, currency: string): Account {
  return {
    fee: accounts.pspFee,
    fx: accounts.fx(currency),
    rounding: accounts.rounding,
    other: accounts.settlementDifference,
  }[as]
}

function refuseBeyondTolerance(positions: ReadonlyMap<string, Position>, settings: ResolutionSettings): void {
  for (const [currency, { receivable, suspense, fee }] of positions) {
    const left = receivable + suspense - fee
    const tolerance = toleranceOf(settings, currency)
    if ((left < 0n ? -left : left) <= tolerance) continue
    throw new Refusal(
      'break_not_resolvable',
      `Ours and theirs differ by ${left} ${currency} in minor units, and ${tolerance} may be: book the difference instead.`,
      { facts: { difference: left.toString(), currency, tolerance: tolerance.toString() } },
    )
  }
}

/** A sale that we had not recorded: its seller gets it less the commission, as money that is settled already. */
function missingRecord({ theirs }: Item, { seller, platformFee = 0n }: ResolutionRequest): Draft {
  if (theirs === undefined || seller === undefined) throw new Error('a missing record has its line and its seller')
  if (platformFee > theirs.amount) {
    const detail = `It must be at most the amount of the line, ${theirs.amount}.`
    throw new Refusal('invalid_request', detail, { errors: [{ pointer: '/platform_fee', detail }] })
  }
  const { currency, amount, fee } = theirs
  return {
    ...NOTHING,
    postings: [
      { account: accounts.pspFee, amount: fee, currency },
      { account: accounts.commission, amount: -platformFee, currency },
    ],
    changes: [{ seller, currency, amount: amount - platformFee, where: 'available' }],
  }
}

const releasesOf = (orders: readonly OrderOfCharge[], withheld: ReadonlyMap<string, bigint>): readonly Released[] =>
  orders.flatMap(({ orderId, paymentId, seller, currency, isReleased, ...order }) => {
    const amount = order.amount - order.fee - (withheld.get(orderId) ?? 0n)
    return isReleased || amount <= 0n ? [] : [{ orderId, paymentId, seller, amount, currency }]
  })

/** In a match by hand the first line settles the charges that had none. */
function settlesOf(items: readonly Item[], { verb }: ResolutionRequest): Plan['settles'] {
  const line = items.find(isLoneLine) ?? items.find(({ theirs }) => theirs !== undefined)
  if (!['match', 'psp_corrected', 'book_difference'].includes(verb) || line === undefined) return []
  return items.flatMap((item) =>
    isLoneRecord(item) && item.ours !== undefined ? [{ attemptId: item.ours.attemptId, line }] : [],
  )
}
