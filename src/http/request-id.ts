import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { holdsCardNumber } from '../platform/card-number.ts'

const CALLERS_OWN = /^[\w-]{1,64}$/

/** The caller's `Request-Id` when it is fit to be logged and sent back, else one of ours. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const own = request.headers['request-id']
  return typeof own === 'string' && CALLERS_OWN.test(own) && !holdsCardNumber(own) ? own : newRequestId()
}

export const newRequestId = (): string => `req_${randomUUID().replaceAll('-', '')}`
