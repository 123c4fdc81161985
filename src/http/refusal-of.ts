import type { FastifyRequest } from 'fastify'
import { isTransient } from '../platform/db.ts'
import { Refusal, type RefusalCode } from '../platform/errors.ts'
import { type BrokenRule, refusalOfRules } from './validation.ts'

/** What the framework says of a request that it could not read, in our codes. */
const FRAMEWORK: Readonly<Record<string, { readonly code: RefusalCode; readonly detail: string }>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'unsupported_media_type',
    detail: 'Send the body as "Content-Type: application/json".',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'malformed_request',
    detail: 'The body is not as long as its Content-Length says.',
  },
  FST_ERR_BAD_URL: { code: 'malformed_request', detail: 'The path has an escape that is not right.' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'not_found', detail: 'A part of the path is longer than any id.' },
}

type SchemaError = Error & { readonly validation: readonly BrokenRule[]; readonly validationContext?: string }

/** The refusal that an error stands for, or undefined when the error is a bug of ours. */
export function refusalOf(error: unknown, request: FastifyRequest): Refusal | undefined {
  if (error instanceof Refusal) return error
  if (isSchemaError(error)) return schemaRefusal(error, request)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    const detail = `The body is larger than the ${request.routeOptions.bodyLimit} bytes that this endpoint takes.`
    return new Refusal('payload_too_large', detail, { cause: error })
  }
  const known = FRAMEWORK[code]
  if (known !== undefined) return new Refusal(known.code, known.detail, { cause: error })
  if (isUnreachable(error)) {
    const detail = 'The database cannot be reached or gave way. Send the request again with the same Idempotency-Key.'
    return new Refusal('unavailable', detail, { retryAfterSeconds: 1, cause: error })
  }
  return undefined
}

const isSchemaError = (error: unknown): error is SchemaError =>
  error instanceof Error && 'validation' in error && Array.isArray(error.validation)

function schemaRefusal(error: SchemaError, request: FastifyRequest): Refusal {
  const part = error.validationContext
  if (part === 'querystring') return refusalOfRules(error.validation, part, request.query)
  if (part === 'params') return refusalOfRules(error.validation, part, request.params)
  if (request.body === undefined) {
    const detail = 'The body is missing; send a JSON object as "Content-Type: application/json".'
    return new Refusal('invalid_request', detail, { errors: [{ pointer: '', detail }] })
  }
  return refusalOfRules(error.validation, 'body', request.body)
}

/** Also when the database's error is wrapped, or is one of several (one per address of a host name). */
function isUnreachable(error: unknown, depth = 0): boolean {
  if (depth > 4 || !(error instanceof Error)) return false
  if (isTransient(error) || isUnreachable(error.cause, depth + 1)) return true
  return error instanceof AggregateError && error.errors.some((each) => isUnreachable(each, depth + 1))
}
