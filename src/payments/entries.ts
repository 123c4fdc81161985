import { accounts, type NewEntry, type Posting } from '../ledger/index.ts'
import { newId } from '../platform/ids.ts'
import type { PendingCredit } from '../wallet/index.ts'

export type Sale = {
  readonly orderId: string
  readonly paymentId: string
  readonly psp: string
  readonly seller: string
  readonly amount: bigint
  readonly platformFee: bigint
  readonly currency: string
  readonly capturedAt: Date
}

/**
 * The entry of a captured order: Dr psp:receivable amount / Cr seller:pending amount − fee / Cr commission fee. The
 * commission is frozen at the sale. A part of nothing is no posting.
 */
export function captureEntry(sale: Sale): NewEntry {
  const { currency } = sale
  const parts: Posting[] = [
    { account: accounts.pspReceivable(sale.psp), amount: sale.amount, currency },
    { account: accounts.seller(sale.seller, 'pending'), amount: sale.platformFee - sale.amount, currency },
    { account: accounts.commission, amount: -sale.platformFee, currency },
  ]
  return {
    id: newId(),
    kind: 'capture',
    fact: sale.orderId,
    paymentId: sale.paymentId,
    orderId: sale.orderId,
    reverses: undefined,
    occurredAt: sale.capturedAt,
    postings: parts.filter((posting) => posting.amount !== 0n),
  }
}

/** What the sale adds to the seller's wallet: the same amount as the entry's credit of `seller:pending`. */
export const pendingCredit = (sale: Sale): PendingCredit => ({
  seller: sale.seller,
  currency: sale.currency,
  amount: sale.amount - sale.platformFee,
})

/** Money that came after its order had failed: Dr psp:receivable / Cr suspense, until it is refunded or re-attached. */
export function lateSuccessEntry(late: {
  readonly chargeId: string
  readonly paymentId: string
  readonly orderId: string | undefined
  readonly psp: string
  readonly amount: bigint
  readonly currency: string
  readonly occurredAt: Date
}): NewEntry {
  const { currency } = late
  return {
    id: newId(),
    kind: 'late_success',
    fact: late.chargeId,
    paymentId: late.paymentId,
    orderId: late.orderId,
    reverses: undefined,
    occurredAt: late.occurredAt,
    postings: [
      { account: accounts.pspReceivable(late.psp), amount: late.amount, currency },
      { account: accounts.suspense(late.psp), amount: -late.amount, currency },
    ],
  }
}
