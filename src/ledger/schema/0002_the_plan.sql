-- The plan, the state of things, stock, and what gear was used for. Projections are folded afresh from all facts after
-- this file has run: rows made by an earlier schema lack what these columns hold.

ALTER TABLE asset ADD COLUMN loan TEXT NOT NULL DEFAULT 'free';
ALTER TABLE asset ADD COLUMN restricted_to TEXT NOT NULL DEFAULT '[]';
ALTER TABLE asset ADD COLUMN certificate TEXT;
ALTER TABLE asset ADD COLUMN inspect_every_days INTEGER;
ALTER TABLE asset ADD COLUMN inspection_due_ms INTEGER;
ALTER TABLE asset ADD COLUMN owner TEXT;
ALTER TABLE asset ADD COLUMN owner_due_ms INTEGER;
ALTER TABLE asset ADD COLUMN retired INTEGER NOT NULL DEFAULT 0 CHECK (retired IN (0, 1));
CREATE INDEX asset_of_model ON asset (model) WHERE model IS NOT NULL;
CREATE INDEX asset_of_home ON asset (home) WHERE home IS NOT NULL;
CREATE INDEX asset_by_inspection ON asset (inspection_due_ms) WHERE inspection_due_ms IS NOT NULL;

ALTER TABLE kit ADD COLUMN within TEXT;
CREATE INDEX kit_within ON kit (within) WHERE within IS NOT NULL;

-- The gear list as JSON, and the crew's roles as JSON.
ALTER TABLE production ADD COLUMN gear TEXT NOT NULL DEFAULT '{}';
ALTER TABLE production ADD COLUMN crew_roles TEXT NOT NULL DEFAULT '{}';

ALTER TABLE booking ADD COLUMN series TEXT;
CREATE INDEX booking_of_series ON booking (series) WHERE series IS NOT NULL;
CREATE INDEX booking_of_production ON booking (production) WHERE production IS NOT NULL;
CREATE INDEX booking_by_end ON booking (ends_ms);

-- What bookings that stand take: `asset/…`, `kit/…`, `model/…`, `stock/…`, `room/…` and, of the crew, `person/…`. The
-- times hold preparation and clean-up.
CREATE TABLE claim (
  resource  TEXT NOT NULL,
  until_ms  INTEGER NOT NULL,
  booking   TEXT NOT NULL,
  from_ms   INTEGER NOT NULL,
  count     INTEGER NOT NULL,
  confirmed INTEGER NOT NULL CHECK (confirmed IN (0, 1)),
  PRIMARY KEY (resource, until_ms, booking)
) STRICT, WITHOUT ROWID;
CREATE INDEX claim_of_booking ON claim (booking);

-- Roles besides the first, as a JSON list; a suspension as JSON; certificates as a JSON list.
ALTER TABLE person ADD COLUMN also TEXT NOT NULL DEFAULT '[]';
ALTER TABLE person ADD COLUMN suspended TEXT;
ALTER TABLE person ADD COLUMN certificates TEXT NOT NULL DEFAULT '[]';

CREATE INDEX custody_of_booking ON custody (booking) WHERE out = 1 AND booking IS NOT NULL;
CREATE INDEX custody_of_production ON custody (production) WHERE out = 1 AND production IS NOT NULL;
CREATE INDEX custody_of_room ON custody (room) WHERE out = 1 AND room IS NOT NULL;

-- What state an asset or a kit is in. A thing about which nothing was noted has no row.
CREATE TABLE standing (
  subject           TEXT PRIMARY KEY,
  condition         TEXT NOT NULL,
  condition_at_ms   INTEGER,
  missing           TEXT NOT NULL,
  lost_since_ms     INTEGER,
  inspected_at_ms   INTEGER,
  inspection_due_ms INTEGER,
  recall_by_ms      INTEGER,
  recall_for        TEXT,
  recall_fact       TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX standing_recalled ON standing (subject) WHERE recall_by_ms IS NOT NULL;
CREATE INDEX standing_by_inspection ON standing (inspection_due_ms) WHERE inspection_due_ms IS NOT NULL;
CREATE INDEX standing_lost ON standing (subject) WHERE lost_since_ms IS NOT NULL;

-- Open maintenance jobs, by the fact that opened them.
CREATE TABLE job (
  fact     TEXT PRIMARY KEY,
  subject  TEXT NOT NULL,
  blocks   INTEGER NOT NULL CHECK (blocks IN (0, 1)),
  because  TEXT,
  since_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX job_of_subject ON job (subject);

-- Counted things. Of what is lent, `count` is what the studio has, `out` what is out; of what is consumed, `count` is
-- what is left. `registered` is the number in the last registration: only another one there changes `count`.
CREATE TABLE stock (
  id         TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  use        TEXT NOT NULL,
  count      INTEGER NOT NULL,
  registered INTEGER NOT NULL,
  out        INTEGER NOT NULL,
  category   TEXT,
  home       TEXT,
  rate_cents INTEGER
) STRICT, WITHOUT ROWID;

-- Pieces that are out, by who has them and what for; '' where nobody or nothing was said.
CREATE TABLE stock_out (
  stock      TEXT NOT NULL,
  person     TEXT NOT NULL,
  production TEXT NOT NULL,
  booking    TEXT NOT NULL,
  count      INTEGER NOT NULL,
  since_ms   INTEGER NOT NULL,
  due_ms     INTEGER,
  PRIMARY KEY (stock, person, production, booking)
) STRICT, WITHOUT ROWID;
CREATE INDEX stock_out_of_booking ON stock_out (booking) WHERE booking <> '';
CREATE INDEX stock_out_of_person ON stock_out (person) WHERE person <> '';

-- What an asset was, or is, used for: one row from a checkout or hand-over to the return or the next hand-over. Of what
-- is consumed, one row for each time, with its pieces.
CREATE TABLE usage (
  fact       TEXT PRIMARY KEY,
  subject    TEXT NOT NULL,
  person     TEXT,
  production TEXT,
  booking    TEXT,
  from_ms    INTEGER NOT NULL,
  until_ms   INTEGER,
  due_ms     INTEGER,
  count      INTEGER NOT NULL,
  day_cents  INTEGER,
  week_cents INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_of_subject ON usage (subject, from_ms);
CREATE INDEX usage_of_production ON usage (production) WHERE production IS NOT NULL;

-- Exempt -----------------------------------------------------------------------------------------------------------

-- Words that people wrote about a fact: they may name somebody, so they can be erased.
CREATE TABLE note (fact TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
