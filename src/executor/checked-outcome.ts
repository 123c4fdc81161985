import type { Decline, LookUp } from '../psp/psp.ts'

/**
 * What an adapter said, when it is an outcome in every part; else `unknown`. The types promise it, but money is booked
 * from it and its texts are stored, so that one adapter's bug must neither book nonsense nor stop the recording.
 */
export function checkedOutcome(said: unknown): LookUp {
  const outcome = clean(said)
  return isOutcome(outcome) ? outcome : { outcome: 'unknown', cause: 'the adapter gave something that is no outcome' }
}

// Longer texts are for logs. PostgreSQL stores no NUL, in text or in JSON.
const MAX_TEXT = 500
const MAX_REFERENCE = 255
const MAX_URL = 2_048

/** Free texts are cut to what can be stored; nothing depends on them. */
function clean(said: unknown): unknown {
  if (!isRecord(said)) return said
  if (typeof said['cause'] === 'string') return { ...said, cause: storable(said['cause']) }
  if (typeof said['reason'] === 'string') return { ...said, reason: storable(said['reason']) }
  const { decline } = said
  if (!isRecord(decline) || typeof decline['message'] !== 'string') return said
  return { ...said, decline: { ...decline, message: storable(decline['message']) } }
}

const storable = (text: string): string => text.slice(0, MAX_TEXT).toWellFormed().replaceAll('\0', '')

function isOutcome(said: unknown): said is LookUp {
  if (!isRecord(said)) return false
  switch (said['outcome']) {
    case 'captured':
    case 'authorised':
      return isMoney(said) && isReference(said['pspReference']) && isInstant(said['occurredAt'])
    case 'voided':
      return isReference(said['pspReference']) && isInstant(said['occurredAt'])
    case 'pending':
      return isReference(said['pspReference'])
    case 'requires_action':
      return isReference(said['pspReference']) && isText(said['url'], MAX_URL)
    case 'declined':
      return (said['pspReference'] === undefined || isReference(said['pspReference'])) && isDecline(said['decline'])
    case 'not_executed':
      return typeof said['reason'] === 'string' && isWait(said['retryAfterMs'])
    case 'unknown':
      return typeof said['cause'] === 'string'
    case 'not_found':
      return true
    default:
      return false
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const isText = (value: unknown, max: number): value is string =>
  typeof value === 'string' && value !== '' && value.length <= max && !value.includes('\0') && value.isWellFormed()

export const isReference = (value: unknown): value is string => isText(value, MAX_REFERENCE)

const MAX_AMOUNT = 2n ** 63n - 1n

const isMoney = ({ amount, currency }: Readonly<Record<string, unknown>>): boolean =>
  typeof amount === 'bigint' &&
  amount > 0n &&
  amount <= MAX_AMOUNT &&
  typeof currency === 'string' &&
  /^[A-Z]{3}$/.test(currency)

// PostgreSQL's and our own idea of a date agree in this range.
const isInstant = (value: unknown): boolean =>
  value instanceof Date && value.getTime() > Date.UTC(1970, 0) && value.getTime() < Date.UTC(9999, 0)

const isWait = (value: unknown): boolean =>
  value === undefined || (typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY)

const ADVICE: readonly unknown[] = [
  'do_not_try_again',
  'try_again_later',
  'confirm_card_data',
] satisfies Decline['advice'][]

const isDecline = (value: unknown): boolean =>
  isRecord(value) &&
  isText(value['code'], MAX_REFERENCE) &&
  (value['networkCode'] === undefined || isText(value['networkCode'], MAX_REFERENCE)) &&
  ADVICE.includes(value['advice']) &&
  typeof value['message'] === 'string'
