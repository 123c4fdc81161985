import { BrokenCircuitError, CircuitState, circuitBreaker, handleWhenResult, SamplingBreaker } from 'cockatiel'
import type { Attempt } from '../payments/index.ts'
import { publicId } from '../platform/ids.ts'
import type { LookUp, Outcome, Psp } from '../psp/psp.ts'

/** The calls of the executor to one PSP, behind a circuit breaker each for sending and for asking. */
export type PspCalls = {
  readonly psp: Psp
  readonly send: (attempt: Attempt) => Promise<Outcome>
  readonly lookUp: (attempt: Attempt) => Promise<LookUp>
  readonly breakerOpen: () => boolean
}

// Half of the calls of ten seconds failing, at five a second or more: the PSP is down, not one charge unlucky.
const SAMPLE = { threshold: 0.5, duration: 10_000, minimumRps: 5 }
const HALF_OPEN_AFTER_MS = 1_000

/** The PSP's idempotency key, and our reference for a charge: derived from the attempt, the same at every send. */
export const pspKey = (attemptId: string): string => publicId('att', attemptId)

export function createPspCalls(psp: Psp): PspCalls {
  const sending = breaker()
  const asking = breaker()

  const guarded = async (policy: ReturnType<typeof breaker>, call: () => Promise<LookUp>): Promise<LookUp> => {
    try {
      return await policy.execute(call)
    } catch (error) {
      if (error instanceof BrokenCircuitError) {
        return {
          outcome: 'not_executed',
          reason: `too many calls to ${psp.name} failed: waiting`,
          retryAfterMs: HALF_OPEN_AFTER_MS,
        }
      }
      // An adapter does not throw; one that does may have sent.
      return {
        outcome: 'unknown',
        cause: `the adapter of ${psp.name} threw: ${error instanceof Error ? error.message : String(error)}`,
      }
    }
  }

  return {
    psp,
    async send(attempt) {
      const outcome = await guarded(sending, () => perform(psp, attempt))
      return outcome.outcome === 'not_found'
        ? { outcome: 'unknown', cause: 'the PSP does not find what it was sent' }
        : outcome
    },
    lookUp: (attempt) => guarded(asking, () => psp.lookUp(pspKey(attempt.chargeId))),
    breakerOpen: () => sending.state !== CircuitState.Closed,
  }
}

function breaker(): ReturnType<typeof circuitBreaker> {
  const failed = handleWhenResult((result) => {
    const { outcome } = result as LookUp
    return outcome === 'unknown' || outcome === 'not_executed'
  })
  return circuitBreaker(failed, { halfOpenAfter: HALF_OPEN_AFTER_MS, breaker: new SamplingBreaker(SAMPLE) })
}

function perform(psp: Psp, attempt: Attempt): Promise<Outcome> {
  const { amount, currency, paymentMethod, capture } = attempt
  const common = { key: pspKey(attempt.id), reference: pspKey(attempt.chargeId), amount, currency }
  if (attempt.operation === 'charge') return psp.charge({ ...common, paymentMethod, capture })
  const followUp = { ...common, pspReference: attempt.pspReference ?? '' }
  return attempt.operation === 'capture' ? psp.capture(followUp) : psp.void(followUp)
}
