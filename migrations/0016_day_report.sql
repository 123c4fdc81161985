-- What a run read and what it decided, kept so that it can be read as it stood then and computed again from the same inputs.
alter table recon_run
  -- Where a running run stands within its phase, and how many records it has read.
  add column step text,
  add column records_read bigint,
  -- How many records of its outcome are to be booked.
  add column bookable bigint,
  -- What was open and unknown when it compared. With the file and the heads of the ledger's chains that is all it read.
  add column inputs_blob_id uuid references blob (id),
  -- Of everything it decided, in one order.
  add column verdict_sha256 bytea constraint recon_run_verdict_hash_is_sha256 check (length(verdict_sha256) = 32),
  -- Pairs by rule, breaks by code, and what changed since the run before.
  add column summary jsonb,
  -- The report of the day, as it was written when the run completed.
  add column report_blob_id uuid references blob (id),
  add constraint recon_run_step_known check
    (step in ('correcting', 'reading', 'resolving', 'matching', 'booking', 'proving'));
