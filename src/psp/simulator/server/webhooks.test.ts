import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { waitFor } from '../../../../test/support/wait-for.ts'
import { aCharge } from '../../contract.ts'
import type { Psp } from '../../psp.ts'
import { createSimulatorPsp } from '../adapter.ts'
import { callSimulator, type RunningSimulator, startSimulator } from '../testing.ts'
import { receiveWebhooks, type WebhookReceiver } from '../webhook-receiver.ts'

const SECRET = `whsec_${Buffer.alloc(24, 3).toString('base64')}`

describe('A webhook', () => {
  let folder: string
  let simulator: RunningSimulator
  let psp: Psp
  let receiver: WebhookReceiver
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'webhooks-'))
    simulator = await startSimulator({ bookFile: join(folder, 'book.ndjson') })
    psp = createSimulatorPsp({ name: 'simulator', url: simulator.url, webhookSecret: SECRET })
    receiver = await receiveWebhooks(simulator.url, psp, SECRET)
  })
  afterEach(async () => {
    await receiver.close()
    await psp.close()
    await simulator.stop()
    rmSync(folder, { recursive: true })
  })

  const settings = (change: unknown): Promise<unknown> => callSimulator(simulator.url, 'PUT', '/settings', change)
  const deliveries = async (): Promise<Record<string, unknown>> =>
    (await callSimulator(simulator.url, 'GET', '/webhooks?limit=1000')).body
  const states = async (): Promise<string[]> => {
    const data = (await deliveries())['data']
    return Array.isArray(data) ? data.map((each: { state: string }) => each.state) : []
  }
  /** A charge that ends by the buyer's answer, which only a webhook tells. */
  async function approve(choice = 'approve'): Promise<string> {
    const request = aCharge('pm_test_3ds')
    const outcome = await psp.charge(request)
    if (outcome.outcome !== 'requires_action') throw new Error(`no action: ${outcome.outcome}`)
    await fetch(outcome.url, { method: 'POST', body: new URLSearchParams({ answer: choice }) })
    return request.reference
  }
  const arrived = (count: number): Promise<boolean> =>
    waitFor(() => receiver.events.length >= count, { what: `${count} webhooks` })

  it('tells how the buyer answered', async () => {
    const approved = await approve()
    const refused = await approve('refuse')
    await arrived(2)

    const outcomes = Object.fromEntries(receiver.events.map((event) => [event.reference, event.outcome]))
    expect(outcomes[approved]).toEqual(await psp.lookUp(approved))
    expect(outcomes[refused]).toEqual(await psp.lookUp(refused))
  })

  it('is not sent for what an answer tells, unless all are wanted', async () => {
    const quiet = await psp.charge(aCharge('pm_test_visa'))
    await settings({ webhooks: 'all' })
    const captured = aCharge('pm_test_visa')
    const declined = aCharge('pm_test_declined')
    const manual = aCharge('pm_test_visa', { capture: 'manual' })
    await psp.charge(captured)
    await psp.charge(declined)
    const authorised = await psp.charge(manual)
    if (authorised.outcome !== 'authorised') throw new Error(authorised.outcome)
    await psp.void({ ...manual, key: 'void', pspReference: authorised.pspReference })
    await arrived(4)

    expect(quiet.outcome).toBe('captured')
    expect(receiver.events.map((event) => [event.reference, event.outcome.outcome]).sort()).toEqual(
      [
        [captured.reference, 'captured'],
        [declined.reference, 'declined'],
        [manual.reference, 'authorised'],
        [manual.reference, 'voided'],
      ].sort(),
    )
  })

  it('is sent again, under the same id, until it is taken', async () => {
    receiver.answerWith(500)
    const reference = await approve()
    await waitFor(() => receiver.requests() >= 2, { what: 'a second attempt' })
    expect((await deliveries())['data']).toMatchObject([{ state: 'waiting', last_error: 'status 500' }])

    receiver.answerWith(200)
    await arrived(1)

    expect(receiver.events).toMatchObject([{ reference, outcome: { outcome: 'captured' } }])
    await waitFor(async () => (await states())[0] === 'delivered', { what: 'the delivery in the list' })
  })

  it('that was not taken is sent after a restart, to wherever the receiver is then', async () => {
    receiver.answerWith(503)
    const reference = await approve()
    await waitFor(() => receiver.requests() >= 1, { what: 'a first attempt' })
    await simulator.kill()
    await receiver.close()

    const { port } = new URL(simulator.url)
    simulator = await startSimulator({ bookFile: simulator.bookFile, port: Number(port) })
    expect((await deliveries())['data']).toMatchObject([{ state: 'waiting' }])
    receiver = await receiveWebhooks(simulator.url, psp, SECRET)
    await arrived(1)

    expect(receiver.events).toMatchObject([{ reference, outcome: { outcome: 'captured' } }])
  })

  it('that was taken is not sent again after a restart', async () => {
    await approve()
    await arrived(1)
    await waitFor(async () => (await states())[0] === 'delivered', { what: 'the delivery in the list' })
    // The next durable write puts the delivery on disk too.
    await settings({ seed: 5 })
    await simulator.kill()

    const { port } = new URL(simulator.url)
    simulator = await startSimulator({ bookFile: simulator.bookFile, port: Number(port) })
    await psp.testClock?.setOffset(1_000)

    expect(receiver.events).toHaveLength(1)
    expect(await states()).toEqual(['delivered'])
  })

  it('is lost, and listed as lost, when the settings say so', async () => {
    await settings({ faults: { webhook_loss_rate: 1 } })
    await approve()
    await psp.testClock?.setOffset(1_000)

    expect(receiver.events).toEqual([])
    expect(await states()).toEqual(['lost'])
  })

  it('comes twice with one id when the settings say so', async () => {
    await settings({ faults: { webhook_repeat_rate: 1 } })
    await approve()
    await arrived(2)

    expect(new Set(receiver.events.map((event) => event.id)).size).toBe(1)
    await waitFor(async () => (await states())[0] === 'delivered', { what: 'the delivery in the list' })
  })

  it('is overtaken by later ones when the settings say so', async () => {
    await settings({ faults: { webhook_reorder_rate: 1 } })
    const first = await approve()
    await settings({ faults: { webhook_reorder_rate: 0 } })
    const second = await approve()
    await arrived(2)

    expect(receiver.events.map((event) => event.reference)).toEqual([second, first])
  })

  it('is attempted before the clock answers, whatever its back-off', async () => {
    receiver.answerWith(500)
    const reference = await approve()
    await waitFor(() => receiver.requests() >= 4, { what: 'a back-off of two seconds' })
    receiver.answerWith(200)

    await psp.testClock?.setOffset(60_000)

    expect(receiver.events).toMatchObject([{ reference }])
  })

  it('does not keep the clock waiting when nobody listens', async () => {
    await receiver.close()
    await approve()

    await psp.testClock?.setOffset(1_000)

    expect((await deliveries())['data']).toMatchObject([{ state: 'waiting', last_error: expect.stringMatching(/./) }])
  })

  it('is none when no endpoint is registered', async () => {
    const other = await startSimulator()
    const quiet = createSimulatorPsp({ name: 'other', url: other.url, webhookSecret: SECRET })
    await quiet.charge(aCharge('pm_test_magic', { amount: 44n }))

    expect((await callSimulator(other.url, 'GET', '/webhooks')).body).toMatchObject({ waiting: 0, data: [] })
    await quiet.close()
    await other.stop()
  })
})
