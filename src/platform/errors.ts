/**
 * Refusals: every "no" that a caller can act on, in one table. A refusal is thrown where the reason
 * is known and turned into an RFC 9457 problem once, in `http/`. Codes are never renamed.
 * `docs/reference/errors.md` lists the same table and a test keeps the two equal.
 */
export const REFUSALS = {
  invalid_request: { status: 422, title: 'The request has a field that is not right.', retryable: false },
  malformed_json: { status: 400, title: 'The body is not JSON.', retryable: false },
  unknown_parameter: {
    status: 400,
    title: 'The query has a parameter that this endpoint does not know.',
    retryable: false,
  },
  invalid_parameter: { status: 400, title: 'A query or path parameter is not right.', retryable: false },
  unsupported_media_type: { status: 415, title: 'The content type is not supported.', retryable: false },
  payload_too_large: { status: 413, title: 'The body is larger than this endpoint takes.', retryable: false },
  unauthorized: { status: 401, title: 'The API key is missing or not right.', retryable: false },
  forbidden: { status: 403, title: 'The API key lacks the scope for this.', retryable: false },
  not_found: { status: 404, title: 'There is no such thing.', retryable: false },
  method_not_allowed: { status: 405, title: 'The path does not take this method.', retryable: false },
  pan_detected: { status: 422, title: 'A field holds a card number.', retryable: false },
  rate_limited: { status: 429, title: 'Too many requests for this key.', retryable: true },
  overloaded: { status: 503, title: 'The server has more work than it may queue.', retryable: true },
  unavailable: { status: 503, title: 'The server cannot reach its database, or is stopping.', retryable: true },
  idempotency_key_required: {
    status: 400,
    title: 'This request moves money and needs an Idempotency-Key.',
    retryable: false,
  },
  idempotency_key_invalid: { status: 400, title: 'The Idempotency-Key is not right.', retryable: false },
  idempotency_key_reused: {
    status: 422,
    title: 'The Idempotency-Key was used before with another body.',
    retryable: false,
  },
  request_in_progress: {
    status: 409,
    title: 'The first request with this Idempotency-Key is still running.',
    retryable: true,
  },
  checkout_exists: { status: 409, title: 'The checkout has a payment already.', retryable: false },
  payment_state: { status: 409, title: 'The payment is in a state that does not allow this.', retryable: false },
  psp_not_found: { status: 422, title: 'There is no PSP account of this name.', retryable: false },
  test_mode_only: { status: 403, title: 'This exists in test mode only.', retryable: false },
  account_controlled: {
    status: 422,
    title: 'The account is kept by the system and takes no manual postings.',
    retryable: false,
  },
  account_not_found: { status: 422, title: 'There is no ledger account of this name.', retryable: false },
  account_exists: { status: 409, title: 'The ledger account exists with another type.', retryable: false },
  entry_unbalanced: { status: 422, title: 'Debits and credits differ.', retryable: false },
  entry_reference_exists: { status: 409, title: 'There is an entry with this reference already.', retryable: false },
  entry_not_reversible: { status: 422, title: 'The entry cannot be reversed like this.', retryable: false },
  clock_backwards: { status: 422, title: 'The test clock only goes forward.', retryable: false },
} as const satisfies Record<string, { status: number; title: string; retryable: boolean }>

export type RefusalCode = keyof typeof REFUSALS

/** One field that was wrong. `pointer` is a JSON pointer into the body, or `?name` for a query parameter. */
export type FieldError = { readonly pointer: string; readonly detail: string }

export class Refusal extends Error {
  readonly code: RefusalCode
  readonly errors: readonly FieldError[]
  /** Machine-readable extras that go into the problem as they are, e.g. the id of the existing payment. */
  readonly facts: Readonly<Record<string, unknown>>
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: RefusalCode,
    detail: string,
    options: {
      errors?: readonly FieldError[]
      facts?: Record<string, unknown>
      retryAfterSeconds?: number
      cause?: unknown
    } = {},
  ) {
    super(detail, { cause: options.cause })
    this.name = 'Refusal'
    this.code = code
    this.errors = options.errors ?? []
    this.facts = options.facts ?? {}
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}
