import { describe, expect, it } from 'vitest'
import { createWebhookQueue, type WebhookQueue } from './webhook-queue.ts'

/** Takes everything that is due and fails it; returns how many there were. */
function failAll(queue: WebhookQueue, wallMs: number): number {
  let count = 0
  for (let webhook = queue.take(wallMs); webhook !== undefined; webhook = queue.take(wallMs)) {
    queue.attempted({ t: 'attempt', webhook: webhook.number, at: wallMs, error: 'no' })
    count++
  }
  return count
}

describe('The queue of webhooks', () => {
  it('gives up after a bounded number of attempts, visibly, and then lets the next of the charge go', () => {
    const queue = createWebhookQueue()
    queue.add(
      7,
      [
        ['captured', 0, 'send'],
        ['authorised', 0, 'send'],
      ],
      0,
    )

    let attempts = 0
    for (let now = 0; queue.counts().given_up === 0; now = queue.nextDueAt() ?? 0) {
      const webhook = queue.take(now)
      expect(webhook?.number).toBe(0)
      queue.attempted({ t: 'attempt', webhook: 0, at: now, error: 'no' })
      attempts++
    }

    expect(attempts).toBe(40)
    expect(queue.list(10)).toMatchObject([
      { number: 1, state: 'waiting' },
      { number: 0, state: 'given_up', attempts: 40 },
    ])
    expect(queue.take(Number.MAX_SAFE_INTEGER)?.number).toBe(1)
  })

  it('waits longer after each failure', () => {
    const queue = createWebhookQueue()
    queue.add(1, [['captured', 0, 'send']], 0)

    const waits: number[] = []
    for (let now = 0; waits.length < 10; ) {
      expect(failAll(queue, now)).toBe(1)
      const next = queue.nextDueAt() ?? 0
      waits.push(next - now)
      now = next
    }

    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 30_000, 30_000])
  })

  it('is full at its limit, and drops visibly', () => {
    const queue = createWebhookQueue()
    for (let index = 0; !queue.isFull(); index++) queue.add(index, [['captured', 0, 'send']], 0)
    const { waiting } = queue.counts()

    queue.add(0, [['captured', 0, 'dropped']], 0)

    expect(waiting).toBe(100_000)
    expect(queue.counts()).toMatchObject({ waiting, dropped: 1 })
    expect(queue.list(1)).toMatchObject([{ state: 'dropped' }])
    expect(failAll(queue, 0)).toBe(waiting)
    expect(queue.take(0)).toBeUndefined()
  })

  it('does not give out what is being attempted when it is told to hurry', () => {
    const queue = createWebhookQueue()
    queue.add(1, [['captured', 0, 'send']], 0)
    queue.add(2, [['captured', 0, 'held']], 0)
    const taken = queue.take(0)

    queue.hurry(10)

    expect(taken?.number).toBe(0)
    expect(queue.take(10)?.number).toBe(1)
    expect(queue.take(10)).toBeUndefined()
  })
})
