/** What a BAI2 type code of a detail does to the balance. */
export type Direction = 'credit' | 'debit' | 'none'

export type TypeCode = {
  readonly direction: Direction
  /** Why the direction is less than certain. */
  readonly doubt?: string
}

/**
 * By the ranges of the BAI2 specification: 100–399 credits and 400–699 debits. 890 says something that is no money. 001–099
 * are balances and states. 900–919, 920–959 and 960–999 are given to each bank for states, credits and debits, and 700–799
 * is about loans, whose payments are credits and whose disbursements, from 760 on, are debits: these are read so, in doubt.
 * Undefined for a code whose direction nothing tells.
 */
export function typeCodeOf(text: string): TypeCode | undefined {
  if (!/^\d{3}$/.test(text)) return undefined
  const code = Number(text)
  if (code >= 100 && code < 400) return CREDIT
  if (code >= 400 && code < 700) return DEBIT
  if (code === 890) return NOTHING
  if (code >= 1 && code < 100) return { direction: 'none', doubt: 'is a balance or a state, not a movement' }
  if (code >= 700 && code < 720) return { direction: 'none', doubt: 'is a state of a loan, not a movement' }
  if (code >= 720 && code < 760) return { direction: 'credit', doubt: 'is a payment of a loan, read as a credit' }
  if (code >= 760 && code < 800) return { direction: 'debit', doubt: 'is a disbursement of a loan, read as a debit' }
  if (code >= 900 && code < 920) return { direction: 'none', doubt: 'is the bank’s own, read as a state' }
  if (code >= 920 && code < 960) return { direction: 'credit', doubt: 'is the bank’s own, read as a credit' }
  if (code >= 960) return { direction: 'debit', doubt: 'is the bank’s own, read as a debit' }
  return undefined
}

const CREDIT: TypeCode = { direction: 'credit' }
const DEBIT: TypeCode = { direction: 'debit' }
const NOTHING: TypeCode = { direction: 'none' }
