/**
 * Refusals: every "no" that a caller can act on, in one table. A refusal is thrown where the reason
 * is known and turned into an RFC 9457 problem once, in `http/`. Codes are never renamed.
 * `docs/reference/errors.md` is made from this table and a test keeps the two equal.
 *
 * `fix` says what the caller does about it, as a sentence or two for the documentation.
 */
export const REFUSALS = {
  invalid_request: {
    status: 422,
    title: 'The request has a field that is not right.',
    retryable: false,
    fix: 'Each of `errors` names a field by its JSON pointer and says what would be right. Nothing was stored.',
  },
  malformed_json: {
    status: 400,
    title: 'The body is not JSON.',
    retryable: false,
    fix: 'Send one JSON document in UTF-8. `detail` says where reading stopped.',
  },
  malformed_request: {
    status: 400,
    title: 'The request is not HTTP as it should be.',
    retryable: false,
    fix: 'Check the request line, the escapes in the path and the header fields.',
  },
  unknown_parameter: {
    status: 400,
    title: 'The query has a parameter that this endpoint does not know.',
    retryable: false,
    fix: 'Remove it or correct its name; `errors` lists the names that are known. A filter with a typing error would otherwise answer with the wrong money.',
  },
  invalid_parameter: {
    status: 400,
    title: 'A query or path parameter is not right.',
    retryable: false,
    fix: 'Each of `errors` names a parameter and says what would be right.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The content type is not supported.',
    retryable: false,
    fix: 'Send the body as `Content-Type: application/json`.',
  },
  payload_too_large: {
    status: 413,
    title: 'The body is larger than this endpoint takes.',
    retryable: false,
    fix: 'Split it: a body holds 1 MiB, a batch 16 MiB, a settlement file 1 GiB.',
  },
  headers_too_large: {
    status: 431,
    title: 'The header fields are larger than the server takes.',
    retryable: false,
    fix: 'Send less than 16 KiB of header fields.',
  },
  request_timeout: {
    status: 408,
    title: 'The request did not arrive in time.',
    retryable: true,
    fix: 'Send it again, under the same Idempotency-Key.',
  },
  unauthorized: {
    status: 401,
    title: 'The API key is missing or not right.',
    retryable: false,
    fix: 'Send `Authorization: Bearer <API key>` with a key of this deployment and its mode (test or live). A webhook needs the right signature instead.',
  },
  forbidden: {
    status: 403,
    title: 'The API key lacks the scope for this.',
    retryable: false,
    fix: 'Use a key with the scope that `detail` names: `write` includes `read`, `admin` includes both.',
  },
  not_found: {
    status: 404,
    title: 'There is no such thing.',
    retryable: false,
    fix: 'Check the path and the id.',
  },
  not_served_here: {
    status: 421,
    title: 'This node does not serve the API.',
    retryable: false,
    fix: 'The address is that of a worker (`--role worker`). Send the request to a node of role `api` or `all`.',
  },
  method_not_allowed: {
    status: 405,
    title: 'The path does not take this method.',
    retryable: false,
    fix: 'Use a method that the `Allow` header lists.',
  },
  pan_detected: {
    status: 422,
    title: 'A field holds a card number.',
    retryable: false,
    fix: "Send the PSP's token for the payment method, such as `pm_test_visa` in test mode, and never a card number. It was neither stored nor logged; `errors` names the field.",
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests for this key.',
    retryable: true,
    fix: 'Wait for the seconds that `Retry-After` says.',
  },
  overloaded: {
    status: 503,
    title: 'The server has more work than it may queue.',
    retryable: true,
    fix: 'Wait for the seconds that `Retry-After` says and send it again, under the same Idempotency-Key. Nothing was stored.',
  },
  unavailable: {
    status: 503,
    title: 'The server cannot reach its database, or is stopping.',
    retryable: true,
    fix: 'Wait for the seconds that `Retry-After` says and send it again, under the same Idempotency-Key: whatever was stored before is found again.',
  },
  idempotency_key_required: {
    status: 400,
    title: 'This request moves money and needs an Idempotency-Key.',
    retryable: false,
    fix: 'Send a header `Idempotency-Key` with a value that you keep for every retry of this request, such as the id of your checkout.',
  },
  idempotency_key_invalid: {
    status: 400,
    title: 'The Idempotency-Key is not right.',
    retryable: false,
    fix: 'Send one `Idempotency-Key` of 1 to 255 printable ASCII characters, plain or in double quotes.',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'The Idempotency-Key was used before with another body.',
    retryable: false,
    fix: 'Use a new key for a new request, and the old body for a retry.',
  },
  request_in_progress: {
    status: 409,
    title: 'The first request with this Idempotency-Key is still running.',
    retryable: true,
    fix: 'Wait for the seconds that `Retry-After` says and send it again.',
  },
  checkout_exists: {
    status: 409,
    title: 'The checkout has a payment already.',
    retryable: false,
    fix: 'Look at the payment that `payment` names. A checkout takes a new one when that has failed or was canceled.',
  },
  file_state: {
    status: 409,
    title: 'The settlement file is not in a state in which this can be done.',
    retryable: false,
    fix: 'Read the file; `status` says where it stands. Only an accepted file can be withdrawn.',
  },
  break_state: {
    status: 409,
    title: 'The break is not in a state in which this can be done.',
    retryable: false,
    fix: 'Read the break: only an open one is resolved, and one decision about it waits at a time.',
  },
  break_changed: {
    status: 409,
    title: 'The break is not the one that was looked at any more.',
    retryable: false,
    fix: 'Read the break again: somebody or a run has changed it since. `version` says what it is at.',
  },
  break_not_resolvable: {
    status: 422,
    title: 'The breaks cannot be resolved like this.',
    retryable: false,
    fix: 'Nothing was stored. `detail` says which breaks the verb is for.',
  },
  resolution_state: {
    status: 409,
    title: 'The resolution is not in a state in which this can be done.',
    retryable: false,
    fix: 'Read the resolution; only one that is applied can be undone, once.',
  },
  approval_state: {
    status: 409,
    title: 'The approval is decided already, or what it is about has changed.',
    retryable: false,
    fix: 'Read the approval. What has lapsed is asked for again.',
  },
  approval_of_own: {
    status: 409,
    title: 'Nobody approves what they asked for themselves.',
    retryable: false,
    fix: 'Another person decides, with a key of their own: another name and another key.',
  },
  period_state: {
    status: 409,
    title: 'The period cannot be closed or opened like this.',
    retryable: false,
    fix: 'Read the period; `obstacles` says what has to be done before its days are closed.',
  },
  run_in_progress: {
    status: 409,
    title: 'A reconciliation run of the source is under way.',
    retryable: true,
    fix: 'A run compares what was open when it began. Wait for the seconds that `Retry-After` says and send the request again.',
  },
  period_closed: {
    status: 409,
    title: 'The business day is closed.',
    retryable: false,
    fix: 'Nothing of a closed period changes. Two people can open it again.',
  },
  run_state: {
    status: 409,
    title: 'The reconciliation run is not in a state in which this can be done.',
    retryable: false,
    fix: 'Read the run; `status` says where it stands, and `detail` what has to come first.',
  },
  rule_state: {
    status: 409,
    title: 'The version of the rules is not in a state in which this can be done.',
    retryable: false,
    fix: 'Read the version: a draft is tested on history first, a second person activates it, and an active one stays as it is.',
  },
  payment_state: {
    status: 409,
    title: 'The payment is in a state that does not allow this.',
    retryable: false,
    fix: 'Read the payment; `detail` says which states allow the request.',
  },
  psp_not_found: {
    status: 422,
    title: 'There is no PSP account of this name.',
    retryable: false,
    fix: 'Use one of the names that `errors` lists, or leave `psp` out.',
  },
  source_not_found: {
    status: 422,
    title: 'There is no settlement source of this name.',
    retryable: false,
    fix: 'Use one of the names that `errors` lists: a source is called like its PSP account, or as the sources file declares it.',
  },
  test_mode_only: {
    status: 403,
    title: 'This exists in test mode only.',
    retryable: false,
    fix: 'Use a test deployment.',
  },
  account_controlled: {
    status: 422,
    title: 'The account is kept by the system and takes no manual postings.',
    retryable: false,
    fix: 'Post to an account outside `psp:`, `seller:`, `refunds:` and `payouts:`; those follow payments and wallets.',
  },
  account_not_found: {
    status: 422,
    title: 'There is no ledger account of this name.',
    retryable: false,
    fix: 'Create it with `POST /v1/ledger/accounts`.',
  },
  account_exists: {
    status: 409,
    title: 'The ledger account exists with another type.',
    retryable: false,
    fix: 'Use the account as it is, or another name: the type of an account never changes.',
  },
  entry_unbalanced: {
    status: 422,
    title: 'Debits and credits differ.',
    retryable: false,
    fix: 'Make the debits equal the credits in each currency.',
  },
  entry_reference_exists: {
    status: 409,
    title: 'There is an entry with this reference already.',
    retryable: false,
    fix: 'Use a reference of its own for each entry.',
  },
  entry_not_reversible: {
    status: 422,
    title: 'The entry cannot be reversed like this.',
    retryable: false,
    fix: 'Reverse a manual entry once, with the same postings the other way round.',
  },
  clock_backwards: {
    status: 422,
    title: 'The test clock only goes forward.',
    retryable: false,
    fix: 'Advance it by more than nothing.',
  },
} as const satisfies Record<string, RefusalMeaning>

/** The HTTP status, the constant title, whether the same request can succeed later, and what to do. */
export type RefusalMeaning = {
  readonly status: number
  readonly title: string
  readonly retryable: boolean
  readonly fix: string
}

export type RefusalCode = keyof typeof REFUSALS

/**
 * One thing that was wrong. `pointer` is a JSON pointer into the body (`/orders/0/amount`, or the empty text for the
 * body as a whole), `?name` for a query parameter, `{name}` for a part of the path, or the name of a header field.
 */
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
