import { formatMinor } from '../money/index.ts'
import { type Queryable, statement } from '../platform/db.ts'
import type { Payment, PaymentOrder } from './payment.ts'

export type WhereaboutsStep = {
  readonly step: 'event' | 'order' | 'charge' | 'wallet' | 'ledger' | 'settlement' | 'bank'
  readonly state: string
  readonly at?: Date
  readonly detail: string
}

export type Whereabouts = { readonly sentence: string; readonly steps: readonly WhereaboutsStep[] }

/** How far the charges of a payment have come on the way from the PSP to the bank. ISO dates are business days. */
export type Settlement = {
  /** The PSP's files in which charges of the payment stand, oldest first. */
  readonly files: readonly { readonly name: string; readonly businessDate: string }[]
  readonly settledCharges: number
  readonly releasedOrders: number
  /** Open breaks about its charges, each as a sentence. */
  readonly breaks: readonly { readonly class: 'temporary' | 'real'; readonly explanation: string }[]
  /** How charges stand that no file was matched with yet and that the PSP told by webhook, each as a sentence. */
  readonly told?: readonly string[]
  /** The file that announced the payout in which the money left the PSP. */
  readonly paidOutOn: string | undefined
  /** The bank whose statement shows the payout, and its day there. */
  readonly arrived: { readonly bank: string; readonly on: string } | undefined
}

export const NOT_SETTLED: Settlement = {
  files: [],
  settledCharges: 0,
  releasedOrders: 0,
  breaks: [],
  paidOutOn: undefined,
  arrived: undefined,
}

const LATE = statement(
  'payments.late_successes',
  `with entry as materialized (select id, kind from journal_entry where payment_event_id = $1)
   select coalesce(sum(p.amount), 0) as amount from entry e join posting p on p.entry_id = e.id
    where e.kind = 'late_success' and p.amount > 0`,
)

/** What was captured of a payment after its orders had failed, in minor units of its currency. */
export async function lateSuccesses(db: Queryable, paymentId: string): Promise<bigint> {
  return (await db.run<{ amount: bigint }>(LATE, [paymentId]))[0]?.amount ?? 0n
}

/**
 * Where the money of a payment is, in one plain sentence, and the way from the buyer's click to the bank. Pure. `late`
 * is what the PSP captured after its orders had failed, in minor units.
 */
export function whereaboutsOf(payment: Payment, late: bigint, settlement: Settlement = NOT_SETTLED): Whereabouts {
  const captured = payment.orders.filter((order) => order.status === 'captured')
  const progress = { settlement, stage: stageOf(payment, captured, settlement) }
  return { sentence: sentenceOf(payment, captured, late, progress), steps: stepsOf(payment, captured, late, progress) }
}

type Stage = 'nothing' | 'awaited' | 'partly_settled' | 'settled'
type Progress = { readonly settlement: Settlement; readonly stage: Stage }

function stageOf(payment: Payment, captured: readonly PaymentOrder[], { settledCharges }: Settlement): Stage {
  const charges = payment.chargeMode === 'single' ? Math.min(captured.length, 1) : captured.length
  if (settledCharges === 0) return charges === 0 ? 'nothing' : 'awaited'
  return settledCharges < charges ? 'partly_settled' : 'settled'
}

const sum = (orders: readonly PaymentOrder[]): bigint => orders.reduce((total, order) => total + order.amount, 0n)

const stamp = (at: Date): string => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`

const plural = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`

function lastCapture(captured: readonly PaymentOrder[]): Date | undefined {
  const times = captured.flatMap((order) => order.capturedAt?.getTime() ?? [])
  return times.length === 0 ? undefined : new Date(Math.max(...times))
}

function sentenceOf(payment: Payment, captured: readonly PaymentOrder[], late: bigint, progress: Progress): string {
  const parts = [
    capturedPart(payment, captured, progress),
    ...openParts(payment),
    failedPart(payment, late),
    latePart(payment, late),
    ...progress.settlement.breaks.map(({ explanation }) => explanation),
  ].filter((part) => part !== undefined)
  return parts.length === 0 ? 'Nothing was charged.' : parts.join(' ')
}

