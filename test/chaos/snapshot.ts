/**
 * Everything that the audit compares, as plain data. Amounts are minor units. Where the same fact is
 * here twice, it was read in two ways: through the API, and with SQL that shares no code with the product.
 */
export type Snapshot = {
  /** What the campaign asked for, and what it was answered. */
  readonly keys: readonly KeyHistory[]
  readonly reuses: readonly KeyReuse[]
  readonly followUps: readonly FollowUp[]
  readonly manual: readonly ManualHistory[]
  readonly observations: Observations
  /** Through the API. */
  readonly payments: readonly PaymentSeen[]
  readonly wallets: readonly WalletSeen[]
  readonly trialBalance: readonly TrialBalanceSeen[]
  readonly entriesSeen: readonly Entry[]
  readonly probes: readonly Probe[]
  /** From the database. */
  readonly events: readonly StoredEvent[]
  readonly orders: readonly StoredOrder[]
  readonly attempts: readonly StoredAttempt[]
  readonly entries: readonly Entry[]
  readonly balances: readonly Balance[]
  readonly walletRows: readonly WalletRow[]
  /** From the simulator. */
  readonly book: readonly Charge[]
  /** Settlement, from both: what the database holds of the nights, and the simulator's files. */
  readonly nights: Nights
}

export type OrderAsked = { readonly seller: string; readonly amount: bigint; readonly platformFee: bigint }

export type PaymentAsked = {
  readonly checkoutId: string | undefined
  readonly currency: string
  readonly paymentMethod: string
  readonly chargeMode: 'per_order' | 'single'
  readonly capture: 'automatic' | 'manual'
  readonly onPartial: 'keep' | 'void_all'
  readonly orders: readonly OrderAsked[]
}

/** A definitive answer: one after which a client may stop asking. Payment ids are the API's. */
export type Answer =
  | { readonly accepted: string; readonly replayed: boolean }
  | { readonly refused: string; readonly status: number }

/** One Idempotency-Key, what was asked under it, and every definitive answer that came, in any order. */
export type KeyHistory = {
  readonly key: string
  readonly asked: PaymentAsked
  /** The refusal that a deliberately wrong request must get, or undefined for a good one. */
  readonly mustBeRefusedWith: string | undefined
  readonly answers: readonly Answer[]
}

/** Another body sent under a key that had been acknowledged before. */
export type KeyReuse = { readonly key: string; readonly answer: Answer | undefined }

/** A request about a payment that exists. `answer` is undefined when none ever came. */
export type FollowUp = {
  readonly key: string
  readonly paymentId: string
  readonly action: 'retry' | 'capture' | 'cancel'
  /** The payment method of a retry. */
  readonly paymentMethod: string | undefined
  readonly answer: Answer | undefined
}

export type ManualHistory = {
  readonly key: string
  readonly reference: string
  readonly reverses: string | undefined
  readonly postings: readonly PostingSeen[]
  readonly mustBeRefusedWith: string | undefined
  readonly answers: readonly Answer[]
}

/** What went wrong in front of the client's eyes while the campaign ran, one sentence each. */
export type Observations = {
  readonly requests: number
  readonly reads: number
  readonly serverErrors: readonly string[]
  readonly backwards: readonly string[]
  readonly unexpected: readonly string[]
}

export type OrderStatus =
  | 'pending'
  | 'executing'
  | 'requires_action'
  | 'authorised'
  | 'captured'
  | 'failed'
  | 'voided'
  | 'unknown'

export type OrderSeen = {
  readonly id: string
  readonly seller: string
  readonly amount: bigint
  readonly platformFee: bigint
  readonly status: OrderStatus
  readonly psp: string
  readonly pspReference: string | undefined
}

export type PaymentSeen = {
  readonly id: string
  readonly status: string
  readonly amount: bigint
  readonly currency: string
  readonly orders: readonly OrderSeen[]
}

export type WalletSeen = {
  readonly seller: string
  readonly currency: string
  readonly pending: bigint
  readonly available: bigint
  readonly reserved: bigint
  readonly owed: bigint
}

export type WalletRow = WalletSeen & { readonly inPayout: bigint }

export type TrialBalanceSeen = {
  readonly currency: string
  readonly debits: bigint
  readonly credits: bigint
  readonly accounts: readonly {
    readonly account: string
    readonly debits: bigint
    readonly credits: bigint
    readonly balance: bigint
  }[]
}

