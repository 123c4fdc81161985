import { toArray, toColumns } from '../platform/columns.ts'
import type { Tx } from '../platform/db.ts'
import type { Attempt, SoldOrder } from './attempt.ts'
import { apply, inFlight, type Report, type Surroundings } from './charge.ts'
import type { Sale } from './entries.ts'
import { CAPTURE_UNTOUCHED, LOCK_EVENTS_ONLY } from './sql.ts'

/**
 * Nearly every charge is captured by the first answer to its first send, before anybody else hears of it. What stands in
 * the database is then what this process stored: it is changed under the condition that it does, and not read again.
 */
export type FirstCapture = {
  readonly charge: Attempt
  readonly orders: readonly SoldOrder[]
  readonly pspReference: string | undefined
  readonly capturedAt: Date
}

/** Somebody else has heard of a charge, or sent it, since it was stored. Nothing was written; it has to be read. */
export class Overtaken extends Error {}

/** Divides reports into first captures and the rest. A charge of which several things are reported has to be read. */
export function firstCaptures(
  reports: readonly Report[],
  around: (psp: string) => Surroundings,
): { readonly captures: readonly FirstCapture[]; readonly rest: readonly Report[] } {
  const heard = new Map<string, number>()
  for (const { chargeId } of reports) heard.set(chargeId, (heard.get(chargeId) ?? 0) + 1)
  const captures: FirstCapture[] = []
  const rest: Report[] = []
  for (const report of reports) {
    const capture = heard.get(report.chargeId) === 1 ? firstCapture(report, around) : undefined
    if (capture === undefined) rest.push(report)
    else captures.push(capture)
  }
  return { captures, rest }
}

function firstCapture(report: Report, around: (psp: string) => Surroundings): FirstCapture | undefined {
  const { sent: charge, via } = report
  if (charge?.orders === undefined || charge.sends !== 1 || via !== 'answer') return undefined
  const state = inFlight(charge, { followUps: [], orders: 'executing', lateSuccessBooked: false })
  apply(state, report, around(charge.psp))
  const { capturedAt } = state
  if (state.orders !== 'captured' || capturedAt === undefined || state.steps.length > 0) return undefined
  return { charge, orders: charge.orders, pspReference: state.charge.pspReference, capturedAt }
}

/** Locks the payments, where nothing has to be read of them. */
export async function lockOnly(tx: Tx, paymentIds: readonly string[]): Promise<void> {
  await tx.run(LOCK_EVENTS_ONLY, [toArray(paymentIds)])
}

/** Behind the lock of their payments. Throws `Overtaken`. */
export async function writeFirstCaptures(tx: Tx, captures: readonly FirstCapture[], now: Date): Promise<void> {
  if (captures.length === 0) return
  const charges = captures.map(({ charge, pspReference }) => [charge.id, pspReference])
  const orders = captures.flatMap(({ charge, orders: sold, capturedAt }) =>
    sold.map(({ id }) => [id, charge.id, capturedAt]),
  )
  const values = [now, ...toColumns(2, charges), ...toColumns(3, orders)]
  const [written] = await tx.run<{ charges: number; orders: number }>(CAPTURE_UNTOUCHED, values)
  if (written?.charges !== charges.length || written.orders !== orders.length) throw new Overtaken()
}

export const salesOf = (captures: readonly FirstCapture[]): Sale[] =>
  captures.flatMap(({ charge, orders, capturedAt }) =>
    orders.map(({ id, seller, amount, platformFee }) => ({
      orderId: id,
      paymentId: charge.paymentId,
      psp: charge.psp,
      seller,
      amount,
      platformFee,
      currency: charge.currency,
      capturedAt,
    })),
  )
