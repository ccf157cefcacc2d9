-- What passed gates. One row for each asset and kit that ever did: the last time, and whether it left without a loan.
CREATE TABLE passing (
  subject    TEXT PRIMARY KEY,
  fact       TEXT NOT NULL,
  station    TEXT,
  reader     TEXT,
  way        TEXT,
  at_ms      INTEGER NOT NULL,
  authorised INTEGER NOT NULL CHECK (authorised IN (0, 1)),
  -- Since when it is away without a loan; NULL once it was seen inside again.
  left_ms    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX passing_by_time ON passing (at_ms);
CREATE INDEX passing_left ON passing (left_ms) WHERE left_ms IS NOT NULL;
