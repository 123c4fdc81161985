-- The keys of callers. A key itself is shown once, when it is made; here is only its SHA-256, and the first characters
-- by which people tell keys apart and by which we find the row. Rows are never deleted: a revoked key stays as evidence.
create table api_key (
  id uuid primary key,
  name text not null constraint api_key_name_length check (char_length(name) between 1 and 255),
  prefix text not null constraint api_key_prefix_unique unique,
  hash bytea not null constraint api_key_hash_is_sha256 check (octet_length(hash) = 32),
  scopes text[] not null constraint api_key_scopes_known
    check (scopes <@ array['read', 'write', 'admin'] and cardinality(scopes) between 1 and 3),
  mode text not null constraint api_key_mode_known check (mode in ('test', 'live')),
  created_at timestamptz not null,
  revoked_at timestamptz,
  -- Written at most once a day, so that reading with a key does not write a row per request.
  last_used_at timestamptz
);
