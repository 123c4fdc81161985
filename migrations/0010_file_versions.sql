-- A file may be wrong, and then another one takes its place: a version of the same day, or nothing at all for a while.
-- What was stored stays; what became of it is a row of its own.

drop index settlement_file_day_once;
drop index settlement_file_bytes_once;

alter table settlement_file
  -- The version before it, which it replaces.
  add column supersedes uuid references settlement_file (id),
  -- What is different from the version before it: counts, sums and the first lines.
  add column difference jsonb,
  add constraint settlement_file_version_is_accepted check (supersedes is null or status = 'accepted');

-- A day has one first version, and each version one that follows it: no two files can both be the last.
create unique index settlement_file_first_of_day on settlement_file (source, business_date) where status = 'accepted' and supersedes is null;
create index settlement_file_day on settlement_file (source, business_date);
create unique index settlement_file_superseded_once on settlement_file (supersedes) where supersedes is not null;
-- The same bytes again are the same file, unless it was withdrawn in between and comes back.
create unique index settlement_file_bytes_once on settlement_file
  (source, sha256, coalesce(supersedes, '00000000-0000-0000-0000-000000000000'::uuid)) where status = 'accepted';

-- Somebody says that nothing of a file is to be used. The next run undoes what it caused.
create table settlement_withdrawal (
  file_id uuid primary key references settlement_file (id),
  reason text not null constraint settlement_withdrawal_has_reason check (reason <> ''),
  withdrawn_by text not null,
  withdrawn_at timestamptz not null
);
create trigger settlement_withdrawal_is_append_only before update or delete or truncate on settlement_withdrawal
  for each statement execute function refuse_change_of_evidence();
alter table settlement_withdrawal enable always trigger settlement_withdrawal_is_append_only;

-- The lines that a withdrawn or replaced file no longer has are undone, and those that are new are taken in, by the next run
-- of its source: a thousand at a time, each with the mark of how far it came. A day may be corrected again and again: each
-- time leads from what the time before led to, the first time from the file of the day's run.
create table recon_correction (
  source text not null,
  business_date date not null,
  position integer not null constraint recon_correction_position_from_one check (position > 0),
  -- The version whose lines are in the books, and the one that counts now; null when the day has none.
  file_id uuid references settlement_file (id),
  replacement_id uuid references settlement_file (id),
  run_id uuid not null references recon_run (id),
  undone bigint not null default 0,
  added bigint not null default 0,
  completed_at timestamptz,
  primary key (source, business_date, position),
  constraint recon_correction_changes_something check (file_id is distinct from replacement_id)
);
create unique index recon_correction_one_at_a_time on recon_correction (source, business_date) where completed_at is null;
create trigger recon_correction_keeps_its_rows before delete or truncate on recon_correction
  for each statement execute function refuse_change_of_evidence();
alter table recon_correction enable always trigger recon_correction_keeps_its_rows;
create trigger recon_correction_is_final before update on recon_correction
  for each row when (old.completed_at is not null) execute function refuse_change_of_evidence();
alter table recon_correction enable always trigger recon_correction_is_final;

-- A charge may be settled again after its line was undone: each time is a revision, and one of them counts at most.
alter table settled_charge add column revision smallint not null default 0;
alter table settled_charge drop constraint settled_charge_pkey;
alter table settled_charge add primary key (attempt_id, revision);
create table unsettled_charge (
  attempt_id uuid not null,
  revision smallint not null,
  run_id uuid not null references recon_run (id),
  unsettled_at timestamptz not null,
  primary key (attempt_id, revision),
  foreign key (attempt_id, revision) references settled_charge (attempt_id, revision)
);
create trigger unsettled_charge_is_append_only before update or delete or truncate on unsettled_charge
  for each statement execute function refuse_change_of_evidence();
alter table unsettled_charge enable always trigger unsettled_charge_is_append_only;

alter table journal_entry drop constraint journal_entry_kind_known;
alter table journal_entry add constraint journal_entry_kind_known check (kind in
  ('capture', 'late_success', 'manual', 'psp_fee', 'psp_payout', 'unmatched_line', 'unmatched_line_found', 'release', 'line_undone')) not valid;
alter table journal_entry validate constraint journal_entry_kind_known;
