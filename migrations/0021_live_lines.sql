-- Lines of settlement files in the live view, as soon as their file is accepted and until its night has compared them; and
-- breaks that people resolve or open again, which leave it or come back at once.

-- How far each file has been taken in: written with the items that its lines become, so that no line is taken twice.
create table live_file (
  file_id uuid primary key,
  source text not null,
  business_date date not null,
  -- The last line that is an item.
  taken_through integer not null,
  is_whole boolean not null
);
create index live_file_source on live_file (source);
create index live_item_file on live_item (file_id) where side = 'line' and break_id is null;

-- A joined line names several charges: it is found by each of them.
create index live_item_joined on live_item using gin (string_to_array(reference, ' ')) where side = 'line' and reference like '% %';

-- Breaks that were resolved or opened again, written with that and removed with what they become. A row for each time: one
-- that was there already might be taken in a moment before what it should tell is committed.
create table live_touched (
  id bigint generated always as identity primary key,
  source text not null,
  break_id uuid not null
);
create index live_touched_source on live_touched (source, id);
