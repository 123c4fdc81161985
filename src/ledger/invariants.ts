import type { Invariant } from '../platform/invariant.ts'

/** What must hold inside the ledger, whatever happened. */
export const LEDGER_INVARIANTS: readonly Invariant[] = [
  {
    name: 'postings_sum_to_zero',
    holds: 'Σ postings = 0 in every currency.',
    contradictions: `select 'postings in ' || currency || ' sum to ' || sum(amount) as detail
      from posting group by currency having sum(amount) <> 0`,
  },
  {
    name: 'entries_balance',
    holds: 'Every journal entry sums to zero per currency.',
    contradictions: `select 'entry ' || entry_id || ' is off by ' || sum(amount) || ' ' || currency as detail
      from posting group by entry_id, currency having sum(amount) <> 0`,
  },
  {
    name: 'entries_are_complete',
    holds: 'Every journal entry has all its postings, and every posting its entry.',
    contradictions: `select 'entry ' || coalesce(e.id, p.entry_id) || ' has ' || coalesce(p.n, 0) || ' of ' || coalesce(e.posting_count, 0) || ' postings' as detail
      from journal_entry e full join (select entry_id, count(*) as n from posting group by entry_id) p on p.entry_id = e.id
      where e.posting_count is distinct from p.n`,
  },
  {
    name: 'balances_equal_postings',
    holds: 'Every account balance is the sum of its postings.',
    contradictions: `select 'account ' || a.name || ' in ' || coalesce(b.currency, p.currency) || ': balance ' || coalesce(b.debits, 0) || ' Dr ' || coalesce(b.credits, 0)
        || ' Cr, postings ' || coalesce(p.debits, 0) || ' Dr ' || coalesce(p.credits, 0) || ' Cr' as detail
      from (select account_id, currency, sum(debits) as debits, sum(credits) as credits from account_balance group by account_id, currency) b
      full join (select account_id, currency, coalesce(sum(amount) filter (where amount > 0), 0) as debits,
                        coalesce(-sum(amount) filter (where amount < 0), 0) as credits
                   from posting group by account_id, currency) p
        on p.account_id = b.account_id and p.currency = b.currency
      left join ledger_account a on a.id = coalesce(b.account_id, p.account_id)
      where b.debits is distinct from p.debits or b.credits is distinct from p.credits`,
  },
  {
    name: 'chains_are_whole',
    holds: 'Every chain is without gaps and ends at its head.',
    contradictions: `select 'chain ' || coalesce(c.id, b.chain_id) || ' has ' || coalesce(b.n, 0) || ' batches up to ' || coalesce(b.last, 0)
        || ' and its head at ' || coalesce(c.head_seq::text, 'nothing') as detail
      from ledger_chain c
      full join (select chain_id, count(*) as n, max(seq) as last from ledger_batch group by chain_id) b on b.chain_id = c.id
      where coalesce(b.n, 0) is distinct from c.head_seq or coalesce(b.last, 0) is distinct from c.head_seq`,
  },
]