function capturedPart(
  payment: Payment,
  captured: readonly PaymentOrder[],
  { settlement, stage }: Progress,
): string | undefined {
  const at = lastCapture(captured)
  if (at === undefined) return undefined
  const amount = `${formatMinor(sum(captured), payment.currency)} ${payment.currency}`
  const sellers = new Set(captured.map((order) => order.seller)).size
  const part = captured.length === payment.orders.length ? '' : ` of ${formatMinor(payment.amount, payment.currency)}`
  const caught = `${amount}${part} was captured at ${payment.psp} by ${stamp(at)}`
  const owners = plural(sellers, 'seller')
  const days = settlement.files.map(({ businessDate }) => businessDate).join(' and ')
  const released = settlement.releasedOrders >= captured.length
  // Sellers keep what they got of a charge whose line was undone.
  const where = `is in the ${released ? 'available' : 'pending'} balance of ${owners}`
  if (stage === 'awaited') return `${caught}, ${where}, and waits for the PSP's settlement.`
  if (stage === 'partly_settled') return `${caught} for ${owners}, and is partly in the PSP's file of ${days}.`
  const { arrived } = settlement
  if (arrived !== undefined)
    return `${caught}, was settled in the file of ${days}, ${where}, and came to ${arrived.bank} on ${arrived.on}.`
  return settlement.paidOutOn === undefined
    ? `${caught}, was settled in the file of ${days}, ${where}, and waits for the PSP's payout.`
    : `${caught}, was settled in the file of ${days}, ${where}, and is on its way to the bank since the PSP's payout of ${settlement.paidOutOn}.`
}

function openParts(payment: Payment): (string | undefined)[] {
  const inStatus = (...statuses: string[]): readonly PaymentOrder[] =>
    payment.orders.filter((order) => statuses.includes(order.status))
  const money = (orders: readonly PaymentOrder[]): string =>
    `${formatMinor(sum(orders), payment.currency)} ${payment.currency}`
  const unknown = inStatus('unknown')
  const executing = inStatus('pending', 'executing')
  const waiting = inStatus('requires_action')
  const authorised = inStatus('authorised')
  return [
    unknown.length === 0
      ? undefined
      : `The outcome of ${money(unknown)} at ${payment.psp} is unknown: the answer was lost, it may or may not have been charged. Nothing is booked for it, and it is being asked after.`,
    executing.length === 0 ? undefined : `${money(executing)} is being charged at ${payment.psp}.`,
    waiting.length === 0 ? undefined : `${money(waiting)} waits for the buyer to confirm at ${payment.psp}.`,
    authorised.length === 0
      ? undefined
      : `${money(authorised)} is reserved on the buyer's payment method at ${payment.psp} and not captured.`,
  ]
}

const latePart = (payment: Payment, late: bigint): string | undefined =>
  late === 0n
    ? undefined
    : `${formatMinor(late, payment.currency)} ${payment.currency} was captured at ${payment.psp} after its order had ended: it is in no wallet and waits in suspense to be given back.`

function failedPart(payment: Payment, late: bigint): string | undefined {
  const failed = payment.orders.filter((order) => order.status === 'failed')
  const voided = payment.orders.filter((order) => order.status === 'voided')
  const parts: string[] = []
  if (failed.length > 0) {
    const codes = [...new Set(failed.map((order) => order.decline?.code ?? 'declined'))].join(', ')
    const amount = `${formatMinor(sum(failed), payment.currency)} ${payment.currency}`
    parts.push(
      `${plural(failed.length, 'order')} of ${amount} failed (${codes})${late === 0n ? ' and was not charged' : ''}.`,
    )
  }
  if (voided.length > 0) {
    parts.push(`${formatMinor(sum(voided), payment.currency)} ${payment.currency} was voided: the buyer keeps it.`)
  }
  return parts.length === 0 ? undefined : parts.join(' ')
}

