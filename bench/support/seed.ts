import { hash } from 'node:crypto'
import { pino } from 'pino'
import { createAccountDirectory } from '../../src/ledger/index.ts'
import { type Attempt, createPayments, type NewPayment, type Report } from '../../src/payments/index.ts'
import { wallClock } from '../../src/platform/clock.ts'
import { createDb } from '../../src/platform/db.ts'
import type { Deployment } from './deployment.ts'
import { say } from './report.ts'

/** Enough to fill the lanes, few enough to hold in memory. */
const AT_ONCE = 4_000
const TOLD_EVERY = 100_000

/** Nobody else takes what is stored here: it is due when the benchmark is long over. */
const HOLDER = { nodeId: null, leaseMs: 86_400_000 } as const

/**
 * Stores payments that have succeeded through the product's own lanes, so that every trigger, invariant and hash chain
 * is as if they had been sold, without HTTP and without the simulator: what it would have answered is made up. Leaves
 * the tables as autovacuum would in time.
 */
export async function storePayments(deployment: Deployment, count: number): Promise<void> {
  const db = createDb({ url: deployment.databaseUrl, schema: 'tallystick', applicationName: 'bench', hotPath: true })
  const dispatched: Attempt[] = []
  const payments = createPayments({
    db,
    directory: createAccountDirectory(db),
    clock: wallClock,
    log: pino({ level: 'warn' }, pino.destination(2)),
    holder: () => HOLDER,
    traitsOf: () => ({ consistencyWindowMs: 2_000, keyRetentionMs: 86_400_000 }),
    dispatch: (attempts) => void dispatched.push(...attempts),
    backlog: () => 0,
    lead: () => 0,
  })
  try {
    for (let stored = 0; stored < count; ) {
      const size = Math.min(AT_ONCE, count - stored)
      const accepting = payments.accept(Array.from({ length: size }, (_, index) => newPayment(stored + index)))
      // What the round before stored is recorded meanwhile: both lanes are busy, as under load.
      await Promise.all([accepting, ...dispatched.splice(0).map((attempt) => payments.record(captured(attempt)))])
      stored += size
      if (stored % TOLD_EVERY < size) say(`${stored} of ${count} payments stored`)
    }
    await Promise.all(dispatched.splice(0).map((attempt) => payments.record(captured(attempt))))
  } finally {
    await payments.idle()
    await db.end()
  }
  say('vacuum and checkpoint')
  await deployment.database.query('vacuum analyze')
  await deployment.database.query('checkpoint')
}

const SELLERS = 1_000
const BUYERS = 100_000

function newPayment(n: number): NewPayment {
  const key = `stored_${n}`
  const order = (index: number) => {
    const amount = 100 + ((n * 7_919 + index * 104_729) % 20_000)
    const seller = `seller_${(n + index * 37) % SELLERS}`
    return { reference: undefined, seller, amount: BigInt(amount), platformFee: BigInt(Math.floor(amount / 10)) }
  }
  return {
    idempotencyKey: key,
    fingerprint: hash('sha256', key, 'buffer'),
    checkoutId: `chk_${key}`,
    buyerReference: `buyer_${n % BUYERS}`,
    currency: 'EUR',
    paymentMethod: 'pm_test_visa',
    chargeMode: 'per_order',
    capture: 'automatic',
    onPartial: 'keep',
    psp: 'simulator',
    metadata: {},
    orders: [order(0), order(1)],
  }
}

const captured = ({ id, paymentId, chargeId, amount, currency }: Attempt): Report => ({
  paymentId,
  chargeId,
  attemptId: id,
  via: 'answer',
  outcome: { outcome: 'captured', pspReference: `stored_${id}`, amount, currency, occurredAt: new Date() },
})
