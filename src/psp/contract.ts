import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isDeclineCode } from './declines.ts'
import { answer, MISBEHAVIOURS, type PretendedPsp, startPretendedPsp } from './pretended-psp.ts'
import type { ChargeRequest, FollowUpRequest, Outcome, Psp, WebhookEvent } from './psp.ts'

/**
 * What the contract needs in order to try an adapter. `psp` speaks to a PSP that behaves: the PSP's own
 * test system, a simulator, or recorded answers.
 */
export type PspHarness = {
  readonly psp: Psp
  /** The same adapter with time-outs of `TIMEOUT_MS`, towards a server on which the tests play the PSP. */
  readonly pspAt: (url: string) => Psp
  /** Payment methods that are captured, and that are declined with `code`. */
  readonly methods: { readonly good: string; readonly declined: string; readonly code: string }
  /** A body with which the PSP answers 2xx to this charge, as asked or with one thing wrong. */
  readonly body: (request: ChargeRequest, variation: Variation) => string
  /** The PSP's documented "too many requests, nothing was done, wait two seconds". */
  readonly tooMany: { readonly status: number; readonly headers: Record<string, string>; readonly body: string }
  /** A webhook that tells of the capture of this charge, signed at `at`. */
  readonly webhook: (request: ChargeRequest, id: string, at: Date) => SignedWebhook
  readonly close: () => Promise<void>
}

export type Variation =
  | 'as_asked'
  | 'other_amount'
  | 'other_currency'
  | 'other_reference'
  | 'unrecognised_status'
  | 'fractional_amount'
  | 'no_identifier'

export type SignedWebhook = { readonly headers: Record<string, string>; readonly body: Buffer }

export const TIMEOUT_MS = 250 // short enough for many tests, long enough for an answer on a busy machine

const EUR_12_50 = { amount: 1_250n, currency: 'EUR' }

/** A request with its own key and reference. */
export function aCharge(method: string, more: Partial<ChargeRequest> = {}): ChargeRequest {
  const id = randomUUID()
  return { ...EUR_12_50, key: `k-${id}`, reference: `r-${id}`, paymentMethod: method, capture: 'automatic', ...more }
}

/** The tests that every adapter passes. */
export function describePspContract(name: string, makeHarness: () => Promise<PspHarness>): void {
  describe(`${name} keeps the contract of a PSP`, () => {
    let harness: PspHarness
    let pretended: PretendedPsp
    beforeAll(async () => {
      harness = await makeHarness()
      pretended = await startPretendedPsp()
    })
    afterAll(async () => {
      await pretended.close()
      await harness.close()
    })
    describeCharges(() => harness)
    describeFollowUps(() => harness)
    describeIdempotency(() => harness)
    describeLookUp(
      () => harness,
      () => pretended,
    )
    describeUnknown(
      () => harness,
      () => pretended,
    )
    describeNotExecuted(
      () => harness,
      () => pretended,
    )
    describeWebhooks(() => harness)
  })
}

function describeCharges(harness: () => PspHarness): void {
  describe('a charge', () => {
    it('is captured with the amount that was asked, an identifier and an instant', async () => {
      const request = aCharge(harness().methods.good)

      const outcome = await harness().psp.charge(request)

      expect(outcome).toMatchObject({ outcome: 'captured', ...EUR_12_50, pspReference: expect.stringMatching(/./) })
      expect(outcome.outcome === 'captured' && outcome.occurredAt).toBeInstanceOf(Date)
    })

    it('is authorised only when the capture is manual', async () => {
      const request = aCharge(harness().methods.good, { capture: 'manual' })

      const outcome = await harness().psp.charge(request)

      expect(outcome).toMatchObject({ outcome: 'authorised', ...EUR_12_50 })
    })

    it('is declined with a known code, advice and a message', async () => {
      const { declined, code } = harness().methods

      const outcome = await harness().psp.charge(aCharge(declined))

      expect(outcome).toMatchObject({ outcome: 'declined', decline: { code, message: expect.stringMatching(/\w/) } })
      expect(outcome.outcome === 'declined' && isDeclineCode(outcome.decline.code)).toBe(true)
    })

    it('takes the smallest and a large amount to the unit', async () => {
      const amounts = [1n, 99_999_999n]

      const outcomes = await Promise.all(
        amounts.map((amount) => harness().psp.charge(aCharge(harness().methods.good, { amount }))),
      )

      expect(outcomes).toMatchObject(amounts.map((amount) => ({ outcome: 'captured', amount })))
    })
  })
}

