import type { AccountType } from '../ledger/index.ts'
import type { Payments } from '../payments/index.ts'
import type { Actor } from '../platform/audit/index.ts'
import type { Refusal } from '../platform/errors.ts'

import type { LiveView, Periods, Reconciliation, Resolutions } from '../reconciliation/index.ts'

import type { Received, SettlementFile, SourceState, StoredStatement } from '../settlement/index.ts'
import type { StatementLine, StatementQuery, Wallet } from '../wallet/index.ts'

/** Everything that the HTTP edge calls. It holds no state and no rule of its own beyond the shape of requests. */
export type Services = {
  readonly payments: Pick<Payments, 'accept' | 'get' | 'list' | 'waitForFinal' | 'timeline' | 'whereabouts' | 'request'>
  readonly ledger: Ledger
  readonly wallets: Wallets
  readonly settlementFiles: SettlementFiles
  readonly reconciliation: ReconciliationService
  readonly live: Pick<LiveView, 'summary' | 'list'>
  readonly resolutions: Resolutions
  readonly periods: Periods
  /** Finds what an id belongs to: our ids, a checkout, an order's reference, a PSP's reference. */
  readonly search: (text: string) => Promise<readonly SearchHit[]>
  readonly webhooks: WebhookInbox
  readonly testClock: TestClockControl | undefined
  readonly readiness: Readiness
  readonly metrics: { readonly contentType: string; readonly render: () => Promise<string> }
  /** The PSP account of a payment that names none. */
  readonly defaultPsp: string
  readonly pspNames: readonly string[]
}

export type Page<T> = { readonly data: readonly T[]; readonly hasMore: boolean }

export type Ledger = {
  /** Creates the account, or finds the one of this name and type. Throws `account_exists`, `account_controlled`. */
  readonly createAccount: (request: {
    readonly account: string
    readonly type: AccountType
  }) => Promise<LedgerAccount & { readonly created: boolean }>
  /** In order of name. `after` is the name of the last one seen. */
  readonly listAccounts: (page: {
    readonly limit: number
    readonly after?: string | undefined
  }) => Promise<Page<LedgerAccount & { readonly balances: readonly AccountBalance[] }>>
  /** Newest first. `after` is the id of the last one seen. */
  readonly listEntries: (filter: {
    readonly paymentId?: string | undefined
    readonly account?: string | undefined
    readonly limit: number
    readonly after?: string | undefined
  }) => Promise<Page<JournalEntry>>
  readonly getEntry: (id: string) => Promise<JournalEntry | undefined>
  /** One result per item, in order, once it is durable. A refusal of one leaves the others unharmed. */
  readonly post: (items: readonly NewManualEntry[]) => Promise<readonly (PostedEntry | Refusal)[]>
  readonly trialBalance: (asOf: Date | undefined) => Promise<TrialBalance>
  readonly invariants: () => Promise<{
    readonly ok: boolean
    readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[]
  }>
  /** Reads the whole hash chain again. */
  readonly verify: (anchor?: string) => Promise<Verification>
}

export type LedgerAccount = { readonly account: string; readonly type: AccountType }

/** Gross turnover in minor units, and debits − credits. */
export type AccountBalance = {
  readonly currency: string
  readonly debits: bigint
  readonly credits: bigint
  readonly balance: bigint
}

export type EntryPosting = {
  readonly account: string
  readonly direction: 'debit' | 'credit'
  readonly amount: bigint
  readonly currency: string
}

/** Ids are UUIDs; `reverses` is the id of another entry. */
export type JournalEntry = {
  readonly id: string
  readonly kind: string
  readonly reference?: string | undefined
  readonly paymentId?: string | undefined
  readonly orderId?: string | undefined
  readonly reverses?: string | undefined
  readonly occurredAt: Date
  readonly bookedAt: Date
  /** ISO date. */
  readonly accountingDate: string
  readonly postings: readonly EntryPosting[]
}

export type NewManualEntry = {
  readonly idempotencyKey: string
  readonly fingerprint: Buffer
  readonly reference: string
  readonly reverses?: string | undefined
  readonly occurredAt?: Date | undefined
  readonly actor?: Actor | undefined
  readonly postings: readonly EntryPosting[]
}

