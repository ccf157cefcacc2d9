-- Who was in which room. One row from a badge at its door to the badge going out, or to the next door; `until_ms` is empty
-- while nothing has ended it. Of somebody whom nobody saw coming in, both times are when they left.
CREATE TABLE stay (
  fact     TEXT PRIMARY KEY,
  subject  TEXT NOT NULL,
  room     TEXT NOT NULL,
  booking  TEXT,
  from_ms  INTEGER NOT NULL,
  until_ms INTEGER,
  ended    TEXT CHECK (ended IN ('left', 'elsewhere', 'assumed')),
  CHECK ((until_ms IS NULL) = (ended IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX stay_of_person ON stay (subject, from_ms);
CREATE INDEX stay_of_room ON stay (room, from_ms);
CREATE INDEX stay_open ON stay (room) WHERE until_ms IS NULL;
