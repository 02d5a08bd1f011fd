-- Makes the tables, or brings them to this version, as the engine does by itself and `astrid-sessions migrate` does:
--   psql -v schema=astrid_sessions -f migrate.sql "postgres://owner@host/database"
-- A step that was made already is passed over; one that fails leaves nothing behind, but for an index that was being made
-- beside readers and writers, which the next run makes anew. The schema may be there already, made by an administrator
-- for a role that may not create one.
\set ON_ERROR_STOP on

select not exists (select from pg_namespace where nspname = :'schema') as is_missing \gset
\if :is_missing
create schema :"schema";
\endif
create table if not exists :"schema".migrations (
  version bigint primary key,
  applied_at timestamptz not null default now()
);

select not exists (select from :"schema".migrations where version >= 1) as is_due \gset
\if :is_due
begin;
set local lock_timeout = '2s';
insert into :"schema".migrations (version) values (1);
\ir 0001-sessions.sql
commit;
\endif

select not exists (select from :"schema".migrations where version >= 2) as is_due \gset
\if :is_due
begin;
set local lock_timeout = '2s';
insert into :"schema".migrations (version) values (2);
\ir 0002-side-lists.sql
commit;
\endif

select not exists (select from :"schema".migrations where version >= 3) as is_due \gset
\if :is_due
begin;
set local lock_timeout = '2s';
insert into :"schema".migrations (version) values (3);
\ir 0003-time-of-change.sql
commit;
\endif

select not exists (select from :"schema".migrations where version >= 4) as is_due \gset
\if :is_due
begin;
set local lock_timeout = '2s';
insert into :"schema".migrations (version) values (4);
\ir 0004-search-words.sql
commit;
\endif

select not exists (select from :"schema".migrations where version >= 5) as is_due \gset
\if :is_due
begin;
set local lock_timeout = '2s';
insert into :"schema".migrations (version) values (5);
\ir 0005-own-operations.sql
commit;
\endif

select not exists (select from :"schema".migrations where version >= 6) as is_due \gset
select exists (
  select from pg_settings where name = 'default_toast_compression' and 'lz4' = any(enumvals)
) as is_known \gset
\if :is_due
begin;
set local lock_timeout = '2s';
insert into :"schema".migrations (version) values (6);
\if :is_known
\ir 0006-faster-compression.optional.sql
\endif
commit;
\endif

select not exists (select from :"schema".migrations where version >= 7) as is_due \gset
\if :is_due
begin;
set local lock_timeout = '2s';
insert into :"schema".migrations (version) values (7);
\ir 0007-activity.sql
commit;
\endif

select not exists (select from :"schema".migrations where version >= 8) as is_due \gset
\if :is_due
begin;
set local lock_timeout = '2s';
insert into :"schema".migrations (version) values (8);
\ir 0008-finders.sql
commit;
\endif

select not exists (select from :"schema".migrations where version >= 9) as is_due \gset
\if :is_due
drop index concurrently if exists :"schema".heads_by_model;
\ir 0009-models.concurrent.sql
insert into :"schema".migrations (version) values (9);
\endif

select not exists (select from :"schema".migrations where version >= 10) as is_due \gset
\if :is_due
drop index concurrently if exists :"schema".heads_by_parent;
\ir 0010-parents.concurrent.sql
insert into :"schema".migrations (version) values (10);
\endif

select not exists (select from :"schema".migrations where version >= 11) as is_due \gset
\if :is_due
begin;
set local lock_timeout = '2s';
insert into :"schema".migrations (version) values (11);
\ir 0011-finder-of-parents.sql
commit;
\endif

select not exists (select from :"schema".migrations where version >= 12) as is_due \gset
\if :is_due
begin;
set local lock_timeout = '2s';
insert into :"schema".migrations (version) values (12);
\ir 0012-leases.sql
commit;
\endif

select not exists (select from :"schema".migrations where version >= 13) as is_due \gset
\if :is_due
begin;
set local lock_timeout = '2s';
insert into :"schema".migrations (version) values (13);
\ir 0013-removals.sql
commit;
\endif

select not exists (select from :"schema".migrations where version >= 14) as is_due \gset
\if :is_due
begin;
set local lock_timeout = '2s';
insert into :"schema".migrations (version) values (14);
\ir 0014-words-anew.sql
commit;
\endif

select not exists (select from :"schema".migrations where version >= 15) as is_due \gset
\if :is_due
begin;
set local lock_timeout = '2s';
insert into :"schema".migrations (version) values (15);
\ir 0015-history-given-up.sql
commit;
\endif

select not exists (select from :"schema".migrations where version >= 16) as is_due \gset
\if :is_due
begin;
set local lock_timeout = '2s';
insert into :"schema".migrations (version) values (16);
\ir 0016-index-edits.sql
commit;
\endif
