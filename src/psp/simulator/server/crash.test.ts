import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { waitFor } from '../../../../test/support/wait-for.ts'
import { aCharge } from '../../contract.ts'
import type { ChargeRequest, Outcome } from '../../psp.ts'
import { createSimulatorPsp } from '../adapter.ts'
import { readBook, startSimulator } from '../testing.ts'

const SECRET = `whsec_${Buffer.alloc(24, 1).toString('base64')}`
const ROUNDS = 4
const CALLERS = 32
const ACKNOWLEDGED_BEFORE_KILL = 300

describe('A simulator that is killed again and again', () => {
  it('loses nothing that it acknowledged, charges nothing twice, and remembers its keys', {
    timeout: 60_000,
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'crash-'))
    const bookFile = join(folder, 'book.ndjson')
    const sent: { request: ChargeRequest; outcome: Outcome }[] = []

    for (let round = 0; round < ROUNDS; round++) {
      const simulator = await startSimulator({ bookFile })
      onTestFinished(simulator.kill)
      const psp = createSimulatorPsp({ name: 'simulator', url: simulator.url, webhookSecret: SECRET })
      let acknowledged = 0
      let killed = false
      const call = async (): Promise<void> => {
        while (!killed) {
          const request = aCharge(acknowledged % 5 === 0 ? 'pm_test_declined' : 'pm_test_visa')
          const outcome = await psp.charge(request)
          sent.push({ request, outcome })
          if (outcome.outcome === 'captured' || outcome.outcome === 'declined') acknowledged++
        }
      }
      const calls = Array.from({ length: CALLERS }, call)
      await waitFor(() => acknowledged >= ACKNOWLEDGED_BEFORE_KILL, { what: 'enough acknowledged charges' })
      await simulator.kill()
      killed = true
      await Promise.all(calls)
      await psp.close()
      // What a write that the kill cut short leaves behind.
      if (round % 2 === 0) appendFileSync(bookFile, '{"n":9999,"t":"charge","at":17')
    }

    const simulator = await startSimulator({ bookFile })
    onTestFinished(simulator.kill)
    const psp = createSimulatorPsp({ name: 'simulator', url: simulator.url, webhookSecret: SECRET })
    const book = await readBook(simulator.url)
    const byReference = new Map(book.map((charge) => [charge.reference, charge]))
    expect(byReference.size).toBe(book.length)
    for (const { request, outcome } of sent) {
      const charge = byReference.get(request.reference)
      if (outcome.outcome === 'captured' || outcome.outcome === 'declined')
        expect(charge).toMatchObject({
          id: outcome.pspReference,
          idempotency_key: request.key,
          amount: Number(request.amount),
          status: outcome.outcome,
        })
      if (outcome.outcome === 'not_executed') expect(charge).toBeUndefined()
    }

    const some = sent.filter((_, index) => index % 20 === 0)
    for (const { request, outcome } of some) {
      const again = await psp.charge(request)
      if (outcome.outcome === 'captured' || outcome.outcome === 'declined') expect(again).toEqual(outcome)
      else expect(['captured', 'declined']).toContain(again.outcome)
    }
    const after = await readBook(simulator.url)
    expect(new Set(after.map((charge) => charge.reference)).size).toBe(after.length)

    await psp.close()
    await simulator.stop()
    rmSync(folder, { recursive: true })
  })
})

describe('A simulator that stood still', () => {
  it('does not say not_found about a charge that had already reached it', async () => {
    const simulator = await startSimulator()
    onTestFinished(simulator.kill)
    const options = { name: 'simulator', url: simulator.url, webhookSecret: SECRET }
    const impatient = createSimulatorPsp({ ...options, requestTimeoutMs: 50 })
    const patient = createSimulatorPsp(options)
    await Promise.all(Array.from({ length: 8 }, () => patient.charge(aCharge('pm_test_visa'))))

    for (let round = 0; round < 10; round++) {
      const request = aCharge('pm_test_visa')
      process.kill(simulator.pid, 'SIGSTOP')
      const outcome = await impatient.charge(request)
      const found = patient.lookUp(request.reference)
      process.kill(simulator.pid, 'SIGCONT')
      const first = await found
      const second = await patient.lookUp(request.reference)

      expect(outcome.outcome).toBe('unknown')
      expect(second).toEqual(first)
    }

    await impatient.close()
    await patient.close()
    await simulator.stop()
  })
})
