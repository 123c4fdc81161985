import { COVERED_BY } from '../payments/index.ts'
import { type Statement, statement } from '../platform/db.ts'

/**
 * Lets attempts that a node had in hand join the line (see `handover` in the migrations), where a claim finds them. What
 * somebody writes at this moment is left for the next time, and its hand-over with it: waiting for each other could end
 * in a circle, and a hand-over that went before all that it covers is in the line would lose what is left.
 */
export const takeUp = (name: string, condition: string): Statement =>
  statement(
    name,
    `with over as (
       select id, first_attempt_id, last_attempt_id from handover where ${condition} for update skip locked
     ), covered as (
       select a.id from over h cross join lateral (
         select id from attempt where ${COVERED_BY('h')} offset 0
       ) a
     ), taken as (
       select a.id from attempt a
        where a.id = any(array(select id from covered)) and a.in_hand and a.due_at is not null
          for update skip locked
     ), lined_up as (
       update attempt a set in_hand = false from taken t where a.id = t.id
     )
     delete from handover h using over o
      where h.id = o.id
        and not exists (select from covered c
                         where c.id between o.first_attempt_id and o.last_attempt_id and c.id not in (select id from taken))`,
  )
