-- Files of declared sources: banks and PSPs that nobody reconciles by a calendar of one file a day. A file is told from
-- another by its name and its day, several may share a day, and some say no day at all.

-- True for a file of a declared source: what it is about stands in intake_file, and business_date is empty.
alter table settlement_file add column intake boolean not null default false;
alter table settlement_file drop constraint settlement_file_accepted_is_whole;
alter table settlement_file add constraint settlement_file_accepted_is_whole check
  (status = 'rejected' or (lines_blob_id is not null and control <> 'fail' and (intake or business_date is not null)));
alter table settlement_file add constraint settlement_file_intake_has_its_day_elsewhere check (not intake or business_date is null);
create index settlement_file_source on settlement_file (source, id);

-- What a statement says of its place among others. `turn` orders the statements of one account: its day, then its number.
alter table settlement_statement add column business_date date;
alter table settlement_statement add column sequence text;
alter table settlement_statement add column turn text collate "C";
create index settlement_statement_turn on settlement_statement (account, currency, turn) where turn is not null;

create table intake_file (
  file_id uuid primary key references settlement_file (id),
  source text not null,
  -- The newest day that it is about; null when it was rejected without one.
  business_date date,
  -- The days of its lines, within which another file may tell the same ones.
  first_line_on date,
  last_line_on date,
  -- Lines that no other file had told before.
  new_lines bigint not null constraint intake_file_new_lines_not_negative check (new_lines >= 0),
  -- Of the bytes as they were delivered, when they were packed or encrypted: then the file's own hash is of what was in them.
  delivered_sha256 bytea,
  -- The file of the same name and day that it takes the place of.
  reissue_of uuid references intake_file (file_id),
  constraint intake_file_replaced_once unique (reissue_of)
);
create index intake_file_days on intake_file (source, last_line_on);

create trigger intake_file_is_append_only before update or delete or truncate on intake_file
  for each statement execute function refuse_change_of_evidence();
alter table intake_file enable always trigger intake_file_is_append_only;

-- How far each declared source was watched.
create table intake_source (
  name text primary key,
  -- Nothing was expected before.
  declared_at timestamptz not null,
  last_look_at timestamptz,
  -- Why the last look could not be finished, as a sentence.
  look_problem text,
  next_look_at timestamptz,
  -- Since when a file is late: the one alarm.
  late_since timestamptz
);

-- What was seen where files are collected from. Received is what has a hash; a name with another size or time is looked at anew.
create table intake_item (
  source text not null,
  name text not null,
  byte_count bigint not null,
  modified_at timestamptz not null,
  seen_at timestamptz not null,
  sha256 bytea,
  received_at timestamptz,
  primary key (source, name),
  constraint intake_item_received_has_hash check ((sha256 is null) = (received_at is null))
);
