/** A "no" to one HTTP request, with everything its answer says. Thrown where the reason is known. */
export class ApiError extends Error {
  readonly status: number
  readonly type: ErrorType
  readonly code: string
  readonly param: string | undefined
  /** Extra members of the error, such as the charge as it is. */
  readonly facts: Readonly<Record<string, unknown>>

  constructor(
    status: number,
    type: ErrorType,
    code: string,
    message: string,
    options: { param?: string; facts?: Record<string, unknown> } = {},
  ) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.type = type
    this.code = code
    this.param = options.param
    this.facts = options.facts ?? {}
  }
}

/**
 * What kind of "no" it is, so that a client knows what is proven:
 * `invalid_request`, `not_found`: refused before anything was done, and refused again if repeated.
 * `overloaded`, `rate_limited`: refused before anything was done; the same request may be sent again.
 * `state`: the charge is in a state that does not allow it; `error.charge` says which.
 * `idempotency`: the key is in use, or was used for something else. `api_error`: anything may have happened.
 */
export type ErrorType =
  | 'invalid_request'
  | 'not_found'
  | 'overloaded'
  | 'rate_limited'
  | 'state'
  | 'idempotency'
  | 'api_error'

/** A reason not to start, in one sentence for the person who started it. The program exits with 2. */
export class StartRefusal extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'StartRefusal'
  }
}

export const invalid = (code: string, message: string, param?: string): ApiError =>
  new ApiError(422, 'invalid_request', code, message, param === undefined ? {} : { param })

/** The words of whatever was thrown. */
export const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error))
