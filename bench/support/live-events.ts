import { hash } from 'node:crypto'
import { pino } from 'pino'
import { createInbox, type WebhookInbox } from '../../src/executor/index.ts'
import { createAccountDirectory } from '../../src/ledger/index.ts'
import { type Attempt, createPayments, type NewPayment, type Payments, type Report } from '../../src/payments/index.ts'
import { wallClock } from '../../src/platform/clock.ts'
import { createDb, type Db } from '../../src/platform/db.ts'
import { publicId } from '../../src/platform/ids.ts'
import type { Outcome, Psp } from '../../src/psp/psp.ts'
import type { Closers } from './closers.ts'

/**
 * What a service takes in: charges that are captured and booked, and the webhooks that tell the same. Made through the product's
 * own lanes and inbox, without HTTP; what the PSP would have answered is made up, and signatures are not computed.
 */
export type Events = {
  /** Stores charges and gives them, not captured yet. */
  readonly accept: (payments: number) => Promise<readonly Attempt[]>
  /** An event of ours: the charge is captured and booked. */
  readonly capture: (charge: Attempt) => Promise<unknown>
  /** An event of theirs: the PSP tells that it was captured. One in five hundred tells another amount. */
  readonly tell: (charge: Attempt) => Promise<unknown>
}

export const CHARGES_PER_PAYMENT = 2

const HOLDER = { nodeId: null, leaseMs: 86_400_000 } as const
const SELLERS = 1_000
const DIFFERS_EVERY = 500

export function openEvents(databaseUrl: string, closers: Closers): Events & { readonly db: Db } {
  const db = createDb({ url: databaseUrl, schema: 'tallystick', applicationName: 'bench', hotPath: true })
  const log = pino({ level: 'warn' }, pino.destination(2))
  const dispatched: Attempt[] = []
  const payments: Payments = createPayments({
    db,
    directory: createAccountDirectory(db),
    clock: wallClock,
    log,
    holder: () => HOLDER,
    traitsOf: () => ({ consistencyWindowMs: 2_000, keyRetentionMs: 86_400_000 }),
    dispatch: (attempts) => void dispatched.push(...attempts),
    backlog: () => 0,
    lead: () => 0,
  })
  const inbox: WebhookInbox = createInbox({
    db,
    clock: wallClock,
    log,
    psps: new Map([['simulator', TELLING]]),
    followed: ['simulator'],
    // What a webhook means for a payment is the payments' own; here its charge is captured already.
    record: async () => 'recorded',
  })
  closers.add(async () => {
    await inbox.idle()
    await payments.idle()
    await db.end()
  })
  let made = 0
  let told = 0
  return {
    db,
    async accept(count) {
      const first = made
      made += count
      await payments.accept(Array.from({ length: count }, (_, index) => newPayment(first + index)))
      return dispatched.splice(0)
    },
    capture: (charge) => payments.record(captured(charge)),
    tell(charge) {
      told += 1
      const amount = told % DIFFERS_EVERY === 0 ? charge.amount + 1n : charge.amount
      const { outcome } = captured({ ...charge, amount })
      return inbox.receive('simulator', {}, Buffer.from(JSON.stringify([publicId('att', charge.id), encoded(outcome)])))
    },
  }
}

const encoded = (outcome: object) => ({ ...outcome, amount: String((outcome as { amount: bigint }).amount) })

/** The part of a PSP that an inbox asks. */
const TELLING = {
  name: 'simulator',
  verifyWebhook(_headers: unknown, body: Buffer) {
    const [reference, said] = JSON.parse(body.toString('utf8')) as [string, Record<string, string>]
    const outcome = { ...said, amount: BigInt(said['amount'] ?? 0), occurredAt: new Date(said['occurredAt'] ?? 0) }
    return { id: `evt_${reference}`, reference, outcome: outcome as unknown as Outcome }
  },
} as unknown as Psp

function newPayment(n: number): NewPayment {
  const key = `live_${n}`
  const order = (index: number) => ({
    reference: undefined,
    seller: `seller_${(n + index * 37) % SELLERS}`,
    amount: BigInt(100 + ((n * 7_919 + index * 104_729) % 20_000)),
    platformFee: 10n,
  })
  return {
    idempotencyKey: key,
    fingerprint: hash('sha256', key, 'buffer'),
    checkoutId: `chk_${key}`,
    buyerReference: `buyer_${n}`,
    currency: 'EUR',
    paymentMethod: 'pm_test_visa',
    chargeMode: 'per_order',
    capture: 'automatic',
    onPartial: 'keep',
    psp: 'simulator',
    metadata: {},
    orders: Array.from({ length: CHARGES_PER_PAYMENT }, (_, index) => order(index)),
  }
}

const captured = ({ id, paymentId, chargeId, amount, currency }: Attempt): Report => ({
  paymentId,
  chargeId,
  attemptId: id,
  via: 'answer',
  outcome: { outcome: 'captured', pspReference: `ch_${id}`, amount, currency, occurredAt: new Date() },
})
