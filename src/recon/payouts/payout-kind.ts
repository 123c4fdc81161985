import { apartWord } from '../rows/kinds.ts'

/** What a row of a payout adds to, and takes from, what is paid out. */
export const BUCKETS = ['gross', 'refunds', 'disputes', 'reserve', 'fees', 'other'] as const
export type Bucket = (typeof BUCKETS)[number]

const REFUND = /refund|erstattung|reembols|rimbors|rembours|terugbetal|zwrot|aterbetal/
const DISPUTE = /dispute|chargeback|rucklast|contestation|contracargo/

/** `payout`: the row of the payout itself. Without a word that is known, what is taken is a refund. */
export function bucketOf(kind: string, isPositive: boolean): Bucket | 'payout' {
  const words = kind
    .normalize('NFD')
    .replace(/[^\p{L}]/gu, '')
    .toLowerCase()
  const apart = apartWord(kind)
  if (apart === 'payout') return 'payout'
  if (apart === 'fee') return 'fees'
  if (apart === 'reserve' || /reserve|holdback/.test(words)) return 'reserve'
  if (apart !== undefined || /adjust|korrektur|ajuste|correction/.test(words)) return 'other'
  if (DISPUTE.test(words)) return 'disputes'
  return isPositive && !REFUND.test(words) ? 'gross' : 'refunds'
}
