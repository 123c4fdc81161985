import { setTimeout as delay } from 'node:timers/promises'
import { type Charge, statusAt } from './charges.ts'
import { type Answer, createCharge } from './create-charge.ts'
import { dayOf } from './days.ts'
import { ApiError } from './errors.ts'
import { drawMisfortune } from './faults.ts'
import { captureCharge, requireCharge, voidCharge } from './follow-up.ts'
import type { Exchange } from './http.ts'
import { idempotencyKey } from './input.ts'
import { behaviourOf } from './magic.ts'
import type { Simulator } from './simulator.ts'
import { chargeView } from './views.ts'

/** The part of the API that a merchant's server calls: charges. Latency and faults act here and only here. */
export type Merchant = {
  readonly create: (exchange: Exchange) => Promise<void>
  readonly capture: (exchange: Exchange, id: string) => Promise<void>
  readonly void: (exchange: Exchange, id: string) => Promise<void>
  readonly get: (exchange: Exchange, id: string) => Promise<void>
  readonly find: (exchange: Exchange) => Promise<void>
}

export function createMerchant(simulator: Simulator): Merchant {
  const busyKeys = new Set<string>()

  /** A request that may move money: alone under its key from its arrival until it is on disk, and answered after. */
  async function changing(exchange: Exchange, act: (key: string, body: unknown) => Answer | undefined): Promise<void> {
    const body = await exchange.json()
    const key = idempotencyKey(exchange.headers['idempotency-key'])
    if (busyKeys.has(key))
      throw new ApiError(409, 'idempotency', 'idempotency_key_in_use', 'A request with this key is being processed')
    busyKeys.add(key)
    let release = (): void => {
      busyKeys.delete(key)
      // From here on the key may be another request's.
      release = () => undefined
    }
    try {
      await withMisfortune(simulator, exchange, async () => {
        const answer = act(key, body)
        await simulator.durable()
        release()
        return answer
      })
    } finally {
      release()
    }
  }

  return {
    create: (exchange) => changing(exchange, (key, body) => createCharge(simulator, key, body)),
    capture: (exchange, id) => changing(exchange, (key, body) => captureCharge(simulator, id, key, body)),
    void: (exchange, id) => changing(exchange, (key, body) => voidCharge(simulator, id, key, body)),
    get: (exchange, id) =>
      withMisfortune(simulator, exchange, async () => {
        const charge = requireCharge(simulator, id)
        await beSilent(simulator, [charge])
        await simulator.durable()
        return { status: 200, body: chargeView(simulator, charge), replayed: false }
      }),
    find: (exchange) => withMisfortune(simulator, exchange, () => find(simulator, exchange)),
  }
}

const MAX_FOUND = 100
const SETTLE_MS = 100 // see find

async function find(simulator: Simulator, exchange: Exchange): Promise<Answer> {
  for (const name of exchange.query.keys())
    if (name !== 'reference') throw new ApiError(400, 'invalid_request', 'unknown_parameter', `What is "${name}"?`)
  const reference = exchange.query.get('reference')
  if (reference === null || reference === '')
    throw new ApiError(400, 'invalid_request', 'reference_required', 'Say which reference: ?reference=…')
  // "There is none" is a definitive answer. A create that has already arrived, but waits behind this
  // look-up because the process was stopped or busy, must be read before that may be said.
  if (simulator.charges.byReference(reference, 1).length === 0) await delay(SETTLE_MS)
  const found = simulator.charges.byReference(reference, MAX_FOUND + 1)
  await beSilent(simulator, found)
  await simulator.durable()
  const data = found.slice(0, MAX_FOUND).map((charge) => chargeView(simulator, charge))
  return { status: 200, body: { data, has_more: found.length > MAX_FOUND }, replayed: false }
}

const SILENCE_MS = 1_000

/** A charge whose look-ups time out until the file of its day: the proxy in front of a real PSP gives up like this. */
async function beSilent(simulator: Simulator, charges: readonly Charge[]): Promise<void> {
  const isSilent = (charge: Charge): boolean =>
    behaviourOf(charge.method, charge.amount) === 'silent' &&
    simulator.settlement.readyFile(dayOf(statusAt(charge)), simulator.clock.now()) === undefined
  if (!charges.some(isSilent)) return
  await delay(SILENCE_MS)
  throw new ApiError(504, 'api_error', 'timeout', 'No answer in time')
}

/** Runs `act` and sends its answer, unless latency and faults do something else with it. */
async function withMisfortune(
  simulator: Simulator,
  exchange: Exchange,
  act: () => Promise<Answer | undefined>,
): Promise<void> {
  const misfortune = drawMisfortune(simulator.settings(), simulator.random)
  if (misfortune.delayBeforeMs > 0) await delay(misfortune.delayBeforeMs)
  if (misfortune.before === 'cut') return exchange.cut()
  if (misfortune.before === 'reject')
    throw new ApiError(429, 'rate_limited', 'rate_limited', 'Too many requests. Nothing was done.')
  if (misfortune.before === 'error_500') throw failure()
  const answer = await act()
  if (misfortune.delayAfterMs > 0) await delay(misfortune.delayAfterMs)
  if (answer === undefined || misfortune.after === 'cut') return exchange.cut()
  if (misfortune.after === 'error_500') throw failure()
  if (misfortune.after === 'timeout') return exchange.hang()
  exchange.send(answer.status, answer.body, answer.replayed ? { 'idempotent-replayed': 'true' } : {})
}

const failure = (): ApiError => new ApiError(500, 'api_error', 'internal', 'Something failed inside')
