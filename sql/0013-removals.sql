-- The log of removals that were given a note: when, by which rule, and why. A removal and its entry are one statement.

create table if not exists :"schema".removals (
  tenant text not null,
  at_ms bigint not null,
  -- Names the call that removed it: what went by one call has the same.
  run text not null,
  id uuid not null,
  -- Removed for good; else it went to the trash.
  gone boolean not null,
  rule text not null,
  reason text not null,
  -- As in heads: JSON.
  title text not null,
  message_count bigint not null,
  primary key (tenant, at_ms, run, id, gone)
);
