import assert from 'node:assert/strict'
import pino from 'pino'
import { createAccountDirectory, createLedger, LEDGER_INVARIANTS } from '../../ledger/index.ts'
import { createTestClock } from '../../platform/clock.ts'
import { createDb, type Db, type Statement } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import { checkInvariants } from '../../platform/invariant.ts'
import type { Log } from '../../platform/log.ts'
import type { LookUp } from '../../psp/psp.ts'
import { WALLET_INVARIANTS } from '../../wallet/index.ts'
import { ATTEMPT_COLUMNS, type Attempt, type AttemptRow, attemptOf, type Operation } from '../attempt.ts'
import { createPayments, type NewPayment, PAYMENT_INVARIANTS, type Payment, type Report } from '../index.ts'

export type Books = ReturnType<typeof openBooks>

/** A node's payments and ledger without an executor: the test plays the PSP, report by report. */
export function openBooks(
  url: string,
  nodeId = 1,
  over: (db: Db) => Db = (db) => db,
  log: Log = pino({ level: process.env['LOG_LEVEL'] ?? 'silent' }),
) {
  const db = over(createDb({ url, schema: 'tallystick', hotPath: true }))
  const clock = createTestClock()
  const directory = createAccountDirectory(db)
  const dispatched: Attempt[] = []
  const payments = createPayments({
    db,
    directory,
    clock,
    log,
    holder: () => ({ nodeId, leaseMs: 60_000 }),
    traitsOf: () => ({ consistencyWindowMs: 2_000, keyRetentionMs: 86_400_000 }),
    dispatch: (attempts) => void dispatched.push(...attempts),
    backlog: () => 0,
    lead: () => 0,
  })

  /** In the order of the payment's orders, a later try after an earlier one. */
  const attempts = async (paymentId: string, operation?: Operation): Promise<readonly Attempt[]> => {
    const rows = await db.query<AttemptRow>(
      `select ${ATTEMPT_COLUMNS} from attempt a left join payment_order o on o.id = a.payment_order_id
        where a.payment_event_id = $1 and a.operation = coalesce($2, a.operation)
        order by a.created_at, o.position`,
      [paymentId, operation],
    )
    return rows.map(attemptOf)
  }

  const ledger = createLedger({ db, directory, clock })

  return {
    db,
    clock,
    payments,
    dispatched,
    ledger,
    attempts,
    async accept(input: NewPayment): Promise<Payment> {
      const [accepted] = await payments.accept([input])
      assert(accepted !== undefined)
      if (accepted instanceof Refusal) throw accepted
      return accepted.payment
    },
    async payment(id: string): Promise<Payment> {
      const payment = await payments.get(id)
      assert(payment !== undefined)
      return payment
    },
    /** Accounts with their balances, debit positive. */
    async balances(): Promise<Record<string, bigint>> {
      const { currencies } = await ledger.trialBalance(undefined)
      return Object.fromEntries(currencies.flatMap(({ accounts }) => accounts.map((of) => [of.account, of.balance])))
    },
    async findings(): Promise<readonly unknown[]> {
      const { checks } = await checkInvariants(db, [...LEDGER_INVARIANTS, ...WALLET_INVARIANTS, ...PAYMENT_INVARIANTS])
      const { findings } = await ledger.verify()
      return [...checks.filter((check) => !check.ok), ...findings]
    },
    async close(): Promise<void> {
      payments.stop()
      await db.end()
    },
  }
}

/** What the PSP says about an attempt, as a report. */
export const reportOf = (attempt: Attempt, outcome: LookUp['outcome'], via: Report['via'] = 'answer'): Report => ({
  paymentId: attempt.paymentId,
  chargeId: attempt.chargeId,
  attemptId: via === 'webhook' ? attempt.chargeId : attempt.id,
  via,
  outcome: said(attempt, outcome),
})

function said({ chargeId, amount, currency }: Attempt, outcome: LookUp['outcome']): LookUp {
  const pspReference = `psp_${chargeId}`
  const occurredAt = new Date()
  switch (outcome) {
    case 'captured':
    case 'authorised':
      return { outcome, pspReference, amount, currency, occurredAt }
    case 'voided':
      return { outcome, pspReference, occurredAt }
    case 'pending':
      return { outcome, pspReference }
    case 'requires_action':
      return { outcome, pspReference, url: 'https://psp.example/3ds' }
    case 'declined':
      return { outcome, pspReference, decline: { code: 'generic_decline', advice: 'try_again_later', message: 'No.' } }
    case 'not_executed':
      return { outcome, reason: 'connection refused' }
    case 'unknown':
      return { outcome, cause: 'the connection was cut' }
    case 'not_found':
      return { outcome }
    default:
      return outcome satisfies never
  }
}

/** A database whose answer to the first statement or transaction of that kind is lost after it was carried out. */
export const losesAnswer =
  (which: 'transaction' | string) =>
  (db: Db): Db => {
    let lost = false
    const lose = <T>(result: T, name: string): T => {
      if (lost || name !== which) return result
      lost = true
      throw new Error('Connection terminated unexpectedly')
    }
    return {
      ...db,
      run: async <R>(statement: Statement, values?: readonly unknown[]) =>
        lose(await db.run<R>(statement, values), statement.name),
      transaction: async (work, options) => lose(await db.transaction(work, options), 'transaction'),
    }
  }
