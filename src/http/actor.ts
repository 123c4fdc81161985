import assert from 'node:assert/strict'
import type { FastifyRequest } from 'fastify'
import type { Actor } from '../platform/audit/index.ts'

/** Who sends a request, for what is written down about it. */
export function actorOf({ principal, id }: Pick<FastifyRequest, 'principal' | 'id'>): Actor {
  assert(principal !== undefined, 'a request with a scope has a key')
  return { keyId: principal.keyId, name: principal.name, requestId: id }
}
