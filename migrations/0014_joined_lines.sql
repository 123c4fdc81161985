-- A line of a settlement file may stand for several charges: each is settled by its part of the line. 0 is the whole line.
alter table settled_charge add column part smallint not null default 0;
alter table settled_charge drop constraint settled_charge_line_once;
-- What people matched and unmatched does not stand in the way of what a run matches.
create unique index settled_charge_line_once on settled_charge (file_id, line, part) where resolution_id is null;
