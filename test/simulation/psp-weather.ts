import { setTimeout as delay } from 'node:timers/promises'
import type { ChargeRequest } from '../../src/psp/index.ts'
import { LOST, REFUSED, type Script, type ScriptedPsp, type SignedWebhook } from '../support/scripted-psp.ts'
import type { Seeded } from '../support/seeded.ts'

/** How a PSP behaves while it is not well, and what it tells on its own. */
export type Weather = {
  /** Moves what waits for the buyer or for the PSP itself, and gives a webhook of something that is or was so. */
  readonly event: () => { readonly psp: ScriptedPsp; readonly webhook: SignedWebhook } | undefined
  /** From now on every call goes well; what was lost on its way arrives, and what waited ends. */
  readonly clearUp: () => readonly { readonly psp: ScriptedPsp; readonly webhook: SignedWebhook }[]
}

const CHARGE = {
  well: 60,
  lostAfter: 8,
  lostBefore: 6,
  refused: 5,
  pending: 5,
  action: 5,
  declined: 6,
  throws: 2,
  nonsense: 2,
  slow: 4,
  ghost: 2,
}
const FOLLOW_UP = { well: 70, lostAfter: 10, lostBefore: 6, refused: 6, declined: 4, throws: 2, slow: 4 }
const LOOK_UP = { well: 75, lostAfter: 15, throws: 3, nonsense: 3, slow: 6 }

export function makeWeather(psps: readonly ScriptedPsp[], seeded: Seeded): Weather {
  const ghosts: { readonly psp: ScriptedPsp; readonly request: ChargeRequest }[] = []
  let clear = false

  const scriptOf = (kind: string): Script | undefined => {
    switch (kind) {
      case 'lostAfter':
        return { says: LOST }
      case 'lostBefore':
      case 'ghost':
        return { does: 'nothing', says: LOST }
      case 'refused':
        return { does: 'nothing', says: REFUSED }
      case 'pending':
        return { does: 'pending' }
      case 'action':
        return { does: 'requires_action' }
      case 'declined':
        return { does: 'declined' }
      case 'throws':
        return { does: 'nothing', throws: new Error('a bug of the adapter') }
      case 'nonsense':
        return { says: { outcome: 'paid', amount: 1 } }
      case 'slow':
        return { before: delay(seeded.integer(1, 60)), after: delay(seeded.integer(1, 60)) }
      default:
        return { after: delay(seeded.integer(0, 5)) }
    }
  }

  for (const psp of psps) {
    psp.scripts.charge = (request) => {
      if (clear) return undefined
      const kind = seeded.weighted(CHARGE)
      // It never arrives while anybody still looks for it, and then it does.
      if (kind === 'ghost' && !ghosts.some((ghost) => ghost.request.reference === request.reference))
        ghosts.push({ psp, request })
      return scriptOf(ghosts.some((ghost) => ghost.request.reference === request.reference) ? 'ghost' : kind)
    }
    const followUp = (): Script | undefined => {
      if (clear) return undefined
      const kind = seeded.weighted(FOLLOW_UP)
      return kind === 'declined' ? { does: 'nothing', says: DECLINED } : scriptOf(kind)
    }
    psp.scripts.capture = followUp
    psp.scripts.void = followUp
    psp.scripts.lookUp = () => (clear ? undefined : scriptOf(seeded.weighted(LOOK_UP)))
  }

  const end = (psp: ScriptedPsp, reference: string, capture: 'automatic' | 'manual'): SignedWebhook =>
    psp.move(reference, seeded.chance(0.75) ? (capture === 'manual' ? 'authorised' : 'captured') : 'declined')

  return {
    event() {
      const psp = seeded.pick(psps)
      const charges = psp.book()
      if (charges.length === 0) return undefined
      const charge = seeded.pick(charges)
      const { reference, state, capture } = charge
      if (state === 'pending' || state === 'requires_action') {
        // What is told is what was so a moment ago, or what is so now.
        const before = psp.webhook(reference)
        const after = end(psp, reference, capture)
        return { psp, webhook: seeded.chance(0.3) ? before : after }
      }
      const stale =
        state === 'captured' && seeded.chance(0.4) ? seeded.pick(['authorised', 'pending'] as const) : undefined
      return { psp, webhook: psp.webhook(reference, stale) }
    },
    clearUp() {
      clear = true
      for (const { psp, request } of ghosts) psp.arrive(request)
      return psps.flatMap((psp) =>
        psp.book().flatMap(({ reference, state, capture }) => {
          if (state === 'pending' || state === 'requires_action') end(psp, reference, capture)
          // Of what came so late, nobody asks: the PSP tells.
          return ghosts.some((ghost) => ghost.request.reference === reference)
            ? [{ psp, webhook: psp.webhook(reference) }]
            : []
        }),
      )
    },
  }
}

const DECLINED = {
  outcome: 'declined',
  decline: { code: 'processing_error', advice: 'try_again_later', message: 'Not now.' },
} as const
