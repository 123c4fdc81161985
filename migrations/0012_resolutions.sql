-- What people decide about breaks: proposed by one, above a threshold approved by another, applied with a journal entry,
-- undone with its reversal. And the log of everything that people do.

-- A request for a second person. Rows of both tables are evidence.
create table approval (
  id uuid primary key,
  kind text not null constraint approval_kind_known check (kind in ('resolution', 'period_reopening')),
  subject_id uuid not null,
  -- SHA-256 of exactly what is to be done: another entry needs another approval.
  change_hash bytea not null constraint approval_hash_is_sha256 check (length(change_hash) = 32),
  maker_key_id uuid not null references api_key (id),
  requested_at timestamptz not null,
  expires_at timestamptz not null
);
create index approval_subject on approval (subject_id);

create table approval_decision (
  approval_id uuid primary key references approval (id),
  decision text not null constraint approval_decision_known check (decision in ('approved', 'rejected')),
  checker_key_id uuid not null references api_key (id),
  note text,
  decided_at timestamptz not null
);

-- Names count as well as keys: somebody who gets a new key is still the same person.
create function is_same_person(one_key_id uuid, other_key_id uuid) returns boolean language sql stable as $$
  select exists (select from api_key one join api_key other on other.id = other_key_id
                  where one.id = one_key_id and (one.id = other.id or lower(trim(one.name)) = lower(trim(other.name))))
$$;

-- Four eyes.
create function refuse_maker_as_checker() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('search_path', quote_ident(tg_table_schema) || ', pg_temp', true);
  if exists (select from approval a where a.id = new.approval_id and is_same_person(a.maker_key_id, new.checker_key_id)) then
    raise exception 'approval % is decided by whoever asked for it', new.approval_id
      using errcode = 'check_violation', constraint = 'approval_checker_is_not_maker';
  end if;
  return new;
end
$$;
create trigger approval_checker_is_not_maker before insert on approval_decision
  for each row execute function refuse_maker_as_checker();
alter table approval_decision enable always trigger approval_checker_is_not_maker;

create table break_resolution (
  id uuid primary key,
  source text not null,
  verb text not null constraint break_resolution_verb_known check (verb in
    ('match', 'psp_corrected', 'book_difference', 'create_missing_record', 'mark_duplicate', 'write_off', 'correct', 'not_a_break')),
  reason text not null,
  note text,
  -- What else was asked for, and the entry as it was shown: accounts and amounts.
  request jsonb not null,
  entry jsonb not null,
  fingerprint bytea not null,
  state text not null constraint break_resolution_state_known check (state in ('proposed', 'applied', 'rejected', 'lapsed', 'undone')),
  maker_key_id uuid not null references api_key (id),
  approval_id uuid references approval (id),
  proposed_at timestamptz not null,
  applied_at timestamptz,
  -- Null when nothing had to be booked.
  entry_id uuid references journal_entry (id),
  undone_at timestamptz,
  undo_reason text,
  undo_entry_id uuid references journal_entry (id),
  constraint break_resolution_needs_second_person check
    (verb not in ('write_off', 'correct', 'create_missing_record') or approval_id is not null),
  constraint break_resolution_waits_with_approval check (state <> 'proposed' or approval_id is not null),
  constraint break_resolution_applied_is_stamped check ((state in ('applied', 'undone')) = (applied_at is not null)),
  constraint break_resolution_undone_is_stamped check ((state = 'undone') = (undone_at is not null))
);
create index break_resolution_list on break_resolution (state, id);
create index break_resolution_approval on break_resolution (approval_id) where approval_id is not null;

create table break_resolution_break (
  resolution_id uuid not null references break_resolution (id),
  break_id uuid not null references recon_break (id),
  primary key (resolution_id, break_id)
);
create index break_resolution_break_of_break on break_resolution_break (break_id);

-- What was decided stays as it was decided, and what needs a second person is applied only with that person's word.
create function refuse_unapproved_resolution() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('search_path', quote_ident(tg_table_schema) || ', pg_temp', true);
  if tg_op = 'UPDATE' then
    if (new.id, new.source, new.verb, new.reason, new.note, new.request, new.entry, new.fingerprint, new.maker_key_id, new.approval_id, new.proposed_at)
       is distinct from (old.id, old.source, old.verb, old.reason, old.note, old.request, old.entry, old.fingerprint, old.maker_key_id, old.approval_id, old.proposed_at)
       or not (old.state = 'proposed' and new.state in ('applied', 'rejected', 'lapsed') or old.state = 'applied' and new.state = 'undone') then
      raise exception 'resolution % stays as it was decided', old.id
        using errcode = 'check_violation', constraint = 'break_resolution_is_final';
    end if;
  end if;
  if new.state = 'applied' and new.approval_id is not null
     and not exists (select from approval a join approval_decision d on d.approval_id = a.id
                      where a.id = new.approval_id and a.subject_id = new.id and d.decision = 'approved') then
    raise exception 'resolution % is not approved', new.id
      using errcode = 'check_violation', constraint = 'break_resolution_approved_first';
  end if;
  return new;
