import { describe, expect, it } from 'vitest'
import { createPatience } from './patience.ts'
import { settlePayments } from './settle.ts'
import { createTally } from './tally.ts'

const ids = Array.from({ length: 500 }, (_, index) => `pay_${index}`)

/** A server on which a payment is final when `isFinal` says so. */
function settle(isFinal: (id: string, reads: number) => boolean, idleMs: number) {
  const tally = createTally()
  tally.open.push(...ids)
  const asked: string[] = []
  const get = async (path: string) => {
    const id = path.slice('/v1/payments/'.length)
    asked.push(id)
    const status = isFinal(id, asked.length) ? 'succeeded' : 'processing'
    return { id, object: 'payment', status, currency: 'EUR', amount: 5, orders: [{ status: 'captured', amount: 5 }] }
  }
  const settled = settlePayments({
    // The shape is that of the API as far as it is read here.
    client: { get: <T>(path: string) => get(path) as Promise<T> },
    tally,
    patience: createPatience({ patienceMs: 1_000, mention: () => {} }),
    concurrency: 4,
    idleMs,
    onProgress: () => {},
  })
  return { settled, tally, asked }
}

describe('waiting for payments', () => {
  it('asks for each once when all are final, oldest first', async () => {
    const { settled, tally, asked } = settle(() => true, 1_000)

    await settled

    expect(asked).toEqual(ids)
    expect(tally.byStatus).toEqual(new Map([['succeeded', 500]]))
    expect(tally.captured).toEqual(new Map([['EUR', 2_500n]]))
  })

  it('asks a busy server for a few at a time, not for all of them again and again', async () => {
    const { settled, tally, asked } = settle(() => false, 300)

    await settled

    expect(asked.length).toBeLessThan(250)
    expect(tally.open.toSorted()).toEqual(ids.toSorted())
  })

  it('is not held up by payments that stay unknown', async () => {
    const unknown = new Set(ids.slice(0, 100))
    const { settled, tally } = settle((id) => !unknown.has(id), 300)

    await settled

    expect(tally.byStatus).toEqual(new Map([['succeeded', 400]]))
    expect(new Set(tally.open)).toEqual(unknown)
  })
})
