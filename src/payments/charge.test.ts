import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LookUp } from '../psp/psp.ts'
import { isFinished } from './attempt.ts'
import type { Report } from './charge.ts'
import { type ChargeHistory, chargeHistory } from './testing/charge-history.ts'
import { at, DECLINE, MONEY, OUTCOMES } from './testing/charge-state.ts'

const HOUR = 3_600_000

const WRONG_MONEY: readonly LookUp[] = [
  { ...OUTCOMES.captured, amount: MONEY.amount - 1n },
  { ...OUTCOMES.captured, amount: MONEY.amount + 1n },
  { ...OUTCOMES.captured, currency: 'USD' },
  { ...OUTCOMES.authorised, amount: 1n },
]

const outcome = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom<LookUp>(...Object.values(OUTCOMES)) },
  { weight: 1, arbitrary: fc.constantFrom(...WRONG_MONEY) },
)

type Step =
  | { readonly step: 'report'; readonly via: Report['via']; readonly attempt: number; readonly outcome: LookUp }
  | { readonly step: 'wait'; readonly ms: number }
  | { readonly step: 'capture' | 'void' | 'retry' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      step: fc.constant('report'),
      via: fc.constantFrom<Report['via']>('answer', 'look_up', 'webhook'),
      attempt: fc.nat(3),
      outcome,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ step: fc.constant('wait'), ms: fc.constantFrom(1, 3_000, 31_000, HOUR + 1, 25 * HOUR) }),
  },
  { weight: 2, arbitrary: fc.record({ step: fc.constantFrom('capture', 'void', 'retry') }) },
)

const kind = fc.record({
  charge: fc.constantFrom<'automatic' | 'manual'>('automatic', 'manual'),
  payment: fc.constantFrom<'automatic' | 'manual'>('automatic', 'manual'),
})

type Look = (step: Step, before: string, asked: number) => void

/** Runs the steps and looks after each at what it did to which attempt. */
function play(history: ChargeHistory, steps: readonly Step[], look: Look): void {
  for (const next of steps) {
    const before = history.orders()
    const asked = next.step === 'report' ? next.attempt % history.attempts().length : 0
    if (next.step === 'report') history.report(next.via, next.outcome, asked)
    else if (next.step === 'wait') history.wait(next.ms)
    else if (next.step === 'retry') history.retry()
    else history.request(next.step)
    look(next, before, asked)
  }
}

const property = (look: (history: ChargeHistory, ...seen: Parameters<Look>) => void): void =>
  fc.assert(
    fc.property(kind, fc.array(step, { maxLength: 30 }), (of, steps) => {
      const history = chargeHistory(of)
      play(history, steps, (...seen) => look(history, ...seen))
    }),
    { numRuns: 3_000 },
  )

const isCapturedFact = (next: Step): boolean => next.step === 'report' && next.outcome === OUTCOMES.captured

describe('charge, whatever is reported in whatever order', () => {
  it('that was captured is a sale or a late success, once and never both', () => {
    fc.assert(
      fc.property(kind, fc.array(step, { maxLength: 30 }), (of, steps) => {
        const history = chargeHistory(of)
        play(history, steps, () => expect(history.captures() + history.lateSuccesses()).toBeLessThanOrEqual(1))
        const captured = steps.some(isCapturedFact)
        expect(history.captures() + history.lateSuccesses()).toBe(captured ? 1 : 0)
        expect(history.orders() === 'captured').toBe(history.captures() === 1)
      }),
      { numRuns: 3_000 },
    )
  })

  it('keeps its orders captured or voided, and failed until they are retried', () => {
    property((history, next, before) => {
      if (before === 'captured' || before === 'voided' || before === 'superseded') expect(history.orders()).toBe(before)
      if (before === 'failed' && history.orders() !== 'failed') expect(next.step).toBe('retry')
    })
  })

  it('fails only by a decline, by proof that it was never executed, or by absence after every window', () => {
    const allowed: Readonly<Record<string, (history: ChargeHistory, via: Report['via']) => boolean>> = {
      declined: () => true,
      not_executed: (history, via) =>
        via === 'answer' && history.now() > at(HOUR) && history.attempts()[0]?.ambiguous === false,
      not_found: (history, via) => via === 'look_up' && history.now() >= at(30_000),
      // A capture that was never done, long after: the payment cannot be had any more.
      authorised: (history) => history.now() >= at(24 * HOUR),
      requires_action: (history) => history.now() >= at(24 * HOUR),
    }
    property((history, next, before) => {
      if (before === 'failed' || history.orders() !== 'failed') return
      expect(next.step).toBe('report')
      if (next.step === 'report')
        expect(allowed[next.outcome.outcome]?.(history, next.via) ?? false, next.outcome.outcome).toBe(true)
    })
  })

  it('is moved by nothing of another amount or currency', () => {
    property((history, next, before) => {
      if (next.step !== 'report' || !WRONG_MONEY.includes(next.outcome)) return
      expect([before, 'unknown']).toContain(history.orders())
    })
  })

  it('gives back at most once, of its own accord, what is held for nothing, and never what was captured', () => {
    property((history) => {
      expect(history.voidsOfItsOwnAccord()).toBeLessThanOrEqual(1)
      if (history.voidsOfItsOwnAccord() === 0 || history.lateSuccesses() === 0) return
      const voids = history.attempts().filter((attempt) => attempt.operation === 'void')
      expect(voids.every((attempt) => isFinished(attempt.status))).toBe(true)
    })
  })

  it('does not change when the same report is repeated', () => {
    property((history, next, _, asked) => {
      if (next.step !== 'report') return
      const before = { orders: history.orders(), statuses: history.attempts().map((attempt) => attempt.status) }
      const { effects } = history.report(next.via, next.outcome, asked)
      expect(effects).toEqual([])
      expect({ orders: history.orders(), statuses: history.attempts().map((attempt) => attempt.status) }).toEqual(
        before,
      )
    })
  })

  it('is always looked after while its end is open', () => {
    property((history) => {
      const open = ['executing', 'requires_action', 'unknown'].includes(history.orders())
      if (open) expect(history.attempts().some((attempt) => !isFinished(attempt.status))).toBe(true)
    })
  })
})

