-- The rules of a source as versions: what is different from the settings that it is declared with. Drafted by one person, tested
-- on days that are done, activated by another person from a business day on. Old runs keep the version that they used.
create table recon_rule_version (
  id uuid primary key,
  source text not null,
  version integer not null constraint recon_rule_version_from_one check (version > 0),
  -- Lag, grace and fee schedule; what is left out is as declared.
  settings jsonb not null,
  reason text not null constraint recon_rule_version_has_reason check (reason <> ''),
  maker_key_id uuid not null references api_key (id),
  drafted_at timestamptz not null,
  -- The last test on history, and when it was made.
  test jsonb,
  tested_at timestamptz,
  activator_key_id uuid references api_key (id),
  activated_at timestamptz,
  effective_on date,
  constraint recon_rule_version_once unique (source, version),
  constraint recon_rule_version_test_is_stamped check ((test is null) = (tested_at is null)),
  constraint recon_rule_version_active_is_stamped check
    ((activated_at is null) = (activator_key_id is null) and (activated_at is null) = (effective_on is null)),
  constraint recon_rule_version_tested_first check (activated_at is null or tested_at is not null)
);

-- What was drafted stays as it was drafted, what is active is final, and nobody activates what they drafted themselves.
create function refuse_unfit_rule_version() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('search_path', quote_ident(tg_table_schema) || ', pg_temp', true);
  if tg_op = 'UPDATE' and (old.activated_at is not null
     or (new.id, new.source, new.version, new.settings, new.reason, new.maker_key_id, new.drafted_at)
        is distinct from (old.id, old.source, old.version, old.settings, old.reason, old.maker_key_id, old.drafted_at)) then
    raise exception 'version % of the rules of % stays as it is', old.version, old.source
      using errcode = 'check_violation', constraint = 'recon_rule_version_is_final';
  end if;
  if new.activated_at is not null and is_same_person(new.maker_key_id, new.activator_key_id) then
    raise exception 'version % of the rules of % is activated by whoever drafted it', new.version, new.source
      using errcode = 'check_violation', constraint = 'recon_rule_version_needs_two_people';
  end if;
  if new.activated_at is not null and exists (
     select from recon_run r where r.source = new.source and r.business_date >= new.effective_on and r.started_at is not null) then
    raise exception 'version % of the rules of % would be effective on a day that has its run', new.version, new.source
      using errcode = 'check_violation', constraint = 'recon_rule_version_changes_no_past';
  end if;
  return new;
end
$$;
create trigger recon_rule_version_is_fit before insert or update on recon_rule_version
  for each row execute function refuse_unfit_rule_version();
alter table recon_rule_version enable always trigger recon_rule_version_is_fit;
create trigger recon_rule_version_keeps_its_rows before delete or truncate on recon_rule_version
  for each statement execute function refuse_change_of_evidence();
alter table recon_rule_version enable always trigger recon_rule_version_keeps_its_rows;

-- The version by which a run decided; null for the settings as they are declared.
alter table recon_run add column rule_version integer;
