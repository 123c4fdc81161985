-- People take a pair apart that a run had made. The run and its outcome stay as they are: it is a decision like the others, linked
-- to the two breaks that it opened.
alter table break_resolution drop constraint break_resolution_verb_known;
alter table break_resolution add constraint break_resolution_verb_known check (verb in
  ('match', 'psp_corrected', 'book_difference', 'create_missing_record', 'mark_duplicate', 'write_off', 'correct', 'not_a_break', 'unmatch')) not valid;
alter table break_resolution validate constraint break_resolution_verb_known;
create index break_resolution_unmatch on break_resolution (id) where verb = 'unmatch' and state = 'applied';
alter table break_note drop constraint break_note_kind_known;
alter table break_note add constraint break_note_kind_known check (kind in
  ('assigned', 'commented', 'tagged', 'untagged', 'snoozed', 'proposed', 'rejected', 'lapsed', 'resolved', 'reopened', 'unmatched')) not valid;
alter table break_note validate constraint break_note_kind_known;
