-- The sessions of a session's sub-agents. Most sessions have no parent, and are not in this index.

create index concurrently heads_by_parent on :"schema".heads (tenant, left(parent_id, 200)) where parent_id <> 'null';
