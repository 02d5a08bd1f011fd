-- Optional: roles that may do no more than they need, run by an administrator once the tables are there, and again after
-- every update of the tables:
--   psql -v ON_ERROR_STOP=1 -v schema=astrid_sessions -v owner=agents_owner -v writer=agents_writer \
--     -v reader=agents_reader -v tenants=agents_tenants -f roles.sql "postgres://admin@host/database"
--   owner    has the tables: migrates, and cleans up over all tenants
--   writer   reads and writes the sessions of every tenant; cannot change tables
--   reader   reads the sessions of every tenant; a search of its own works while nothing is missing in the search index,
--            and the server refuses every write
--   tenants  reads and writes the sessions of one tenant: of the one that is named like the role that connects
-- These are groups: make the roles that connect members of them, as in
--   create role worker login password '…' in role agents_writer;
--   create role acme login password '…' in role agents_tenants;  -- and open the store with tenant=acme
-- and open the store with migrate=false, but as the owner.

select format('create role %I nologin', name)
from (values (:'owner'), (:'writer'), (:'reader'), (:'tenants')) as wanted(name)
where not exists (select from pg_roles where rolname = name) \gexec

alter schema :"schema" owner to :"owner";
select format('alter table %I.%I owner to %I', schemaname, tablename, :'owner')
from pg_tables where schemaname = :'schema' and tablename in (
  'migrations', 'sessions', 'heads', 'activity', 'messages', 'commits', 'words', 'indexed', 'side_items', 'leases', 'removals'
) \gexec
select format('alter table %I.%I owner to %I', n.nspname, c.relname, :'owner')
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = :'schema' and c.relispartition and c.relkind = 'r' \gexec

\ir row-level-security.sql

select format('alter function %s owner to %I', p.oid::regprocedure, :'owner')
from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = :'schema' \gexec

revoke all on schema :"schema" from public;
revoke all on all tables in schema :"schema" from public, :"writer", :"reader", :"tenants";
revoke all on all functions in schema :"schema" from public;
grant usage on schema :"schema" to :"writer", :"reader", :"tenants";
grant execute on all functions in schema :"schema" to :"writer", :"reader", :"tenants";
grant select on :"schema".migrations to :"writer", :"reader", :"tenants";
grant select, insert, update, delete on :"schema".sessions, :"schema".heads, :"schema".activity, :"schema".messages,
  :"schema".commits, :"schema".words, :"schema".indexed, :"schema".side_items, :"schema".leases, :"schema".removals to :"writer", :"tenants";
grant select on :"schema".sessions, :"schema".heads, :"schema".activity, :"schema".messages,
  :"schema".commits, :"schema".words, :"schema".indexed, :"schema".side_items, :"schema".leases, :"schema".removals to :"reader";

-- Lets the writer and the reader pass where a tenant's role sees its own sessions only.
select format('drop policy if exists all_tenants on %I.%I', :'schema', name)
from (values ('sessions'), ('heads'), ('activity'), ('messages'), ('commits'), ('words'), ('indexed'), ('side_items'), ('leases'), ('removals'))
  as guarded(name) \gexec
select format('create policy all_tenants on %I.%I to %I, %I using (true) with check (true)',
  :'schema', name, :'writer', :'reader')
from (values ('sessions'), ('heads'), ('activity'), ('messages'), ('commits'), ('words'), ('indexed'), ('side_items'), ('leases'), ('removals'))
  as guarded(name) \gexec
