-- What we owe each seller, by state of the money. Equal to the seller's ledger accounts by invariant.
create table wallet (
  seller text not null,
  currency char(3) not null,
  pending numeric(38, 0) not null default 0 constraint wallet_pending_not_negative check (pending >= 0),
  available numeric(38, 0) not null default 0 constraint wallet_available_not_negative check (available >= 0),
  reserved numeric(38, 0) not null default 0 constraint wallet_reserved_not_negative check (reserved >= 0),
  in_payout numeric(38, 0) not null default 0 constraint wallet_in_payout_not_negative check (in_payout >= 0),
  owed numeric(38, 0) not null default 0 constraint wallet_owed_not_negative check (owed >= 0),
  primary key (seller, currency)
) with (fillfactor = 70);
