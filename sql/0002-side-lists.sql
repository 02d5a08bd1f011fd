-- Side lists: items that a framework keeps beside the messages, such as a graph's checkpoints.

alter table :"schema".sessions add column next_item bigint not null default 0;

-- Null where the commit added no item.
alter table :"schema".commits add column first_item bigint;
alter table :"schema".commits add column items bigint;

-- Every item, numbered over all lists of its session; never changed.
create table :"schema".side_items (
  tenant text not null,
  life uuid not null,
  number bigint not null,
  -- The list's name, as JSON.
  list text not null,
  body text not null,
  primary key (tenant, life, number)
);
