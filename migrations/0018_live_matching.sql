-- The live view of reconciliation: what our ledger and the PSP's webhooks say of charges before the night has compared them
-- with their file. Everything here can be built again from the ledger, the webhooks and the breaks: nothing is booked by it,
-- and rows go when the night has taken their place.

create table live_source (
  source text primary key,
  -- Per ledger chain: the entries up to here are items.
  heads jsonb not null,
  -- The business day of the newest completed run whose records were let go; null before the first.
  settled_through date
);

create table live_item (
  -- Of ours: the charge's, or its break's when it is open from an earlier day. Of theirs: the webhook's, or its break's.
  id uuid primary key,
  source text not null,
  side text not null constraint live_item_side_known check (side in ('ours', 'line', 'told')),
  -- Ours: the charge. Theirs: the charge that the reference names.
  charge_id uuid,
  psp_reference text,
  reference text,
  payment_event_id uuid,
  -- What the charge was to be over; `amount` is what was booked.
  asked_amount bigint,
  amount bigint not null,
  currency char(3) not null,
  occurred_at timestamptz,
  -- Of a line of a file.
  file_id uuid,
  line integer,
  kind text,
  status text,
  fee bigint,
  -- Null on a line that is open from an earlier file.
  business_date date,
  -- Where the ledger booked it.
  chain_id smallint,
  batch_seq bigint,
  -- The open break that it is, and what its last run called it.
  break_id uuid,
  break_code text,
  break_due_on date,
  -- What it comes to now. `part` stands behind another one: their side of a pair, or what was told again.
  state text not null constraint live_item_state_known check
    (state in ('matched', 'waiting_for_psp', 'waiting_for_us', 'differing', 'part')),
  -- What differs, or what the night will call it when nothing comes any more.
  code text,
  due_on date,
  -- The other side of its pair.
  twin_id uuid,
  constraint live_item_ours_is_booked check
    (side <> 'ours' or (charge_id is not null and payment_event_id is not null and asked_amount is not null
                        and occurred_at is not null and business_date is not null)),
  constraint live_item_line_has_place check (side <> 'line' or (file_id is not null and line is not null and kind is not null and fee is not null))
) with (fillfactor = 80);
-- Most records of ours are found by their id, which is the charge's.
create index live_item_charge on live_item (charge_id) where charge_id <> id;
create index live_item_psp_reference on live_item (psp_reference) where psp_reference is not null;
create index live_item_state on live_item (source, state, id);

-- Sums over the items in a state, so that nobody counts a million rows to see them.
create table live_total (
  source text not null,
  state text not null,
  code text not null,
  currency char(3) not null,
  items bigint not null,
  amount numeric(38, 0) not null,
  primary key (source, state, code, currency)
) with (fillfactor = 50);

-- Webhooks that wait to be taken in, written with them and removed with the items that they become. Ids of webhooks do not
-- follow the order in which they are committed: a mark of how far one has read would miss some.
create table live_told (
  webhook_id uuid primary key,
  psp text not null
);
