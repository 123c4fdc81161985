import { hash } from 'node:crypto'
import pg from 'pg'
import pino from 'pino'
import {
  createClockControl,
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
import { createDb, type Db } from '../../src/platform/db.ts'
import { createExclusive } from '../../src/platform/exclusive.ts'
import { newId } from '../../src/platform/ids.ts'
import { checkInvariants } from '../../src/platform/invariant.ts'
import type { Psp } from '../../src/psp/index.ts'
import { WALLET_INVARIANTS } from '../../src/wallet/index.ts'
import { mortalDb, mortalPsp } from './mortal.ts'

export type MoneyPath = Awaited<ReturnType<typeof startMoneyPath>>

/** The money path without HTTP: one node on a real database, with whatever PSP a test brings. */
export async function startMoneyPath(options: {
  readonly url: string
  readonly psps: readonly Psp[]
  /** `api`: stores what it is asked for and leaves it to workers. */
  readonly role?: 'all' | 'api'
  /** Something between this node and its database. */
  readonly over?: (db: Db) => Db
}) {
  const log = pino({ level: process.env['LOG_LEVEL'] ?? 'silent' })
  const applicationName = `money path ${newId()}`
  let dead = false
  const statements = new Map<string, string>()
  const db = mortalDb(
    (options.over ?? ((inner) => inner))(
      createDb({ url: options.url, schema: 'tallystick', applicationName, hotPath: true }),
    ),
    () => dead,
    (name, text) => statements.set(name, text),
  )
  const [deployment] = await db.query<{ clock_offset_ms: bigint }>('select clock_offset_ms from deployment')
  const clock = createTestClock(Number(deployment?.clock_offset_ms ?? 0n))
  const slot: { executor?: Executor } = {}
  const live = createNode({
    db,
    databaseUrl: options.url,
    schema: 'tallystick',
    clock,
    settled: () => payments.idle(),
    log,
    onFenced: () => slot.executor?.forget(),
  })
  const node = { ...live, leaseHolds: () => !dead && live.leaseHolds() }
  const directory = createAccountDirectory(db)
  const psps = options.psps.map((psp) => mortalPsp(psp, () => dead))
  const pspOf = new Map(psps.map((psp) => [psp.name, psp]))
  const works = options.role !== 'api'
  const payments = createPayments({
    db,
    directory,
    clock,
    log,
    holder: () => (works ? { nodeId: node.id(), leaseMs: LEASE_MS } : { nodeId: null, leaseMs: 0 }),
    traitsOf: (name) => pspOf.get(name)?.traits ?? { consistencyWindowMs: Number.POSITIVE_INFINITY, keyRetentionMs: 0 },
    dispatch: (attempts) => slot.executor?.dispatch(attempts),
    backlog: () => slot.executor?.backlog() ?? 0,
    lead: () => slot.executor?.lead() ?? 0,
  })
  const { record } = payments
  const calls = new Map(psps.map((psp) => [psp.name, createPspCalls(psp)]))
  const executor = createExecutor({ db, clock, log, node, calls, record, onProgress: payments.proceed })
  const inbox = createInbox({ db, clock, log, psps: pspOf, record })
  const clockControl = createClockControl({
    db,
    schema: 'tallystick',
    exclusive: createExclusive({ databaseUrl: options.url, schema: 'tallystick', log, applicationName }),
    clock,
    log,
    psps,
    inbox,
    kick: executor.kick,
    idle: payments.idle,
    onStep: async () => undefined,
  })
  if (works) {
    slot.executor = executor
    await node.start()
    executor.start()
  }
  return {
    db,
    clock,
    clockControl,
    payments,
    executor,
    inbox,
    node,
    calls,
    ledger: createLedger({ db, directory, clock }),
    invariants: () => checkInvariants(db, [...LEDGER_INVARIANTS, ...WALLET_INVARIANTS, ...PAYMENT_INVARIANTS]),
    /** Every statement that was run, by name. */
    statements: (): ReadonlyMap<string, string> => statements,
    /** Cuts every connection to the database; the process lives on and makes new ones. */
    cutConnections: () => terminate(options.url, 'application_name = $1', [applicationName]),
    /** Ends the session whose lock says that this node lives. */
    cutSession: () => terminate(options.url, HOLDS_LOCK, [live.id()]),
    /** The process is gone between two instructions: nothing is sent, heard, signed off or finished. */
    async kill() {
      dead = true
      void live.stop()
      await terminate(options.url, `application_name = $1 or ${HOLDS_LOCK.replace('$1', '$2')}`, [
        applicationName,
        live.id(),
      ])
    },
    async stop() {
      // What a dead process began never ends, and its connections are gone already.
      if (dead) return
      if (works) await executor.stop()
      await payments.idle()
      await inbox.idle()
      payments.stop()
      if (works) await node.stop()
      await db.end()
    },
  }
}

const HOLDS_LOCK = `pid in (select pid from pg_locks where locktype = 'advisory' and objsubid = 2 and objid::bigint = $1)`

async function terminate(url: string, which: string, values: readonly unknown[]): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    // Waits until they are gone, so that what they held is free.
    await client.query(`select pg_terminate_backend(pid, 5000) from pg_stat_activity where ${which}`, [...values])
  } finally {
    await client.end()
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
