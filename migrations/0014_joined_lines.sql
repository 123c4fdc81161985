-- A line of a settlement file may stand for several charges: each is settled by its part of the line. 0 is the whole line.
alter table settled_charge add column part smallint not null default 0;
alter table settled_charge drop constraint settled_charge_line_once;
alter table settled_charge add constraint settled_charge_line_once unique (file_id, line, part);
