CREATE SCHEMA dumped;

CREATE TABLE dumped.activity (
    tenant text NOT NULL,
    id uuid NOT NULL,
    life uuid NOT NULL,
    listed boolean NOT NULL,
    updated_ms bigint NOT NULL,
    stored_ms bigint,
    changed_by bigint NOT NULL,
    moved_by uuid,
    swept_ms bigint
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='1000');

CREATE FUNCTION dumped.changed_between(tenant text, since bigint, until bigint, most bigint) RETURNS TABLE(life uuid)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    BEGIN ATOMIC
 SELECT a.life
    FROM dumped.activity a
   WHERE ((a.tenant = changed_between.tenant) AND a.listed AND (a.updated_ms >= changed_between.since) AND (a.updated_ms < changed_between.until))
  LIMIT changed_between.most;
END;

CREATE FUNCTION dumped.changes_between(tenant text, past bigint, before bigint, behind uuid, most bigint) RETURNS TABLE(id uuid, life uuid, changed_by bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    BEGIN ATOMIC
 SELECT a.id,
     a.life,
     a.changed_by
    FROM dumped.activity a
   WHERE ((a.tenant = changes_between.tenant) AND (a.changed_by > 0) AND (a.changed_by >= changes_between.past) AND (a.changed_by < changes_between.before) AND ((a.changed_by > changes_between.past) OR (a.id > changes_between.behind)))
   ORDER BY a.changed_by, a.id
  LIMIT changes_between.most;
END;

CREATE FUNCTION dumped.changes_of(tenant text, transactions bigint[]) RETURNS TABLE(id uuid, life uuid, changed_by bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    BEGIN ATOMIC
 SELECT a.id,
     a.life,
     a.changed_by
    FROM dumped.activity a
   WHERE ((a.tenant = changes_of.tenant) AND (a.changed_by > 0) AND (a.changed_by = ANY (changes_of.transactions)));
END;

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

CREATE FUNCTION dumped.heads_of_model(tenant text, sought text, most bigint) RETURNS TABLE(life uuid)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    BEGIN ATOMIC
 SELECT h.life
    FROM dumped.heads h
   WHERE ((h.tenant = heads_of_model.tenant) AND ("left"(h.model, 200) = "left"(heads_of_model.sought, 200)) AND (h.model = heads_of_model.sought))
  LIMIT heads_of_model.most;
END;

CREATE FUNCTION dumped.heads_of_parent(tenant text, sought text, most bigint) RETURNS TABLE(life uuid)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    BEGIN ATOMIC
 SELECT h.life
    FROM dumped.heads h
   WHERE ((h.tenant = heads_of_parent.tenant) AND (h.parent_id <> 'null'::text) AND ("left"(h.parent_id, 200) = "left"(heads_of_parent.sought, 200)) AND (h.parent_id = heads_of_parent.sought))
  LIMIT heads_of_parent.most;
END;

CREATE FUNCTION dumped.heads_of_tag(tenant text, sought text, most bigint) RETURNS TABLE(life uuid)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET enable_seqscan TO 'off'
    BEGIN ATOMIC
 SELECT h.life
    FROM dumped.heads h
   WHERE (((h.tenant || ''::text) = heads_of_tag.tenant) AND (h.tag_keys @> ARRAY[heads_of_tag.sought]))
  LIMIT heads_of_tag.most;
END;

CREATE FUNCTION dumped.heads_of_user(tenant text, sought text, most bigint) RETURNS TABLE(life uuid)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    BEGIN ATOMIC
 SELECT h.life
    FROM dumped.heads h
   WHERE ((h.tenant = heads_of_user.tenant) AND (h.user_id = heads_of_user.sought))
  LIMIT heads_of_user.most;
END;

CREATE FUNCTION dumped.heads_of_workspace_id(tenant text, sought text, most bigint) RETURNS TABLE(life uuid)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    BEGIN ATOMIC
 SELECT h.life
    FROM dumped.heads h
   WHERE ((h.tenant = heads_of_workspace_id.tenant) AND ("left"(h.workspace_id, 200) = "left"(heads_of_workspace_id.sought, 200)) AND (h.workspace_id = heads_of_workspace_id.sought))
  LIMIT heads_of_workspace_id.most;
END;

CREATE FUNCTION dumped.heads_of_workspace_path(tenant text, sought text, most bigint) RETURNS TABLE(life uuid)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    BEGIN ATOMIC
 SELECT h.life
    FROM dumped.heads h
   WHERE ((h.tenant = heads_of_workspace_path.tenant) AND ("left"(h.workspace_path, 200) = "left"(heads_of_workspace_path.sought, 200)) AND (h.workspace_path = heads_of_workspace_path.sought))
  LIMIT heads_of_workspace_path.most;
END;

CREATE FUNCTION dumped.titles_found(tenant text, sought tsquery) RETURNS TABLE(life uuid)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET enable_seqscan TO 'off'
    BEGIN ATOMIC
 SELECT h.life
    FROM dumped.heads h
   WHERE (((h.tenant || ''::text) = titles_found.tenant) AND (h.title_words @@ titles_found.sought));
END;

CREATE TABLE dumped.words (
    tenant text NOT NULL,
    life uuid NOT NULL,
    slot bigint NOT NULL,
    words tsvector NOT NULL
);
ALTER TABLE ONLY dumped.words ALTER COLUMN words SET COMPRESSION lz4;

CREATE FUNCTION dumped.words_found(tenant text, sought tsquery) RETURNS TABLE(life uuid, slot bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET enable_seqscan TO 'off'
    BEGIN ATOMIC
 SELECT w.life,
     w.slot
    FROM dumped.words w
   WHERE (((w.tenant || ''::text) = words_found.tenant) AND (w.words @@ words_found.sought));
END;

CREATE TABLE dumped.commits (
    tenant text NOT NULL,
    life uuid NOT NULL,
    revision bigint NOT NULL,
    tag uuid NOT NULL,
    at_ms bigint NOT NULL,
    operation uuid,
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
    items bigint,
    seal bigint,
    runs bigint[]
);

CREATE TABLE dumped.indexed (
    tenant text NOT NULL,
    life uuid NOT NULL,
    past bigint NOT NULL,
    snapshot text,
    cluster text,
    edits bigint DEFAULT 0 NOT NULL
);

CREATE TABLE dumped.leases (
    tenant text NOT NULL,
    id uuid NOT NULL,
    token uuid NOT NULL,
    held_by text NOT NULL,
    since_ms bigint NOT NULL,
    expires_ms bigint NOT NULL
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='1000');

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

CREATE TABLE dumped.removals (
    tenant text NOT NULL,
    at_ms bigint NOT NULL,
    run text NOT NULL,
    id uuid NOT NULL,
    gone boolean NOT NULL,
    rule text NOT NULL,
    reason text NOT NULL,
    title text NOT NULL,
    message_count bigint NOT NULL
);

CREATE TABLE dumped.sessions (
    tenant text NOT NULL,
    id uuid NOT NULL,
    removed_ms bigint DEFAULT 0 NOT NULL,
    purged boolean DEFAULT false NOT NULL,
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
    begins bigint DEFAULT 1 NOT NULL
)
WITH (fillfactor='80');

CREATE TABLE dumped.side_items (
    tenant text NOT NULL,
    life uuid NOT NULL,
    number bigint NOT NULL,
    list text NOT NULL,
    body text NOT NULL
);
ALTER TABLE ONLY dumped.side_items ALTER COLUMN body SET COMPRESSION lz4;

ALTER TABLE ONLY dumped.activity
    ADD CONSTRAINT activity_pkey PRIMARY KEY (tenant, id, life);

ALTER TABLE ONLY dumped.commits
    ADD CONSTRAINT commits_pkey PRIMARY KEY (tenant, life, revision);

ALTER TABLE ONLY dumped.heads
    ADD CONSTRAINT heads_pkey PRIMARY KEY (tenant, life);

ALTER TABLE ONLY dumped.indexed
    ADD CONSTRAINT indexed_pkey PRIMARY KEY (tenant, life);

ALTER TABLE ONLY dumped.leases
    ADD CONSTRAINT leases_pkey PRIMARY KEY (tenant, id);

ALTER TABLE ONLY dumped.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (tenant, life, slot);

ALTER TABLE ONLY dumped.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY dumped.removals
    ADD CONSTRAINT removals_pkey PRIMARY KEY (tenant, at_ms, run, id, gone);

ALTER TABLE ONLY dumped.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (tenant, id, removed_ms);

ALTER TABLE ONLY dumped.side_items
    ADD CONSTRAINT side_items_pkey PRIMARY KEY (tenant, life, number);

ALTER TABLE ONLY dumped.words
    ADD CONSTRAINT words_pkey PRIMARY KEY (tenant, life, slot);

CREATE INDEX activity_by_change ON dumped.activity USING btree (tenant, changed_by) WHERE (changed_by > 0);

CREATE INDEX activity_by_sweep ON dumped.activity USING btree (tenant, swept_ms) WHERE (swept_ms IS NOT NULL);

CREATE INDEX activity_by_update ON dumped.activity USING btree (tenant, updated_ms DESC, id) WHERE listed;

CREATE UNIQUE INDEX commits_by_operation ON dumped.commits USING btree (tenant, life, operation) WHERE (operation <> tag);

CREATE INDEX heads_by_creation ON dumped.heads USING btree (tenant, created_ms DESC);

CREATE INDEX heads_by_model ON dumped.heads USING btree (tenant, "left"(model, 200));

CREATE INDEX heads_by_parent ON dumped.heads USING btree (tenant, "left"(parent_id, 200)) WHERE (parent_id <> 'null'::text);

CREATE INDEX heads_by_tag ON dumped.heads USING gin (tag_keys);

CREATE INDEX heads_by_title_word ON dumped.heads USING gin (title_words);

CREATE INDEX heads_by_user ON dumped.heads USING btree (tenant, user_id);

CREATE INDEX heads_by_workspace_id ON dumped.heads USING btree (tenant, "left"(workspace_id, 200));

CREATE INDEX heads_by_workspace_path ON dumped.heads USING btree (tenant, "left"(workspace_path, 200));

CREATE INDEX sessions_by_removal ON dumped.sessions USING btree (tenant, removed_ms) WHERE (removed_ms <> 0);

CREATE INDEX sessions_to_sweep ON dumped.sessions USING btree (tenant, removed_ms) WHERE purged;

CREATE INDEX words_by_word ON dumped.words USING gin (words);
