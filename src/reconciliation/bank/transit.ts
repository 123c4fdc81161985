import { accounts } from '../../ledger/index.ts'
import { type Queryable, statement } from '../../platform/db.ts'
import type { Amount } from '../runs/complete-run.ts'
import { ARRIVAL_STANDS, IS_DECIDED, PAYOUT_STANDS } from './payouts.ts'
import type { BankSource } from './source.ts'

const IN_TRANSIT = statement(
  'reconciliation.in_transit',
  // Ledger, less what open breaks explain, those of a bank of before among them, less payouts of later days. What is stale is undone by the next run, and so is what
  // people decided about it.
  `select psp, currency, sum(amount) as amount
     from (select n.psp, b.currency, b.debits - b.credits as amount
             from unnest($1::text[], $2::text[]) as n (account, psp)
             join ledger_account a on a.name = n.account join account_balance b on b.account_id = a.id
           union all
           select p.psp, b.ours_currency, coalesce(b.theirs_amount, 0) - b.ours_amount
             from recon_break b join payout p on p.id = b.payout_id
            where p.psp = any($2::text[]) and b.state = 'open' and ${PAYOUT_STANDS}
           union all
           select p.psp, p.currency, -p.amount from payout p
            where p.psp = any($2::text[]) and ${PAYOUT_STANDS}
              and not exists (select from payout_arrival a where a.payout_id = p.id and ${ARRIVAL_STANDS})
              and not exists (select from recon_break b where b.payout_id = p.id and (b.state = 'open' or ${IS_DECIDED}))
           union all
           select p.psp, p.currency, a.amount from payout_arrival a join payout p on p.id = a.payout_id
            where p.psp = any($2::text[]) and ${ARRIVAL_STANDS} and not ${PAYOUT_STANDS}
           union all
           select p.psp, b.ours_currency, b.ours_amount - coalesce(b.theirs_amount, 0)
             from recon_break b join payout p on p.id = b.payout_id
            where p.psp = any($2::text[]) and ${IS_DECIDED} and not ${PAYOUT_STANDS}) t
    group by psp, currency having sum(amount) <> 0 order by psp, currency`,
)

/** What the ledger has in transit of each PSP beyond the payouts that are not there yet. Without what is 0. */
export const transitByPsp = (
  db: Queryable,
  { psps }: Pick<BankSource, 'psps'>,
): Promise<(Amount & { readonly psp: string })[]> =>
  db.run(IN_TRANSIT, [psps.map((psp) => accounts.pspInTransit(psp).name), psps])

/** The same per currency: what the control of a bank finds. */
export async function transitMismatches(db: Queryable, bank: BankSource): Promise<readonly Amount[]> {
  const sums = new Map<string, bigint>()
  for (const { currency, amount } of await transitByPsp(db, bank))
    sums.set(currency, (sums.get(currency) ?? 0n) + amount)
  return [...sums].filter(([, amount]) => amount !== 0n).map(([currency, amount]) => ({ currency, amount }))
}
