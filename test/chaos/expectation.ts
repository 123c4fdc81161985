import type { FollowUp, OrderStatus, PaymentAsked } from './snapshot.ts'

/** What a charge does at payment time, as the published table of tokens and magic amounts says. */
type Effect = 'pays' | 'pays_before_midnight' | 'pays_by_file' | 'fails' | 'needs_action'

const MAGIC_TOKEN = 'pm_test_magic'
const PAYING_TOKENS = new Set(['pm_test_visa', MAGIC_TOKEN])

/** The amount that the PSP sees for one order: its own, or the whole payment's in `single` mode. */
export function chargedAmount(asked: PaymentAsked, position: number): bigint {
  if (asked.chargeMode === 'single') return asked.orders.reduce((sum, order) => sum + order.amount, 0n)
  return asked.orders[position]?.amount ?? 0n
}

export function effectOf(paymentMethod: string, amount: bigint): Effect {
  if (paymentMethod === 'pm_test_3ds') return 'needs_action'
  if (!PAYING_TOKENS.has(paymentMethod)) return 'fails'
  if (paymentMethod !== MAGIC_TOKEN) return 'pays'
  const digits = amount % 100n
  if (digits === 42n) return 'fails'
  if (digits === 45n) return 'pays_by_file'
  return digits === 60n ? 'pays_before_midnight' : 'pays'
}

/**
 * The states that an order may end in. `failed` is among them for every charge, because a charge that
 * never reached a dead PSP within its send window fails rightly; whether it failed wrongly is told by
 * the book, which must then hold no charge for it.
 */
export function mayEndAs(
  asked: PaymentAsked,
  position: number,
  followUps: readonly FollowUp[],
): ReadonlySet<OrderStatus> {
  const amount = chargedAmount(asked, position)
  const ends = new Set<OrderStatus>(['failed', ...endsOf(effectOf(asked.paymentMethod, amount), asked)])
  for (const followUp of followUps) {
    if (followUp.action !== 'retry' || wasRefused(followUp)) continue
    for (const end of endsOf(effectOf(followUp.paymentMethod ?? asked.paymentMethod, amount), asked)) ends.add(end)
  }
  const captures = followUps.filter((followUp) => followUp.action === 'capture' && !wasRefused(followUp))
  const cancels = followUps.filter((followUp) => followUp.action === 'cancel' && !wasRefused(followUp))
  if (captures.length > 0 && ends.has('authorised')) ends.add('captured')
  if (cancels.length > 0) ends.add('voided')
  if (captures.some(wasAccepted)) ends.delete('authorised')
  if (cancels.some(wasAccepted)) {
    ends.delete('authorised')
    ends.delete('requires_action')
  }
  return ends
}

/** Whether nothing but the campaign's own faults can keep this order from being paid. */
export function isPayable(asked: PaymentAsked, position: number, followUps: readonly FollowUp[]): boolean {
  if (followUps.some((followUp) => followUp.action === 'cancel')) return false
  const effects = asked.orders.map((_, index) => effectOf(asked.paymentMethod, chargedAmount(asked, index)))
  if (asked.onPartial === 'void_all' && effects.includes('fails')) return false
  return effects[position] === 'pays' || effects[position] === 'pays_before_midnight'
}

export const wasAccepted = (followUp: FollowUp): boolean =>
  followUp.answer !== undefined && 'accepted' in followUp.answer

export const wasRefused = (followUp: FollowUp): boolean => followUp.answer !== undefined && 'refused' in followUp.answer

function endsOf(effect: Effect, asked: PaymentAsked): readonly OrderStatus[] {
  switch (effect) {
    case 'pays':
      if (asked.capture === 'manual') return asked.onPartial === 'void_all' ? ['authorised', 'voided'] : ['authorised']
      return asked.onPartial === 'void_all' ? ['captured', 'voided'] : ['captured']
    case 'fails':
      return ['failed']
    case 'needs_action':
      return ['requires_action']
    case 'pays_before_midnight':
    case 'pays_by_file':
      // After their night these are as paid as the others; who looks before it asks `isWaitingForItsNight`.
      return endsOf('pays', asked)
  }
}

/** Whether an order in this state may stay in it until the night, as the table of magic amounts says. */
export function isWaitingForItsNight(asked: PaymentAsked, position: number, status: OrderStatus): boolean {
  const effect = effectOf(asked.paymentMethod, chargedAmount(asked, position))
  if (effect === 'pays_by_file') return status === 'unknown'
  return effect === 'pays_before_midnight' && (status === 'executing' || status === 'unknown')
}
