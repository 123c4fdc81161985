-- Payment events, their orders, and the attempts that carry an order to a PSP.

create table payment_event (
  id uuid primary key,
  -- Keys of creates never expire: the key is the payment's.
  idempotency_key text not null constraint payment_event_key_once unique,
  fingerprint bytea not null,
  checkout_id text,
  buyer_reference text not null,
  amount bigint not null constraint payment_event_amount_positive check (amount > 0),
  currency char(3) not null,
  payment_method text not null,
  charge_mode text not null constraint payment_event_charge_mode_known check (charge_mode in ('per_order', 'single')),
  capture text not null constraint payment_event_capture_known check (capture in ('automatic', 'manual')),
  on_partial text not null constraint payment_event_on_partial_known check (on_partial in ('keep', 'void_all')),
  psp text not null,
  metadata jsonb not null,
  -- Derived from the orders, in the transaction that changes one.
  status text not null constraint payment_event_status_known check (status in
    ('processing', 'requires_action', 'authorised', 'succeeded', 'partially_succeeded', 'failed', 'canceled', 'partially_refunded', 'refunded')),
  created_at timestamptz not null
) with (fillfactor = 80);
-- A checkout has at most one payment that is not failed or canceled: a double click under two keys charges once.
create unique index payment_event_live_checkout on payment_event (checkout_id)
  where checkout_id is not null and status not in ('failed', 'canceled');
create index payment_event_status on payment_event (status, id);
create index payment_event_checkout on payment_event (checkout_id, id) where checkout_id is not null;

create table payment_order (
  id uuid primary key,
  payment_event_id uuid not null,
  position smallint not null,
  reference text,
  seller text not null,
  amount bigint not null constraint payment_order_amount_positive check (amount > 0),
  currency char(3) not null,
  -- Frozen at sale.
  platform_fee bigint not null,
  status text not null constraint payment_order_status_known check (status in
    ('pending', 'executing', 'requires_action', 'authorised', 'captured', 'failed', 'voided', 'unknown')),
  -- The charge that stands for the order now; earlier ones failed.
  charge_attempt_id uuid not null,
  captured_at timestamptz,
  refunded_amount bigint not null default 0,
  disputed_amount bigint not null default 0,
  constraint payment_order_position_once unique (payment_event_id, position),
  constraint payment_order_fee_within_amount check (platform_fee between 0 and amount),
  constraint payment_order_gives_back_what_it_took check
    (refunded_amount >= 0 and disputed_amount >= 0 and refunded_amount + disputed_amount <= amount),
  constraint payment_order_captured_is_stamped check ((status = 'captured') = (captured_at is not null))
) with (fillfactor = 80);
create index payment_order_seller on payment_order (seller, payment_event_id);
create index payment_order_charge on payment_order (charge_attempt_id);

create table attempt (
  -- The PSP's idempotency key and our reference derive from the id.
  id uuid primary key,
  payment_event_id uuid not null,
  -- Null when one charge stands for all orders of the payment.
  payment_order_id uuid,
  operation text not null constraint attempt_operation_known check (operation in ('charge', 'capture', 'void')),
  -- The charge it speaks of: itself, or the charge that is captured or voided.
  charge_attempt_id uuid not null,
  psp text not null,
  payment_method text not null,
  capture text not null constraint attempt_capture_known check (capture in ('automatic', 'manual')),
  amount bigint not null constraint attempt_amount_positive check (amount > 0),
  currency char(3) not null,
  status text not null constraint attempt_status_known check (status in
    ('dispatched', 'pending', 'succeeded', 'declined', 'retry_wait', 'unknown')),
  psp_reference text,
  action_url text,
  decline_code text,
  decline_network_code text,
  decline_advice text,
  decline_message text,
  -- Why the outcome was not known when the PSP was last heard of, in words; null when it is finished.
  unknown_cause text,
  -- Business time. The send window counts from the creation, the consistency window from the last send.
  created_at timestamptz not null,
  last_sent_at timestamptz not null,
  finished_at timestamptz,
  -- Whether any send may have been executed without our knowing: then only a look-up may say that it failed.
  ambiguous boolean not null default false,
  -- Handed out to be sent; 0 until a worker takes what an API node stored.
  sends integer not null,
  look_ups integer not null default 0,
  -- Real time. Who works on it now (the node's advisory lock says whether it lives), and when somebody has to look at
  -- it again; both null when it is finished.
  node_id integer,
  due_at timestamptz,
  -- Stored by the node that carries it out, and nothing was heard of it yet: a hand-over covers its id.
  in_hand boolean not null default false,
  -- The line it waits in; null while it is in hand and when it is finished. So what is answered at once, as nearly all
  -- are, is written beside its first version without touching an index (HOT).
  line_status text generated always as (case when not in_hand and due_at is not null then status end) stored,
  line_due_at timestamptz generated always as (case when not in_hand then due_at end) stored,
  constraint attempt_in_flight_is_due check ((status in ('succeeded', 'declined')) = (due_at is null))
) with (fillfactor = 45);
create index attempt_payment on attempt (payment_event_id);
create index attempt_follow_up on attempt (charge_attempt_id) where operation <> 'charge';
-- Only what waits, in lines by PSP and status: what is due in one line is found without reading another.
create index attempt_due on attempt (psp, line_status, line_due_at) where line_due_at is not null;
-- For a search by hand. A summary for each stretch of the table instead of an entry for each row, because the reference
-- comes with the answer: a tree would make every answer an entry in every index of the table.
create index attempt_psp_reference on attempt
  using brin (psp_reference text_bloom_ops (n_distinct_per_range = 1500, false_positive_rate = 0.002))
  with (pages_per_range = 64, autosummarize = on);

-- What a node stored in one statement and carries out from memory. Until `due_at`, in real time, or until the node is
-- gone, nobody else looks at the attempts in hand between the two ids; then they join the line, and the row goes. Ids
-- follow the time, so the attempts of two nodes may lie between each other's: each keeps what it says of itself.
create table handover (
  id bigint generated always as identity primary key,
  node_id integer not null,
  due_at timestamptz not null,
  first_attempt_id uuid not null,
  last_attempt_id uuid not null
);
create index handover_due on handover (due_at);

-- What happened to an attempt besides a first, clear answer: the story of unknown outcomes.
create table attempt_step (
  id uuid primary key,
  payment_event_id uuid not null,
  attempt_id uuid not null,
  at timestamptz not null,
  kind text not null,
  detail jsonb not null
);
create index attempt_step_payment on attempt_step (payment_event_id, id);

-- Keys of requests about a payment that exists already: retry, capture, cancel.
create table payment_request (
  id uuid primary key,
  endpoint text not null,
  idempotency_key text not null,
  fingerprint bytea not null,
  payment_event_id uuid not null,
  requested_at timestamptz not null,
  constraint payment_request_key_once unique (endpoint, idempotency_key)
);
create index payment_request_payment on payment_request (payment_event_id);

-- Webhooks of PSPs: stored before they are answered, handled afterwards, each PSP event once.
create table psp_webhook (
  id uuid primary key,
  psp text not null,
  psp_event_id text not null,
  reference text,
  outcome jsonb not null,
  received_at timestamptz not null,
  handled_at timestamptz,
  result text,
  constraint psp_webhook_event_once unique (psp, psp_event_id)
);
create index psp_webhook_unhandled on psp_webhook (id) where handled_at is null;
