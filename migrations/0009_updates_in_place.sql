-- A payment is stored as processing and set to succeeded a moment later, and each of its orders once. PostgreSQL writes
-- such a change beside the row without touching an index (HOT) when no indexed value changes and the page has room. So
-- what is indexed follows from the status only where it leaves that way, and pages are filled by half: the other half is
-- for the second version of every row. Saves about ten index entries of fifty for a payment of two orders.

-- One live payment for each checkout, as before: the value stays when a payment succeeds.
drop index payment_event_live_checkout;
alter table payment_event
  add column live_checkout_id text generated always as (case when status not in ('failed', 'canceled') then checkout_id end) stored,
  -- Statuses that few payments have, for lists by status. Those that are processing have an attempt in flight, and those
  -- that have succeeded are nearly all.
  add column exceptional_status text generated always as (case when status not in ('processing', 'succeeded') then status end) stored;
create unique index payment_event_live_checkout on payment_event (live_checkout_id) where live_checkout_id is not null;

drop index payment_event_status;
create index payment_event_exceptional_status on payment_event (exceptional_status, id) where exceptional_status is not null;

alter table payment_event set (fillfactor = 50);
alter table payment_order set (fillfactor = 48);
