-- Business days of a source that nothing may change any more. One person closes them; two open them again.
create table period_event (
  id uuid primary key,
  source text not null,
  -- Its place among the events of its source.
  position integer not null constraint period_event_position_from_one check (position > 0),
  kind text not null constraint period_event_kind_known check (kind in ('closed', 'reopened')),
  -- The last day that is closed after it; null when none is.
  closed_through date,
  key_id uuid not null references api_key (id),
  reason text not null,
  approval_id uuid references approval (id),
  at timestamptz not null,
  constraint period_event_once unique (source, position),
  constraint period_event_approval_once unique (approval_id),
  constraint period_event_closes_a_day check (kind = 'reopened' or closed_through is not null),
  constraint period_event_reopened_by_two check (kind = 'closed' or approval_id is not null)
);

-- A request to open days again: what its approval is about.
create table period_reopening (
  id uuid primary key,
  source text not null,
  closed_through date,
  reason text not null,
  requested_at timestamptz not null
);

create function closed_through(of_source text) returns date language sql stable as $$
  select closed_through from period_event where source = of_source order by position desc limit 1
$$;

create function refuse_unapproved_reopening() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
declare
  before date;
begin
  perform set_config('search_path', quote_ident(tg_table_schema) || ', pg_temp', true);
  select closed_through(new.source) into before;
  if new.kind = 'closed' and new.closed_through <= before or new.kind = 'reopened' and (before is null or new.closed_through >= before) then
    raise exception 'period of % is closed through %', new.source, before
      using errcode = 'check_violation', constraint = 'period_event_moves';
  end if;
  if new.kind = 'reopened' and not exists
     (select from period_reopening r join approval a on a.subject_id = r.id join approval_decision d on d.approval_id = a.id
       where a.id = new.approval_id and a.kind = 'period_reopening' and d.decision = 'approved' and d.checker_key_id = new.key_id
         and r.source = new.source and r.closed_through is not distinct from new.closed_through) then
    raise exception 'opening the period of % again is not approved', new.source
      using errcode = 'check_violation', constraint = 'period_event_approved_first';
  end if;
  return new;
end
$$;
create trigger period_event_approved_first before insert on period_event
  for each row execute function refuse_unapproved_reopening();
alter table period_event enable always trigger period_event_approved_first;

-- The last line of defence: whatever the program thinks, no file of a closed day counts or stops counting.
create function refuse_change_of_closed_day() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
declare
  closed record;
begin
  perform set_config('search_path', quote_ident(tg_table_schema) || ', pg_temp', true);
  if tg_table_name = 'settlement_withdrawal' then
    select f.source, f.business_date as day into closed from settlement_file f where f.id = new.file_id;
  else
    select new.source, new.business_date as day into closed;
  end if;
  if closed.day <= closed_through(closed.source) then
    raise exception '% of % is closed', closed.day, closed.source
      using errcode = 'check_violation', constraint = 'closed_day_is_final';
  end if;
  return new;
end
$$;
create trigger settlement_file_of_open_day before insert on settlement_file
  for each row when (new.status = 'accepted' and new.business_date is not null) execute function refuse_change_of_closed_day();
alter table settlement_file enable always trigger settlement_file_of_open_day;
create trigger settlement_withdrawal_of_open_day before insert on settlement_withdrawal
  for each row execute function refuse_change_of_closed_day();
alter table settlement_withdrawal enable always trigger settlement_withdrawal_of_open_day;
create trigger recon_correction_of_open_day before insert on recon_correction
  for each row execute function refuse_change_of_closed_day();
alter table recon_correction enable always trigger recon_correction_of_open_day;

do $$
declare
  name text;
begin
  foreach name in array array['period_event', 'period_reopening'] loop
    execute format('create trigger %I_is_append_only before update or delete or truncate on %I for each statement execute function refuse_change_of_evidence()', name, name);
    execute format('alter table %I enable always trigger %I_is_append_only', name, name);
  end loop;
end
$$;
