import type { Actor } from '../platform/audit/index.ts'
import type { Clock } from '../platform/clock.ts'
import { type Db, isConnectionError, isTransient, violatedConstraint } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { createLane } from '../platform/lane.ts'
import type { AccountDirectory } from './directory.ts'
import type { JournalEntry } from './list.ts'
import { commitManual } from './manual-commit.ts'

/** A manual entry as a caller asks for it: validated in form, not yet balanced. Ids are UUIDs, amounts > 0. */
export type NewManualEntry = {
  readonly idempotencyKey: string
  readonly fingerprint: Buffer
  readonly reference: string
  /** The entry that this one reverses: its postings must be exactly that entry's with the sides exchanged. */
  readonly reverses?: string | undefined
  readonly occurredAt?: Date | undefined
  /** Who asks for it. */
  readonly actor?: Actor | undefined
  readonly postings: readonly {
    readonly account: string
    readonly direction: 'debit' | 'credit'
    readonly amount: bigint
    readonly currency: string
  }[]
}

export type PostedEntry = { readonly entry: JournalEntry; readonly replayed: boolean }

export type ManualDeps = { readonly db: Db; readonly directory: AccountDirectory; readonly clock: Clock }

// A conflict shows what the other request committed, so the second attempt finds it. More conflicts than that in a row
// come from batches that keep crossing each other: those are tried again in halves.
const ATTEMPTS = 3

/**
 * Posts manual entries in batches: one result per entry, in order; a refusal of one leaves the others unharmed.
 * Refusals: `account_controlled`, `account_not_found`, `entry_unbalanced`, `entry_reference_exists`,
 * `entry_not_reversible`, `idempotency_key_reused`, `invalid_request` for an instant without a date, `overloaded`.
 */
export function createManualPosting(deps: ManualDeps) {
  const lane = createLane<NewManualEntry, PostedEntry | Refusal>({
    maxBatch: 1_000,
    weight: (item) => item.postings.length,
    maxQueue: 20_000,
    concurrency: 2,
    whenFull: () =>
      new Refusal('overloaded', 'The queue of ledger entries is full. Send the request again with the same key.', {
        retryAfterSeconds: 2,
      }),
    commit: (items) => commitAgain(deps, items),
    splitOn: (error) => !isConnectionError(error),
  })
  const postOne = async (item: NewManualEntry): Promise<PostedEntry | Refusal> => {
    try {
      return await lane.submit(item)
    } catch (error) {
      if (error instanceof Refusal) return error
      throw error
    }
  }
  return (items: readonly NewManualEntry[]): Promise<readonly (PostedEntry | Refusal)[]> =>
    Promise.all(items.map(postOne))
}

async function commitAgain(
  deps: ManualDeps,
  items: readonly NewManualEntry[],
): Promise<readonly (PostedEntry | Refusal)[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await commitManual(deps, items)
    } catch (error) {
      if (attempt === ATTEMPTS || !isConflict(error)) throw error
    }
  }
}

const ONCE = [
  'journal_entry_fact_once',
  'journal_entry_reversed_once',
  'manual_entry_key_once',
  'manual_entry_reference_once',
]

/** Whether a request at the same time stored the same key, reference or reversal, or crossed our locks. */
const isConflict = (error: unknown): boolean =>
  ONCE.includes(violatedConstraint(error) ?? '') || (isTransient(error) && !isConnectionError(error))
