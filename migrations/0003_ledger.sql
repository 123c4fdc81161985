-- The double-entry ledger. Postings are signed, debit positive. Entries and postings are only ever inserted.

create table ledger_account (
  id integer generated always as identity primary key,
  -- Collated "C", so that pages of accounts come from the index, in the same order on every server.
  name text collate "C" not null constraint ledger_account_name_once unique,
  type text not null constraint ledger_account_type_known check (type in ('asset', 'liability', 'income', 'expense', 'equity'))
);

-- A chain of posted batches. A posting transaction owns one chain row until it commits, so that chains never wait for
-- each other; the same number is the stripe of the balance rows it may touch, so that hot accounts do not wait either.
create table ledger_chain (
  id smallint primary key,
  head_seq bigint not null,
  head_hash bytea not null constraint ledger_chain_hash_is_sha256 check (length(head_hash) = 32)
);
insert into ledger_chain (id, head_seq, head_hash)
  select n, 0, sha256(convert_to('tallystick ledger chain ' || n, 'UTF8')) from generate_series(1, 16) as n;

create table ledger_batch (
  chain_id smallint not null,
  seq bigint not null constraint ledger_batch_seq_from_one check (seq > 0),
  booked_at timestamptz not null,
  posting_count integer not null constraint ledger_batch_is_not_empty check (posting_count > 0),
  previous_hash bytea not null,
  hash bytea not null constraint ledger_batch_hash_is_sha256 check (length(hash) = 32),
  primary key (chain_id, seq)
);

-- The heads of all chains, folded into one hash per business day, chained from day to day.
create table ledger_anchor (
  anchored_on date primary key,
  heads jsonb not null,
  -- One successor each: two nodes that anchor at the same time cannot fork the chain of days.
  previous_hash bytea not null constraint ledger_anchor_one_successor unique,
  hash bytea not null constraint ledger_anchor_hash_is_sha256 check (length(hash) = 32)
);

-- Accounting days up to and including this one take no more entries; the newest row counts.
create table ledger_close (
  closed_through date primary key,
  closed_at timestamptz not null
);

create table journal_entry (
  id uuid primary key,
  kind text not null constraint journal_entry_kind_known check (kind in ('capture', 'late_success', 'manual')),
  -- The fact that caused the entry: the payment order's id, the charge's id, or a manual entry's reference. It is
  -- booked once.
  fact text not null,
  payment_event_id uuid,
  payment_order_id uuid,
  reverses uuid references journal_entry (id),
  occurred_at timestamptz not null,
  booked_at timestamptz not null,
  accounting_date date not null,
  chain_id smallint not null,
  batch_seq bigint not null,
  posting_count smallint not null constraint journal_entry_has_two_postings check (posting_count >= 2),
  constraint journal_entry_fact_once unique (kind, fact)
);
create unique index journal_entry_reversed_once on journal_entry (reverses) where reverses is not null;
create index journal_entry_payment on journal_entry (payment_event_id) where payment_event_id is not null;
create index journal_entry_batch on journal_entry (chain_id, batch_seq);

create table posting (
  entry_id uuid not null,
  position smallint not null,
  account_id integer not null,
  amount bigint not null constraint posting_moves_something check (amount <> 0),
  currency char(3) not null,
  -- SHA-256 of the posting with its entry's facts: what lets verification name the posting that was changed.
  leaf bytea not null constraint posting_leaf_is_sha256 check (length(leaf) = 32),
  primary key (entry_id, position)
);
create index posting_account on posting (account_id, entry_id);

-- Gross turnover per account, currency and stripe: a sum of postings that is read often. Balance = debits − credits.
create table account_balance (
  account_id integer not null,
  currency char(3) not null,
  stripe smallint not null,
  debits numeric(38, 0) not null constraint account_balance_debits_not_negative check (debits >= 0),
  credits numeric(38, 0) not null constraint account_balance_credits_not_negative check (credits >= 0),
  primary key (account_id, currency, stripe)
) with (fillfactor = 70);

-- The names of manual entries are the caller's: one reference, one entry; one key, one entry.
create table manual_entry (
  journal_entry_id uuid primary key references journal_entry (id),
  reference text not null constraint manual_entry_reference_once unique,
  idempotency_key text not null constraint manual_entry_key_once unique,
  fingerprint bytea not null
);

-- Checks of the database over every insert, beside the same checks in code. They are per statement: an entry's
-- postings come in the statement that inserts the entry, and a statement may carry thousands. So each asks once for all
-- that came, and looks for the one that is wrong only when something is.
--
-- Both look only into the schema of the table they stand on, whatever the session's search_path and however the schema
-- is called by now; pg_temp comes last, because it would come first by itself and a temporary table of the same name
-- would answer in place of ours. Their plans are kept for a connection's life, so what is looked up is an array of keys
-- and sequential scans are off: a plan made while the tables were tiny must not scan them when they are big.
create function refuse_incomplete_entries() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
declare
  entries uuid[];
  first_day date;
  bad uuid;
