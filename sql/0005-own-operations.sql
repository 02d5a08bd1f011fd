-- A commit on a revision needs no name of its own to be told from its repetition: the revision and the tag do. So only
-- those that name an operation, and those that build on whatever is current, are in the index: one write less for most.

drop index :"schema".commits_by_operation;
create unique index commits_by_operation on :"schema".commits (tenant, life, operation) where operation <> tag;
