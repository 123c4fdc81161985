import { answeredStatus, type Charge, isManual } from './charges.ts'
import { ApiError } from './errors.ts'
import { amount, currency, type Fields, jsonInteger, onlyFields, record, text } from './input.ts'
import { behaviourOf, losesAnswers, nextCutOff } from './magic.ts'
import type { ChargeRecord, ChargeStatus, EventFate } from './records.ts'
import type { Simulator } from './simulator.ts'
import { tokenOutcome } from './tokens.ts'
import { chargeView } from './views.ts'

/** What to answer; undefined when the connection is to be cut instead. */
export type Answer = {
  readonly status: number
  readonly body: unknown
  readonly replayed: boolean
}

type NewCharge = {
  readonly key: string
  readonly amount: bigint
  readonly currency: string
  readonly reference: string
  readonly method: string
  readonly manual: boolean
}

/** Creates a charge, or answers again what was answered before under this key. */
export function createCharge(simulator: Simulator, key: string, body: unknown): Answer | undefined {
  const request = readCharge(key, record(body, 'the body'))
  const behaviour = behaviourOf(request.method, request.amount)
  const known = knownCharge(simulator, request)
  if (known === undefined && behaviour === 'request_lost') return undefined
  if (known === undefined && simulator.charges.count() >= simulator.maxCharges)
    throw new ApiError(503, 'overloaded', 'book_full', 'The book holds as many charges as it takes. Start a new one.')
  const charge = known ?? simulator.commitCharge(planCharge(simulator, request))
  if (known === undefined && charge.status === 'pending') simulator.catchUp()
  if (losesAnswers(behaviour)) return undefined
  const status = answeredStatus(charge)
  const view = chargeView(simulator, charge, status, charge.createdAt)
  return { status: status === 'declined' ? 402 : 201, body: view, replayed: known !== undefined }
}

function readCharge(key: string, fields: Fields): NewCharge {
  onlyFields(fields, ['amount', 'currency', 'reference', 'payment_method', 'capture'])
  const capture = fields['capture'] ?? 'automatic'
  if (capture !== 'automatic' && capture !== 'manual')
    throw new ApiError(422, 'invalid_request', 'invalid_field', 'capture must be "automatic" or "manual"', {
      param: 'capture',
    })
  return {
    key,
    amount: amount(fields, 'amount'),
    currency: currency(fields, 'currency'),
    reference: text(fields, 'reference'),
    method: text(fields, 'payment_method'),
    manual: capture === 'manual',
  }
}

/** The charge that was created under this key. Refuses the key when it was used for anything else. */
function knownCharge(simulator: Simulator, request: NewCharge): Charge | undefined {
  const use = simulator.keyUse(request.key)
  if (use === undefined) return undefined
  const charge = simulator.charges.at(use.charge)
  const same =
    charge !== undefined &&
    use.operation === 'create' &&
    charge.amount === request.amount &&
    charge.currency === request.currency &&
    charge.reference === request.reference &&
    charge.method === request.method &&
    isManual(charge) === request.manual
  if (!same) throw keyReused()
  return charge
}

export const keyReused = (): ApiError =>
  new ApiError(
    422,
    'idempotency',
    'idempotency_key_reused',
    'The Idempotency-Key was used before for another request. Nothing was done now.',
  )

/** What happens to a new charge, as one record with the webhooks that follow from it. */
function planCharge(simulator: Simulator, request: NewCharge): ChargeRecord {
  const at = simulator.clock.now()
  const { status, ...rest } = planStatus(simulator, request, at)
  return {
    t: 'charge',
    at,
    reference: request.reference,
    key: request.key,
    amount: jsonInteger(request.amount),
    currency: request.currency,
    method: request.method,
    ...(request.manual ? { manual: true } : {}),
    status,
    ...rest,
  }
}

type Plan = Pick<ChargeRecord, 'status' | 'answered' | 'decline' | 'due' | 'events'>

function planStatus(simulator: Simulator, request: NewCharge, at: number): Plan {
  const token = tokenOutcome(request.method)
  if (token.kind === 'decline')
    return { status: 'declined', decline: token.code, ...synchronousEvent(simulator, 'declined', at) }
  if (token.kind === 'action') return { status: 'requires_action' }
  const success: ChargeStatus = request.manual ? 'authorised' : 'captured'
  const told = (...events: [ChargeStatus, EventFate][]): Pick<ChargeRecord, 'events'> => {
    if (!simulator.tells()) return {}
    const full = simulator.webhooks.isFull()
    return { events: events.map(([status, fate]) => [status, at, full ? 'dropped' : fate] as const) }
  }
  switch (behaviourOf(request.method, request.amount)) {
    case 'webhook_lost':
      return { status: success, answered: 'pending', ...told([success, 'lost']) }
    case 'webhooks_repeated':
      return {
        status: success,
        answered: 'pending',
        ...told([success, 'send'], [success, 'send'], ['authorised', 'send']),
      }
    case 'late':
      return { status: 'pending', due: nextCutOff(at) }
    case 'silent':
      return { status: success }
    default:
      return { status: success, ...synchronousEvent(simulator, success, at) }
  }
}

function synchronousEvent(simulator: Simulator, status: ChargeStatus, at: number): Pick<ChargeRecord, 'events'> {
  return simulator.settings().webhooks === 'all' && simulator.tells() ? { events: [simulator.event(status, at)] } : {}
}
