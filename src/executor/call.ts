import { BrokenCircuitError, CircuitState, circuitBreaker, handleWhenResult, SamplingBreaker } from 'cockatiel'
import type { Attempt } from '../payments/index.ts'
import { publicId } from '../platform/ids.ts'
import type { LookUp, Outcome, Psp } from '../psp/psp.ts'
import { checkedOutcome } from './checked-outcome.ts'

/**
 * The calls of the executor to one PSP, behind a circuit breaker each for sending and for asking. A call may have to
 * wait for the breaker; `may` is asked right before it is made, and when it says no, nothing is sent and nothing said.
 */
export type PspCalls = {
  readonly psp: Psp
  readonly send: (attempt: Attempt, may: () => boolean) => Promise<Outcome | undefined>
  readonly lookUp: (attempt: Attempt, may: () => boolean) => Promise<LookUp | undefined>
  readonly breakerOpen: () => boolean
}

// Half of the calls of ten seconds failing, at five a second or more: the PSP is down, not one charge unlucky.
const SAMPLE = { threshold: 0.5, duration: 10_000, minimumRps: 5 }
const HALF_OPEN_AFTER_MS = 1_000

// An adapter keeps its own time limit; this is for one that does not, whose calls would take up places for ever.
const ADAPTER_GRACE_MS = 2_000

/** The PSP's idempotency key, and our reference for a charge: derived from the attempt, the same at every send. */
export const pspKey = (attemptId: string): string => publicId('att', attemptId)

export function createPspCalls(psp: Psp): PspCalls {
  const { requestTimeoutMs, lookUpTimeoutMs } = psp.traits
  const sending = breaker()
  const asking = breaker()

  const guarded = async (
    policy: ReturnType<typeof breaker>,
    call: () => Promise<LookUp>,
    limitMs: number,
    may: () => boolean,
  ): Promise<LookUp | undefined> => {
    try {
      return await policy.execute(() => (may() ? answered(psp.name, call, limitMs + ADAPTER_GRACE_MS) : undefined))
    } catch (error) {
      if (!(error instanceof BrokenCircuitError)) throw error
      return {
        outcome: 'not_executed',
        reason: `too many calls to ${psp.name} failed: waiting`,
        retryAfterMs: HALF_OPEN_AFTER_MS,
      }
    }
  }

  return {
    psp,
    async send(attempt, may) {
      const outcome = await guarded(sending, () => perform(psp, attempt), requestTimeoutMs, may)
      return outcome?.outcome === 'not_found'
        ? { outcome: 'unknown', cause: 'the PSP does not find what it was sent' }
        : outcome
    },
    lookUp: (attempt, may) => guarded(asking, async () => psp.lookUp(pspKey(attempt.chargeId)), lookUpTimeoutMs, may),
    breakerOpen: () => sending.state !== CircuitState.Closed,
  }
}

/**
 * What the adapter answers. It does not throw, hang or make things up; one that does may have sent. `call` is an async
 * function, so that an adapter that throws at once is heard as well.
 */
function answered(name: string, call: () => Promise<LookUp>, limitMs: number): Promise<LookUp> {
  return new Promise((resolve) => {
    const unknown = (what: string): void => resolve({ outcome: 'unknown', cause: `the adapter of ${name} ${what}` })
    const timer = setTimeout(unknown, limitMs, 'did not answer in time')
    call().then(
      (outcome) => {
        clearTimeout(timer)
        resolve(checkedOutcome(outcome))
      },
      (error: unknown) => {
        clearTimeout(timer)
        unknown(`threw: ${error instanceof Error ? error.message : String(error)}`.slice(0, 300))
      },
    )
  })
}

function breaker(): ReturnType<typeof circuitBreaker> {
  const failed = handleWhenResult((result) => {
    const outcome = (result as LookUp | undefined)?.outcome
    return outcome === 'unknown' || outcome === 'not_executed'
  })
  return circuitBreaker(failed, { halfOpenAfter: HALF_OPEN_AFTER_MS, breaker: new SamplingBreaker(SAMPLE) })
}

async function perform(psp: Psp, attempt: Attempt): Promise<Outcome> {
  const { amount, currency, paymentMethod, capture } = attempt
  const reference = pspKey(attempt.chargeId)
  // A charge is its own: its key is what it is referred to by.
  if (attempt.operation === 'charge') {
    return psp.charge({ key: reference, reference, amount, currency, paymentMethod, capture })
  }
  const followUp = { key: pspKey(attempt.id), reference, amount, currency, pspReference: attempt.pspReference ?? '' }
  return attempt.operation === 'capture' ? psp.capture(followUp) : psp.void(followUp)
}
