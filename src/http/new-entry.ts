import { uuidOf } from '../platform/ids.ts'
import { fingerprintOf } from './idempotency.ts'
import { currencyErrors } from './new-payment.ts'
import { parseInstant } from './query.ts'
import type { NewEntryBody } from './schemas/ledger.ts'
import type { NewManualEntry } from './services.ts'
import { fieldsRefused } from './validation.ts'

/**
 * The manual entry that a body asks for. `currency` beside the postings stands for those that name none. Whether it
 * balances and which accounts it may touch is the ledger's to say. `at` is where the entry stands in the body.
 */
export function newEntryOf(body: NewEntryBody, idempotencyKey: string, at = ''): NewManualEntry {
  const errors = body.currency === undefined ? [] : currencyErrors(body.currency, `${at}/currency`)
  const postings = body.postings.map((posting, index) => {
    const pointer = `${at}/postings/${index}/currency`
    if (posting.currency !== undefined) errors.push(...currencyErrors(posting.currency, pointer))
    const currency = posting.currency ?? body.currency
    if (currency === undefined) {
      errors.push({ pointer, detail: 'It is required here, or once for all postings as `currency` beside them.' })
    }
    return { ...posting, amount: BigInt(posting.amount), currency: currency ?? '' }
  })
  const reverses = body.reverses === undefined ? undefined : uuidOf('je', body.reverses)
  if (body.reverses !== undefined && reverses === undefined) {
    errors.push({ pointer: `${at}/reverses`, detail: 'It must be the id of a journal entry (je_…).' })
  }
  const occurredAt = body.occurred_at === undefined ? undefined : parseInstant(body.occurred_at)
  if (body.occurred_at !== undefined && occurredAt === undefined) {
    errors.push({ pointer: `${at}/occurred_at`, detail: 'It must be an instant such as 2026-03-03T14:01:58Z.' })
  }
  if (errors.length > 0) throw fieldsRefused('invalid_request', errors)

  const lines = postings.map(({ account, direction, amount, currency }) => [
    account,
    direction,
    String(amount),
    currency,
  ])
  const canonical = ['entry/1', body.reference, reverses ?? null, occurredAt ?? null, lines]
  const fingerprint = fingerprintOf(canonical)
  return { idempotencyKey, fingerprint, reference: body.reference, reverses, occurredAt, postings }
}
