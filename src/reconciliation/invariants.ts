import type { Invariant } from '../platform/invariant.ts'
import { LIVE_INVARIANTS } from './live/invariants.ts'
import { STANDS } from './settled.ts'

/** What must hold between settlement files, runs and the ledger, whatever happened. */
export const RECONCILIATION_INVARIANTS: readonly Invariant[] = [
  {
    name: 'runs_are_proven',
    holds: 'Every completed run explains its difference to the cent.',
    contradictions: `
      select 'run ' || r.id || ' of ' || r.source || ' on ' || r.business_date || ' leaves ' || (p ->> 'unexplained') || ' in ' || (p ->> 'currency') || ' unexplained' as detail
        from recon_run r, jsonb_array_elements(r.proof) p
       where r.status = 'completed' and (p ->> 'unexplained')::numeric <> 0`,
  },
  {
    name: 'no_run_failed',
    holds: 'No reconciliation run stopped at a contradiction.',
    contradictions: `
      select 'run ' || id || ' of ' || source || ' on ' || business_date || ': ' || coalesce(failure, '') as detail
        from recon_run where status = 'failed' or (status = 'running' and failure is not null)`,
  },
  {
    name: 'receivables_agree_with_files',
    holds: "No PSP's receivable differs from its file by more than the open breaks explain.",
    contradictions: `
      select 'the receivable of ' || source || ' differs by ' || difference || ' in ' || currency as detail
        from recon_break where code = 'ledger_mismatch' and state = 'open'`,
  },
  {
    name: 'payouts_agree_with_banks',
    holds: 'What is on its way to a bank differs from the payouts that are not there by nothing.',
    contradictions: `
      select 'what is on its way to ' || source || ' differs by ' || difference || ' in ' || currency as detail
        from recon_break where code = 'bank_mismatch' and state = 'open'`,
  },
  {
    name: 'arrivals_are_booked',
    holds: 'Every payout that arrived is booked once, and once reversed when it is undone.',
    contradictions: `
      select 'the arrival ' || a.id || ' of payout ' || a.payout_id || ' is not booked as it stands' as detail
        from payout_arrival a
        left join payout_arrival_undone u on u.arrival_id = a.id
        left join journal_entry e on e.kind = 'payout_arrived' and e.fact = a.id::text
        left join journal_entry r on r.reverses = e.id
       where e.id is null or (u.arrival_id is null) <> (r.id is null)`,
  },
  {
    name: 'released_orders_are_settled',
    holds: 'Money is released only for orders whose charge stands in a settlement file, or was written off by people.',
    contradictions: `
      select 'order ' || e.fact || ' is released and its charge is in no file' as detail
        from journal_entry e
        left join payment_order o on o.id = e.payment_order_id
        left join settled_charge s on s.attempt_id = o.charge_attempt_id
       where e.kind = 'release' and s.attempt_id is null
         and not exists (select from recon_break b where b.attempt_id = o.charge_attempt_id and (b.state = 'resolved' or b.reopened_at is not null))`,
  },
  {
    name: 'open_breaks_are_not_settled_away',
    holds: 'No charge is both settled and open as one that only we have.',
    contradictions: `
      select 'charge ' || b.attempt_id || ' is settled and open as ' || b.code as detail
        from recon_break b join settled_charge s on s.attempt_id = b.attempt_id
       where b.state = 'open' and b.line is null and b.code <> 'duplicate_internal' and ${STANDS}
         and not exists (select from recon_run r where r.id = s.run_id and r.status <> 'completed')`,
  },
  {
    name: 'matched_lines_are_settled',
    holds: 'Every completed run settled as many charges, or saw as many payouts arrive, as it paired.',
    contradictions: `
      select 'run ' || r.id || ' paired ' || r.matched || ' charges without a break and settled ' || coalesce(s.n, 0) as detail
        from recon_run r
        left join (select run_id, count(*) as n
                     from (select run_id from settled_charge union all select run_id from payout_arrival) t group by run_id) s on s.run_id = r.id
       where r.status = 'completed' and coalesce(s.n, 0) < r.matched`,
  },
  ...LIVE_INVARIANTS,
]
