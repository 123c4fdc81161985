-- People take payouts out of the line of a bank in which a run had found them, and put them back: who says so stands with it.
alter table payout_arrival add column resolution_id uuid references break_resolution (id);
alter table payout_arrival_undone alter column run_id drop not null;
alter table payout_arrival_undone add column resolution_id uuid references break_resolution (id);
alter table payout_arrival_undone add constraint payout_arrival_undone_says_by_what check (run_id is not null or resolution_id is not null);
create index payout_arrival_undone_resolution on payout_arrival_undone (resolution_id) where resolution_id is not null;
