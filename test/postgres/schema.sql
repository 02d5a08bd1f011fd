CREATE SCHEMA dumped;

CREATE TABLE dumped.commits (
    tenant text NOT NULL,
    life uuid NOT NULL,
    revision bigint NOT NULL,
    tag uuid NOT NULL,
    at_ms bigint NOT NULL,
    operation uuid NOT NULL,
    operation_id text,
    fingerprint text,
    start bigint,
    delete_count bigint,
    first_slot bigint,
    inserted bigint NOT NULL,
    checksum bigint NOT NULL,
    bytes bigint NOT NULL,
    changes text,
    sets_tokens boolean NOT NULL,
    token_count bigint NOT NULL,
    message_count bigint NOT NULL,
    first_item bigint,
    items bigint
);

CREATE TABLE dumped.heads (
    tenant text NOT NULL,
    life uuid NOT NULL,
    id uuid NOT NULL,
    user_id text NOT NULL,
    created_at text NOT NULL,
    created_ms bigint NOT NULL,
    title text NOT NULL,
    title_folded text NOT NULL,
    title_words tsvector,
    tags text NOT NULL,
    tag_keys text[] NOT NULL,
    custom text NOT NULL,
    metadata_extra text NOT NULL,
    workspace_path text NOT NULL,
    workspace_id text NOT NULL,
    parent_id text NOT NULL,
    model text NOT NULL,
    escape_state text NOT NULL,
    allowances text NOT NULL,
    system_prompt text NOT NULL,
    extra text NOT NULL
);

CREATE TABLE dumped.indexed (
    tenant text NOT NULL,
    life uuid NOT NULL,
    past bigint NOT NULL
);

CREATE TABLE dumped.messages (
    tenant text NOT NULL,
    life uuid NOT NULL,
    slot bigint NOT NULL,
    body text NOT NULL
);
ALTER TABLE ONLY dumped.messages ALTER COLUMN body SET COMPRESSION lz4;

CREATE TABLE dumped.migrations (
    version bigint NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE dumped.sessions (
    tenant text NOT NULL,
    id uuid NOT NULL,
    removed_ms bigint DEFAULT 0 NOT NULL,
    purged boolean DEFAULT false NOT NULL,
    moved_by uuid,
    life uuid NOT NULL,
    revision bigint NOT NULL,
    tag uuid NOT NULL,
    updated_ms bigint NOT NULL,
    next_slot bigint NOT NULL,
    runs bigint[] NOT NULL,
    message_count bigint NOT NULL,
    bytes bigint NOT NULL,
    token_count bigint NOT NULL,
    turn_count bigint NOT NULL,
    tool_call_count bigint NOT NULL,
    approval_count bigint NOT NULL,
    budget_snapshot text NOT NULL,
    git_state text NOT NULL,
    preview text,
    preview_position bigint,
    next_item bigint DEFAULT 0 NOT NULL,
    stored_ms bigint
);

CREATE TABLE dumped.side_items (
    tenant text NOT NULL,
    life uuid NOT NULL,
    number bigint NOT NULL,
    list text NOT NULL,
    body text NOT NULL
);
ALTER TABLE ONLY dumped.side_items ALTER COLUMN body SET COMPRESSION lz4;

CREATE TABLE dumped.words (
    tenant text NOT NULL,
    life uuid NOT NULL,
    slot bigint NOT NULL,
    words tsvector NOT NULL
);
ALTER TABLE ONLY dumped.words ALTER COLUMN words SET COMPRESSION lz4;

ALTER TABLE ONLY dumped.commits
    ADD CONSTRAINT commits_pkey PRIMARY KEY (tenant, life, revision);

ALTER TABLE ONLY dumped.heads
    ADD CONSTRAINT heads_pkey PRIMARY KEY (tenant, life);

ALTER TABLE ONLY dumped.indexed
    ADD CONSTRAINT indexed_pkey PRIMARY KEY (tenant, life);

ALTER TABLE ONLY dumped.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (tenant, life, slot);

ALTER TABLE ONLY dumped.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY dumped.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (tenant, id, removed_ms);

ALTER TABLE ONLY dumped.side_items
    ADD CONSTRAINT side_items_pkey PRIMARY KEY (tenant, life, number);

ALTER TABLE ONLY dumped.words
    ADD CONSTRAINT words_pkey PRIMARY KEY (tenant, life, slot);

CREATE UNIQUE INDEX commits_by_operation ON dumped.commits USING btree (tenant, life, operation) WHERE (operation <> tag);

CREATE INDEX heads_by_creation ON dumped.heads USING btree (tenant, created_ms DESC);

CREATE INDEX heads_by_tag ON dumped.heads USING gin (tag_keys);

CREATE INDEX heads_by_title_word ON dumped.heads USING gin (title_words);

CREATE INDEX heads_by_user ON dumped.heads USING btree (tenant, user_id);

CREATE INDEX heads_by_workspace_id ON dumped.heads USING btree (tenant, "left"(workspace_id, 200));

CREATE INDEX heads_by_workspace_path ON dumped.heads USING btree (tenant, "left"(workspace_path, 200));

CREATE INDEX sessions_by_removal ON dumped.sessions USING btree (tenant, removed_ms) WHERE (removed_ms <> 0);

CREATE INDEX sessions_by_storing ON dumped.sessions USING btree (tenant, stored_ms) WHERE ((stored_ms IS NOT NULL) AND (removed_ms = 0) AND (NOT purged));

CREATE INDEX sessions_by_update ON dumped.sessions USING btree (tenant, updated_ms DESC) WHERE ((removed_ms = 0) AND (NOT purged));

CREATE INDEX words_by_word ON dumped.words USING gin (words);
