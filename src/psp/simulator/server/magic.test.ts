import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { waitFor } from '../../../../test/support/wait-for.ts'
import { aCharge } from '../../contract.ts'
import type { Psp } from '../../psp.ts'
import { createSimulatorPsp } from '../adapter.ts'
import { type BookCharge, callSimulator, type RunningSimulator, readBook, startSimulator } from '../testing.ts'
import { receiveWebhooks, type WebhookReceiver } from '../webhook-receiver.ts'
import { behaviourOf, nextCutOff } from './magic.ts'

const SECRET = `whsec_${Buffer.alloc(24, 2).toString('base64')}`

describe('A magic amount', () => {
  let simulator: RunningSimulator
  let psp: Psp
  let receiver: WebhookReceiver
  beforeAll(async () => {
    simulator = await startSimulator()
    psp = createSimulatorPsp({ name: 'simulator', url: simulator.url, webhookSecret: SECRET })
  })
  afterAll(async () => {
    await psp.close()
    await simulator.stop()
  })
  beforeEach(async () => {
    receiver = await receiveWebhooks(simulator.url, psp, SECRET)
    return () => receiver.close()
  })

  const magic = (amount: bigint): ReturnType<typeof aCharge> => aCharge('pm_test_magic', { amount })
  const inBook = async (reference: string): Promise<BookCharge[]> =>
    (await readBook(simulator.url)).filter((charge) => charge.reference === reference)
  const told = (reference: string): string[] =>
    receiver.events.filter((event) => event.reference === reference).map((event) => event.outcome.outcome)

  it('of …41 is charged and every answer is lost; the look-up answers', async () => {
    const request = magic(10_041n)

    const first = await psp.charge(request)
    const second = await psp.charge(request)

    expect([first.outcome, second.outcome]).toEqual(['unknown', 'unknown'])
    expect(await psp.lookUp(request.reference)).toMatchObject({ outcome: 'captured', amount: 10_041n })
    expect(await inBook(request.reference)).toMatchObject([{ status: 'captured', amount: 10_041 }])
  })

  it('of …42 is lost uncharged, every time; the look-up finds nothing', async () => {
    const request = magic(10_042n)

    const first = await psp.charge(request)
    const second = await psp.charge(request)

    expect([first.outcome, second.outcome]).toEqual(['unknown', 'unknown'])
    expect(await psp.lookUp(request.reference)).toEqual({ outcome: 'not_found' })
    expect(await inBook(request.reference)).toEqual([])
  })

  it('of …43 is pending, captured at once after, and its webhook never comes', async () => {
    const request = magic(10_043n)

    const outcome = await psp.charge(request)

    expect(outcome).toMatchObject({ outcome: 'pending' })
    expect(await psp.lookUp(request.reference)).toMatchObject({ outcome: 'captured' })
    expect(await inBook(request.reference)).toMatchObject([{ status: 'captured' }])
    expect(await psp.charge(request)).toEqual(outcome)
    const { body } = await callSimulator(simulator.url, 'GET', '/webhooks')
    expect(body['data']).toMatchObject([{ type: 'charge.captured', state: 'lost', attempts: 0 }])
    expect(told(request.reference)).toEqual([])
  })

  it('of …44 is pending, and its webhooks say captured, captured, and a stale authorised', async () => {
    const request = magic(10_044n)

    const outcome = await psp.charge(request)
    await waitFor(() => told(request.reference).length === 3, { what: 'three webhooks' })

    expect(outcome).toMatchObject({ outcome: 'pending' })
    expect(told(request.reference)).toEqual(['captured', 'captured', 'authorised'])
    expect(new Set(receiver.events.map((event) => event.id)).size).toBe(3)
    expect(await inBook(request.reference)).toMatchObject([{ status: 'captured' }])
  })

  it('of …45 is charged, and neither answers, look-ups nor webhooks tell', async () => {
    const request = magic(10_045n)

    const outcome = await psp.charge(request)
    const [found, got] = await Promise.all([
      psp.lookUp(request.reference),
      inBook(request.reference).then(([charge]) => callSimulator(simulator.url, 'GET', `/charges/${charge?.id}`)),
    ])

    expect(outcome.outcome).toBe('unknown')
    expect(found).toMatchObject({ outcome: 'unknown', cause: expect.stringContaining('504') })
    expect(got.status).toBe(504)
    expect(await inBook(request.reference)).toMatchObject([{ status: 'captured' }])
    expect(told(request.reference)).toEqual([])
  })

  it('of …60 is pending until the business clock reaches 23:59:55, and is stamped with that', async () => {
    const request = magic(10_060n)

    const outcome = await psp.charge(request)
    const pending = await psp.lookUp(request.reference)
    const due = await psp.testClock?.nextDueAt()
    const { body: clock } = await callSimulator(simulator.url, 'GET', '/clock')
    if (due === undefined) throw new Error('nothing is due')
    const untilDue = due.getTime() - Date.parse(String(clock['now']))
    await psp.testClock?.setOffset(Number(clock['offset_ms']) + untilDue - 60_000)
    const early = await psp.lookUp(request.reference)
    await psp.testClock?.setOffset(Number(clock['offset_ms']) + untilDue)

    expect([outcome.outcome, pending.outcome, early.outcome]).toEqual(['pending', 'pending', 'pending'])
    expect(due.toISOString()).toMatch(/T23:59:55\.000Z$/)
    expect(await psp.lookUp(request.reference)).toMatchObject({ outcome: 'captured', occurredAt: due })
    // The webhook was sent before the clock's answer, so there is nothing to wait for.
    expect(told(request.reference)).toEqual(['captured'])
    expect((await psp.testClock?.nextDueAt())?.getTime()).toBe(due.getTime() + 5_000)
  })

  it('of …60 is captured by itself when its time comes', async () => {
    const request = magic(20_060n)
    const { body: clock } = await callSimulator(simulator.url, 'GET', '/clock')
    const soon = nextCutOff(Date.parse(String(clock['now']))) - Date.parse(String(clock['now'])) - 1_000
    await psp.testClock?.setOffset(Number(clock['offset_ms']) + soon)

    const outcome = await psp.charge(request)
    await waitFor(() => told(request.reference).length === 1, { what: 'the webhook of the capture' })

    expect(outcome.outcome).toBe('pending')
    expect(await inBook(request.reference)).toMatchObject([
      { status: 'captured', occurred_at: expect.stringMatching(/T23:59:55\.000Z$/) },
    ])
  })

  it.each([46n, 47n, 48n, 49n, 50n, 55n, 59n, 61n, 62n, 0n])('of …%s is an ordinary charge', async (digits) => {
    expect(await psp.charge(magic(10_000n + digits))).toMatchObject({ outcome: 'captured' })
  })

  it.each([41n, 42n, 43n, 44n, 45n, 60n])('of …%s is an ordinary charge with every other token', async (digits) => {
    expect(await psp.charge(aCharge('pm_test_visa', { amount: 10_000n + digits }))).toMatchObject({
      outcome: 'captured',
    })
  })

  it('acts on an authorisation in the same way', async () => {
    const request = aCharge('pm_test_magic', { amount: 10_043n, capture: 'manual' })

    expect(await psp.charge(request)).toMatchObject({ outcome: 'pending' })
    expect(await psp.lookUp(request.reference)).toMatchObject({ outcome: 'authorised' })
  })
})

describe('The next cut-off', () => {
  it.each([
    ['2026-03-01T00:00:00.000Z', '2026-03-01T23:59:55.000Z'],
    ['2026-03-01T23:59:54.999Z', '2026-03-01T23:59:55.000Z'],
    ['2026-03-01T23:59:55.000Z', '2026-03-02T23:59:55.000Z'],
    ['2026-03-01T23:59:59.000Z', '2026-03-02T23:59:55.000Z'],
    ['2024-02-28T23:59:58.000Z', '2024-02-29T23:59:55.000Z'],
  ])('after %s is %s', (now, expected) => {
    expect(new Date(nextCutOff(Date.parse(now))).toISOString()).toBe(expected)
  })

  it('does not depend on how many digits the amount has', () => {
    expect(behaviourOf('pm_test_magic', 41n)).toBe('answer_lost')
    expect(behaviourOf('pm_test_magic', 9_007_199_254_740_941n)).toBe('answer_lost')
  })
})
