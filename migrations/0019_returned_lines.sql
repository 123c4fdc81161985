-- Lines of overlapping statements. A file's lines say whether an earlier file had told them, and then the earlier one counts.
-- When that one is withdrawn or replaced, they count where they stand: told once, whatever becomes of one of the files.
create table intake_line_returned (
  file_id uuid not null references intake_file (file_id),
  line integer not null,
  returned_at timestamptz not null,
  primary key (file_id, line)
);
create trigger intake_line_returned_is_append_only before update or delete or truncate on intake_line_returned
  for each statement execute function refuse_change_of_evidence();
alter table intake_line_returned enable always trigger intake_line_returned_is_append_only;
