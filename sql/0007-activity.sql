-- What every commit changes and lists go by stands in a small row of its own. The row of a session is in no index that
-- a commit changes then, and is updated within its page (HOT).

create table :"schema".activity (
  tenant text not null,
  id uuid not null,
  life uuid not null,
  -- False once the session was removed. The row then stays for a while, so that watchers hear of it.
  listed boolean not null,
  updated_ms bigint not null,
  -- When the server stored the last commit, where that is not when it happened (an imported one).
  stored_ms bigint,
  -- The transaction that changed the session last. A snapshot tells which transactions were visible, whatever the order
  -- in which they were committed, and whatever the clock showed.
  changed_by bigint not null,
  -- Which removal or restoration put the session where it is, so that one can be settled after a lost connection.
  moved_by uuid,
  -- When the other rows of a session that was removed for good were deleted; null before.
  swept_ms bigint,
  primary key (tenant, id, life)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

-- A commit of an earlier version would not be noted here: from here on it is refused, as it names columns that are gone.
lock table :"schema".sessions in share row exclusive mode;

insert into :"schema".activity (tenant, id, life, listed, updated_ms, stored_ms, changed_by, moved_by)
  select tenant, id, life, removed_ms = 0, updated_ms, stored_ms, 0, moved_by from :"schema".sessions;

create index activity_by_update on :"schema".activity (tenant, updated_ms desc, id) where listed;
create index activity_by_sweep on :"schema".activity (tenant, swept_ms) where swept_ms is not null;
-- Only who looks for changes says "changed_by > 0": no plan for one session, made while the table was small, comes to
-- walk this index.
create index activity_by_change on :"schema".activity (tenant, changed_by) where changed_by > 0;

drop index :"schema".sessions_by_update;
drop index :"schema".sessions_by_storing;
alter table :"schema".sessions drop column moved_by;
alter table :"schema".sessions drop column stored_ms;
alter table :"schema".sessions set (fillfactor = 80);

-- Sessions that were removed for good, until their other rows are gone.
create index sessions_to_sweep on :"schema".sessions (tenant, removed_ms) where purged;

-- Null where the commit names no operation.
alter table :"schema".commits alter column operation drop not null;
-- A hash of the whole row, made by the server; null in commits of earlier versions.
alter table :"schema".commits add column seal bigint;

-- How far the search index is: what this snapshot saw, of the server with this identity.
alter table :"schema".indexed add column snapshot text;
alter table :"schema".indexed add column cluster text;
