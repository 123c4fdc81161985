import assert from 'node:assert/strict'
import { newId } from '../../src/platform/ids.ts'
import type {
  ChargeRequest,
  Decline,
  FollowUpRequest,
  LookUp,
  Outcome,
  Psp,
  PspTraits,
  WebhookEvent,
} from '../../src/psp/psp.ts'

/** What a charge is at the PSP. */
export type ChargeState = 'pending' | 'requires_action' | 'authorised' | 'captured' | 'declined' | 'voided'

export type BookedCharge = {
  readonly pspReference: string
  readonly reference: string
  readonly key: string
  readonly amount: bigint
  readonly currency: string
  readonly capture: 'automatic' | 'manual'
  state: ChargeState
  occurredAt: Date
}

/** What becomes of one call. Everything left out goes well: the PSP does what it was asked, and says so at once. */
export type Script = {
  /** What the charge becomes; `nothing`: the request does not arrive, or is refused. */
  readonly does?: ChargeState | 'nothing'
  /** Held before the PSP does anything, and before its answer is heard. */
  readonly before?: Promise<unknown>
  readonly after?: Promise<unknown>
  /** What the caller hears instead of the truth. Anything at all, so that an adapter can answer nonsense. */
  readonly says?: unknown
  readonly throws?: Error
}

export type Call = {
  readonly operation: 'charge' | 'capture' | 'void' | 'lookUp'
  readonly key: string
  readonly reference: string
  readonly at: Date
  /** What the caller heard; undefined while it is under way, or when the adapter threw. */
  heard?: unknown
}

/** Gives the script of a call; `nth` counts the calls of that kind about that charge, from 1. Undefined: all goes well. */
export type Scripts = {
  charge?: (request: ChargeRequest, nth: number) => Script | undefined
  capture?: (request: FollowUpRequest, nth: number) => Script | undefined
  void?: (request: FollowUpRequest, nth: number) => Script | undefined
  lookUp?: (reference: string, nth: number) => Script | undefined
}

/** A PSP in memory, with a book of its own, whose every answer a test can script. */
export type ScriptedPsp = Psp & {
  readonly scripts: Scripts
  readonly calls: readonly Call[]
  readonly callsOf: (operation: Call['operation'], reference?: string) => readonly Call[]
  readonly book: () => readonly BookedCharge[]
  readonly chargeOf: (reference: string) => BookedCharge
  /** What no caller may do: a key for two requests, or a reference for two charges. */
  readonly violations: readonly string[]
  /** Executes a request that was thought to be lost on its way. */
  readonly arrive: (request: ChargeRequest) => void
  /** Moves a charge as the buyer or the PSP itself does, and gives the webhook that tells of it. */
  readonly move: (reference: string, state: ChargeState) => SignedWebhook
  /** A webhook that tells of a state of the charge, true or not, under an event id of its own unless told. */
  readonly webhook: (reference: string, state?: ChargeState, id?: string) => SignedWebhook
}

export type SignedWebhook = { readonly headers: Record<string, string>; readonly body: Buffer }

export const LOST: Outcome = { outcome: 'unknown', cause: 'the connection was cut' }
export const REFUSED: Outcome = { outcome: 'not_executed', reason: 'connection refused' }
export const DECLINE: Decline = { code: 'generic_decline', advice: 'try_again_later', message: 'No.' }

const TRAITS: PspTraits = {
  keyRetentionMs: 86_400_000,
  consistencyWindowMs: 2_000,
  requestTimeoutMs: 5_000,
  lookUpTimeoutMs: 5_000,
  concurrency: 64,
}

