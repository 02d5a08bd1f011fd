-- Made while sessions are read and written. Such a file has nothing but indexes that are made concurrently.

create index concurrently heads_by_model on :"schema".heads (tenant, left(model, 200));
