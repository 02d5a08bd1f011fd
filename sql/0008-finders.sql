-- What is found by indexes whose operators row-level security does not trust, or that the planner would not use as it
-- cannot know how few rows a value has. As functions, which say how it is to be done, and which can be made to run with
-- the owner's rights, for the caller's own tenant only (row-level-security.sql). `most`: no more are looked for.
-- `tenant || ''`: the indexes of words and tags are not by tenant, and what they find is not to be combined with a walk
-- through everything of the tenant.

create or replace function :"schema".words_found(tenant text, sought tsquery)
  returns table (life uuid, slot bigint) language sql stable parallel safe set enable_seqscan = off
begin atomic
  select w.life, w.slot from :"schema".words w where w.tenant || '' = $1 and w.words @@ $2;
end;

create or replace function :"schema".titles_found(tenant text, sought tsquery)
  returns table (life uuid) language sql stable parallel safe set enable_seqscan = off
begin atomic
  select h.life from :"schema".heads h where h.tenant || '' = $1 and h.title_words @@ $2;
end;

create or replace function :"schema".heads_of_tag(tenant text, sought text, most bigint)
  returns table (life uuid) language sql stable parallel safe set enable_seqscan = off
begin atomic
  select h.life from :"schema".heads h where h.tenant || '' = $1 and h.tag_keys @> array[$2] limit $3;
end;

create or replace function :"schema".heads_of_user(tenant text, sought text, most bigint)
  returns table (life uuid) language sql stable parallel safe set enable_seqscan = off set enable_bitmapscan = off
begin atomic
  select h.life from :"schema".heads h where h.tenant = $1 and h.user_id = $2 limit $3;
end;

create or replace function :"schema".heads_of_model(tenant text, sought text, most bigint)
  returns table (life uuid) language sql stable parallel safe set enable_seqscan = off set enable_bitmapscan = off
begin atomic
  select h.life from :"schema".heads h
  where h.tenant = $1 and left(h.model, 200) = left($2, 200) and h.model = $2 limit $3;
end;

create or replace function :"schema".heads_of_workspace_path(tenant text, sought text, most bigint)
  returns table (life uuid) language sql stable parallel safe set enable_seqscan = off set enable_bitmapscan = off
begin atomic
  select h.life from :"schema".heads h
  where h.tenant = $1 and left(h.workspace_path, 200) = left($2, 200) and h.workspace_path = $2 limit $3;
end;

create or replace function :"schema".heads_of_workspace_id(tenant text, sought text, most bigint)
  returns table (life uuid) language sql stable parallel safe set enable_seqscan = off set enable_bitmapscan = off
begin atomic
  select h.life from :"schema".heads h
  where h.tenant = $1 and left(h.workspace_id, 200) = left($2, 200) and h.workspace_id = $2 limit $3;
end;

create or replace function :"schema".changed_between(tenant text, since bigint, until bigint, most bigint)
  returns table (life uuid) language sql stable parallel safe set enable_seqscan = off set enable_bitmapscan = off
begin atomic
  select a.life from :"schema".activity a
  where a.tenant = $1 and a.listed and a.updated_ms >= $2 and a.updated_ms < $3 limit $4;
end;

create or replace function :"schema".changes_between(tenant text, past bigint, before bigint, behind uuid, most bigint)
  returns table (id uuid, life uuid, changed_by bigint) language sql stable parallel safe set enable_seqscan = off set enable_bitmapscan = off
begin atomic
  select a.id, a.life, a.changed_by from :"schema".activity a
  where a.tenant = $1 and a.changed_by > 0 and a.changed_by >= $2 and a.changed_by < $3
    and (a.changed_by > $2 or a.id > $4)
  order by a.changed_by, a.id limit $5;
end;

create or replace function :"schema".changes_of(tenant text, transactions bigint[])
  returns table (id uuid, life uuid, changed_by bigint) language sql stable parallel safe set enable_seqscan = off set enable_bitmapscan = off
begin atomic
  select a.id, a.life, a.changed_by from :"schema".activity a
  where a.tenant = $1 and a.changed_by > 0 and a.changed_by = any($2);
end;
