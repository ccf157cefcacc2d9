-- Exempt -----------------------------------------------------------------------------------------------------------

-- Who was erased, and when: only ids that say nothing. What an older file brings back of them is erased again by it, and
-- nothing of a list that was read before brings them back.
CREATE TABLE forgotten (person TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
