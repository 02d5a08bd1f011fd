-- Who holds which session, until when by the server's clock. A commit under a lease is stored only while its token stands
-- here. No lease has a token that another has had: also where a fail-over lost the row, nobody is taken for another.

create table if not exists :"schema".leases (
  tenant text not null,
  -- Of a session that is there, or is to be.
  id uuid not null,
  token uuid not null,
  -- The holder's name, as JSON.
  held_by text not null,
  since_ms bigint not null,
  expires_ms bigint not null,
  primary key (tenant, id)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