/** A question to the API whose answer is right or wrong by itself, such as the ledger's own verification. */
export type Probe = { readonly name: string; readonly subject: string; readonly ok: boolean; readonly detail: string }

export type StoredEvent = {
  readonly id: string
  readonly key: string
  readonly checkoutId: string | undefined
  readonly status: string
  readonly amount: bigint
  readonly currency: string
}

export type StoredOrder = {
  readonly id: string
  readonly paymentId: string
  readonly seller: string
  readonly amount: bigint
  readonly currency: string
  readonly platformFee: bigint
  readonly status: OrderStatus
  readonly psp: string
  /** The attempt whose charge stands for the order now. */
  readonly chargeAttemptId: string
}

export type StoredAttempt = {
  readonly id: string
  readonly paymentId: string
  readonly operation: 'charge' | 'capture' | 'void'
  readonly chargeAttemptId: string
  readonly amount: bigint
  readonly currency: string
  readonly status: string
  readonly pspReference: string | undefined
}

/** Signed: debit positive. */
export type PostingSeen = { readonly account: string; readonly amount: bigint; readonly currency: string }

export type Entry = {
  readonly id: string
  readonly kind: string
  readonly orderId: string | undefined
  /** What the entry was booked for. Stored, not shown by the API. */
  readonly fact: string | undefined
  /** The charge of a late success: money that came for an order that had failed. Stored, not shown by the API. */
  readonly lateChargeId: string | undefined
  readonly reference: string | undefined
  readonly reverses: string | undefined
  readonly postings: readonly PostingSeen[]
}

export type Balance = {
  readonly account: string
  readonly currency: string
  readonly debits: bigint
  readonly credits: bigint
}

/** A charge in the simulator's book. `attemptId` is read out of the reference that we gave it. */
export type Charge = {
  readonly id: string
  readonly reference: string
  readonly attemptId: string | undefined
  readonly idempotencyKey: string
  readonly amount: bigint
  readonly currency: string
  readonly status: string
  /** When it came into this status: for a captured one when it was captured. ISO 8601, UTC. */
  readonly occurredAt: string
}

/** Days are ISO dates. */
export type Nights = {
  readonly runs: readonly StoredRun[]
  readonly files: readonly StoredFile[]
  readonly statements: readonly StoredStatement[]
  readonly breaks: readonly StoredBreak[]
  readonly breakEvents: readonly { readonly breakId: string; readonly runId: string; readonly kind: string }[]
  readonly settled: readonly SettledCharge[]
  /** Where each charge stands in the ledger's chains, which tells the first run that could see it. */
  readonly bookings: readonly { readonly chargeId: string; readonly chain: string; readonly batch: bigint }[]
  /** The simulator's files, read by the campaign itself. */
  readonly pspFiles: readonly PspFile[]
  /** The first day of which the simulator has a file. */
  readonly firstDay: string
}

export type StoredRun = {
  readonly id: string
  readonly day: string
  readonly status: string
  readonly fileId: string | undefined
  readonly completedAt: string | undefined
  readonly proof: readonly { readonly currency: string; readonly unexplained: bigint }[]
  /** How far each chain was read. */
  readonly seen: Readonly<Record<string, bigint>>
}

export type StoredFile = {
  readonly id: string
  readonly day: string | undefined
  readonly status: string
  readonly sha256: string
}

export type StoredStatement = {
  readonly fileId: string
  readonly currency: string
  readonly opening: bigint
  readonly closing: bigint
}

export type StoredBreak = {
  readonly id: string
  readonly code: string
  readonly class: string
  readonly state: string
  readonly chargeId: string | undefined
  readonly fileId: string | undefined
  readonly line: number | undefined
  readonly difference: bigint | undefined
  readonly currency: string | undefined
  readonly isPromoted: boolean
}

export type SettledCharge = {
  readonly chargeId: string
  readonly runId: string
  readonly fileId: string
  readonly line: number
}

export type PspFile = {
  readonly day: string
  readonly sha256: string
  readonly lines: readonly PspLine[]
  readonly balances: readonly { readonly currency: string; readonly opening: bigint; readonly closing: bigint }[]
}

export type PspLine = {
  /** Its number in the file; the header is 1. */
  readonly line: number
  readonly kind: string
  readonly pspReference: string
  readonly status: string
  readonly gross: bigint
  readonly fee: bigint
  readonly currency: string
  readonly occurredAt: string
}
