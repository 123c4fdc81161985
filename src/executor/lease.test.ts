import pino from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { createLatch, createScriptedPsp, type ScriptedPsp } from '../../test/support/scripted-psp.ts'
import { waitFor } from '../../test/support/wait-for.ts'
import type { Report } from '../payments/index.ts'
import { anAttempt } from '../payments/testing/charge-state.ts'
import { wallClock } from '../platform/clock.ts'
import type { Db } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { createPspCalls } from './call.ts'
import { createExecutor, type Executor } from './executor.ts'

/** What an executor may send, by the lease of its node alone: nothing is ever due in this database. */

const nothing: Db = {
  run: async () => [],
  query: async () => [],
  transaction: () => Promise.reject(new Error('the executor has no transactions')),
  end: async () => undefined,
}

let executor: Executor | undefined

afterEach(() => executor?.stop())

function start(psp: ScriptedPsp) {
  const node = { number: 7, holds: true }
  const reports: Report[] = []
  executor = createExecutor({
    db: nothing,
    clock: wallClock,
    log: pino({ level: 'silent' }),
    node: {
      id: () => node.number,
      leaseHolds: () => node.holds,
      tryKeep: async () => false,
      giveBack: async () => undefined,
      start: async () => undefined,
      stop: async () => undefined,
    },
    calls: new Map([[psp.name, createPspCalls(psp)]]),
    record: async (report) => {
      reports.push(report)
      return 'recorded'
    },
    onProgress: () => undefined,
  })
  executor.start()
  return { node, reports, executor }
}

const charges = (psp: ScriptedPsp, count: number, nodeId = 7) =>
  Array.from({ length: count }, () => {
    const id = newId()
    return anAttempt({ id, chargeId: id, psp: psp.name, nodeId })
  })

describe('executor', () => {
  it('sends nothing while its lease does not hold, and goes on when it does', async () => {
    const psp = createScriptedPsp()
    const { node, reports, executor: running } = start(psp)
    node.holds = false
    running.dispatch(charges(psp, 3))
    await new Promise(setImmediate)
    expect(psp.calls).toEqual([])

    node.holds = true

    await waitFor(() => reports.length === 3, { what: 'three outcomes' })
    expect(running.backlog()).toBe(0)
  })

  it('drops what waits when its lease is lost, and never sends it as another node', async () => {
    const psp = createScriptedPsp({ traits: { concurrency: 1 } })
    const latch = createLatch()
    psp.scripts.charge = () => ({ after: latch.opened })
    const { node, reports, executor: running } = start(psp)
    running.dispatch(charges(psp, 3))
    await waitFor(() => psp.book().length === 1, { what: 'a charge at the PSP' })

    running.forget()
    node.number = 8
    latch.open()

    await waitFor(() => reports.length === 1, { what: 'the outcome of what was sent' })
    expect([psp.calls.length, running.backlog()]).toEqual([1, 0])
  })

  it('does not send as one node what it took as another', async () => {
    const psp = createScriptedPsp()
    const { node, reports, executor: running } = start(psp)
    node.holds = false
    running.dispatch(charges(psp, 3))

    node.number = 8
    node.holds = true

    await waitFor(() => running.backlog() === 0, { what: 'everything to be dropped' })
    expect([psp.calls.length, reports.length]).toEqual([0, 0])
  })

  it('leaves alone what was stored for another node', () => {
    const psp = createScriptedPsp()
    const { executor: running } = start(psp)
    running.dispatch(charges(psp, 2, 9))
    expect(running.backlog()).toBe(0)
  })

  it('carries an attempt out once although it is handed over twice', async () => {
    const psp = createScriptedPsp()
    const { reports, executor: running } = start(psp)
    const some = charges(psp, 2)
    running.dispatch(some)
    running.dispatch(some)
    await waitFor(() => running.backlog() === 0, { what: 'the end of both' })
    expect([psp.calls.length, reports.length]).toEqual([2, 2])
  })
})
