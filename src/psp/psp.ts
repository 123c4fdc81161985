/**
 * The PSP port: what Tallystick asks of a payment service provider, and the only thing the executor
 * knows about one. A new PSP is one folder beside this file that exports a `Psp`, and passes the
 * shared tests of `contract.ts`.
 *
 * Three rules carry the port.
 *
 * 1. **A method never throws for what the network or the PSP did.** Everything that can happen is an
 *    `Outcome`. A throw is a bug in the adapter; the executor treats it as `unknown`.
 * 2. **When in doubt, `unknown`.** A time-out after the request was sent, a 5xx, a reset connection,
 *    a body that does not parse, a status word the adapter does not recognise: each may have moved
 *    money. Only a definitive answer about *this* request may be anything else. `not_executed` needs
 *    proof that nothing happened (connection refused before the first byte, 429, a documented
 *    rejection before processing).
 * 3. **An adapter never retries.** Retries are the executor's: durable, visible, under the same key.
 */

/** Amounts are minor units (ISO 4217 exponent), always > 0. `currency` is the alphabetic ISO code. */
export type Money = { readonly amount: bigint; readonly currency: string }

export type ChargeRequest = Money & {
  /** The PSP's idempotency key: derived from the attempt, 1–64 printable ASCII characters. */
  readonly key: string
  /** Our reference: what `lookUp` finds the charge by when its answer was lost. Unique per charge. */
  readonly reference: string
  /** The PSP's token for the buyer's payment method. Never a card number. */
  readonly paymentMethod: string
  /** `automatic`: capture with the charge. `manual`: authorise only; `capture` or `void` follows. */
  readonly capture: 'automatic' | 'manual'
}

/** A capture or a void of a charge that was authorised before. */
export type FollowUpRequest = Money & {
  readonly key: string
  /** Our reference of the charge. */
  readonly reference: string
  /** The PSP's identifier of the charge. */
  readonly pspReference: string
}

/** Why the PSP said no, in words that do not depend on the PSP. */
export type Decline = {
  /** One of `DECLINE_CODES`; a code the adapter cannot map is `generic_decline`. */
  readonly code: string
  /** The PSP's or the network's own code, unchanged. */
  readonly networkCode?: string
  readonly advice: 'do_not_try_again' | 'try_again_later' | 'confirm_card_data'
  /** A sentence for the merchant. Not for the buyer: it may reveal a fraud rule. */
  readonly message: string
}

/** What the PSP told us about a charge. `occurredAt` is the PSP's own stamp of the fact. */
export type Outcome =
  | (Money & { readonly outcome: 'captured'; readonly pspReference: string; readonly occurredAt: Date })
  | (Money & { readonly outcome: 'authorised'; readonly pspReference: string; readonly occurredAt: Date })
  | { readonly outcome: 'voided'; readonly pspReference: string; readonly occurredAt: Date }
  /** Accepted, and the end comes later by webhook or look-up. */
  | { readonly outcome: 'pending'; readonly pspReference: string }
  /** The buyer must do something first, at `url`. */
  | { readonly outcome: 'requires_action'; readonly pspReference: string; readonly url: string }
  | { readonly outcome: 'declined'; readonly pspReference?: string; readonly decline: Decline }
  /** Proven not executed: the same key may be sent again, at any time. */
  | { readonly outcome: 'not_executed'; readonly reason: string; readonly retryAfterMs?: number }
  /** Money may or may not have moved. Not an error: a state, resolved by look-up, webhook or file. */
  | { readonly outcome: 'unknown'; readonly cause: string }

/** `not_found` is definitive for the instant of the look-up; the executor adds the consistency window. */
export type LookUp = Outcome | { readonly outcome: 'not_found' }

/** A webhook whose signature was right. `id` is the PSP's event id: the same id is handled once. */
export type WebhookEvent = {
  readonly id: string
  /** Our reference of the charge it speaks of, or undefined for events that carry none. */
  readonly reference: string | undefined
  readonly outcome: Outcome
}

/** What the executor has to know about this PSP before it may decide anything. All in milliseconds. */
export type PspTraits = {
  /** How long the PSP remembers an idempotency key. Never re-send a key older than this. */
  readonly keyRetentionMs: number
  /** A charge that exists is found by `lookUp` at most this long after it was last sent. */
  readonly consistencyWindowMs: number
  /** Longest wait for an answer to a charge, capture or void. */
  readonly requestTimeoutMs: number
  /** Longest wait for an answer to a look-up. */
  readonly lookUpTimeoutMs: number
  /** Calls in flight from one node at the same time. */
  readonly concurrency: number
}

/** The clock of a test PSP. A live PSP has none. Instants are business time. */
export type PspTestClock = {
  /** Puts `offsetMs` (business clock − wall clock) in the PSP's book and does what came due, webhooks included, before it answers. */
  readonly setOffset: (offsetMs: number) => Promise<void>
  /** The earliest instant at which the PSP has something to do by itself, if there is any. */
  readonly nextDueAt: () => Promise<Date | undefined>
}

/** A settlement file as the PSP hands it out. Its bytes can be read once. */
export type FetchedFile = { readonly name: string; readonly bytes: AsyncIterable<Uint8Array> }

/**
 * Where the PSP's settlement files come from: one for each business day (ISO date) in the PSP's own zone, also for a day
 * without a movement. Unlike the rest of the port these throw when the PSP does not answer: nothing depends on one try.
 */
export type SettlementFiles = {
  /** The day of the first file there will ever be. */
  readonly firstBusinessDate: () => Promise<string>
  /** The file of a day, or undefined while it is not ready. */
  readonly fetch: (businessDate: string) => Promise<FetchedFile | undefined>
}

export type Psp = {
  /** Name of the PSP account: letters, digits, `_` and `-`. Names the ledger accounts `psp:<name>:…`. */
  readonly name: string
  readonly mode: 'test' | 'live'
  readonly traits: PspTraits
  readonly charge: (request: ChargeRequest) => Promise<Outcome>
  readonly capture: (request: FollowUpRequest) => Promise<Outcome>
  readonly void: (request: FollowUpRequest) => Promise<Outcome>
  /** Asks by **our** reference, because after a time-out it is all we have. */
  readonly lookUp: (reference: string) => Promise<LookUp>
  /** The event, or undefined when the signature is missing, wrong or too old. Compares in constant time. */
  readonly verifyWebhook: (
    headers: Readonly<Record<string, string | undefined>>,
    body: Buffer,
  ) => WebhookEvent | undefined
  readonly testClock?: PspTestClock
  readonly settlementFiles?: SettlementFiles
  readonly close: () => Promise<void>
}
