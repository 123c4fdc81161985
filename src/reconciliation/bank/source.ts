import type { BusinessCalendar } from './business-days.ts'

/** A bank account into which PSPs pay out, with what its statements are reconciled by. The name is the declared source's. */
export type BankSource = {
  readonly name: string
  /** IANA zone of its business days, which end at midnight. */
  readonly zone: string
  /** The PSPs whose payouts arrive in it. */
  readonly psps: readonly string[]
  /** Which account of its statements; undefined when there is one. */
  readonly account: string | undefined
  readonly calendar: BusinessCalendar
  /** Business days after its own until which a payout may be on its way. */
  readonly lagDays: number
  /** Business days after its own in which a payout without a reference may arrive. */
  readonly windowDays: number
  /** `remittance`: the bank's lines carry the PSP's payout reference. `none`: they do not, and amount and day decide. */
  readonly references: 'remittance' | 'none'
  /** Texts of lines that are the PSPs', whether a payout explains them or not. */
  readonly recognisedBy: readonly string[]
}

/** Where its business days end. */
export const cutOf = ({ zone }: Pick<BankSource, 'zone'>) => ({ zone, cutOff: '00:00', dayNamedBy: 'start' }) as const
