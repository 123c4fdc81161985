-- Reconciliation: one run for each source and business day, the breaks it found, and what became of them.

create table recon_run (
  id uuid primary key,
  source text not null,
  business_date date not null,
  status text not null constraint recon_run_status_known check
    (status in ('queued', 'waiting_for_file', 'running', 'completed', 'failed')),
  -- How far a running run has come: comparing, or booking what was found.
  phase text constraint recon_run_phase_known check (phase in ('match', 'post')),
  -- Zone, cut-off, grace, lag and fee schedule by which it decided.
  settings jsonb not null,
  file_id uuid references settlement_file (id),
  -- Which entries of each ledger chain it has seen, and after which of them the next run begins to read.
  seen_heads jsonb,
  next_from jsonb,
  -- Records of each side, pairs without a break, and breaks that its records are part of.
  ours bigint,
  theirs bigint,
  matched bigint,
  breaks bigint,
  proof jsonb,
  -- What became of every record, as Parquet.
  outcome_blob_id uuid references blob (id),
  -- How many records of the outcome are booked.
  posted bigint not null default 0,
  requested_at timestamptz not null,
  -- Since when the file is late: the one alarm.
  late_since timestamptz,
  started_at timestamptz,
  completed_at timestamptz,
  failure text,
  constraint recon_run_day_once unique (source, business_date),
  constraint recon_run_phase_while_running check ((status = 'running') = (phase is not null)),
  constraint recon_run_completed_is_stamped check ((status = 'completed') = (completed_at is not null))
);
create index recon_run_newest on recon_run (source, business_date desc);

-- Yesterday's report never changes: what happens later is a new fact of a later run.
create function refuse_change_of_report() returns trigger language plpgsql as $$
begin
  raise exception 'run % is completed: its report never changes', old.id using errcode = 'insufficient_privilege';
end
$$;
create trigger recon_run_report_is_final before update on recon_run
  for each row when (old.status = 'completed') execute function refuse_change_of_report();
alter table recon_run enable always trigger recon_run_report_is_final;

create table recon_break (
  id uuid primary key,
  source text not null,
  code text not null constraint recon_break_code_known check (code in
    ('cutoff_straddle', 'awaiting_settlement', 'awaiting_internal', 'pending_outcome',
     'missing_external', 'missing_internal', 'amount_mismatch', 'currency_mismatch', 'fee_mismatch', 'status_mismatch',
     'duplicate_internal', 'duplicate_external', 'split_mismatch', 'control_total_mismatch', 'ledger_mismatch')),
  class text not null constraint recon_break_class_known check (class in ('temporary', 'real')),
  state text not null constraint recon_break_state_known check (state in ('open', 'cleared', 'resolved')),
  -- The day whose run found it.
  business_date date not null,
  -- When time should have healed it; kept after its promotion.
  due_on date,
  -- Ours: one charge. Its amount is what we hold; null on a break of which we have no record.
  attempt_id uuid,
  payment_event_id uuid,
  ours_amount bigint,
  ours_currency char(3),
  ours_occurred_at timestamptz,
  ours_business_date date,
  -- Theirs: one line of a file.
  file_id uuid references settlement_file (id),
  line integer,
  line_kind text,
  line_status text,
  line_reference text,
  line_psp_reference text,
  theirs_amount bigint,
  theirs_fee bigint,
  theirs_currency char(3),
  theirs_occurred_at timestamptz,
  -- Ours − theirs in minor units of `currency`: of the amount, or of the fee when the break is about the fee.
  difference numeric(38, 0),
  currency char(3),
  opened_in_run uuid not null references recon_run (id),
  opened_at timestamptz not null,
  promoted_at timestamptz,
  reopened_at timestamptz,
  cleared_in_run uuid references recon_run (id),
  cleared_at timestamptz,
  constraint recon_break_temporary_has_due_date check (class = 'real' or due_on is not null),
  constraint recon_break_cleared_is_stamped check ((state = 'cleared') = (cleared_in_run is not null and cleared_at is not null)),
  constraint recon_break_amounts_have_currency check
    ((ours_amount is null) = (ours_currency is null) and (theirs_amount is null) = (theirs_currency is null)
     and (difference is null) = (currency is null))
);
-- A record is part of one open break at most, whatever two runs might think.
create unique index recon_break_charge_open_once on recon_break (attempt_id) where state = 'open' and attempt_id is not null;
create unique index recon_break_line_open_once on recon_break (file_id, line) where state = 'open' and line is not null;
create index recon_break_list on recon_break (state, class, id);
create index recon_break_code on recon_break (code, id);
create index recon_break_open on recon_break (source, id) where state = 'open';
create index recon_break_payment on recon_break (payment_event_id) where payment_event_id is not null;
create index recon_break_run on recon_break (opened_in_run);

-- The life of a break, and with it every run that touched it.
create table recon_break_event (
  break_id uuid not null references recon_break (id),
  run_id uuid not null references recon_run (id),
  kind text not null constraint recon_break_event_kind_known check (kind in ('opened', 'carried', 'promoted', 'cleared', 'reopened')),
  at timestamptz not null,
  detail text,
  primary key (break_id, run_id, kind)
);
create index recon_break_event_run on recon_break_event (run_id);

-- Every charge that stands in a settlement file: once, for ever. What makes a second settlement of a charge impossible.
create table settled_charge (
  attempt_id uuid primary key,
  run_id uuid not null,
  file_id uuid not null,
  line integer not null,
  settled_at timestamptz not null,
  constraint settled_charge_line_once unique (file_id, line)
);

do $$
declare
  name text;
begin
  foreach name in array array['recon_break_event', 'settled_charge'] loop
    execute format('create trigger %I_is_append_only before update or delete or truncate on %I for each statement execute function refuse_change_of_evidence()', name, name);
    execute format('alter table %I enable always trigger %I_is_append_only', name, name);
  end loop;
  foreach name in array array['recon_run', 'recon_break'] loop
    execute format('create trigger %I_keeps_its_rows before delete or truncate on %I for each statement execute function refuse_change_of_evidence()', name, name);
    execute format('alter table %I enable always trigger %I_keeps_its_rows', name, name);
  end loop;
end
$$;

-- Entries that settlement lines cause, and the release of what sellers wait for.
alter table journal_entry drop constraint journal_entry_kind_known;
alter table journal_entry add constraint journal_entry_kind_known check (kind in
  ('capture', 'late_success', 'manual', 'psp_fee', 'psp_payout', 'unmatched_line', 'unmatched_line_found', 'release')) not valid;
alter table journal_entry validate constraint journal_entry_kind_known;