async function authorise(harness: PspHarness): Promise<{ request: ChargeRequest; followUp: FollowUpRequest }> {
  const request = aCharge(harness.methods.good, { capture: 'manual' })
  const outcome = await harness.psp.charge(request)
  if (outcome.outcome !== 'authorised') throw new Error(`not authorised: ${JSON.stringify(outcome)}`)
  return { request, followUp: aFollowUp(request, outcome.pspReference) }
}

const aFollowUp = (request: ChargeRequest, pspReference: string): FollowUpRequest => ({
  ...EUR_12_50,
  key: `f-${randomUUID()}`,
  reference: request.reference,
  pspReference,
})

function describeFollowUps(harness: () => PspHarness): void {
  describe('an authorised charge', () => {
    it('is captured once, whatever the key of a second capture', async () => {
      const { request, followUp } = await authorise(harness())

      const first = await harness().psp.capture(followUp)
      const sameKey = await harness().psp.capture(followUp)
      const otherKey = await harness().psp.capture({ ...followUp, key: `f-${randomUUID()}` })

      expect(first).toMatchObject({ outcome: 'captured', ...EUR_12_50, pspReference: followUp.pspReference })
      expect(sameKey).toEqual(first)
      expect(['captured', 'declined', 'unknown']).toContain(otherKey.outcome)
      expect(await harness().psp.lookUp(request.reference)).toEqual(first)
    })

    it('is voided, and then not captured', async () => {
      const { request, followUp } = await authorise(harness())

      const voided = await harness().psp.void(followUp)
      const captured = await harness().psp.capture({ ...followUp, key: `f-${randomUUID()}` })

      expect(voided).toMatchObject({ outcome: 'voided', pspReference: followUp.pspReference })
      expect(captured.outcome).not.toBe('captured')
      expect(await harness().psp.lookUp(request.reference)).toMatchObject({ outcome: 'voided' })
    })

    it('is not captured for more than was authorised', async () => {
      const { request, followUp } = await authorise(harness())

      const outcome = await harness().psp.capture({ ...followUp, amount: followUp.amount + 1n })

      expect(outcome.outcome).not.toBe('captured')
      expect(await harness().psp.lookUp(request.reference)).toMatchObject({ outcome: 'authorised' })
    })

    it('is not voided any more once it is captured', async () => {
      const request = aCharge(harness().methods.good)
      const charge = await harness().psp.charge(request)
      if (charge.outcome !== 'captured') throw new Error(`not captured: ${charge.outcome}`)

      const voided = await harness().psp.void(aFollowUp(request, charge.pspReference))

      expect(['captured', 'declined', 'unknown']).toContain(voided.outcome)
      expect(await harness().psp.lookUp(request.reference)).toEqual(charge)
    })
  })
}

function describeIdempotency(harness: () => PspHarness): void {
  describe('a key that was used', () => {
    it('gives the same charge again', async () => {
      const request = aCharge(harness().methods.good)

      const first = await harness().psp.charge(request)
      const second = await harness().psp.charge(request)

      expect(first.outcome).toBe('captured')
      expect(second).toEqual(first)
    })

    it('gives one charge to many at the same time', async () => {
      const request = aCharge(harness().methods.good)

      const outcomes = await Promise.all(Array.from({ length: 20 }, () => harness().psp.charge(request)))
      const charge = await harness().psp.lookUp(request.reference)

      expect(charge.outcome).toBe('captured')
      for (const outcome of outcomes) if (outcome.outcome !== 'unknown') expect(outcome).toEqual(charge)
    })

    it('is unknown with another amount, and charges nothing more', async () => {
      const request = aCharge(harness().methods.good)
      const first = await harness().psp.charge(request)

      const second = await harness().psp.charge({ ...request, amount: request.amount + 1n })

      expect(second.outcome).toBe('unknown')
      expect(await harness().psp.lookUp(request.reference)).toEqual(first)
    })
  })
}

