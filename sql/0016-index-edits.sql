-- How often messages of a session were changed or taken away in place. Whoever puts words into the index has read the
-- messages before: words that are no message's any more must not come in.
alter table :"schema".indexed add column if not exists edits bigint not null default 0;
