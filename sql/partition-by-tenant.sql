-- Optional: the tables divided by tenant, each tenant in one of so many parts. Run by the owner, with nobody connected,
-- after migrate.sql and before row-level-security.sql or roles.sql; best while the tables are empty, as it copies what
-- is there:
--   psql -v ON_ERROR_STOP=1 -v schema=astrid_sessions -v parts=16 -f partition-by-tenant.sql
-- Statements name their tenant, so that they touch one part only, but for what is found by words and by tags, which is
-- looked for in all parts. Each part has indexes of its own, is vacuumed by itself, and can be put on storage of its own.

begin;
set local lock_timeout = '10s';
set local astrid.schema to :'schema';
set local astrid.parts to :'parts';

drop function :"schema".words_found, :"schema".titles_found, :"schema".heads_of_tag, :"schema".heads_of_user,
  :"schema".heads_of_model, :"schema".heads_of_workspace_path, :"schema".heads_of_workspace_id, :"schema".changed_between,
  :"schema".changes_between, :"schema".changes_of, :"schema".heads_of_parent;

do $$
declare
  schema constant text := current_setting('astrid.schema');
  parts constant int := current_setting('astrid.parts');
  tab text;
  old text;
  options text;
  definition text;
  definitions text[];
begin
  foreach tab in array array['sessions', 'heads', 'activity', 'messages', 'commits', 'words', 'indexed', 'side_items', 'leases', 'removals'] loop
    old := tab || '_whole';
    select array_agg(pg_get_indexdef(i.indexrelid) order by i.indexrelid) into definitions
      from pg_index i where i.indrelid = format('%I.%I', schema, tab)::regclass and not i.indisprimary;
    select pg_get_constraintdef(c.oid) into definition
      from pg_constraint c where c.conrelid = format('%I.%I', schema, tab)::regclass and c.contype = 'p';
    select array_to_string(c.reloptions, ', ') into options
      from pg_class c where c.oid = format('%I.%I', schema, tab)::regclass;
    execute format('alter table %I.%I rename to %I', schema, tab, old);
    execute format(
      'create table %I.%I (like %I.%I including defaults including storage including compression) partition by hash (tenant)',
      schema, tab, schema, old);
    for part in 0 .. parts - 1 loop
      execute format('create table %I.%I partition of %I.%I for values with (modulus %s, remainder %s) %s',
        schema, tab || '_' || part, schema, tab, parts, part, coalesce('with (' || options || ')', ''));
    end loop;
    execute format('insert into %I.%I select * from %I.%I', schema, tab, schema, old);
    execute format('drop table %I.%I', schema, old);
    execute format('alter table %I.%I add constraint %I %s', schema, tab, tab || '_pkey', definition);
    foreach definition in array coalesce(definitions, '{}') loop
      execute definition;
    end loop;
  end loop;
end
$$;

\ir 0008-finders.sql
\ir 0011-finder-of-parents.sql
commit;
