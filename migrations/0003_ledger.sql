-- The double-entry ledger. Postings are signed, debit positive. Entries and postings are only ever inserted.

create table ledger_account (
  id integer generated always as identity primary key,
  name text not null constraint ledger_account_name_once unique,
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
  seq bigint not null,
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
  previous_hash bytea not null,
  hash bytea not null
);

-- Accounting days up to and including this one take no more entries; the newest row counts.
create table ledger_close (
  closed_through date primary key,
  closed_at timestamptz not null
);

create table journal_entry (
  id uuid primary key,
  kind text not null constraint journal_entry_kind_known check (kind in ('capture', 'late_success', 'manual')),
  -- The fact that caused the entry, e.g. the payment order's id. A fact is booked once.
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
  debits numeric(38, 0) not null,
  credits numeric(38, 0) not null,
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
-- postings come in the statement that inserts the entry, and a statement may carry thousands.
create function refuse_incomplete_entries() returns trigger language plpgsql set search_path from current as $$
declare
  bad uuid;
begin
  select e.id into bad
    from new_entry e
    left join lateral (select count(*) as n from posting p where p.entry_id = e.id) p on true
    where p.n <> e.posting_count
    limit 1;
  if found then
    raise exception 'journal entry % came without its postings', bad
      using errcode = 'check_violation', constraint = 'journal_entry_complete';
  end if;
  select e.id into bad
    from new_entry e
    where e.accounting_date <= (select max(closed_through) from ledger_close)
    limit 1;
  if found then
    raise exception 'journal entry % falls on a closed day', bad
      using errcode = 'check_violation', constraint = 'journal_entry_day_open';
  end if;
  return null;
end
$$;
create trigger journal_entry_complete after insert on journal_entry
  referencing new table as new_entry for each statement execute function refuse_incomplete_entries();

create function refuse_unbalanced_postings() returns trigger language plpgsql set search_path from current as $$
declare
  bad uuid;
begin
  select p.entry_id into bad from new_posting p group by p.entry_id, p.currency having sum(p.amount) <> 0 limit 1;
  if found then
    raise exception 'journal entry % does not balance', bad
      using errcode = 'check_violation', constraint = 'journal_entry_balances';
  end if;
  -- All of an entry's postings at once: any that come later find the count wrong. Every account exists.
  select p.entry_id into bad
    from (select np.entry_id, count(*) as n, count(a.id) as accounts
            from new_posting np left join ledger_account a on a.id = np.account_id
            group by np.entry_id) p
    left join journal_entry e on e.id = p.entry_id
    where e.posting_count is distinct from p.n or p.accounts <> p.n
    limit 1;
  if found then
    raise exception 'postings of journal entry % do not belong: all at once, on accounts that exist', bad
      using errcode = 'check_violation', constraint = 'posting_belongs_to_new_entry';
  end if;
  -- An entry that stood before this statement has its postings already and takes no others, whatever their number.
  if exists (select from new_posting p where p.position < 1 or p.position > (select e.posting_count from journal_entry e where e.id = p.entry_id)) then
    raise exception 'a posting lies outside its entry' using errcode = 'check_violation', constraint = 'posting_position_in_entry';
  end if;
  return null;
end
$$;
create trigger posting_balances after insert on posting
  referencing new table as new_posting for each statement execute function refuse_unbalanced_postings();

-- Nothing that was booked is changed or removed, by nobody: a correction is a new entry.
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
  foreach name in array array['journal_entry', 'posting', 'ledger_batch', 'ledger_anchor', 'ledger_close', 'manual_entry'] loop
    execute format('create trigger %I_is_append_only before update or delete or truncate on %I for each statement execute function refuse_ledger_change()', name, name);
  end loop;
end
$$;
