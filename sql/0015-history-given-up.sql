-- What a vacuum gives up of a session's history: the revisions before one, which holds the session whole from then on.

-- The first revision that there is.
alter table :"schema".sessions add column if not exists begins bigint not null default 1;
-- Of such a first revision: the stretches of slots in which its messages stand, as in sessions.runs; slots are never given
-- twice, so they stay where they were. Of all others null: theirs is one stretch, from first_slot on.
alter table :"schema".commits add column if not exists runs bigint[];
