import { hash } from 'node:crypto'
import pino from 'pino'
import {
  createExecutor,
  createInbox,
  createNode,
  createPspCalls,
  type Executor,
  LEASE_MS,
} from '../../src/executor/index.ts'
import { createAccountDirectory, createLedger, LEDGER_INVARIANTS } from '../../src/ledger/index.ts'
import { createPayments, type NewPayment, PAYMENT_INVARIANTS } from '../../src/payments/index.ts'
import { createTestClock } from '../../src/platform/clock.ts'
import { createDb } from '../../src/platform/db.ts'
import { newId } from '../../src/platform/ids.ts'
import { checkInvariants } from '../../src/platform/invariant.ts'
import type { Psp } from '../../src/psp/index.ts'
import { WALLET_INVARIANTS } from '../../src/wallet/index.ts'

export type MoneyPath = Awaited<ReturnType<typeof startMoneyPath>>

/** The money path without HTTP: one node on a real database, with whatever PSP a test brings. */
export async function startMoneyPath(options: { readonly url: string; readonly psps: readonly Psp[] }) {
  const log = pino({ level: process.env['LOG_LEVEL'] ?? 'silent' })
  const db = createDb({ url: options.url, schema: 'tallystick' })
  const clock = createTestClock()
  const slot: { executor?: Executor } = {}
  const node = createNode({
    db,
    databaseUrl: options.url,
    schema: 'tallystick',
    clock,
    log,
    onFenced: () => slot.executor?.forget(),
  })
  const directory = createAccountDirectory(db)
  const pspOf = new Map(options.psps.map((psp) => [psp.name, psp]))
  const payments = createPayments({
    db,
    directory,
    clock,
    log,
    holder: () => ({ nodeId: node.id(), leaseMs: LEASE_MS }),
    traitsOf: (name) => pspOf.get(name)?.traits ?? { consistencyWindowMs: Number.POSITIVE_INFINITY, keyRetentionMs: 0 },
    dispatch: (attempts) => slot.executor?.dispatch(attempts),
    backlog: () => slot.executor?.backlog() ?? 0,
  })
  const { record } = payments
  const calls = new Map(options.psps.map((psp) => [psp.name, createPspCalls(psp)]))
  const executor = createExecutor({ db, clock, log, node, calls, record })
  slot.executor = executor
  const inbox = createInbox({ db, clock, log, psps: pspOf, record })
  await node.start()
  executor.start()
  return {
    db,
    clock,
    payments,
    executor,
    inbox,
    ledger: createLedger({ db, directory, clock }),
    invariants: () => checkInvariants(db, [...LEDGER_INVARIANTS, ...WALLET_INVARIANTS, ...PAYMENT_INVARIANTS]),
    async stop() {
      await executor.stop()
      await payments.idle()
      await node.stop()
      await db.end()
    },
  }
}

/** A payment request with good defaults: two sellers, 60.00 and 40.00 EUR, 10 % commission. */
export function aPayment(overrides: Partial<NewPayment> = {}): NewPayment {
  const payment = {
    idempotencyKey: newId(),
    checkoutId: undefined,
    buyerReference: 'buyer-1',
    currency: 'EUR',
    paymentMethod: 'pm_test_visa',
    chargeMode: 'per_order',
    capture: 'automatic',
    onPartial: 'keep',
    psp: 'simulator',
    metadata: {},
    orders: [anOrder('seller-a', 6000n, 600n), anOrder('seller-b', 4000n, 400n)],
    ...overrides,
  } as const
  const { idempotencyKey: _key, ...body } = payment
  const text = JSON.stringify(body, (_name, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
  return { fingerprint: hash('sha256', text, 'buffer'), ...payment }
}

export const anOrder = (seller: string, amount: bigint, platformFee = 0n) => ({
  reference: undefined,
  seller,
  amount,
  platformFee,
})
