import { MAGIC_TOKEN } from './tokens.ts'

/**
 * What a magic amount does at payment time. An amount is magic only with the token `pm_test_magic`; its
 * last two digits choose:
 *
 * | digits | behaviour | |
 * |---|---|---|
 * | 41 | `answer_lost` | charged; the connection is cut instead of an answer, every time; look-up answers |
 * | 42 | `request_lost` | the connection is cut before anything is done, every time; look-up finds nothing |
 * | 43 | `webhook_lost` | the answer is `pending`; captured at once after; its webhook never comes |
 * | 44 | `webhooks_repeated` | the answer is `pending`; then webhooks captured, captured, and a stale authorised |
 * | 45 | `silent` | charged; answers are lost as with 41, look-ups time out, and no webhook comes |
 * | 60 | `late` | the answer is `pending`; captured when the business clock reaches 23:59:55 UTC |
 *
 * Every other amount is an ordinary charge.
 */
export type Behaviour =
  | 'normal'
  | 'answer_lost'
  | 'request_lost'
  | 'webhook_lost'
  | 'webhooks_repeated'
  | 'silent'
  | 'late'

const BY_DIGITS: ReadonlyMap<bigint, Behaviour> = new Map([
  [41n, 'answer_lost'],
  [42n, 'request_lost'],
  [43n, 'webhook_lost'],
  [44n, 'webhooks_repeated'],
  [45n, 'silent'],
  [60n, 'late'],
])

export function behaviourOf(paymentMethod: string, amount: bigint): Behaviour {
  if (paymentMethod !== MAGIC_TOKEN) return 'normal'
  return BY_DIGITS.get(amount % 100n) ?? 'normal'
}

/** True when the connection is cut instead of answering a create, however often it is sent. */
export const losesAnswers = (behaviour: Behaviour): boolean => behaviour === 'answer_lost' || behaviour === 'silent'

const DAY_MS = 86_400_000
const CUT_OFF_MS = DAY_MS - 5_000 // 23:59:55: inside the day here, and in the next day's file by its own stamp

/** The first 23:59:55 UTC after `nowMs`, in milliseconds since the epoch. */
export function nextCutOff(nowMs: number): number {
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS + CUT_OFF_MS
  return today > nowMs ? today : today + DAY_MS
}
