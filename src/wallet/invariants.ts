import type { Invariant } from '../platform/invariant.ts'

/** Wallets and ledger are written in the same transactions; this compares them from the outside. */
export const WALLET_INVARIANTS: readonly Invariant[] = [
  {
    name: 'wallets_equal_ledger',
    holds: "Every wallet equals its seller's ledger accounts.",
    contradictions: `
      with bucket as (
        select w.seller, w.currency, b.name, b.amount
          from wallet w,
               lateral (values ('pending', w.pending), ('available', w.available), ('reserved', w.reserved),
                               ('in_payout', w.in_payout), ('receivable', -w.owed)) as b (name, amount)
      ), booked as (
        select substring(a.name from '^seller:(.*):[a-z_]+$') as seller, b.currency,
               substring(a.name from '^seller:.*:([a-z_]+)$') as name, sum(b.credits - b.debits) as amount
          from account_balance b join ledger_account a on a.id = b.account_id
         where a.name like 'seller:%'
         group by 1, 2, 3
      )
      select 'seller ' || coalesce(w.seller, l.seller) || ' ' || coalesce(w.name, l.name) || ' in ' || coalesce(w.currency, l.currency)
             || ': wallet ' || coalesce(w.amount, 0) || ', ledger ' || coalesce(l.amount, 0) as detail
        from bucket w full join booked l on l.seller = w.seller and l.currency = w.currency and l.name = w.name
       where coalesce(w.amount, 0) <> coalesce(l.amount, 0)`,
  },
]