function stepsOf(
  payment: Payment,
  captured: readonly PaymentOrder[],
  late: bigint,
  { settlement, stage }: Progress,
): readonly WhereaboutsStep[] {
  const at = lastCapture(captured)
  const stamped = at === undefined ? {} : { at }
  const booked = captured.length > 0
  const ofAll = `${captured.length} of ${plural(payment.orders.length, 'order')}`
  const counts = Map.groupBy(payment.orders, (order) => order.status)
  const statuses = [...counts].map(([status, orders]) => `${orders.length} ${status}`).join(', ')
  const references = [...new Set(payment.orders.flatMap((order) => order.pspReference ?? []))]
  const named = references.slice(0, 10).join(', ') + (references.length > 10 ? ', …' : '')
  return [
    {
      step: 'event',
      state: 'stored',
      at: payment.createdAt,
      detail: `Checkout of ${plural(payment.orders.length, 'order')} stored.`,
    },
    { step: 'order', state: payment.status, at: payment.createdAt, detail: `Orders: ${statuses}.` },
    {
      step: 'charge',
      state: chargeState(payment),
      ...stamped,
      detail: named === '' ? `No charge is known at ${payment.psp}.` : `Charges at ${payment.psp}: ${named}.`,
    },
    {
      step: 'wallet',
      state: walletState(captured, settlement),
      ...stamped,
      detail: walletDetail(captured, ofAll, settlement),
    },
    {
      step: 'ledger',
      state: booked || late > 0n ? 'booked' : 'nothing',
      ...stamped,
      detail: ledgerDetail(captured.length, late > 0n),
    },
    { step: 'settlement', state: stage, detail: settlementDetail(stage, settlement) },
    bankStep(stage, settlement),
  ]
}

function ledgerDetail(captures: number, late: boolean): string {
  const entries = captures === 0 ? [] : [captures === 1 ? '1 capture entry' : `${captures} capture entries`]
  if (late) entries.push('late success in suspense')
  return entries.length === 0 ? 'Nothing is booked.' : `${entries.join(' and ')} booked.`
}

function chargeState(payment: Payment): string {
  const statuses = new Set(payment.orders.map((order) => order.status))
  if (statuses.size === 1) return payment.orders[0]?.status ?? 'pending'
  return statuses.has('unknown') ? 'unknown' : 'mixed'
}

function walletState(captured: readonly PaymentOrder[], { releasedOrders }: Settlement): string {
  if (captured.length === 0) return 'nothing'
  if (releasedOrders === 0) return 'pending'
  return releasedOrders < captured.length ? 'partly_available' : 'available'
}

function walletDetail(captured: readonly PaymentOrder[], ofAll: string, { releasedOrders }: Settlement): string {
  if (captured.length === 0) return 'No seller was credited.'
  if (releasedOrders === 0) return `${ofAll} credited to the sellers' pending balances.`
  return `${ofAll} credited; ${releasedOrders} released to the sellers' available balances.`
}

function settlementDetail(stage: Stage, { files, breaks, told = [] }: Settlement): string {
  const named = files.map(({ name, businessDate }) => `${name} of ${businessDate}`).join(', ')
  const open = breaks.length === 0 ? '' : ` ${breaks.map(({ explanation }) => explanation).join(' ')}`
  switch (stage) {
    case 'nothing':
      return `There is nothing to settle.${open}`
    case 'awaited':
      return breaks.length === 0
        ? ["The PSP's settlement file with these charges has not been matched.", ...told].join(' ')
        : open.trim()
    case 'partly_settled':
      return `Some of the charges stand in ${named}.${open}`
    case 'settled':
      return `The charges stand in ${named}.${open}`
    default:
      return stage satisfies never
  }
}

function bankStep(stage: Stage, { paidOutOn, arrived }: Settlement): WhereaboutsStep {
  if (stage === 'nothing') return { step: 'bank', state: 'nothing', detail: 'There is nothing to arrive.' }
  if (arrived !== undefined)
    return {
      step: 'bank',
      state: 'arrived',
      detail: `The payout is in the statement of ${arrived.bank} of ${arrived.on}.`,
    }
  return paidOutOn === undefined
    ? { step: 'bank', state: 'awaited', detail: 'The PSP has not paid this out to the bank.' }
    : {
        step: 'bank',
        state: 'in_transit',
        detail: `The PSP paid this out on ${paidOutOn}; no bank statement has shown it yet.`,
      }
}
