import type { onRequestHookHandler } from 'fastify'
import { type ApiKeys, includesScope, type Principal, type Scope } from '../platform/auth/index.ts'
import { Refusal } from '../platform/errors.ts'

/** Lets a request through whose API key is right and has the scope that its route needs. */
export function authenticateWith(auth: Pick<ApiKeys, 'authenticate'>): onRequestHookHandler {
  return (request, _reply, done) => {
    const needed = request.routeOptions.config.scope ?? 'admin'
    const letIn = (principal: Principal): void => {
      request.principal = principal
      done(scopeMissing(principal, needed))
    }
    const refuse = (error: unknown): void => done(error instanceof Error ? error : new Error(String(error)))
    try {
      // A key that is known costs no promise: this runs for every request.
      const principal = auth.authenticate(request.headers.authorization)
      if (principal instanceof Promise) principal.then(letIn, refuse)
      else letIn(principal)
    } catch (error) {
      refuse(error)
    }
  }
}

/** Why this key may not do what needs that scope, or undefined when it may. */
export function scopeMissing(principal: Principal, needed: Scope): Refusal | undefined {
  if (includesScope(principal.scopes, needed)) return undefined
  return new Refusal(
    'forbidden',
    `This needs the scope "${needed}"; the key "${principal.name}" has ${principal.scopes.join(', ')}.`,
    { facts: { needed_scope: needed } },
  )
}