end
$$;
create trigger break_resolution_approved_first before insert or update on break_resolution
  for each row execute function refuse_unapproved_resolution();
alter table break_resolution enable always trigger break_resolution_approved_first;

-- What people and runs say of a break besides what runs find.
create table break_note (
  id uuid primary key,
  break_id uuid not null references recon_break (id),
  kind text not null constraint break_note_kind_known check (kind in
    ('assigned', 'commented', 'tagged', 'untagged', 'snoozed', 'proposed', 'rejected', 'lapsed', 'resolved', 'reopened')),
  detail text,
  -- Empty for what a run did.
  key_id uuid references api_key (id),
  at timestamptz not null
);
create index break_note_of_break on break_note (break_id, id);

alter table recon_break
  add column resolution_id uuid references break_resolution (id),
  add column resolved_at timestamptz,
  add column assignee text,
  add column tags text[],
  add column snoozed_until date,
  add constraint recon_break_resolved_is_stamped check ((state = 'resolved') = (resolution_id is not null and resolved_at is not null));
-- Whose sellers may have got their money by a person's decision.
create index recon_break_once_resolved on recon_break (attempt_id) where state = 'resolved' or reopened_at is not null;
create index recon_break_resolved_line on recon_break (file_id, line) where state = 'resolved';

-- Charges that people matched.
alter table settled_charge add column resolution_id uuid references break_resolution (id);
create index settled_charge_resolution on settled_charge (resolution_id) where resolution_id is not null;
alter table unsettled_charge alter column run_id drop not null;
alter table unsettled_charge add column resolution_id uuid references break_resolution (id);
alter table unsettled_charge add constraint unsettled_charge_says_by_what check (run_id is not null or resolution_id is not null);

-- Everything that people do, one row after the other, each with the hash of the one before it.
create table audit_log (
  seq bigint primary key,
  at timestamptz not null,
  -- Empty for what the system did by itself.
  key_id uuid,
  actor text not null,
  action text not null,
  object text not null,
  detail json not null,
  request_id text,
  previous_hash bytea not null constraint audit_log_one_successor unique,
  hash bytea not null constraint audit_log_hash_is_sha256 check (length(hash) = 32)
);
create index audit_log_object on audit_log (object, seq);
create table audit_head (
  only_row boolean primary key default true constraint audit_head_has_one_row check (only_row),
  seq bigint not null,
  hash bytea not null
);
insert into audit_head (seq, hash) values (0, sha256(convert_to('tallystick audit log', 'UTF8')));

create function refuse_unchained_audit() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('search_path', quote_ident(tg_table_schema) || ', pg_temp', true);
  if not exists (select from audit_head h where h.seq = new.seq - 1 and h.hash = new.previous_hash) then
    raise exception 'audit row % does not follow the last one', new.seq
      using errcode = 'check_violation', constraint = 'audit_log_follows_head';
  end if;
  update audit_head set seq = new.seq, hash = new.hash;
  return null;
end
$$;
create trigger audit_log_follows_head after insert on audit_log
  for each row execute function refuse_unchained_audit();
alter table audit_log enable always trigger audit_log_follows_head;
create trigger audit_head_goes_forward before update on audit_head
  for each row when (new.seq <> old.seq + 1) execute function refuse_change_of_evidence();
alter table audit_head enable always trigger audit_head_goes_forward;

do $$
declare
  name text;
begin
  foreach name in array array['approval', 'approval_decision', 'break_resolution_break', 'break_note', 'audit_log'] loop
    execute format('create trigger %I_is_append_only before update or delete or truncate on %I for each statement execute function refuse_change_of_evidence()', name, name);
    execute format('alter table %I enable always trigger %I_is_append_only', name, name);
  end loop;
  foreach name in array array['break_resolution', 'audit_head'] loop
    execute format('create trigger %I_keeps_its_rows before delete or truncate on %I for each statement execute function refuse_change_of_evidence()', name, name);
    execute format('alter table %I enable always trigger %I_keeps_its_rows', name, name);
  end loop;
end
$$;

alter table journal_entry drop constraint journal_entry_kind_known;
alter table journal_entry add constraint journal_entry_kind_known check (kind in
  ('capture', 'late_success', 'manual', 'psp_fee', 'psp_payout', 'unmatched_line', 'unmatched_line_found', 'release', 'line_undone',
   'resolution', 'resolution_undone')) not valid;
alter table journal_entry validate constraint journal_entry_kind_known;
