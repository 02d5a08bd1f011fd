-- A commit that was brought in from elsewhere carries the time at which it happened (updated_ms); this is when the
-- server stored it, by which watchers and the search find it. Null where the two are the same.

alter table :"schema".sessions add column stored_ms bigint;

create index sessions_by_storing on :"schema".sessions (tenant, stored_ms)
  where stored_ms is not null and removed_ms = 0 and not purged;
