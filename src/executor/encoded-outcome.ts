import type { Outcome } from '../psp/psp.ts'
import { checkedOutcome } from './checked-outcome.ts'

/** An outcome as JSON: amounts as text, because JSON numbers lose digits, and instants in ISO 8601. */
export type EncodedOutcome = Readonly<Record<string, unknown>>

export const encodeOutcome = (outcome: Outcome): string =>
  JSON.stringify(outcome, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))

export function decodeOutcome(encoded: EncodedOutcome): Outcome {
  const { amount, occurredAt } = encoded
  return toldByWebhook({
    ...encoded,
    ...(typeof amount === 'string' && /^\d{1,19}$/.test(amount) ? { amount: BigInt(amount) } : {}),
    ...(typeof occurredAt === 'string' ? { occurredAt: new Date(occurredAt) } : {}),
  })
}

/** A webhook tells what happened; that something is not there is the answer to a question. */
export function toldByWebhook(said: unknown): Outcome {
  const outcome = checkedOutcome(said)
  return outcome.outcome === 'not_found' ? { outcome: 'unknown', cause: 'a webhook that says nothing' } : outcome
}
