-- Decisions about payouts: found by the payout that they are about.
create index recon_break_payout on recon_break (payout_id) where payout_id is not null;