begin
  perform set_config('search_path', quote_ident(tg_table_schema) || ', pg_temp', true);
  select array_agg(e.id), min(e.accounting_date) into entries, first_day from new_entry e;
  -- The first posting is enough: postings come all at once or not at all, as the other trigger sees to.
  if (select count(*) from posting p where p.entry_id = any(entries) and p.position = 1) < cardinality(entries) then
    select n.id into bad
      from unnest(entries) as n (id)
      where (select count(*) from posting p where p.entry_id = n.id and p.position = 1) = 0
      limit 1;
    raise exception 'journal entry % came without its postings', bad
      using errcode = 'check_violation', constraint = 'journal_entry_complete';
  end if;
  if first_day <= (select max(closed_through) from ledger_close) then
    select e.id into bad from new_entry e where e.accounting_date = first_day limit 1;
    raise exception 'journal entry % falls on a closed day', bad
      using errcode = 'check_violation', constraint = 'journal_entry_day_open';
  end if;
  return null;
end
$$;
create trigger journal_entry_complete after insert on journal_entry
  referencing new table as new_entry for each statement execute function refuse_incomplete_entries();

create function refuse_unbalanced_postings() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
declare
  entries uuid[];
  counts bigint[];
  is_sound boolean;
  accounts integer[];
  bad record;
begin
  perform set_config('search_path', quote_ident(tg_table_schema) || ', pg_temp', true);
  -- Balanced, as many as the entry says, at the positions from one to that number: none is left for postings that come
  -- later. An entry of several currencies is several groups here, which never agree with its one count: it is judged below.
  select array_agg(s.entry_id order by s.entry_id), array_agg(s.n order by s.entry_id),
         bool_and(s.amount = 0 and s.first = 1 and s.last = s.n)
    into entries, counts, is_sound
    from (select np.entry_id, sum(np.amount) as amount, count(*) as n, min(np.position) as first, max(np.position) as last
            from new_posting np
           group by np.entry_id, np.currency) s;
  if not is_sound or counts is distinct from
     (select array_agg(e.posting_count::bigint order by e.id) from journal_entry e where e.id = any(entries)) then
    select p.* into bad
      from (select s.entry_id, bool_and(s.amount = 0) as balances, sum(s.n) as n, min(s.first) as first, max(s.last) as last
              from (select np.entry_id, sum(np.amount) as amount, count(*) as n, min(np.position) as first, max(np.position) as last
                      from new_posting np
                     group by np.entry_id, np.currency) s
             group by s.entry_id) p
      where not p.balances or p.first <> 1 or p.last <> p.n
         or (select e.posting_count from journal_entry e where e.id = p.entry_id) is distinct from p.n
      limit 1;
    if found and not bad.balances then
      raise exception 'journal entry % does not balance', bad.entry_id
        using errcode = 'check_violation', constraint = 'journal_entry_balances';
    elsif found then
      raise exception 'postings of journal entry % do not come all at once and with it', bad.entry_id
        using errcode = 'check_violation', constraint = 'posting_belongs_to_new_entry';
    end if;
  end if;
  select array_agg(distinct np.account_id) into accounts from new_posting np;
  if (select count(*) from ledger_account a where a.id = any(accounts)) < cardinality(accounts) then
    select n.id into bad
      from unnest(accounts) as n (id)
      where (select a.id from ledger_account a where a.id = n.id) is null
      limit 1;
    raise exception 'there is no ledger account with the id %', bad.id
      using errcode = 'check_violation', constraint = 'posting_account_exists';
  end if;
  return null;
end
$$;
create trigger posting_balances after insert on posting
  referencing new table as new_posting for each statement execute function refuse_unbalanced_postings();

-- Whoever closes days waits until no posting is under way: each of them owns a chain, and has read before what is closed.
create function wait_for_postings() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('search_path', quote_ident(tg_table_schema) || ', pg_temp', true);
  perform from ledger_chain order by id for update;
  return null;
end
$$;
create trigger ledger_close_waits_for_postings before insert on ledger_close
  for each statement execute function wait_for_postings();

-- Nothing that was booked is changed or removed, by nobody: a correction is a new entry. The triggers are "always", so
-- that session_replication_role does not silence them. (Those over inserts are not: the first copy of a logical
-- replica brings entries and postings one table after the other.)
create function refuse_ledger_change() returns trigger language plpgsql as $$
begin
  raise exception '% on % is refused: the ledger is append-only, book a correcting entry', tg_op, tg_table_name
    using errcode = 'insufficient_privilege';
end
$$;
do $$
declare
  name text;
begin
  foreach name in array array['ledger_account', 'journal_entry', 'posting', 'ledger_batch', 'ledger_anchor', 'ledger_close', 'manual_entry'] loop
    execute format('create trigger %I_is_append_only before update or delete or truncate on %I for each statement execute function refuse_ledger_change()', name, name);
    execute format('alter table %I enable always trigger %I_is_append_only', name, name);
  end loop;
  -- These two are written again and again, and never lose a row.
  foreach name in array array['ledger_chain', 'account_balance'] loop
    execute format('create trigger %I_keeps_its_rows before delete or truncate on %I for each statement execute function refuse_ledger_change()', name, name);
    execute format('alter table %I enable always trigger %I_keeps_its_rows', name, name);
  end loop;
end
$$;
create trigger ledger_chain_goes_forward before update on ledger_chain
  for each row when (new.id <> old.id or new.head_seq <> old.head_seq + 1) execute function refuse_ledger_change();
alter table ledger_chain enable always trigger ledger_chain_goes_forward;
