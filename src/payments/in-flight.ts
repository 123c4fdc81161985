/** What a hand-over covers and is still in hand, for a `where` on `attempt`. */
export const COVERED_BY = (handover: string): string =>
  `id between ${handover}.first_attempt_id and ${handover}.last_attempt_id and in_hand and due_at is not null`

const COLUMNS = 'id, payment_event_id, psp, status, created_at, node_id, due_at'

/**
 * Every attempt that is not finished, each once, for a `from` clause: what waits in a line, and what a node has in hand
 * (see `handover` in the migrations). Reads these, and what was answered since the oldest hand-over, some seconds ago.
 * `offset 0` keeps each hand-over's range a range of the index, whatever is known of the size of the table.
 */
export const IN_FLIGHT = `select ${COLUMNS} from attempt where line_due_at is not null
   union all
   select distinct on (a.id) a.*
     from handover h cross join lateral (select ${COLUMNS} from attempt where ${COVERED_BY('h')} offset 0) a`
