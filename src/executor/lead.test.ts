import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { anOrder, aPayment, type MoneyPath, startMoneyPath } from '../../test/support/money-path.ts'
import { createLatch, createScriptedPsp, REFUSED } from '../../test/support/scripted-psp.ts'
import { waitFor } from '../../test/support/wait-for.ts'
import { Refusal } from '../platform/errors.ts'
import type { Psp } from '../psp/index.ts'

/** How far stored payments run ahead of their charges. */

let database: TestDatabase
let path: MoneyPath

beforeAll(async () => {
  database = await createTestDatabase()
})

afterEach(() => path.stop())

afterAll(async () => {
  await database.drop()
})

// More than there is room for, and several times what two batches store.
const MANY = 2_400

const submit = (psp: Psp, count: number) => {
  const payments = Array.from({ length: count }, () =>
    aPayment({ psp: psp.name, orders: [anOrder('seller-a', 1_000n, 100n)] }),
  )
  return path.payments.accept(payments)
}

const countOf = async (status: string): Promise<number> => {
  const [row] = await path.db.query<{ count: bigint }>('select count(*) from payment_event where status = $1', [status])
  return Number(row?.count)
}

describe('stored payments', () => {
  it('run ahead of their charges by no more than there is room for, and all of them get there', async () => {
    // Beside the room, what trickles through on a machine that is slow.
    const begin = performance.now()
    const allowed = (): number => 512 + 64 * Math.ceil((performance.now() - begin) / 100)
    const beyond: number[] = []
    const psp = createScriptedPsp({ name: 'quick' })
    psp.scripts.charge = () => {
      beyond.push(Math.max(0, path.executor.lead() - allowed()))
      return undefined
    }
    path = await startMoneyPath({ url: database.url, psps: [psp] })

    const accepted = await submit(psp, MANY)

    await waitFor(async () => (await countOf('succeeded')) === MANY, { what: 'all payments to succeed' })
    expect(accepted.filter((each) => each instanceof Refusal)).toEqual([])
    expect(beyond).toEqual(Array.from({ length: MANY }, () => 0))
    expect(path.executor.lead()).toBe(0)
  })

  it('are taken also while a PSP answers nothing, and charged when it does', async () => {
    const psp = createScriptedPsp({ name: 'silent' })
    const latch = createLatch()
    psp.scripts.charge = () => ({ before: latch.opened })
    path = await startMoneyPath({ url: database.url, psps: [psp] })

    const accepted = await submit(psp, 1_200)

    expect(accepted.filter((each) => each instanceof Refusal)).toEqual([])
    expect(path.executor.lead()).toBe(1_200)
    expect(psp.calls).toHaveLength(64)
    latch.open()
    await waitFor(() => path.executor.lead() === 0, { what: 'all charges to be recorded' })
    expect(psp.callsOf('charge')).toHaveLength(1_200)
  })

  it('that wait for their buyer or for a later try take no room', async () => {
    const psp = createScriptedPsp({ name: 'waiting' })
    psp.scripts.charge = (_, nth) => (nth === 1 ? { does: 'nothing', says: REFUSED } : { does: 'requires_action' })
    path = await startMoneyPath({ url: database.url, psps: [psp] })

    await submit(psp, 3)

    await waitFor(() => path.executor.lead() === 0, { what: 'the first answers to be recorded' })
    await waitFor(async () => (await countOf('requires_action')) === 3, { what: 'the buyers to be asked' })
    expect(path.executor.lead()).toBe(0)
  })
})
