-- Counts: a room compared with what should be in it. Projections are folded afresh from all facts after this file has run.

-- A count, open while `ended_ms` is empty. `how` is `ended` or `cancelled`; the numbers are what it came to.
CREATE TABLE count (
  id          TEXT PRIMARY KEY,
  room        TEXT,
  station     TEXT,
  actor       TEXT,
  begun_ms    INTEGER NOT NULL,
  begun_hlc   INTEGER NOT NULL,
  begun_scan  TEXT NOT NULL,
  ended_ms    INTEGER,
  how         TEXT,
  found       INTEGER,
  missing     INTEGER,
  elsewhere   INTEGER,
  out         INTEGER,
  retired     INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX count_open ON count (begun_hlc) WHERE ended_ms IS NULL;
CREATE INDEX count_of_room ON count (room, begun_hlc);

-- What counts have come upon, by the newest fact of each: what it was, or how many pieces.
CREATE TABLE counted (
  subject    TEXT NOT NULL,
  count      TEXT NOT NULL,
  counted_as TEXT NOT NULL,
  pieces     INTEGER,
  fact       TEXT NOT NULL,
  scan       TEXT NOT NULL,
  at_ms      INTEGER NOT NULL,
  station    TEXT,
  reader     TEXT,
  PRIMARY KEY (subject, count)
) STRICT, WITHOUT ROWID;
CREATE INDEX counted_in ON counted (count, counted_as);

-- Since when a count has not found it, and which: any later sighting or movement takes both away.
ALTER TABLE standing ADD COLUMN missing_since_ms INTEGER;
ALTER TABLE standing ADD COLUMN missed_in TEXT;
CREATE INDEX standing_missing ON standing (subject) WHERE missing_since_ms IS NOT NULL;
CREATE INDEX standing_missed_in ON standing (missed_in) WHERE missed_in IS NOT NULL;

CREATE INDEX stock_of_home ON stock (home) WHERE home IS NOT NULL;

-- Exempt -----------------------------------------------------------------------------------------------------------

-- Counts that have ended and whose missing things are still being noted, a portion in each commit: the last thing that
-- was looked at.
CREATE TABLE unsettled (
  count   TEXT PRIMARY KEY,
  scan    TEXT NOT NULL,
  station TEXT NOT NULL,
  actor   TEXT,
  at_ms   INTEGER NOT NULL,
  trusted INTEGER NOT NULL CHECK (trusted IN (0, 1)),
  after   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
