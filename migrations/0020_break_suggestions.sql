-- Records that one side alone has, found by their day and amount: the likely partners of one of the other side.
create index recon_break_lone_ours on recon_break (source, ours_currency, business_date, ours_amount)
  where state = 'open' and attempt_id is not null and line is null;
create index recon_break_lone_theirs on recon_break (source, theirs_currency, business_date, theirs_amount)
  where state = 'open' and attempt_id is null and payout_id is null and line is not null;