function describeLookUp(harness: () => PspHarness, pretended: () => PretendedPsp): void {
  describe('a look-up', () => {
    it('finds a charge by our reference', async () => {
      const request = aCharge(harness().methods.good, { reference: `a/b?c=d&e #${randomUUID()}` })
      const charge = await harness().psp.charge(request)

      expect(await harness().psp.lookUp(request.reference)).toEqual(charge)
    })

    it('finds a declined charge', async () => {
      const request = aCharge(harness().methods.declined)
      const charge = await harness().psp.charge(request)

      expect(await harness().psp.lookUp(request.reference)).toEqual(charge)
    })

    it('says not_found for a reference that was never sent', async () => {
      expect(await harness().psp.lookUp(`r-${randomUUID()}`)).toEqual({ outcome: 'not_found' })
    })

    it.each(Object.entries(MISBEHAVIOURS))('is unknown when the PSP %s', async (_name, behaviour) => {
      const request = aCharge(harness().methods.good)
      pretended().behave(behaviour(harness().body(request, 'as_asked')))

      const outcome = await withPsp(harness().pspAt(pretended().url), (psp) => psp.lookUp(request.reference))

      expect(outcome).toMatchObject({ outcome: 'unknown', cause: expect.stringMatching(/\w/) })
    })

    it('is unknown, not not_found, when the PSP cannot be reached', async () => {
      const outcome = await withPsp(harness().pspAt(await deadUrl()), (psp) => psp.lookUp('r'))

      expect(outcome.outcome).toBe('unknown')
    })
  })
}

const WRONG: readonly Variation[] = [
  'other_amount',
  'other_currency',
  'other_reference',
  'unrecognised_status',
  'fractional_amount',
  'no_identifier',
]

function describeUnknown(harness: () => PspHarness, pretended: () => PretendedPsp): void {
  describe('an outcome is unknown, and the request is sent once,', () => {
    it.each(Object.entries(MISBEHAVIOURS))('when the PSP %s', async (_name, behaviour) => {
      const request = aCharge(harness().methods.good)
      pretended().behave(behaviour(harness().body(request, 'as_asked')))

      for (const verb of ['charge', 'capture', 'void'] as const) {
        const before = pretended().requests()
        const outcome = await withPsp(harness().pspAt(pretended().url), (psp) => call(psp, verb, request))
        expect(outcome, verb).toMatchObject({ outcome: 'unknown', cause: expect.stringMatching(/\w/) })
        expect(pretended().requests() - before, verb).toBe(1)
      }
    })

    it.each(WRONG)('when the answer has %s', async (variation) => {
      const request = aCharge(harness().methods.good)
      pretended().behave(answer(200, harness().body(request, variation)))

      const outcome = await withPsp(harness().pspAt(pretended().url), (psp) => psp.charge(request))

      expect(outcome.outcome).toBe('unknown')
    })

    it('but not when the same answer is right', async () => {
      const request = aCharge(harness().methods.good)
      pretended().behave(answer(200, harness().body(request, 'as_asked')))

      const outcome = await withPsp(harness().pspAt(pretended().url), (psp) => psp.charge(request))

      expect(outcome).toMatchObject({ outcome: 'captured', ...EUR_12_50 })
    })

    it('when the adapter is closed while it waits for the answer', async () => {
      const psp = harness().pspAt(pretended().url)
      pretended().behave(() => void psp.close())

      const outcome = await psp.charge(aCharge(harness().methods.good))

      expect(outcome.outcome).toBe('unknown')
    })

    it('when a kept connection dies under the second request', async () => {
      const request = aCharge(harness().methods.good)
      const body = harness().body(request, 'as_asked')
      let answered = 0
      pretended().behave((incoming, response) => {
        if (answered++ === 0) answer(200, body)(incoming, response)
        else incoming.socket.destroy()
      })

      const outcomes = await withPsp(harness().pspAt(pretended().url), async (psp) => [
        await psp.charge(request),
        await psp.charge(request),
      ])

      expect(outcomes.map(({ outcome }) => outcome)).toEqual(['captured', 'unknown'])
      expect(answered).toBe(2)
    })
  })
}

