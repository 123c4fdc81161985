-- Settlement files: what PSPs and banks send, byte for byte, and what each of them says of itself. All of it is written
-- once: a file that was wrong is followed by another one, never changed.

-- Bytes in pieces, because a file may be larger than what fits in memory. Not compressed by the server: Parquet is
-- already, and everything else here is read once a night.
create table blob (
  id uuid primary key,
  sha256 bytea not null constraint blob_hash_is_sha256 check (length(sha256) = 32),
  byte_count bigint not null constraint blob_size_not_negative check (byte_count >= 0)
);
create table blob_piece (
  blob_id uuid not null,
  position integer not null,
  bytes bytea not null,
  primary key (blob_id, position)
);
alter table blob_piece alter column bytes set storage external;

-- Where files come from. The first day is the day of the first file there will ever be; its runs begin there.
create table settlement_source (
  name text primary key,
  first_business_date date not null
);

create table settlement_file (
  id uuid primary key,
  source text not null,
  name text not null,
  -- `rejected`: its frame is broken or it does not add up, and nothing of it is used.
  status text not null constraint settlement_file_status_known check (status in ('accepted', 'rejected')),
  -- Why it was rejected, as a sentence.
  rejection text,
  format text,
  format_version text,
  -- The sender's own name for it.
  file_reference text,
  business_date date,
  sha256 bytea not null,
  byte_count bigint not null,
  line_count bigint not null,
  control text not null constraint settlement_file_control_known check (control in ('pass', 'fail', 'none')),
  diagnostics jsonb not null,
  received_via text not null constraint settlement_file_way_known check (received_via in ('collected', 'uploaded')),
  received_at timestamptz not null,
  original_blob_id uuid not null references blob (id),
  -- Its lines in one form for every format, as Parquet; null when it was rejected.
  lines_blob_id uuid references blob (id),
  constraint settlement_file_rejected_says_why check ((status = 'rejected') = (rejection is not null)),
  constraint settlement_file_accepted_is_whole check
    (status = 'rejected' or (lines_blob_id is not null and business_date is not null and control <> 'fail'))
);
create index settlement_file_bytes on settlement_file (source, sha256);
-- What was rejected may come again and be judged anew.
create unique index settlement_file_bytes_once on settlement_file (source, sha256) where status = 'accepted';
create unique index settlement_file_day_once on settlement_file (source, business_date) where status = 'accepted';

-- The part of a file about one account in one currency.
create table settlement_statement (
  file_id uuid not null references settlement_file (id),
  position smallint not null,
  account text not null,
  currency char(3) not null,
  opening bigint,
  closing bigint,
  line_count bigint not null,
  credits numeric(38, 0) not null,
  debits numeric(38, 0) not null,
  -- Lines, amount and fee per kind, from the lines.
  totals jsonb not null,
  control jsonb not null,
  primary key (file_id, position)
);

-- The same refusal as for the ledger, for every other table whose rows are evidence.
create function refuse_change_of_evidence() returns trigger language plpgsql as $$
begin
  raise exception '% on % is refused: its rows are evidence and are only ever added', tg_op, tg_table_name
    using errcode = 'insufficient_privilege';
end
$$;
do $$
declare
  name text;
begin
  foreach name in array array['blob', 'blob_piece', 'settlement_file', 'settlement_statement'] loop
    execute format('create trigger %I_is_append_only before update or delete or truncate on %I for each statement execute function refuse_change_of_evidence()', name, name);
    execute format('alter table %I enable always trigger %I_is_append_only', name, name);
  end loop;
end
$$;
