-- Payouts that no line of a bank has, found by their day and amount, like the records of 0020.
create index recon_break_lone_payouts on recon_break (source, ours_currency, business_date, ours_amount)
  where state = 'open' and payout_id is not null and line is null;
