import { describe, expect, it } from 'vitest'
import { createLatch, createScriptedPsp, LOST, REFUSED } from '../../test/support/scripted-psp.ts'
import { waitFor } from '../../test/support/wait-for.ts'
import { anAttempt } from '../payments/testing/charge-state.ts'
import { newId } from '../platform/ids.ts'
import type { LookUp } from '../psp/psp.ts'
import { createPspCalls } from './call.ts'

const always = (): boolean => true

const aCharge = () => {
  const id = newId()
  return anAttempt({ id, chargeId: id })
}

const many = async (count: number, call: () => Promise<LookUp | undefined>): Promise<readonly (string | undefined)[]> =>
  (await Promise.all(Array.from({ length: count }, call))).map((outcome) => outcome?.outcome)

describe('breaker of a PSP', () => {
  it.each([
    ['lost answers', { does: 'nothing', says: LOST }],
    ['refused connections', { does: 'nothing', says: REFUSED }],
    ['an adapter that throws', { does: 'nothing', throws: new Error('a bug') }],
  ] as const)('opens after many %s, and closes after one that goes well', async (_, script) => {
    const psp = createScriptedPsp()
    psp.scripts.charge = () => script
    const calls = createPspCalls(psp)

    await many(60, () => calls.send(aCharge(), always))
    expect(calls.breakerOpen()).toBe(true)
    const made = psp.calls.length
    expect(await calls.send(aCharge(), always)).toMatchObject({ outcome: 'not_executed', retryAfterMs: 1_000 })
    expect(psp.calls).toHaveLength(made)

    psp.scripts.charge = () => undefined
    await waitFor(async () => (await calls.send(aCharge(), always))?.outcome === 'captured', {
      what: 'the PSP to be tried again',
    })
    expect(calls.breakerOpen()).toBe(false)
  })

  it('stays closed for declines, and for questions that are not answered', async () => {
    const psp = createScriptedPsp()
    psp.scripts.charge = () => ({ does: 'declined' })
    psp.scripts.lookUp = () => ({ says: LOST })
    const calls = createPspCalls(psp)

    await many(100, () => calls.send(aCharge(), always))
    await many(100, () => calls.lookUp(aCharge(), always))

    expect(calls.breakerOpen()).toBe(false)
    expect((await calls.send(aCharge(), always))?.outcome).toBe('declined')
    expect((await calls.lookUp(aCharge(), always))?.outcome).toBe('not_executed')
  })

  it('lets nothing through to a PSP that may not be called any more when its turn comes', async () => {
    const psp = createScriptedPsp()
    psp.scripts.charge = () => ({ does: 'nothing', says: REFUSED })
    const calls = createPspCalls(psp)
    await many(60, () => calls.send(aCharge(), always))
    const latch = createLatch()
    psp.scripts.charge = () => ({ after: latch.opened })
    // The one call that tries the PSP out is under way, and a second waits for what comes of it.
    await waitFor(
      async () => {
        const made = psp.calls.length
        const first = calls.send(aCharge(), always)
        await new Promise(setImmediate)
        return psp.calls.length > made && { first }
      },
      { what: 'the PSP to be tried again' },
    )
    const made = psp.calls.length
    let may = true
    const second = calls.send(aCharge(), () => may)

    may = false
    latch.open()

    expect(await second).toBeUndefined()
    expect(psp.calls).toHaveLength(made)
  })
})

describe('call of an adapter', () => {
  it('that never answers is unknown after its time and a moment', async () => {
    const psp = createScriptedPsp({ traits: { requestTimeoutMs: 10 } })
    psp.scripts.charge = () => ({ after: new Promise(() => undefined) })
    expect(await createPspCalls(psp).send(aCharge(), always)).toMatchObject({
      outcome: 'unknown',
      cause: expect.stringContaining('did not answer in time'),
    })
  })

  it('that throws at once is unknown', async () => {
    const psp = createScriptedPsp()
    const throwing = {
      ...psp,
      charge: () => {
        throw new Error('a bug')
      },
    }
    expect((await createPspCalls(throwing).send(aCharge(), always))?.outcome).toBe('unknown')
  })

  it('that does not find what it was sent is unknown', async () => {
    const psp = createScriptedPsp()
    psp.scripts.charge = () => ({ says: { outcome: 'not_found' } })
    expect((await createPspCalls(psp).send(aCharge(), always))?.outcome).toBe('unknown')
  })
})
