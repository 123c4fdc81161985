import type { DeclineCode } from '../../declines.ts'
import { amountCaptured, type Charge, isManual } from './charges.ts'
import { type Answer, keyReused } from './create-charge.ts'
import { ApiError, invalid } from './errors.ts'
import { amount, currency, type Fields, jsonInteger, onlyFields, record } from './input.ts'
import type { ChargeStatus, MoveRecord } from './records.ts'
import type { Simulator } from './simulator.ts'
import { tokenOutcome } from './tokens.ts'
import { chargeView } from './views.ts'

/** Captures an authorised charge, in full or in part; what is not captured is released. */
export function captureCharge(simulator: Simulator, id: string, key: string, body: unknown): Answer {
  const charge = requireCharge(simulator, id)
  const fields = record(body ?? {}, 'the body')
  onlyFields(fields, ['amount', 'currency'])
  const wanted = fields['amount'] === undefined ? charge.amount : amount(fields, 'amount')
  checkCurrency(charge, fields)
  if (wanted > charge.amount) throw invalid('amount_too_large', 'The capture is more than was authorised', 'amount')
  if (isReplay(simulator, key, 'capture', charge)) {
    if (amountCaptured(charge) !== wanted) throw keyReused()
    return { status: 200, body: chargeView(simulator, charge), replayed: true }
  }
  if (charge.status !== 'authorised') throw wrongState(simulator, charge, 'captured')
  const part = wanted < charge.amount ? { amount: jsonInteger(wanted) } : {}
  move(simulator, charge, 'captured', { key, ...part })
  return { status: 200, body: chargeView(simulator, charge), replayed: false }
}

/** Voids a charge whose money was not captured: an authorisation, or one that waits for the buyer. */
export function voidCharge(simulator: Simulator, id: string, key: string, body: unknown): Answer {
  const charge = requireCharge(simulator, id)
  onlyFields(record(body ?? {}, 'the body'), [])
  if (isReplay(simulator, key, 'void', charge))
    return { status: 200, body: chargeView(simulator, charge), replayed: true }
  if (charge.status !== 'authorised' && charge.status !== 'requires_action')
    throw wrongState(simulator, charge, 'voided')
  move(simulator, charge, 'voided', { key })
  return { status: 200, body: chargeView(simulator, charge), replayed: false }
}

/** The buyer approved or refused at the page of a charge that requires action. */
export function completeAction(simulator: Simulator, charge: Charge, approved: boolean): void {
  const token = tokenOutcome(charge.method)
  const declines = token.kind === 'action' ? token.declines : undefined
  if (!approved) return finish(simulator, charge, 'declined', { decline: 'authentication_required' })
  if (declines !== undefined) return finish(simulator, charge, 'declined', { decline: declines })
  finish(simulator, charge, isManual(charge) ? 'authorised' : 'captured', {})
}

/** A charge that came due ends by itself, at its own instant. */
export function completeDue(simulator: Simulator, charge: Charge, due: number): void {
  finish(simulator, charge, isManual(charge) ? 'authorised' : 'captured', {}, due)
}

/** An end that no answer tells, so a webhook always does. */
function finish(
  simulator: Simulator,
  charge: Charge,
  status: ChargeStatus,
  more: { decline?: DeclineCode },
  at: number = simulator.clock.now(),
): void {
  const events = simulator.tells() ? { events: [simulator.event(status, at)] } : {}
  simulator.commit({ t: 'move', charge: charge.index, at, status, ...more, ...events })
}

/** A change that its own answer tells. */
function move(
  simulator: Simulator,
  charge: Charge,
  status: ChargeStatus,
  more: Pick<MoveRecord, 'key' | 'amount'>,
): void {
  const at = simulator.clock.now()
  const told = simulator.settings().webhooks === 'all' && simulator.tells()
  const events = told ? { events: [simulator.event(status, at)] } : {}
  simulator.commit({ t: 'move', charge: charge.index, at, status, ...more, ...events })
}

export function requireCharge(simulator: Simulator, id: string): Charge {
  const charge = simulator.chargeById(id)
  if (charge !== undefined) return charge
  throw new ApiError(404, 'not_found', 'charge_not_found', `There is no charge "${id.slice(0, 64)}"`)
}

function checkCurrency(charge: Charge, fields: Fields): void {
  if (fields['currency'] === undefined || currency(fields, 'currency') === charge.currency) return
  throw invalid('invalid_currency', `The charge is in ${charge.currency}`, 'currency')
}

function isReplay(simulator: Simulator, key: string, operation: 'capture' | 'void', charge: Charge): boolean {
  const use = simulator.keyUse(key)
  if (use === undefined) return false
  if (use.operation === operation && use.charge === charge.index) return true
  throw keyReused()
}

const wrongState = (simulator: Simulator, charge: Charge, wanted: string): ApiError =>
  new ApiError(409, 'state', `charge_${charge.status}`, `A charge that is ${charge.status} cannot be ${wanted}`, {
    facts: { charge: chargeView(simulator, charge) },
  })
