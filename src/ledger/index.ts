/**
 * The double-entry ledger: accounts, journal entries, signed postings (debit positive), balances and a hash chain over
 * every posted batch. The only writer of postings.
 *
 * Entries are only ever inserted, by `postEntries`, in the transaction of the fact that caused them. Code checks that
 * an entry balances, the database checks it again, and refuses any change of what was booked. A correction is a new
 * entry. Balances are kept in stripes, one per chain, so that an account that every payment touches serialises nothing.
 */
export {
  ACCOUNT_TYPES,
  type Account,
  type AccountType,
  accounts,
  refuseControlled,
  type SellerBucket,
} from './account.ts'
export { anchorDay } from './anchor.ts'
export type { AccountBalance, AccountWithBalances, TrialBalance } from './balances.ts'
export { closeDays } from './close.ts'
export { type AccountDirectory, createAccountDirectory } from './directory.ts'
export { accountingDate, type EntryKind, imbalance, MAX_POSTINGS, type NewEntry, type Posting } from './entry.ts'
export { LEDGER_INVARIANTS } from './invariants.ts'
export type { EntryFilter, JournalEntry } from './list.ts'
export type { NewManualEntry, PostedEntry } from './manual.ts'
export { postEntries } from './post.ts'
export { createLedger, type Ledger } from './service.ts'
export type { Verification } from './verify.ts'
export type { Finding } from './walk.ts'
