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
