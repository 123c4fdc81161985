import { declineOf } from '../../declines.ts'
import { amountCaptured, type Charge, isManual, statusAt } from './charges.ts'
import { jsonInteger } from './input.ts'
import type { ChargeStatus } from './records.ts'
import { networkCodeOf } from './tokens.ts'

/** A charge as answers and webhooks show it. Amounts are minor units, instants RFC 3339 in UTC. */
export type ChargeView = {
  readonly id: string
  readonly object: 'charge'
  readonly reference: string
  readonly amount: number
  readonly amount_captured: number
  readonly currency: string
  readonly status: ChargeStatus
  readonly capture: 'automatic' | 'manual'
  readonly payment_method: string
  readonly created_at: string
  /** When the status was reached. */
  readonly occurred_at: string
  readonly decline?: { readonly code: string; readonly network_code?: string; readonly message: string }
  /** Where the buyer goes, while the status is `requires_action`. */
  readonly action_url?: string
}

export type Names = { readonly chargeId: (index: number) => string; readonly baseUrl: () => string }

/** The charge as it is, or as it was when `status` was reached at `at`. */
export function chargeView(
  names: Names,
  charge: Charge,
  status: ChargeStatus = charge.status,
  at: number = statusAt(charge),
): ChargeView {
  const id = names.chargeId(charge.index)
  return {
    id,
    object: 'charge',
    reference: charge.reference,
    amount: jsonInteger(charge.amount),
    amount_captured: status === 'captured' ? jsonInteger(amountCaptured(charge)) : 0,
    currency: charge.currency,
    status,
    capture: isManual(charge) ? 'manual' : 'automatic',
    payment_method: charge.method,
    created_at: instant(charge.createdAt),
    occurred_at: instant(at),
    ...(status === 'declined' ? { decline: declineView(charge) } : {}),
    ...(status === 'requires_action' ? { action_url: `${names.baseUrl()}/3ds/${id}` } : {}),
  }
}

function declineView(charge: Charge): NonNullable<ChargeView['decline']> {
  const code = charge.rare?.decline ?? 'generic_decline'
  const network = networkCodeOf(code)
  return { code, ...(network === undefined ? {} : { network_code: network }), message: declineOf(code).message }
}

/** A charge as `GET /book` shows it. */
export function bookView(names: Names, charge: Charge): string {
  return JSON.stringify({
    id: names.chargeId(charge.index),
    reference: charge.reference,
    idempotency_key: charge.key,
    amount: jsonInteger(charge.amount),
    amount_captured: jsonInteger(amountCaptured(charge)),
    currency: charge.currency,
    status: charge.status,
    capture: isManual(charge) ? 'manual' : 'automatic',
    payment_method: charge.method,
    ...(charge.rare?.decline === undefined ? {} : { decline_code: charge.rare.decline }),
    created_at: instant(charge.createdAt),
    occurred_at: instant(statusAt(charge)),
  })
}

export const instant = (ms: number): string => new Date(ms).toISOString()
