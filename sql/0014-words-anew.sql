-- The words of messages are made by other rules now (who speaks, tools, parts of identifiers, scripts without spaces):
-- they are derived, and the next search makes them again.

truncate :"schema".words, :"schema".indexed;
