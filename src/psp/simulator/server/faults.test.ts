import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { aCharge } from '../../contract.ts'
import type { Psp } from '../../psp.ts'
import { createSimulatorPsp } from '../adapter.ts'
import { callSimulator, type RunningSimulator, readBook, startSimulator } from '../testing.ts'
import { drawMisfortune } from './faults.ts'
import { createRandom } from './random.ts'
import { changeSettings, DEFAULT_SETTINGS } from './settings.ts'

const SECRET = `whsec_${Buffer.alloc(24, 5).toString('base64')}`

describe('A fault setting', () => {
  let simulator: RunningSimulator
  let psp: Psp
  beforeEach(async () => {
    simulator = await startSimulator()
    psp = createSimulatorPsp({
      name: 'simulator',
      url: simulator.url,
      webhookSecret: SECRET,
      requestTimeoutMs: 500,
      lookUpTimeoutMs: 500,
    })
  })
  afterEach(async () => {
    await psp.close()
    await simulator.stop()
  })

  it.each([
    ['lose_answer_rate', 'unknown', 'captured'],
    ['lose_request_rate', 'unknown', undefined],
    ['reject_rate', 'not_executed', undefined],
    ['error_500_before_rate', 'unknown', undefined],
    ['error_500_after_rate', 'unknown', 'captured'],
    ['timeout_rate', 'unknown', 'captured'],
  ])('%s 1 makes the outcome %s, and the charge %s', async (name, outcome, status) => {
    await callSimulator(simulator.url, 'PUT', '/settings', { faults: { [name]: 1 } })
    const request = aCharge('pm_test_visa')

    const first = await psp.charge(request)
    const found = await psp.lookUp(request.reference)
    await callSimulator(simulator.url, 'PUT', '/settings', { faults: { [name]: 0 } })

    expect(first.outcome).toBe(outcome)
    expect(found.outcome).toBe('unknown')
    expect((await readBook(simulator.url)).map((charge) => charge.status)).toEqual(status === undefined ? [] : [status])
    expect(await psp.charge(request)).toMatchObject({ outcome: 'captured' })
    expect(await readBook(simulator.url)).toHaveLength(1)
  })

  it('gives the same run again under the same seed', async () => {
    const run = async (): Promise<string[]> => {
      await callSimulator(simulator.url, 'PUT', '/settings', { seed: 42, faults: { lose_answer_rate: 0.5 } })
      const outcomes: string[] = []
      for (let index = 0; index < 30; index++) outcomes.push((await psp.charge(aCharge('pm_test_visa'))).outcome)
      return outcomes
    }

    const first = await run()
    const second = await run()

    expect(second).toEqual(first)
    expect(new Set(first)).toEqual(new Set(['captured', 'unknown']))
  })
})

describe('A misfortune', () => {
  it('comes about as often as its rate says', () => {
    const settings = changeSettings(DEFAULT_SETTINGS, { faults: { timeout_rate: 0.2, lose_request_rate: 0.05 } })
    const random = createRandom(1)

    const drawn = Array.from({ length: 20_000 }, () => drawMisfortune(settings, random))

    expect(drawn.filter(({ after }) => after === 'timeout').length / drawn.length).toBeCloseTo(0.2, 1)
    expect(drawn.filter(({ before }) => before === 'cut').length / drawn.length).toBeCloseTo(0.05, 1)
    expect(drawn.filter(({ after }) => after === 'error_500')).toEqual([])
  })

  it('never waits longer before the charge than the consistency window allows', () => {
    const settings = changeSettings(DEFAULT_SETTINGS, { latency_ms: { min: 10_000, max: 60_000 } })
    const random = createRandom(2)

    for (let index = 0; index < 1_000; index++) {
      const { delayBeforeMs, delayAfterMs } = drawMisfortune(settings, random)
      expect(delayBeforeMs).toBeLessThanOrEqual(500)
      expect(delayBeforeMs + delayAfterMs).toBeGreaterThanOrEqual(10_000)
    }
  })

  it('depends on the seed alone', () => {
    const numbers = (seed: number): number[] => {
      const random = createRandom(seed)
      return Array.from({ length: 100 }, () => random.next())
    }

    expect(numbers(7)).toEqual(numbers(7))
    expect(numbers(7)).not.toEqual(numbers(8))
    for (const seed of [0, 1, 2 ** 32 - 1]) expect(new Set(numbers(seed)).size).toBe(100)
  })
})
