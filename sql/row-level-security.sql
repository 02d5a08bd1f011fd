-- Optional, run by the owner of the tables, after they were made, and again after every update of the tables:
--   psql -v ON_ERROR_STOP=1 -v schema=astrid_sessions -f row-level-security.sql
-- From then on a database role sees and writes the sessions of the tenant that has its name, and no other, whatever
-- SQL it sends. Give each tenant a role of its own and open the store as that role, with the role's name as tenant.
-- The owner of the tables is not bound, nor is a superuser, a role with BYPASSRLS, or one that a policy named
-- all_tenants lets pass (roles.sql makes it for writers and readers of all tenants).

-- No other role than the owner says of which version the tables are.
alter table :"schema".migrations enable row level security;
drop policy if exists readable on :"schema".migrations;
create policy readable on :"schema".migrations for select using (true);

select format(command, :'schema', name)
from unnest(array[
    'sessions', 'heads', 'activity', 'messages', 'commits', 'words', 'indexed', 'side_items', 'leases', 'removals'
  ]) with ordinality as guarded(name, place),
  unnest(array[
    'alter table %I.%I enable row level security',
    'alter table %I.%I no force row level security',
    'drop policy if exists own_tenant on %I.%I',
    'create policy own_tenant on %I.%I using (tenant = current_user) with check (tenant = current_user)'
  ]) with ordinality as wanted(command, step)
order by place, step \gexec

-- Under row-level security an index is used only with operators that tell nothing of rows that are not the caller's,
-- which those of full text, arrays and expressions are not trusted to be. So what they find is found with the owner's
-- rights, by functions that look at one tenant, and only when the caller may see it.

create or replace function :"schema".may_see(tenant text) returns boolean language sql stable security definer
  set search_path = pg_catalog, pg_temp
begin atomic
  with caller as (
    -- Within this function current_user is the owner. `role` is who the caller has become by SET ROLE.
    select coalesce(nullif(current_setting('role'), 'none'), session_user)::name as name
  )
  select $1 = caller.name
    or exists (select from pg_roles r where r.rolname = caller.name and (r.rolsuper or r.rolbypassrls))
    or exists (
      select from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = :'schema' and c.relname = 'words' and pg_has_role(caller.name, c.relowner, 'usage')
    )
    or exists (
      select from pg_policies p, unnest(p.roles) as granted(role)
      where p.schemaname = :'schema' and p.tablename = 'words' and p.policyname = 'all_tenants'
        and pg_has_role(caller.name, granted.role, 'usage')
    )
  from caller;
end;

create or replace function :"schema".words_found(tenant text, sought tsquery)
  returns table (life uuid, slot bigint) language sql stable parallel safe security definer
  set search_path = pg_catalog, pg_temp set enable_seqscan = off
begin atomic
  select w.life, w.slot from :"schema".words w where w.tenant || '' = $1 and w.words @@ $2
    and :"schema".may_see($1);
end;

create or replace function :"schema".titles_found(tenant text, sought tsquery)
  returns table (life uuid) language sql stable parallel safe security definer
  set search_path = pg_catalog, pg_temp set enable_seqscan = off
begin atomic
  select h.life from :"schema".heads h where h.tenant || '' = $1 and h.title_words @@ $2
    and :"schema".may_see($1);
end;

create or replace function :"schema".heads_of_tag(tenant text, sought text, most bigint)
  returns table (life uuid) language sql stable parallel safe security definer
  set search_path = pg_catalog, pg_temp set enable_seqscan = off
begin atomic
  select h.life from :"schema".heads h where h.tenant || '' = $1 and h.tag_keys @> array[$2]
    and :"schema".may_see($1) limit $3;
end;

create or replace function :"schema".heads_of_user(tenant text, sought text, most bigint)
  returns table (life uuid) language sql stable parallel safe security definer
  set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off
begin atomic
  select h.life from :"schema".heads h where h.tenant = $1 and h.user_id = $2
    and :"schema".may_see($1) limit $3;
end;

create or replace function :"schema".heads_of_model(tenant text, sought text, most bigint)
  returns table (life uuid) language sql stable parallel safe security definer
  set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off
begin atomic
  select h.life from :"schema".heads h
  where h.tenant = $1 and left(h.model, 200) = left($2, 200) and h.model = $2
    and :"schema".may_see($1) limit $3;
end;

create or replace function :"schema".heads_of_workspace_path(tenant text, sought text, most bigint)
  returns table (life uuid) language sql stable parallel safe security definer
  set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off
begin atomic
  select h.life from :"schema".heads h
  where h.tenant = $1 and left(h.workspace_path, 200) = left($2, 200) and h.workspace_path = $2
    and :"schema".may_see($1) limit $3;
end;

create or replace function :"schema".heads_of_workspace_id(tenant text, sought text, most bigint)
  returns table (life uuid) language sql stable parallel safe security definer
  set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off
begin atomic
  select h.life from :"schema".heads h
  where h.tenant = $1 and left(h.workspace_id, 200) = left($2, 200) and h.workspace_id = $2
    and :"schema".may_see($1) limit $3;
end;

create or replace function :"schema".heads_of_parent(tenant text, sought text, most bigint)
  returns table (life uuid) language sql stable parallel safe security definer
  set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off
begin atomic
  select h.life from :"schema".heads h
  where h.tenant = $1 and h.parent_id <> 'null' and left(h.parent_id, 200) = left($2, 200) and h.parent_id = $2
    and :"schema".may_see($1) limit $3;
end;

create or replace function :"schema".changed_between(tenant text, since bigint, until bigint, most bigint)
  returns table (life uuid) language sql stable parallel safe security definer
  set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off
begin atomic
  select a.life from :"schema".activity a
  where a.tenant = $1 and a.listed and a.updated_ms >= $2 and a.updated_ms < $3
    and :"schema".may_see($1) limit $4;
end;

create or replace function :"schema".changes_between(tenant text, past bigint, before bigint, behind uuid, most bigint)
  returns table (id uuid, life uuid, changed_by bigint) language sql stable parallel safe security definer
  set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off
begin atomic
  select a.id, a.life, a.changed_by from :"schema".activity a
  where a.tenant = $1 and a.changed_by > 0 and a.changed_by >= $2 and a.changed_by < $3
    and (a.changed_by > $2 or a.id > $4)
    and :"schema".may_see($1)
  order by a.changed_by, a.id limit $5;
end;

create or replace function :"schema".changes_of(tenant text, transactions bigint[])
  returns table (id uuid, life uuid, changed_by bigint) language sql stable parallel safe security definer
  set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off
begin atomic
  select a.id, a.life, a.changed_by from :"schema".activity a
  where a.tenant = $1 and a.changed_by > 0 and a.changed_by = any($2)
    and :"schema".may_see($1);
end;
