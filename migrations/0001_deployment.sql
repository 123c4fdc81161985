-- One row that says what this schema is, for ever: test or live.
create table deployment (
  only_row boolean primary key default true constraint deployment_has_one_row check (only_row),
  mode text not null constraint deployment_mode_known check (mode in ('test', 'live')),
  -- Business clock minus wall clock. Only a test deployment has a clock that can be advanced.
  clock_offset_ms bigint not null default 0 constraint clock_never_behind check (clock_offset_ms >= 0),
  constraint live_clock_is_wall_clock check (mode = 'test' or clock_offset_ms = 0)
);

-- The mode is decided once.
create function refuse_mode_change() returns trigger language plpgsql as $$
begin
  raise exception 'a deployment is % for ever', old.mode using errcode = 'check_violation', constraint = 'deployment_mode_is_final';
end
$$;
create trigger deployment_mode_is_final before update of mode on deployment
  for each row when (old.mode <> new.mode) execute function refuse_mode_change();
