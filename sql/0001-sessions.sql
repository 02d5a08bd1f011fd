-- Sessions. Every key begins with the tenant, so that the tables can be partitioned or distributed by it.
-- JSON is kept as text, to the letter: `\u0000` and lone surrogates stay escaped, as the jsonb type would refuse them.

-- What changes with every commit: one short row per session.
create table :"schema".sessions (
  tenant text not null,
  id uuid not null,
  -- 0 while the session lives; else when it was removed, in milliseconds since 1970. Like every time here.
  removed_ms bigint not null default 0,
  -- Removed for good: its rows in the other tables are gone or about to go.
  purged boolean not null default false,
  -- Which removal or restoration put the session where it is, so that one can be settled after a lost connection.
  moved_by uuid,
  -- One life of the id, from its creation on. An id that is used again gets another, so that no row is mistaken.
  life uuid not null,
  revision bigint not null,
  tag uuid not null,
  updated_ms bigint not null,
  -- Messages stand in numbered slots that are written once. `runs` says which slots make up the session, in order:
  -- first and past-the-last slot of each stretch. An append lengthens the last stretch.
  next_slot bigint not null,
  runs bigint[] not null,
  message_count bigint not null,
  bytes bigint not null,
  token_count bigint not null,
  turn_count bigint not null,
  tool_call_count bigint not null,
  approval_count bigint not null,
  budget_snapshot text not null,
  git_state text not null,
  -- How the last message that has text begins, as JSON, and where that message stands.
  preview text,
  preview_position bigint,
  primary key (tenant, id, removed_ms)
);

-- `not purged` holds for every living session. Only listings say it, so that no plan for one session, made while the
-- table was small, comes to walk this index.
create index sessions_by_update on :"schema".sessions (tenant, updated_ms desc) where removed_ms = 0 and not purged;
create index sessions_by_removal on :"schema".sessions (tenant, removed_ms) where removed_ms <> 0;

-- What changes now and then.
create table :"schema".heads (
  tenant text not null,
  life uuid not null,
  id uuid not null,
  user_id text not null,
  created_at text not null,
  created_ms bigint not null,
  title text not null,
  -- The title in lower case, to be searched for a part of it.
  title_folded text not null,
  title_words tsvector,
  tags text not null,
  -- The first 200 characters of each tag, as JSON.
  tag_keys text[] not null,
  custom text not null,
  metadata_extra text not null,
  workspace_path text not null,
  workspace_id text not null,
  parent_id text not null,
  model text not null,
  escape_state text not null,
  allowances text not null,
  system_prompt text not null,
  extra text not null,
  primary key (tenant, life)
);

create index heads_by_creation on :"schema".heads (tenant, created_ms desc);
create index heads_by_user on :"schema".heads (tenant, user_id);
create index heads_by_workspace_path on :"schema".heads (tenant, left(workspace_path, 200));
create index heads_by_workspace_id on :"schema".heads (tenant, left(workspace_id, 200));
create index heads_by_tag on :"schema".heads using gin (tag_keys);
create index heads_by_title_word on :"schema".heads using gin (title_words);

-- Every message that was ever stored, in its slot; never changed.
create table :"schema".messages (
  tenant text not null,
  life uuid not null,
  slot bigint not null,
  body text not null,
  primary key (tenant, life, slot)
);

-- Every commit; never changed.
create table :"schema".commits (
  tenant text not null,
  life uuid not null,
  revision bigint not null,
  tag uuid not null,
  at_ms bigint not null,
  -- Unique per session: made from the caller's operation id, else the commit's tag.
  operation uuid not null,
  operation_id text,
  fingerprint text,
  -- Null where the commit had no splice.
  start bigint,
  delete_count bigint,
  first_slot bigint,
  inserted bigint not null,
  -- CRC-32 of the inserted messages, a newline between each two.
  checksum bigint not null,
  bytes bigint not null,
  -- The fields that were set, but for the token count.
  changes text,
  sets_tokens boolean not null,
  token_count bigint not null,
  message_count bigint not null,
  primary key (tenant, life, revision)
);

create unique index commits_by_operation on :"schema".commits (tenant, life, operation);

-- The words of messages, for searching. Derived: written some time after the messages, and before a search is answered.
create table :"schema".words (
  tenant text not null,
  life uuid not null,
  slot bigint not null,
  words tsvector not null,
  primary key (tenant, life, slot)
);

create index words_by_word on :"schema".words using gin (words);

-- How far each session's messages are in `words`. The row of the zero life says it of sessions: those that were last
-- updated before `past` are there, whole.
create table :"schema".indexed (
  tenant text not null,
  life uuid not null,
  past bigint not null,
  primary key (tenant, life)
);
