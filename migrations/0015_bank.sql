-- Payouts of PSPs on their way to the bank, and the bank's lines in which they arrived.

-- What a PSP's file says that it paid out, once it is booked.
create table payout (
  id uuid primary key,
  psp text not null,
  file_id uuid not null references settlement_file (id),
  line integer not null,
  kind text not null constraint payout_kind_known check (kind in ('payout', 'payout_reversal')),
  -- The PSP's identifier, and ours if there is one.
  psp_reference text,
  reference text,
  -- What it put in transit; less than zero for what came back to the PSP.
  amount bigint not null constraint payout_moves_something check (amount <> 0),
  currency char(3) not null,
  -- The day of the file.
  business_date date not null,
  occurred_at timestamptz not null,
  constraint payout_line_once unique (file_id, line)
);
create index payout_of_psp on payout (psp, business_date);

-- Its line is no longer in the file of its day.
create table payout_undone (
  payout_id uuid primary key references payout (id),
  undone_at timestamptz not null
);

-- A payout that arrived in a line of a bank's statement, by its part of the line.
create table payout_arrival (
  id uuid primary key,
  source text not null,
  payout_id uuid not null references payout (id),
  file_id uuid not null references settlement_file (id),
  line integer not null,
  line_on date not null,
  amount bigint not null,
  rule text not null constraint payout_arrival_rule_known check (rule in ('reference', 'joined', 'amount', 'sum')),
  run_id uuid not null references recon_run (id),
  arrived_at timestamptz not null
);
create index payout_arrival_of_payout on payout_arrival (payout_id);
create index payout_arrival_of_line on payout_arrival (file_id, line);

create table payout_arrival_undone (
  arrival_id uuid primary key references payout_arrival (id),
  run_id uuid not null references recon_run (id),
  undone_at timestamptz not null
);

do $$
declare
  name text;
begin
  foreach name in array array['payout', 'payout_undone', 'payout_arrival', 'payout_arrival_undone'] loop
    execute format('create trigger %I_is_append_only before update or delete or truncate on %I for each statement execute function refuse_change_of_evidence()', name, name);
    execute format('alter table %I enable always trigger %I_is_append_only', name, name);
  end loop;
end
$$;

-- Those that were booked before. Their references stand in their files alone.
insert into payout (id, psp, file_id, line, kind, amount, currency, business_date, occurred_at)
  select e.id, f.source, f.id, split_part(e.fact, ':', 2)::integer, case when p.amount > 0 then 'payout' else 'payout_reversal' end,
         p.amount, p.currency, f.business_date, e.occurred_at
    from journal_entry e
    join posting p on p.entry_id = e.id
    join ledger_account a on a.id = p.account_id
    join settlement_file f on f.id = substr(split_part(e.fact, ':', 1), 4)::uuid and a.name = 'psp:' || f.source || ':in_transit'
   where e.kind = 'psp_payout' and not exists (select from journal_entry r where r.reverses = e.id);

alter table recon_break add column payout_id uuid references payout (id);
create unique index recon_break_payout_open_once on recon_break (payout_id) where state = 'open' and payout_id is not null;
alter table recon_break drop constraint recon_break_code_known;
alter table recon_break add constraint recon_break_code_known check (code in
  ('cutoff_straddle', 'awaiting_settlement', 'awaiting_internal', 'pending_outcome', 'payout_in_transit',
   'missing_external', 'missing_internal', 'amount_mismatch', 'currency_mismatch', 'fee_mismatch', 'status_mismatch',
   'duplicate_internal', 'duplicate_external', 'split_mismatch', 'payout_mismatch', 'bank_mismatch', 'control_total_mismatch',
   'unparsed_line', 'ledger_mismatch')) not valid;
alter table recon_break validate constraint recon_break_code_known;

alter table journal_entry drop constraint journal_entry_kind_known;
alter table journal_entry add constraint journal_entry_kind_known check (kind in
  ('capture', 'late_success', 'manual', 'psp_fee', 'psp_payout', 'unmatched_line', 'unmatched_line_found', 'release', 'line_undone',
   'resolution', 'resolution_undone', 'payout_arrived')) not valid;
alter table journal_entry validate constraint journal_entry_kind_known;
