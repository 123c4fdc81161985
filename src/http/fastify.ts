import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { TSchema } from 'typebox'
import type { Principal, Scope } from '../platform/auth/index.ts'
import type { RefusalCode } from '../platform/errors.ts'
import type { JsonBody } from './json-body.ts'

/** The server that routes are added to: schemas are TypeBox, so that a route's types are its schema's. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

declare module 'fastify' {
  export interface FastifyContextConfig {
    /** What the API key must be allowed. Routes outside `/v1` need no key. */
    scope?: Scope
    /** What this route refuses beyond what every route may, for the documentation. */
    refusals?: readonly RefusalCode[]
    /** The route needs an Idempotency-Key. */
    idempotent?: boolean
    /** The route knows `Prefer: wait=N`. */
    waits?: boolean
    /** The list in the body whose items are refused one by one. */
    itemsIn?: 'payments' | 'entries'
    /** What the documentation shows where the route validates or writes less or otherwise than it documents. */
    documented?: { readonly body?: TSchema; readonly response?: TSchema; readonly headers?: TSchema }
  }

  export interface FastifyRequest {
    /** Who sent the request; set on every route of `/v1`. */
    principal: Principal | undefined
    /** What the text of a JSON body gave away, for routes that refuse items one by one. */
    bodyFindings: Pick<JsonBody, 'cards' | 'faults'> | undefined
  }
}
