-- Optional, run by the owner of the tables, after they were made, and again after an update that adds tables:
--   psql -v schema=astrid_sessions -f row-level-security.sql
-- From then on a database role sees and writes the sessions of the tenant that has its name, and no other, whatever
-- SQL it sends. Give each tenant a role of its own and open the store as that role, with the role's name as tenant.
-- The owner is bound too; a superuser and a role with BYPASSRLS are not.

alter table :"schema".sessions enable row level security;
alter table :"schema".sessions force row level security;
drop policy if exists own_tenant on :"schema".sessions;
create policy own_tenant on :"schema".sessions using (tenant = current_user) with check (tenant = current_user);

alter table :"schema".heads enable row level security;
alter table :"schema".heads force row level security;
drop policy if exists own_tenant on :"schema".heads;
create policy own_tenant on :"schema".heads using (tenant = current_user) with check (tenant = current_user);

alter table :"schema".messages enable row level security;
alter table :"schema".messages force row level security;
drop policy if exists own_tenant on :"schema".messages;
create policy own_tenant on :"schema".messages using (tenant = current_user) with check (tenant = current_user);

alter table :"schema".commits enable row level security;
alter table :"schema".commits force row level security;
drop policy if exists own_tenant on :"schema".commits;
create policy own_tenant on :"schema".commits using (tenant = current_user) with check (tenant = current_user);

alter table :"schema".words enable row level security;
alter table :"schema".words force row level security;
drop policy if exists own_tenant on :"schema".words;
create policy own_tenant on :"schema".words using (tenant = current_user) with check (tenant = current_user);

alter table :"schema".indexed enable row level security;
alter table :"schema".indexed force row level security;
drop policy if exists own_tenant on :"schema".indexed;
create policy own_tenant on :"schema".indexed using (tenant = current_user) with check (tenant = current_user);

alter table :"schema".side_items enable row level security;
alter table :"schema".side_items force row level security;
drop policy if exists own_tenant on :"schema".side_items;
create policy own_tenant on :"schema".side_items using (tenant = current_user) with check (tenant = current_user);