function describeNotExecuted(harness: () => PspHarness, pretended: () => PretendedPsp): void {
  describe('an outcome is not_executed', () => {
    it('when the connection is refused', async () => {
      const url = await deadUrl()
      const request = aCharge(harness().methods.good)

      for (const verb of ['charge', 'capture', 'void'] as const) {
        const outcome = await withPsp(harness().pspAt(url), (psp) => call(psp, verb, request))
        expect(outcome, verb).toMatchObject({ outcome: 'not_executed', reason: expect.stringMatching(/\w/) })
      }
    })

    it('when the PSP says that there were too many requests, with its wish for a pause', async () => {
      const { status, headers, body } = harness().tooMany
      pretended().behave(answer(status, body, headers))
      const request = aCharge(harness().methods.good)

      const outcome = await withPsp(harness().pspAt(pretended().url), (psp) => psp.charge(request))

      expect(outcome).toMatchObject({ outcome: 'not_executed', retryAfterMs: 2_000 })
    })

    it('when the adapter was closed before', async () => {
      const psp = harness().pspAt(pretended().url)
      await psp.close()

      const outcome = await psp.charge(aCharge(harness().methods.good))

      expect(outcome.outcome).toBe('not_executed')
    })
  })
}

const OLD_MS = 15 * 60_000 // beyond the tolerance of every signing scheme we know

function describeWebhooks(harness: () => PspHarness): void {
  const verify = ({ headers, body }: SignedWebhook): WebhookEvent | undefined =>
    harness().psp.verifyWebhook(headers, body)

  describe('a webhook', () => {
    it('tells the charge and its outcome when its signature is right', () => {
      const request = aCharge(harness().methods.good)

      const event = verify(harness().webhook(request, 'evt_1', new Date()))

      expect(event).toMatchObject({ reference: request.reference, outcome: { outcome: 'captured', ...EUR_12_50 } })
    })

    it('that is sent again has the same id, and another one has another', () => {
      const webhook = harness().webhook(aCharge(harness().methods.good), 'evt_1', new Date())
      const other = harness().webhook(aCharge(harness().methods.good), 'evt_2', new Date())

      expect(verify(webhook)?.id).toMatch(/./)
      expect(verify(webhook)?.id).toBe(verify(webhook)?.id)
      expect(verify(other)?.id).not.toBe(verify(webhook)?.id)
    })

    it('is refused when one byte of its body is another', () => {
      const webhook = harness().webhook(aCharge(harness().methods.good), 'evt_1', new Date())
      const body = Buffer.from(webhook.body)
      body[body.length - 2] = (body[body.length - 2] ?? 0) ^ 1

      expect(verify({ ...webhook, body })).toBeUndefined()
    })

    it('is refused when any of its headers is missing, empty or another', () => {
      const webhook = harness().webhook(aCharge(harness().methods.good), 'evt_1', new Date())

      for (const name of Object.keys(webhook.headers)) {
        const { [name]: value, ...rest } = webhook.headers
        expect(verify({ ...webhook, headers: rest }), `without ${name}`).toBeUndefined()
        for (const wrong of ['', 'x', `${value}x`, ' ', ',', 'v1,', 'v1'])
          expect(verify({ ...webhook, headers: { ...rest, [name]: wrong } }), `${name}: ${wrong}`).toBeUndefined()
      }
    })

    it('is refused when it was signed long ago', () => {
      const webhook = harness().webhook(aCharge(harness().methods.good), 'evt_1', new Date(Date.now() - OLD_MS))

      expect(verify(webhook)).toBeUndefined()
    })

    it('is refused when it is larger than any webhook is', () => {
      const webhook = harness().webhook(aCharge(harness().methods.good), 'evt_1', new Date())

      expect(verify({ ...webhook, body: Buffer.alloc(1_000_000, 'x') })).toBeUndefined()
    })
  })
}

function call(psp: Psp, verb: 'charge' | 'capture' | 'void', request: ChargeRequest): Promise<Outcome> {
  return verb === 'charge' ? psp.charge(request) : psp[verb](aFollowUp(request, 'ch_pretended'))
}

async function withPsp<T>(psp: Psp, use: (psp: Psp) => Promise<T>): Promise<T> {
  try {
    return await use(psp)
  } finally {
    await psp.close()
  }
}

/** An address at which nobody listens any more. */
async function deadUrl(): Promise<string> {
  const gone = await startPretendedPsp()
  await gone.close()
  return gone.url
}
