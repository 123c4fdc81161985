import { Refusal } from '../platform/errors.ts'

export const ACCOUNT_TYPES = ['asset', 'liability', 'income', 'expense', 'equity'] as const
export type AccountType = (typeof ACCOUNT_TYPES)[number]

/** A ledger account has a name and a type; its balances are kept per currency. */
export type Account = { readonly name: string; readonly type: AccountType }

export type SellerBucket = 'pending' | 'available' | 'reserved' | 'in_payout' | 'receivable'

/** The chart of accounts. `psp` is the name of a PSP account (connection), not of a vendor. */
export const accounts = {
  pspReceivable: (psp: string): Account => ({ name: `psp:${psp}:receivable`, type: 'asset' }),
  seller: (seller: string, bucket: SellerBucket): Account => ({
    name: `seller:${seller}:${bucket}`,
    type: bucket === 'receivable' ? 'asset' : 'liability',
  }),
  pspInTransit: (psp: string): Account => ({ name: `psp:${psp}:in_transit`, type: 'asset' }),
  /** `bank` is the name of the source whose statements tell of the account. */
  bank: (bank: string): Account => ({ name: `bank:${bank}`, type: 'asset' }),
  pspFee: { name: 'expense:psp_fee', type: 'expense' },
  commission: { name: 'revenue:commission', type: 'income' },
  suspense: (source: string): Account => ({ name: `suspense:${source}`, type: 'liability' }),
  /** What a source settled twice, until it takes it back. */
  duplicates: (source: string): Account => ({ name: `duplicates:${source}`, type: 'liability' }),
  writeOff: { name: 'expense:write_off', type: 'expense' },
  settlementDifference: { name: 'expense:settlement_difference', type: 'expense' },
  rounding: { name: 'rounding', type: 'expense' },
  fx: (currency: string): Account => ({ name: `fx:${currency}`, type: 'equity' }),
} as const satisfies Record<string, Account | ((...names: never[]) => Account)>

/** Accounts that only the system posts to: their balance must equal other records, to the cent. */
const CONTROLLED = /^(psp|seller|refunds|payouts):/

/** Throws `account_controlled` for an account that manual entries may not touch. */
export function refuseControlled(name: string, pointer: string): void {
  if (!CONTROLLED.test(name)) return
  const detail = `"${name}" is kept equal to payments and wallets by the system; post to an account outside psp:, seller:, refunds: and payouts:.`
  throw new Refusal('account_controlled', detail, { errors: [{ pointer, detail }] })
}

/** The type that the chart of accounts fixes for a name, or undefined for a name of the caller's own. */
export function typeOfChartAccount(name: string): AccountType | undefined {
  if (name === 'revenue:commission') return 'income'
  if (name === 'rounding' || /^expense:/.test(name)) return 'expense'
  if (/^fx:/.test(name)) return 'equity'
  if (/^(suspense|duplicates):/.test(name)) return 'liability'
  if (/^(bank|dispute):/.test(name)) return 'asset'
  return undefined
}
