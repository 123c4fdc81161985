import pg from 'pg'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import type { Clock } from '../platform/clock.ts'
import { createDb } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { checkInvariants } from '../platform/invariant.ts'
import {
  type Account,
  createAccountDirectory,
  createLedger,
  LEDGER_INVARIANTS,
  type NewEntry,
  type NewManualEntry,
  postEntries,
} from './index.ts'

/** A clock that stands still until a test moves it. */
export type StandingClock = Clock & { readonly set: (iso: string) => void }

export function standingClock(iso: string): StandingClock {
  let now = new Date(iso)
  return {
    now: () => new Date(now),
    offsetMs: () => 0,
    set(next) {
      now = new Date(next)
    },
  }
}

/** The ledger as one node has it: its own connections and its own memory of account ids. */
export function startLedgerNode(database: Pick<TestDatabase, 'url' | 'schema'>, clock: Clock) {
  const db = createDb({ url: database.url, schema: database.schema, hotPath: true })
  const directory = createAccountDirectory(db)
  return {
    db,
    directory,
    ledger: createLedger({ db, directory, clock }),
    post: (entries: readonly NewEntry[]) => db.transaction((tx) => postEntries(tx, directory, entries, clock.now())),
    brokenInvariants: async () =>
      (await checkInvariants(db, LEDGER_INVARIANTS)).checks.filter((check) => !check.ok).map((check) => check.name),
  }
}

export type LedgerNode = ReturnType<typeof startLedgerNode>

/** A database of its own with one node on it, at noon of 3 March 2026, and its owner without a search_path. */
export async function startTestLedger() {
  const database = await createTestDatabase()
  const clock = standingClock('2026-03-03T12:00:00.000Z')
  const node = startLedgerNode(database, clock)
  const owner = new pg.Client({ connectionString: database.ownerUrl })
  await owner.connect()
  const watcher = new pg.Client({ connectionString: database.ownerUrl })
  await watcher.connect()
  return {
    ...node,
    database,
    clock,
    owner,
    /** Whether a statement that contains the text waits for a lock now. */
    async waitsForLock(text: string): Promise<boolean> {
      const { rows } = await watcher.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like $1`,
        [`%${text}%`],
      )
      return rows.length > 0
    },
    async stop() {
      await owner.end()
      await watcher.end()
      await node.db.end()
      await database.drop()
    },
  }
}

export type TestLedger = Awaited<ReturnType<typeof startTestLedger>>

/** An entry of the given lines: account name, amount (debit positive), currency. Accounts are assets. */
export function anEntry(
  lines: readonly (readonly [account: string, amount: bigint, currency?: string])[],
  overrides: Partial<NewEntry> = {},
): NewEntry {
  const account = (name: string): Account => ({ name, type: 'asset' })
  return {
    id: newId(),
    kind: 'capture',
    fact: newId(),
    paymentId: undefined,
    orderId: undefined,
    reverses: undefined,
    occurredAt: new Date('2026-03-03T10:00:00.000Z'),
    postings: lines.map(([name, amount, currency = 'EUR']) => ({ account: account(name), amount, currency })),
    ...overrides,
  }
}

/** A request for a manual entry: debit the first account, credit the second, 10.00 EUR unless told. */
export function aManualEntry(debit: string, credit: string, overrides: Partial<NewManualEntry> = {}): NewManualEntry {
  return {
    idempotencyKey: newId(),
    fingerprint: Buffer.alloc(32),
    reference: newId(),
    postings: [
      { account: debit, direction: 'debit', amount: 1000n, currency: 'EUR' },
      { account: credit, direction: 'credit', amount: 1000n, currency: 'EUR' },
    ],
    ...overrides,
  }
}