export type PostedEntry = { readonly entry: JournalEntry; readonly replayed: boolean }

export type TrialBalance = {
  readonly asOf: Date
  readonly currencies: readonly {
    readonly currency: string
    readonly debits: bigint
    readonly credits: bigint
    readonly accounts: readonly (LedgerAccount & Omit<AccountBalance, 'currency'>)[]
  }[]
}

export type Verification = {
  readonly anchors: readonly { readonly day: string; readonly hash: string }[]
  readonly ok: boolean
  readonly checked: { readonly batches: number; readonly entries: number; readonly postings: number }
  readonly findings: readonly {
    readonly kind: string
    readonly chain?: number | undefined
    readonly batch?: number | undefined
    /** UUID of the entry. */
    readonly entryId?: string | undefined
    readonly posting?: number | undefined
    readonly detail: string
  }[]
}

export type Wallets = {
  readonly get: (seller: string) => Promise<Wallet | undefined>
  readonly statement: (query: StatementQuery) => Promise<Page<StatementLine> | undefined>
}

/** What came of an upload. `others`: the further files of a zip, each of which is a file of its own. */
export type Receipt = Received & { readonly others?: readonly Received[] }

/** Ids are UUIDs. */
export type SettlementFiles = {
  /** Keeps, reads and accepts or rejects a file. Throws `source_not_found`, and what `bytes` throws: then nothing is kept. */
  readonly receive: (upload: {
    readonly source: string
    readonly name: string | undefined
    readonly bytes: AsyncIterable<Uint8Array>
  }) => Promise<Receipt>
  /** A file came that somebody may wait for: work on it begins soon. */
  readonly noticed: () => void
  /** Newest first. `after` is the id of the last one seen. */
  readonly list: (filter: {
    readonly source?: string | undefined
    readonly limit: number
    readonly after?: string | undefined
  }) => Promise<Page<SettlementFile>>
  readonly get: (
    id: string,
  ) => Promise<(SettlementFile & { readonly statements: readonly StoredStatement[] }) | undefined>
  /** Takes a file back. Throws `not_found`, `file_state`. */
  readonly withdraw: (withdrawal: {
    readonly id: string
    readonly reason: string
    readonly by: string
    readonly actor: Actor
  }) => Promise<SettlementFile>
  /** The bytes as they were received. Throws at the end when they are not. */
  readonly content: (file: Pick<SettlementFile, 'originalBlobId'>) => AsyncIterable<Uint8Array>
  readonly sourceNames: readonly string[]
  /** Every source with where it stands, PSPs first. */
  readonly sources: () => Promise<readonly SourceState[]>
  readonly formats: readonly {
    readonly format: string
    readonly title: string
    readonly sources: readonly string[]
  }[]
}

export type ReconciliationService = Pick<
  Reconciliation,
  | 'startRun'
  | 'getRun'
  | 'listRuns'
  | 'matches'
  | 'report'
  | 'changes'
  | 'payoutWaterfall'
  | 'dryRun'
  | 'verify'
  | 'rules'
  | 'getBreak'
  | 'listBreaks'
  | 'suggest'
  | 'ageing'
> & {
  /** What was asked for begins soon; returns at once. */
  readonly hurry: () => void
}

/** `id` and `paymentId` are public ids. */
export type SearchHit = { readonly object: string; readonly id: string; readonly paymentId?: string | undefined }

export type WebhookInbox = {
  readonly receive: (
    psp: string,
    headers: Readonly<Record<string, string | undefined>>,
    body: Buffer,
  ) => Promise<'stored' | 'duplicate' | 'bad_signature' | 'unknown_psp'>
}

export type TestClockControl = {
  /** Moves the business clock forward and answers its new time when everything that came due is done. */
  readonly advance: (ms: number) => Promise<Date>
}

export type Readiness = {
  readonly check: () => Promise<{ readonly ready: boolean; readonly detail: Readonly<Record<string, string>> }>
}