/** The states that a charge goes through at a PSP that keeps the contract. */
const LIVES: readonly (readonly (keyof typeof OUTCOMES)[])[] = [
  ['captured'],
  ['declined'],
  ['pending', 'captured'],
  ['pending', 'declined'],
  ['pending', 'authorised', 'captured'],
  ['authorised', 'captured'],
  ['requires_action', 'captured'],
  ['requires_action', 'declined'],
  ['requires_action', 'voided'],
  ['requires_action', 'pending', 'captured'],
  ['requires_action', 'authorised', 'captured'],
  ['authorised', 'voided'],
]

describe('charge at a PSP that tells the truth, late, twice and in any order', () => {
  it('ends as it did at the PSP', () => {
    const life = fc.constantFrom(...LIVES)
    const told = fc.array(
      fc.record({ fact: fc.nat(2), via: fc.constantFrom<Report['via']>('answer', 'look_up', 'webhook') }),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(kind, life, told, fc.boolean(), (of, facts, reports, lost) => {
        const history = chargeHistory(of)
        if (lost) history.report('answer', OUTCOMES.unknown)
        // Stale facts come by webhook only: an answer and a look-up tell what is.
        let reached = 0
        for (const { fact, via } of reports) {
          if (via !== 'webhook') reached = Math.min(Math.max(reached, fact), facts.length - 1)
          const index = via === 'webhook' ? Math.min(fact, facts.length - 1) : reached
          history.report(via, OUTCOMES[facts[index] ?? 'unknown'])
        }
        const last = facts.at(-1) ?? 'unknown'
        history.attempts().forEach((attempt, index) => {
          if (!isFinished(attempt.status)) history.report('look_up', OUTCOMES[last], index)
        })

        if (last === 'captured') {
          // A manual charge is asked no further once it is authorised: there the webhook tells, or our own capture.
          if (history.orders() === 'authorised') history.report('webhook', OUTCOMES.captured)
          expect(history.orders()).toBe('captured')
          expect(history.captures()).toBe(1)
        }
        if (last === 'declined') expect(history.orders()).toBe('failed')
        if (last === 'voided') expect(['voided', 'authorised']).toContain(history.orders())
        expect(history.lateSuccesses()).toBe(0)
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('charge', () => {
  const sent = (charge: 'automatic' | 'manual' = 'automatic'): ChargeHistory =>
    chargeHistory({ charge, payment: charge })

  it('whose answer was lost is sent again only inside its send window, and fails only when its absence is certain', () => {
    const history = sent()
    history.report('answer', OUTCOMES.unknown)
    history.wait(1_000)
    history.report('look_up', OUTCOMES.not_found)
    expect(history.attempts()[0]?.status).toBe('retry_wait')

    history.wait(30_000)
    history.report('answer', OUTCOMES.unknown)
    history.wait(1_000)
    history.report('look_up', OUTCOMES.not_found)
    expect([history.orders(), history.attempts()[0]?.status]).toEqual(['unknown', 'unknown'])

    history.wait(1_000)
    history.report('look_up', OUTCOMES.not_found)
    expect([history.orders(), history.attempts()[0]?.status]).toEqual(['failed', 'declined'])
  })

  it('that was refused after a lost answer is not proven absent', () => {
    const history = sent()
    history.report('answer', OUTCOMES.unknown)
    history.wait(2 * HOUR)
    history.report('answer', OUTCOMES.not_executed)
    expect([history.orders(), history.attempts()[0]?.status]).toEqual(['unknown', 'unknown'])
  })

  it('that the PSP has named is never taken for absent', () => {
    const history = sent()
    history.report('answer', OUTCOMES.pending)
    history.wait(48 * HOUR)
    history.report('look_up', OUTCOMES.not_found)
    history.report('answer', OUTCOMES.not_executed)
    expect([history.orders(), history.attempts()[0]?.status]).toEqual(['executing', 'pending'])
  })

  it('with automatic capture waits when the PSP says authorised', () => {
    const history = sent()
    history.report('answer', OUTCOMES.authorised)
    expect(history.orders()).toBe('executing')
    history.report('webhook', OUTCOMES.captured)
    expect(history.orders()).toBe('captured')
  })

  it('that waits for its buyer goes back there when its void is refused', () => {
    const history = sent()
    history.report('answer', OUTCOMES.requires_action)
    history.request('void')
    history.report('webhook', OUTCOMES.requires_action)
    expect(history.orders()).toBe('executing')

    history.report('answer', OUTCOMES.declined, 1)

    expect(history.orders()).toBe('requires_action')
  })

  it('is captured when the buyer was faster than its void', () => {
    const history = sent()
    history.report('answer', OUTCOMES.requires_action)
    history.request('void')

    history.report('answer', OUTCOMES.captured, 1)

    expect(history.orders()).toBe('captured')
    expect(history.attempts().map((attempt) => attempt.status)).toEqual(['succeeded', 'declined'])
  })

  it('is not touched by a repeated report about a void that is finished', () => {
    const history = sent()
    history.report('answer', OUTCOMES.requires_action)
    history.request('void')
    history.report('answer', OUTCOMES.declined, 1)

    for (const again of [OUTCOMES.declined, OUTCOMES.unknown, OUTCOMES.not_executed]) history.report('answer', again, 1)

    expect([history.orders(), history.attempts()[0]?.status]).toEqual(['requires_action', 'pending'])
  })

  it('whose capture was refused is tried again by hand, or fails and is given back', () => {
    const byHand = sent('manual')
    byHand.report('answer', OUTCOMES.authorised)
    byHand.request('capture')
    byHand.report('answer', OUTCOMES.declined, 1)
    expect(byHand.orders()).toBe('authorised')
    byHand.request('capture')
    byHand.report('answer', OUTCOMES.captured, 2)
    expect(byHand.orders()).toBe('captured')

    const allOrNothing = chargeHistory({ charge: 'manual', payment: 'automatic' })
    allOrNothing.report('answer', OUTCOMES.authorised)
    allOrNothing.request('capture')
    allOrNothing.report('answer', OUTCOMES.declined, 1)
    expect([allOrNothing.orders(), allOrNothing.voidsOfItsOwnAccord()]).toEqual(['failed', 1])
  })

  it('whose capture was declined when it was sent a second time is asked after: the first may have done it', () => {
    const lostAndDeclined = (): ChargeHistory => {
      const history = sent('manual')
      history.report('answer', OUTCOMES.authorised)
      history.request('capture')
      history.report('answer', OUTCOMES.unknown, 1)
      history.wait(3_000)
      history.report('look_up', OUTCOMES.authorised, 1)
      history.report('answer', OUTCOMES.declined, 1)
      expect([history.orders(), history.attempts()[1]?.status]).toEqual(['unknown', 'unknown'])
      return history
    }
    const done = lostAndDeclined()
    done.report('look_up', OUTCOMES.captured, 1)
    expect(done.orders()).toBe('captured')

    const notDone = lostAndDeclined()
    notDone.report('look_up', OUTCOMES.authorised, 1)
    notDone.wait(3_000)
    notDone.report('look_up', OUTCOMES.authorised, 1)
    expect([notDone.orders(), notDone.attempts()[1]?.status]).toEqual(['authorised', 'declined'])
    expect(notDone.attempts()[1]?.decline).toEqual(DECLINE)
  })

  it('whose capture the PSP has forgotten stands as authorised again', () => {
    const history = sent('manual')
    history.report('answer', OUTCOMES.authorised)
    history.request('capture')
    history.report('answer', OUTCOMES.unknown, 1)
    history.wait(HOUR)
    history.report('look_up', OUTCOMES.authorised, 1)
    expect(history.attempts()[1]?.status).toBe('retry_wait')

    history.wait(24 * HOUR)
    history.report('look_up', OUTCOMES.authorised, 1)

    expect([history.orders(), history.attempts()[1]?.status]).toEqual(['authorised', 'declined'])
  })

  it('keeps the reason of its decline out of the way of its late success', () => {
    const history = sent()
    history.report('answer', { outcome: 'declined', decline: DECLINE })
    const { charge } = history.report('webhook', OUTCOMES.captured)
    expect([charge.status, charge.decline, history.orders()]).toEqual(['succeeded', undefined, 'failed'])
    expect(history.lateSuccesses()).toBe(1)
  })

  it('tells the story of what was not clear at once, and no other', () => {
    const clear = sent().report('answer', OUTCOMES.captured)
    expect(clear.steps).toEqual([])

    const history = sent()
    const lost = history.report('answer', OUTCOMES.unknown)
    const found = history.report('look_up', OUTCOMES.captured)
    const repeated = history.report('answer', OUTCOMES.captured)
    expect([lost, found, repeated].flatMap(({ steps }) => steps.map((step) => step.kind))).toEqual([
      'charge.unknown',
      'charge.look_up.captured',
    ])
  })
})
