import type { FastifyReply } from 'fastify'
import { type FieldError, REFUSALS, type Refusal } from '../platform/errors.ts'

/** RFC 9457 problem details. A refusal may add facts of its own, such as the id of an existing payment. */
export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly errors: readonly FieldError[]
  readonly request_id: string
  readonly retryable: boolean
  readonly [fact: string]: unknown
}

export const PROBLEM_JSON = 'application/problem+json; charset=utf-8'

/** The code of a bug of ours: it is answered with the request's id and nothing else, because the log has the rest. */
export const BUG = {
  code: 'internal_error',
  status: 500,
  title: 'Something went wrong on our side.',
  retryable: true,
  fix: 'Send it again, under the same Idempotency-Key. If it stays, look for the request id in the log of the server.',
} as const

/** Where a code is explained: an anchor of the page that this server serves. */
const typeOf = (code: string): string => `/errors#${code}`

export function problemOf(refusal: Refusal, requestId: string): Problem {
  const { status, title, retryable } = REFUSALS[refusal.code]
  return {
    ...refusal.facts,
    type: typeOf(refusal.code),
    title,
    status,
    detail: refusal.message,
    code: refusal.code,
    errors: refusal.errors,
    request_id: requestId,
    retryable,
  }
}

export function bugProblem(requestId: string): Problem {
  const { code, status, title, retryable } = BUG
  const detail = 'The log of the server has the reason under this request id.'
  return { type: typeOf(code), title, status, detail, code, errors: [], request_id: requestId, retryable }
}

export function sendRefusal(reply: FastifyReply, refusal: Refusal, requestId: string): FastifyReply {
  const { status } = REFUSALS[refusal.code]
  const retryAfter = refusal.retryAfterSeconds ?? (status === 503 || status === 429 ? 1 : undefined)
  if (retryAfter !== undefined) reply.header('retry-after', Math.max(1, Math.ceil(retryAfter)))
  if (status === 401) reply.header('www-authenticate', 'Bearer')
  return sendProblem(reply, problemOf(refusal, requestId))
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply.code(problem.status).header('content-type', PROBLEM_JSON).send(problemText(problem))
}

/** Facts may hold amounts, which are bigint with us. */
export const problemText = (problem: Problem): string => JSON.stringify(problem, numberForBigint)

export const numberForBigint = (_name: string, value: unknown): unknown =>
  typeof value === 'bigint' ? Number(value) : value
