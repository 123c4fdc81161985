-- A line of a settlement file may stand for several charges: each is settled by its part of the line. 0 is the whole line.
alter table settled_charge add column part smallint not null default 0;
do $$
declare
  by_hand boolean := exists (
    select from pg_attribute where attrelid = 'settled_charge'::regclass and attname = 'resolution_id' and not attisdropped);
begin
  alter table settled_charge drop constraint if exists settled_charge_line_once;
  drop index if exists settled_charge_line_once;
  -- Of charges that people matched several may be settled by one line.
  execute 'create unique index settled_charge_line_once on settled_charge (file_id, line, part)'
    || case when by_hand then ' where resolution_id is null' else '' end;
end
$$;
