import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { createAccountDirectory, LEDGER_INVARIANTS } from '../../src/ledger/index.ts'
import { type Attempt, type NewPayment, PAYMENT_INVARIANTS } from '../../src/payments/index.ts'
import { openBooks, reportOf } from '../../src/payments/testing/books.ts'
import { createDb, type Db } from '../../src/platform/db.ts'
import { checkInvariants } from '../../src/platform/invariant.ts'
import {
  type BankSource,
  createReconciliation,
  RECONCILIATION_INVARIANTS,
  type ReconciliationDeps,
  type Source,
} from '../../src/reconciliation/index.ts'
import { type SettlementFile, simulatorCsv, withdrawFile } from '../../src/settlement/index.ts'
import { WALLET_INVARIANTS } from '../../src/wallet/index.ts'
import type { TestDatabase } from './cloned-database.ts'
import { aPayment } from './money-path.ts'
import type { FileLine } from './settlement-text.ts'

export const FIRST_DAY = '2026-03-01'

const SCHEDULE = { ratePpm: 29_000, fixed: 30n }

/** What the schedule says. */
export const feeOf = (amount: bigint): bigint => (amount * 29_000n + 500_000n) / 1_000_000n + 30n

/** The business day that is `n` days behind the first. */
export const dayAt = (n: number): string => Temporal.PlainDate.from(FIRST_DAY).add({ days: n }).toString()

/** More than any test has. */
const MOST_DAYS = 400

type Meanwhile = { readonly at: number; readonly what: () => Promise<unknown> }

export type Nights = ReturnType<typeof openNights>

