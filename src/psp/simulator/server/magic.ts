import { DAY_MS } from './days.ts'
import { MAGIC_TOKEN } from './tokens.ts'

/**
 * What a magic amount does **at payment time**. An amount is magic only with the token `pm_test_magic`; its
 * last two digits choose:
 *
 * | digits | behaviour | |
 * |---|---|---|
 * | 41 | `answer_lost` | charged; the connection is cut instead of an answer, every time; look-up answers |
 * | 42 | `request_lost` | the connection is cut before anything is done, every time; look-up finds nothing |
 * | 43 | `webhook_lost` | the answer is `pending`; captured at once after; its webhook never comes |
 * | 44 | `webhooks_repeated` | the answer is `pending`; then webhooks captured, captured, and a stale authorised |
 * | 45 | `silent` | charged; answers are lost as with 41, no webhook comes, look-ups time out until its file is ready |
 * | 60 | `late` | the answer is `pending`; captured when the business clock reaches 23:59:55 UTC |
 *
 * Every other amount is an ordinary charge at payment time.
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

/**
 * What a magic amount does **in the settlement file**, once it is captured. The digits are those of the charge,
 * also when only a part of it is captured. D is the day of the capture.
 *
 * | digits | fault | |
 * |---|---|---|
 * | 50 | `foreign_line` | a second line with an identifier and a reference of its own, 1234 minor units |
 * | 51 | `absent` | in no file |
 * | 52 | `day_late` | in the file of D + 1, with its own stamp |
 * | 53 | `twice` | the same line twice |
 * | 54 | `gross_short` | gross 100 minor units less, at least 1; the fee is that of the full amount |
 * | 55 | `fee_tenfold` | ten times the fee |
 * | 56 | `other_currency` | the same minor units in EUR, or in USD when they were EUR |
 * | 57 | `reference_mangled` | our reference back to front between tildes |
 * | 58 | `refunded` | status `refunded`, gross 0, fee 0 |
 * | 59 | `joined` | one line for it and the next one of D in its currency, if there is one: see settlement-lines.ts |
 * | 60 | `after_midnight` | captured at 23:59:55 by itself; in the file of D + 1, stamped 00:00:30 of D + 1 |
 *
 * Every other amount is an ordinary line.
 */
export type FileFault =
  | 'none'
  | 'foreign_line'
  | 'absent'
  | 'day_late'
  | 'twice'
  | 'gross_short'
  | 'fee_tenfold'
  | 'other_currency'
  | 'reference_mangled'
  | 'refunded'
  | 'joined'
  | 'after_midnight'

const FAULT_BY_DIGITS: ReadonlyMap<bigint, FileFault> = new Map([
  [50n, 'foreign_line'],
  [51n, 'absent'],
  [52n, 'day_late'],
  [53n, 'twice'],
  [54n, 'gross_short'],
  [55n, 'fee_tenfold'],
  [56n, 'other_currency'],
  [57n, 'reference_mangled'],
  [58n, 'refunded'],
  [59n, 'joined'],
  [60n, 'after_midnight'],
])

export function fileFaultOf(paymentMethod: string, amount: bigint): FileFault {
  if (paymentMethod !== MAGIC_TOKEN) return 'none'
  return FAULT_BY_DIGITS.get(amount % 100n) ?? 'none'
}

/** True when the connection is cut instead of answering a create, however often it is sent. */
export const losesAnswers = (behaviour: Behaviour): boolean => behaviour === 'answer_lost' || behaviour === 'silent'

const CUT_OFF_MS = DAY_MS - 5_000 // 23:59:55: inside the day here, and in the next day's file by its own stamp

/** The first 23:59:55 UTC after `nowMs`, in milliseconds since the epoch. */
export function nextCutOff(nowMs: number): number {
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS + CUT_OFF_MS
  return today > nowMs ? today : today + DAY_MS
}
