import type { Account, AccountType } from '../../ledger/index.ts'
import { statement, type Tx } from '../../platform/db.ts'

/** An order of charges that breaks are about, as far as its money is concerned. */
export type OrderOfCharge = {
  readonly orderId: string
  readonly paymentId: string
  readonly attemptId: string
  readonly seller: string
  readonly amount: bigint
  readonly fee: bigint
  readonly currency: string
  readonly isReleased: boolean
}

const ORDERS = statement(
  'reconciliation.orders_of_breaks',
  `select o.id as "orderId", o.payment_event_id as "paymentId", o.charge_attempt_id as "attemptId", o.seller, o.amount,
          o.platform_fee as fee, o.currency,
          exists (select from journal_entry r where r.kind = 'release' and r.fact = o.id::text) as "isReleased"
     from payment_order o where o.charge_attempt_id = any($1::uuid[]) and o.status = 'captured' order by o.id`,
)

/** The captured orders of charges. */
export const ordersOf = async (tx: Tx, attemptIds: readonly string[]): Promise<readonly OrderOfCharge[]> =>
  attemptIds.length === 0 ? [] : tx.run<OrderOfCharge>(ORDERS, [attemptIds])

export type BookedPosting = { readonly account: Account; readonly amount: bigint; readonly currency: string }

const LATE = statement(
  'reconciliation.late_success_of_charge',
  `select a.name, a.type, p.amount, p.currency
     from journal_entry e join posting p on p.entry_id = e.id join ledger_account a on a.id = p.account_id
    where e.kind = 'late_success' and e.fact = $1 order by p.position`,
)

type LateRow = { readonly name: string; readonly type: AccountType; readonly amount: bigint; readonly currency: string }

/** What is booked for a charge that came after its order had failed; nothing for every other. */
export const lateSuccessOf = async (tx: Tx, attemptId: string): Promise<readonly BookedPosting[]> =>
  (await tx.run<LateRow>(LATE, [attemptId])).map(({ name, type, amount, currency }) => ({
    account: { name, type },
    amount,
    currency,
  }))
