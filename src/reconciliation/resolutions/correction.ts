import { accounts, type Posting } from '../../ledger/index.ts'
import type { Tx } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import type { WalletChange } from '../../wallet/index.ts'
import { lateSuccessOf, type OrderOfCharge } from './own-booking.ts'
import type { Draft } from './plan.ts'
import { type Item, positionOf } from './position.ts'
import type { ResolutionRequest } from './verbs.ts'

/**
 * Makes our record what the PSP says: all of it is taken back when the PSP has nothing of it, and else what differs, from
 * the seller of one order. A fee beyond the schedule that is in suspense for the same line becomes a cost.
 */
export async function correction(
  tx: Tx,
  item: Item,
  request: ResolutionRequest,
  orders: readonly OrderOfCharge[],
): Promise<Draft> {
  const { ours, theirs } = item
  if (ours === undefined) throw new Error('a correction is about a record of ours')
  if (theirs !== undefined && theirs.currency !== ours.currency)
    throw new Refusal('break_not_resolvable', 'A record in another currency cannot be corrected: book the difference.')
  const { currency } = ours
  const position = positionOf([item]).get(currency) ?? { receivable: 0n, suspense: 0n, fee: 0n }
  const fee: Posting = { account: accounts.pspFee, amount: position.suspense, currency }
  const surplus = position.receivable
  if (surplus === 0n)
    throw new Refusal('break_not_resolvable', 'Our record is over the same amount: there is nothing to correct.')
  const own = orders.filter(({ attemptId }) => attemptId === ours.attemptId)
  if (surplus === ours.amount) return takenBack(tx, ours.attemptId, own, fee)
  const [only] = own
  if (only === undefined) {
    // Money that came after its order had failed belongs to nobody yet.
    const postings = [fee, { account: accounts.suspense(item.source), amount: surplus, currency }]
    return { postings, changes: [], withheld: new Map(), recordsStand: true }
  }
  const order = chosen(own, request)
  if (surplus > order.amount - order.fee)
    throw new Refusal(
      'break_not_resolvable',
      `The seller of the order has ${order.amount - order.fee} of it in minor units; ${surplus} cannot be taken back.`,
    )
  return {
    postings: [fee],
    changes: [changeOf(order, -surplus)],
    withheld: order.isReleased ? new Map() : new Map([[order.orderId, surplus]]),
    recordsStand: true,
  }
}

const changeOf = ({ seller, currency, isReleased }: OrderOfCharge, amount: bigint): WalletChange => ({
  seller,
  currency,
  amount,
  where: isReleased ? 'available' : 'pending',
})

async function takenBack(tx: Tx, attemptId: string, orders: readonly OrderOfCharge[], fee: Posting): Promise<Draft> {
  const late = (await lateSuccessOf(tx, attemptId)).filter(({ account }) => account.name.startsWith('suspense:'))
  return {
    postings: [
      fee,
      ...late.map((posting) => ({ ...posting, amount: -posting.amount })),
      ...orders.map((order) => ({ account: accounts.commission, amount: order.fee, currency: order.currency })),
    ],
    changes: orders.map((order) => changeOf(order, order.fee - order.amount)),
    withheld: new Map(),
    recordsStand: false,
  }
}

function chosen(orders: readonly OrderOfCharge[], { orderId }: ResolutionRequest): OrderOfCharge {
  const [first, ...others] = orders
  const found = orderId === undefined && others.length === 0 ? first : orders.find((each) => each.orderId === orderId)
  if (found !== undefined) return found
  const detail =
    orderId === undefined
      ? 'The charge is for several orders: name the one whose seller bears the difference.'
      : 'It must be an order of the charge that the break is about.'
  throw new Refusal('invalid_request', detail, { errors: [{ pointer: '/order', detail }] })
}
