import type { LookUp } from '../../psp/psp.ts'
import type { Attempt } from '../attempt.ts'
import { changeOf } from '../attempt-change.ts'
import type { ChargeInFlight, Report, Surroundings } from '../charge.ts'

/** Builders of a charge as it stands in the middle of a batch. */

export const T0 = new Date('2026-03-01T12:00:00.000Z')
export const MONEY = { amount: 1_000n, currency: 'EUR' } as const

export const at = (ms: number): Date => new Date(T0.getTime() + ms)

/** Seconds after the charge was created: inside its send window. */
export const around = (overrides: Partial<Surroundings> = {}): Surroundings => ({
  now: at(5_000),
  traits: { consistencyWindowMs: 2_000, keyRetentionMs: 86_400_000 },
  capture: 'automatic',
  ...overrides,
})

export const anAttempt = (overrides: Partial<Attempt> = {}): Attempt => ({
  id: 'charge',
  paymentId: 'payment',
  orderId: 'order',
  operation: 'charge',
  chargeId: 'charge',
  psp: 'psp',
  paymentMethod: 'pm_test_visa',
  capture: 'automatic',
  ...MONEY,
  status: 'dispatched',
  pspReference: undefined,
  actionUrl: undefined,
  ambiguous: false,
  decline: undefined,
  lookUps: 0,
  sends: 1,
  createdAt: T0,
  lastSentAt: T0,
  nodeId: undefined,
  ...overrides,
})

export const aFollowUp = (operation: 'capture' | 'void', overrides: Partial<Attempt> = {}): Attempt =>
  anAttempt({ id: operation, operation, pspReference: 'psp_1', ...overrides })

export type Standing = {
  readonly orders: ChargeInFlight['orders']
  readonly charge?: Partial<Attempt>
  readonly followUps?: readonly Attempt[]
  readonly lateSuccessBooked?: boolean
}

export const aChargeInFlight = (standing: Standing): ChargeInFlight => ({
  charge: changeOf(anAttempt(standing.charge)),
  followUps: (standing.followUps ?? []).map(changeOf),
  orders: standing.orders,
  ordersChanged: false,
  capturedAt: undefined,
  lateSuccessBooked: standing.lateSuccessBooked ?? false,
  effects: [],
  steps: [],
})

export const aReport = (via: Report['via'], outcome: LookUp, attemptId = 'charge'): Report => ({
  paymentId: 'payment',
  chargeId: 'charge',
  attemptId,
  via,
  outcome,
})

export const DECLINE = { code: 'generic_decline', advice: 'try_again_later', message: 'No.' } as const

const fact = { pspReference: 'psp_1', occurredAt: at(1_000) }

/** One of each thing that a PSP can say. */
export const OUTCOMES = {
  captured: { outcome: 'captured', ...MONEY, ...fact },
  authorised: { outcome: 'authorised', ...MONEY, ...fact },
  voided: { outcome: 'voided', ...fact },
  pending: { outcome: 'pending', pspReference: 'psp_1' },
  requires_action: { outcome: 'requires_action', pspReference: 'psp_1', url: 'https://psp.example/3ds' },
  declined: { outcome: 'declined', pspReference: 'psp_1', decline: DECLINE },
  not_executed: { outcome: 'not_executed', reason: 'connection refused' },
  unknown: { outcome: 'unknown', cause: 'the connection was cut' },
  not_found: { outcome: 'not_found' },
} as const satisfies Record<LookUp['outcome'], LookUp>