export function createScriptedPsp(
  options: { readonly name?: string; readonly traits?: Partial<PspTraits>; readonly now?: () => Date } = {},
): ScriptedPsp {
  const now = options.now ?? (() => new Date())
  const scripts: Scripts = {}
  const calls: Call[] = []
  const booked = new Map<string, BookedCharge>()
  const byReference = new Map<string, BookedCharge>()
  const uses = new Map<string, string>()
  const violations: string[] = []

  const count = (operation: Call['operation'], key: string, reference: string): { call: Call; nth: number } => {
    const call: Call = { operation, key, reference, at: now() }
    calls.push(call)
    const nth = calls.filter((each) => each.operation === operation && each.reference === reference).length
    return { call, nth }
  }

  const require = (reference: string): BookedCharge => {
    const charge = byReference.get(reference)
    assert(charge !== undefined, `the PSP has a charge ${reference}`)
    return charge
  }

  const set = (charge: BookedCharge, state: ChargeState): void => {
    if (charge.state === state) return
    charge.state = state
    charge.occurredAt = now()
  }

  /** The same key is the same request, for ever: it is done once, and another under it is a bug of the caller. */
  const firstUse = (key: string, request: string): boolean => {
    const earlier = uses.get(key)
    if (earlier !== undefined && earlier !== request) violations.push(`key ${key} for ${earlier} and for ${request}`)
    uses.set(key, request)
    return earlier === undefined
  }

  const create = (request: ChargeRequest, state: ChargeState): Outcome => {
    const { key, reference, amount, currency, capture } = request
    if (firstUse(key, `${reference} ${amount} ${currency} ${request.paymentMethod} ${capture}`)) {
      const charge = {
        pspReference: `psp_${newId()}`,
        reference,
        key,
        amount,
        currency,
        capture,
        state,
        occurredAt: now(),
      }
      if (byReference.has(reference)) violations.push(`reference ${reference} for two charges`)
      booked.set(charge.pspReference, charge)
      byReference.set(reference, charge)
    }
    return factOf(require(reference))
  }

  const follow = (request: FollowUpRequest, operation: 'capture' | 'void', does: ChargeState): Outcome => {
    const charge = booked.get(request.pspReference)
    if (charge === undefined) return { outcome: 'declined', decline: { ...DECLINE, code: 'no_action_taken' } }
    assert.equal(charge.reference, request.reference)
    const from: readonly ChargeState[] = operation === 'capture' ? ['authorised'] : ['authorised', 'requires_action']
    // A request that is refused uses no key up: it may be sent again when the charge has moved.
    if (!uses.has(request.key) && from.includes(charge.state)) {
      firstUse(request.key, `${operation} ${request.reference}`)
      set(charge, does)
    }
    return factOf(charge)
  }

  return {
    name: options.name ?? 'scripted',
    mode: 'test',
    traits: { ...TRAITS, ...options.traits },
    scripts,
    calls,
    callsOf: (operation, reference) =>
      calls.filter((call) => call.operation === operation && (reference === undefined || call.reference === reference)),
    book: () => [...booked.values()],
    chargeOf: require,
    violations,
    arrive: (request) => void create(request, request.capture === 'manual' ? 'authorised' : 'captured'),
    charge: (request) => {
      const { key, reference, capture } = request
      const { call, nth } = count('charge', key, reference)
      return perform(call, scripts.charge?.(request, nth), (does) =>
        create(request, does ?? (capture === 'manual' ? 'authorised' : 'captured')),
      )
    },
    capture: (request) => {
      const { key, reference } = request
      const { call, nth } = count('capture', key, reference)
      return perform(call, scripts.capture?.(request, nth), (does) => follow(request, 'capture', does ?? 'captured'))
    },
    void: (request) => {
      const { key, reference } = request
      const { call, nth } = count('void', key, reference)
      return perform(call, scripts.void?.(request, nth), (does) => follow(request, 'void', does ?? 'voided'))
    },
    lookUp: (reference) => {
      const { call, nth } = count('lookUp', '', reference)
      return perform<LookUp>(call, scripts.lookUp?.(reference, nth), () => {
        const charge = byReference.get(reference)
        return charge === undefined ? { outcome: 'not_found' } : factOf(charge)
      })
    },
    move(reference, state) {
      set(require(reference), state)
      return signed(newId(), reference, factOf(require(reference)))
    },
    webhook: (reference, state, id = newId()) => {
      const charge = require(reference)
      return signed(id, reference, factOf(state === undefined ? charge : { ...charge, state }))
    },
    verifyWebhook: (headers, body) => (headers['signature'] === SIGNATURE ? readWebhook(body) : undefined),
    close: async () => undefined,
  }
}

async function perform<O>(
  call: Call,
  script: Script | undefined,
  act: (does: ChargeState | undefined) => O,
): Promise<O> {
  await script?.before
  if (script?.throws !== undefined && script.does === undefined) throw script.throws
  const truth = script?.does === 'nothing' ? REFUSED : act(script?.does)
  await script?.after
  if (script?.throws !== undefined) throw script.throws
  // The test decides what is heard, also what no adapter may say.
  call.heard = script !== undefined && 'says' in script ? script.says : truth
  return call.heard as O
}

export function factOf(charge: BookedCharge): Outcome {
  const { state, pspReference, amount, currency, occurredAt } = charge
  switch (state) {
    case 'captured':
    case 'authorised':
      return { outcome: state, pspReference, amount, currency, occurredAt }
    case 'voided':
      return { outcome: 'voided', pspReference, occurredAt }
    case 'pending':
      return { outcome: 'pending', pspReference }
    case 'requires_action':
      return { outcome: 'requires_action', pspReference, url: 'https://psp.example/3ds' }
    case 'declined':
      return { outcome: 'declined', pspReference, decline: DECLINE }
    default:
      return state satisfies never
  }
}

const SIGNATURE = 'signed by the PSP'

/** A webhook with any outcome, signed as the PSP signs it. */
export const signed = (id: string, reference: string | undefined, outcome: unknown): SignedWebhook => ({
  headers: { signature: SIGNATURE },
  body: Buffer.from(
    JSON.stringify({ id, reference, outcome }, (_key, value: unknown) =>
      typeof value === 'bigint' ? `${value}n` : value,
    ),
  ),
})

const readWebhook = (body: Buffer): WebhookEvent =>
  JSON.parse(body.toString(), (key, value: unknown) => {
    if (typeof value !== 'string') return value
    if (/^-?\d+n$/.test(value)) return BigInt(value.slice(0, -1))
    return key === 'occurredAt' ? new Date(value) : value
  }) as WebhookEvent

/** Something held until the test lets it go. */
export function createLatch(): { readonly opened: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}