/** Files and nights on a database, without HTTP and PSP: the test brings the files and says what time it is. */
export function openNights(
  { url, schema }: Pick<TestDatabase, 'url' | 'schema'>,
  over: (db: Db) => Db = (db) => db,
  banks: readonly BankSource[] = [],
  /** What is at the PSP for a day, as a text. */
  fetch: (day: string) => Promise<string | undefined> = async () => undefined,
  settings: Partial<Source> = {},
) {
  const inner = createDb({ url, schema })
  const beneath = over(inner)
  let meanwhile: Meanwhile[] = []
  let transactions = 0
  let isAmid = false
  const db: Db = {
    ...beneath,
    async transaction(work, options) {
      if (!isAmid) {
        // What comes in between has transactions of its own, which are nobody's turn.
        isAmid = true
        transactions += 1
        const due = meanwhile.filter(({ at }) => at <= transactions)
        meanwhile = meanwhile.filter(({ at }) => at > transactions)
        for (const { what } of due) await what()
        isAmid = false
      }
      return beneath.transaction(work, options)
    },
  }
  const books = openBooks(url)
  // What the tests sell has happened, whatever the machine's own date is: no clock is behind it.
  books.clock.setOffset(Math.max(0, Date.parse(dayAt(MOST_DAYS)) - Date.now()))
  const log = pino({ level: process.env['LOG_LEVEL'] ?? 'silent' })
  const scratch = mkdtempSync(join(tmpdir(), "tallystick night's [a]*?-"))
  let now = new Date(`${FIRST_DAY}T12:00:00Z`)
  const deps: ReconciliationDeps = {
    db,
    moneyDb: db,
    directory: createAccountDirectory(db),
    clock: { now: () => now, offsetMs: () => 0 },
    log,
    exclusive: {
      run: async (_key, work) => ({
        result: await work({ holds: () => true, signal: new AbortController().signal }),
      }),
    },
    record: books.payments.record,
    scratch,
  }
  const reconciliation = createReconciliation(
    deps,
    [
      {
        source: {
          name: 'simulator',
          zone: 'UTC',
          cutOff: '00:00',
          dayNamedBy: 'start',
          graceMinutes: 15,
          lagDays: 1,
          feeSchedule: SCHEDULE,
          ...settings,
        },
        origin: {
          firstBusinessDate: async () => FIRST_DAY,
          async fetch(day) {
            const text = await fetch(day)
            return text === undefined ? undefined : { name: day, bytes: piecesOf(text) }
          },
        },
        formats: [simulatorCsv],
      },
    ],
    banks,
  )
  return {
    db: inner,
    scratch,
    clock: deps.clock,
    deps,
    books,
    reconciliation,
    moveTo(instant: Date): void {
      now = instant
    },
    /** It is one in the morning of the day behind the n-th. */
    endDay(n: number): void {
      now = new Date(`${dayAt(n + 1)}T01:00:00Z`)
    },
    async upload(text: string): Promise<SettlementFile> {
      return (await reconciliation.receive({ source: 'simulator', name: undefined, bytes: piecesOf(text) })).file
    },
    withdraw: (id: string) => withdrawFile({ db: inner, scratch }, { id, reason: 'it is wrong', by: 'test', at: now }),
    /** Does what is due; and meanwhile something else, before the transaction of that number, or behind them all. */
    async night(others: readonly Meanwhile[] = []): Promise<void> {
      transactions = 0
      meanwhile = [...others]
      await reconciliation.catchUp()
      for (const { what } of meanwhile.splice(0)) await what()
    },
    /** What does not hold. */
    async findings(): Promise<readonly string[]> {
      const all = [...LEDGER_INVARIANTS, ...WALLET_INVARIANTS, ...PAYMENT_INVARIANTS, ...RECONCILIATION_INVARIANTS]
      const { checks } = await checkInvariants(inner, all)
      return checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`)
    },
    async close(): Promise<void> {
      await books.close()
      await inner.end()
      rmSync(scratch, { recursive: true, force: true })
    },
  }
}

export async function* piecesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

/** A charge that the PSP took, booked with us at that instant. */
export async function sell(
  { books }: Nights,
  at: Date,
  payment: Partial<NewPayment>,
  outcome: 'captured' | 'late' | 'unknown' = 'captured',
): Promise<Attempt> {
  const { id } = await books.accept(aPayment(payment))
  const [charge] = await books.attempts(id, 'charge')
  assert(charge !== undefined)
  const captured = reportOf(charge, 'captured')
  assert(captured.outcome.outcome === 'captured')
  if (outcome === 'unknown') await books.payments.record(reportOf(charge, 'unknown'))
  if (outcome === 'late') await books.payments.record(reportOf(charge, 'declined'))
  if (outcome !== 'unknown')
    await books.payments.record({ ...captured, via: 'webhook', outcome: { ...captured.outcome, occurredAt: at } })
  return charge
}

/** The line with which the PSP settles a charge. */
export const lineOf = (charge: Attempt, at: Date): FileLine => ({
  kind: 'charge',
  currency: charge.currency,
  amount: charge.amount,
  fee: feeOf(charge.amount),
  pspReference: `psp_${charge.id}`,
  reference: `att_${charge.id.replaceAll('-', '')}`,
  status: 'captured',
  at,
})

/** The state of the books, as texts: what two deployments are compared by. */
export async function booksOf({ db }: Nights): Promise<Record<string, readonly string[]>> {
  const texts = async (sql: string): Promise<readonly string[]> =>
    (await db.query<{ t: string }>(sql)).map(({ t }) => t)
  return {
    // Sellers keep what was released to them: their pending and available money are one.
    balances: await texts(
      `select name || ' ' || currency || ' ' || sum(amount) as t
         from (select case when a.name ~ '^seller:' then regexp_replace(a.name, ':(pending|available)$', '') else a.name end as name,
                      b.currency, b.debits - b.credits as amount
                 from account_balance b join ledger_account a on a.id = b.account_id) b
        group by name, currency having sum(amount) <> 0 order by name, currency`,
    ),
    breaks: await texts(
      `select concat_ws(' ', code, class, attempt_id, line_kind, line_status, line_reference, line_psp_reference, ours_amount, theirs_amount, theirs_fee,
                        theirs_currency, difference) as t from recon_break where state = 'open' order by t`,
    ),
    settled: await texts(
      `select s.attempt_id::text as t from settled_charge s
        where not exists (select from unsettled_charge u where u.attempt_id = s.attempt_id and u.revision = s.revision) order by t`,
    ),
  }
}
