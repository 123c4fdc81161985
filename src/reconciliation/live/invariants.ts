import type { Invariant } from '../../platform/invariant.ts'

/** What must hold in the live view at every instant. */
export const LIVE_INVARIANTS: readonly Invariant[] = [
  {
    name: 'live_sums_are_those_of_their_records',
    holds: 'What the live view sums up is what its records come to.',
    contradictions: `
      select 'the live view of ' || source || ' sums up ' || coalesce(t.items, 0) || ' records over ' || coalesce(t.amount, 0) || ' ' || currency
             || ' as ' || state || ' ' || code || ', and has ' || coalesce(i.items, 0) || ' over ' || coalesce(i.amount, 0) as detail
        from (select source, state, code, currency, items, amount from live_total) t
        full join (select source, state, coalesce(code, '') as code, currency, count(*) as items, sum(amount) as amount
                     from live_item where state <> 'part' group by 1, 2, 3, 4) i using (source, state, code, currency)
       where (coalesce(t.items, 0), coalesce(t.amount, 0)) <> (coalesce(i.items, 0), coalesce(i.amount, 0))`,
  },
  {
    name: 'live_pairs_have_both_sides',
    holds: 'A record that the live view has in a pair has its other side there.',
    contradictions: `
      select 'the live record ' || i.id || ' is in a pair with ' || i.twin_id || ', which is not there' as detail
        from live_item i left join live_item t on t.id = i.twin_id
       where i.twin_id is not null and t.id is null`,
  },
]
