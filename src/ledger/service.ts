import type { Clock } from '../platform/clock.ts'
import type { Db } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { createLane } from '../platform/lane.ts'
import { createShared } from '../platform/lane-shared.ts'
import { type AccountType, refuseControlled, typeOfChartAccount } from './account.ts'
import {
  type AccountWithBalances,
  createAccount,
  listAccounts,
  type TrialBalance,
  trialBalance,
  trialBalanceAsOf,
} from './balances.ts'
import type { AccountDirectory } from './directory.ts'
import { type EntryFilter, getEntries, type JournalEntry, listEntries } from './list.ts'
import { createManualPosting, type NewManualEntry, type PostedEntry } from './manual.ts'
import { expectAnchor, type Verification, verifyLedger } from './verify.ts'

/** The ledger as its own product: accounts, manual entries, balances, proof. Ids are UUIDs. */
export type Ledger = {
  readonly createAccount: (request: {
    readonly account: string
    readonly type: AccountType
  }) => Promise<{ readonly account: string; readonly type: AccountType; readonly created: boolean }>
  readonly listAccounts: (filter: {
    readonly limit: number
    readonly after?: string | undefined
  }) => Promise<{ readonly data: readonly AccountWithBalances[]; readonly hasMore: boolean }>
  readonly listEntries: (
    filter: EntryFilter,
  ) => Promise<{ readonly data: readonly JournalEntry[]; readonly hasMore: boolean }>
  readonly getEntry: (id: string) => Promise<JournalEntry | undefined>
  readonly post: (items: readonly NewManualEntry[]) => Promise<readonly (PostedEntry | Refusal)[]>
  readonly trialBalance: (asOf: Date | undefined) => Promise<TrialBalance>
  /** `anchor`: the hash of one that must still be there. */
  readonly verify: (anchor?: string) => Promise<Verification>
}

export function createLedger(deps: {
  readonly db: Db
  /** For what is posted, whose statements find their rows by index; `db` when there is none of its own. */
  readonly moneyDb?: Db
  readonly directory: AccountDirectory
  readonly clock: Clock
}): Ledger {
  const { db, clock } = deps
  // Reports over the whole ledger run one after the other, so that they never hold all connections.
  const whenFull = (): Refusal =>
    new Refusal('overloaded', 'Too many reports are waiting for their turn.', { retryAfterSeconds: 30 })
  const verify = createShared(() => verifyLedger(db), whenFull)
  const sheets = createLane<Date, TrialBalance>({
    maxBatch: 1,
    maxQueue: 100,
    concurrency: 1,
    whenFull,
    commit: (instants) => Promise.all(instants.map((asOf) => trialBalanceAsOf(db, asOf))),
    splitOn: () => false,
  })
  return {
    async createAccount({ account, type }) {
      refuseControlled(account, '/account')
      const fixed = typeOfChartAccount(account)
      if (fixed !== undefined && fixed !== type) {
        const detail = `"${account}" belongs to the chart of accounts and is of type ${fixed}.`
        throw new Refusal('invalid_request', detail, { errors: [{ pointer: '/type', detail }] })
      }
      const { created } = await createAccount(db, account, type)
      return { account, type, created }
    },
    listAccounts: (filter) => listAccounts(db, filter),
    listEntries: (filter) => listEntries(db, filter),
    getEntry: async (id) => (await getEntries(db, [id]))[0],
    post: createManualPosting({ ...deps, db: deps.moneyDb ?? db }),
    trialBalance: async (asOf) => (asOf === undefined ? trialBalance(db, clock.now()) : sheets.submit(asOf)),
    async verify(anchor) {
      const verification = await verify()
      return anchor === undefined ? verification : expectAnchor(verification, anchor)
    },
  }
}
