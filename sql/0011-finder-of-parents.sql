-- As the functions of version 8: what the planner would not find by an index.

create or replace function :"schema".heads_of_parent(tenant text, sought text, most bigint)
  returns table (life uuid) language sql stable parallel safe set enable_seqscan = off set enable_bitmapscan = off
begin atomic
  select h.life from :"schema".heads h
  where h.tenant = $1 and h.parent_id <> 'null' and left(h.parent_id, 200) = left($2, 200) and h.parent_id = $2 limit $3;
end;
