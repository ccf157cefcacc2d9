-- A ledger of schema 3 with 23 facts, as the program of that schema left it.
BEGIN TRANSACTION;
CREATE TABLE asset (
  id                      TEXT PRIMARY KEY,
  name                    TEXT NOT NULL,
  model                   TEXT,
  category                TEXT,
  serial                  TEXT,
  home                    TEXT,
  kit                     TEXT,
  day_rate_cents          INTEGER,
  week_rate_cents         INTEGER,
  replacement_value_cents INTEGER
, loan TEXT NOT NULL DEFAULT 'free', restricted_to TEXT NOT NULL DEFAULT '[]', certificate TEXT, inspect_every_days INTEGER, inspection_due_ms INTEGER, owner TEXT, owner_due_ms INTEGER, retired INTEGER NOT NULL DEFAULT 0 CHECK (retired IN (0, 1))) STRICT, WITHOUT ROWID;
INSERT INTO "asset" VALUES('cam-1','Sony FX6',NULL,NULL,NULL,'studio-b',NULL,12050,NULL,NULL,'free','[]',NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "asset" VALUES('cam-2','Canon C300',NULL,NULL,NULL,'studio-b',NULL,NULL,NULL,NULL,'free','[]',NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "asset" VALUES('lens-1','35 mm',NULL,NULL,NULL,NULL,'lens-kit',NULL,NULL,NULL,'free','[]',NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "asset" VALUES('lens-2','50 mm',NULL,NULL,NULL,NULL,'lens-kit',NULL,NULL,NULL,'free','[]',NULL,NULL,NULL,NULL,NULL,0);
CREATE TABLE badge (code TEXT PRIMARY KEY, person TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "badge" VALUES('B-1','p-914e27bbb099');
INSERT INTO "badge" VALUES('B-2','p-9cc2707c8cd9');
CREATE TABLE booking (
  id         TEXT PRIMARY KEY,
  production TEXT,
  client     TEXT,
  person     TEXT,
  starts_ms  INTEGER NOT NULL,
  ends_ms    INTEGER NOT NULL,
  status     TEXT NOT NULL,
  plan       TEXT NOT NULL
, series TEXT) STRICT, WITHOUT ROWID;
INSERT INTO "booking" VALUES('bk-1','night-bus',NULL,'p-914e27bbb099',1577836800000,4102358400000,'confirmed','{"production":"night-bus","person":"p-914e27bbb099","assets":["cam-1"],"kits":["lens-kit"],"starts":"2020-01-01T00:00:00.000Z","ends":"2099-12-31T00:00:00.000Z","status":"confirmed"}',NULL);
CREATE TABLE booking_person (
  person    TEXT NOT NULL,
  booking   TEXT NOT NULL,
  ends_ms   INTEGER NOT NULL,
  PRIMARY KEY (person, ends_ms, booking)
) STRICT, WITHOUT ROWID;
INSERT INTO "booking_person" VALUES('p-914e27bbb099','bk-1',4102358400000);
CREATE TABLE claim (
  resource  TEXT NOT NULL,
  until_ms  INTEGER NOT NULL,
  booking   TEXT NOT NULL,
  from_ms   INTEGER NOT NULL,
  count     INTEGER NOT NULL,
  confirmed INTEGER NOT NULL CHECK (confirmed IN (0, 1)),
  PRIMARY KEY (resource, until_ms, booking)
) STRICT, WITHOUT ROWID;
INSERT INTO "claim" VALUES('asset/cam-1',4102358400000,'bk-1',1577836800000,1,1);
INSERT INTO "claim" VALUES('kit/lens-kit',4102358400000,'bk-1',1577836800000,1,1);
CREATE TABLE cursor (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE custody (
  subject      TEXT PRIMARY KEY,
  out          INTEGER NOT NULL CHECK (out IN (0, 1)),
  person       TEXT,
  production   TEXT,
  booking      TEXT,
  room         TEXT,
  due_ms       INTEGER,
  since_ms     INTEGER NOT NULL,
  kit          TEXT,
  last_fact    TEXT NOT NULL,
  last_kind    TEXT NOT NULL,
  last_station TEXT,
  last_actor   TEXT,
  last_at_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "custody" VALUES('asset/cam-1',1,'p-914e27bbb099','night-bus','bk-1',NULL,4102358400000,1795485967207,NULL,'e046bff797273a86d7750192e0ae94e6.0','checked-out','cage','p-914e27bbb099',1795485967207);
INSERT INTO "custody" VALUES('asset/cam-2',1,'p-9cc2707c8cd9',NULL,NULL,NULL,1795572368580,1795485968580,NULL,'0fa84bc46a089cd0fd61d9f83a71dc91.0','checked-out','cage','p-9cc2707c8cd9',1795485968580);
INSERT INTO "custody" VALUES('asset/lens-1',1,'p-914e27bbb099','night-bus','bk-1',NULL,4102358400000,1795485967559,'lens-kit','af62c6dd1b58e845372c69a21627313e.1','checked-out','cage','p-914e27bbb099',1795485967559);
INSERT INTO "custody" VALUES('asset/lens-2',1,'p-914e27bbb099','night-bus','bk-1',NULL,4102358400000,1795485967559,'lens-kit','af62c6dd1b58e845372c69a21627313e.2','checked-out','cage','p-914e27bbb099',1795485967559);
INSERT INTO "custody" VALUES('kit/lens-kit',1,'p-914e27bbb099','night-bus','bk-1',NULL,4102358400000,1795485967559,'lens-kit','af62c6dd1b58e845372c69a21627313e.0','checked-out','cage','p-914e27bbb099',1795485967559);
CREATE TABLE fact (
  seq           INTEGER PRIMARY KEY,
  id            TEXT NOT NULL UNIQUE,
  scan_id       TEXT NOT NULL,
  origin        TEXT NOT NULL,
  origin_seq    INTEGER NOT NULL,
  hlc           INTEGER NOT NULL,
  at_ms         INTEGER NOT NULL,
  clock_trusted INTEGER NOT NULL CHECK (clock_trusted IN (0, 1)),
  station       TEXT,
  actor         TEXT,
  subject       TEXT NOT NULL,
  kind          TEXT NOT NULL,
  version       INTEGER NOT NULL,
  body          TEXT NOT NULL CHECK (json_valid(body)),
  UNIQUE (origin, origin_seq)
) STRICT;
INSERT INTO "fact" VALUES(1,'0bc73fadfa8bbd826b54420ad4b80bec.0','0bc73fadfa8bbd826b54420ad4b80bec','d8e537dd6cec',1,117668968239923200,1795485965575,1,'import',NULL,'room/studio-b','room-registered',1,'{"name":"Studio B"}');
INSERT INTO "fact" VALUES(2,'0bc73fadfa8bbd826b54420ad4b80bec.1','0bc73fadfa8bbd826b54420ad4b80bec','d8e537dd6cec',2,117668968239923201,1795485965575,1,'import',NULL,'tag/RB-1','tag-assigned',1,'{"thing":"room/studio-b"}');
INSERT INTO "fact" VALUES(3,'e91e9bbd2e59091df020c766c236edf5.0','e91e9bbd2e59091df020c766c236edf5','d8e537dd6cec',3,117668968257290240,1795485965840,1,'import',NULL,'kit/lens-kit','kit-registered',1,'{"name":"Lens kit"}');
INSERT INTO "fact" VALUES(4,'e91e9bbd2e59091df020c766c236edf5.1','e91e9bbd2e59091df020c766c236edf5','d8e537dd6cec',4,117668968257290241,1795485965840,1,'import',NULL,'tag/KIT-1','tag-assigned',1,'{"thing":"kit/lens-kit"}');
INSERT INTO "fact" VALUES(5,'f8d88f4c78f9828ba454e15bc6cf7a14.0','f8d88f4c78f9828ba454e15bc6cf7a14','d8e537dd6cec',5,117668968271708160,1795485966060,1,'import',NULL,'asset/cam-1','asset-registered',1,'{"day_rate_cents":12050,"home":"studio-b","name":"Sony FX6"}');
INSERT INTO "fact" VALUES(6,'f8d88f4c78f9828ba454e15bc6cf7a14.1','f8d88f4c78f9828ba454e15bc6cf7a14','d8e537dd6cec',6,117668968271708161,1795485966060,1,'import',NULL,'tag/CAM-1','tag-assigned',1,'{"thing":"asset/cam-1"}');
INSERT INTO "fact" VALUES(7,'f8d88f4c78f9828ba454e15bc6cf7a14.2','f8d88f4c78f9828ba454e15bc6cf7a14','d8e537dd6cec',7,117668968271708162,1795485966060,1,'import',NULL,'asset/cam-2','asset-registered',1,'{"home":"studio-b","name":"Canon C300"}');
INSERT INTO "fact" VALUES(8,'f8d88f4c78f9828ba454e15bc6cf7a14.3','f8d88f4c78f9828ba454e15bc6cf7a14','d8e537dd6cec',8,117668968271708163,1795485966060,1,'import',NULL,'tag/CAM-2','tag-assigned',1,'{"thing":"asset/cam-2"}');
INSERT INTO "fact" VALUES(9,'f8d88f4c78f9828ba454e15bc6cf7a14.4','f8d88f4c78f9828ba454e15bc6cf7a14','d8e537dd6cec',9,117668968271708164,1795485966060,1,'import',NULL,'asset/lens-1','asset-registered',1,'{"kit":"lens-kit","name":"35 mm"}');
INSERT INTO "fact" VALUES(10,'f8d88f4c78f9828ba454e15bc6cf7a14.5','f8d88f4c78f9828ba454e15bc6cf7a14','d8e537dd6cec',10,117668968271708165,1795485966060,1,'import',NULL,'tag/L1','tag-assigned',1,'{"thing":"asset/lens-1"}');
INSERT INTO "fact" VALUES(11,'f8d88f4c78f9828ba454e15bc6cf7a14.6','f8d88f4c78f9828ba454e15bc6cf7a14','d8e537dd6cec',11,117668968271708166,1795485966060,1,'import',NULL,'asset/lens-2','asset-registered',1,'{"kit":"lens-kit","name":"50 mm"}');
INSERT INTO "fact" VALUES(12,'f8d88f4c78f9828ba454e15bc6cf7a14.7','f8d88f4c78f9828ba454e15bc6cf7a14','d8e537dd6cec',12,117668968271708167,1795485966060,1,'import',NULL,'tag/L2','tag-assigned',1,'{"thing":"asset/lens-2"}');
INSERT INTO "fact" VALUES(13,'c5f6fe94c6f2e4c2015cd6ae5ad4793d.0','c5f6fe94c6f2e4c2015cd6ae5ad4793d','d8e537dd6cec',13,117668968281669632,1795485966212,1,'import',NULL,'person/p-914e27bbb099','person-enrolled',1,'{"role":"crew"}');
INSERT INTO "fact" VALUES(14,'c5f6fe94c6f2e4c2015cd6ae5ad4793d.1','c5f6fe94c6f2e4c2015cd6ae5ad4793d','d8e537dd6cec',14,117668968281669633,1795485966212,1,'import',NULL,'person/p-9cc2707c8cd9','person-enrolled',1,'{"role":"attendant"}');
INSERT INTO "fact" VALUES(15,'e9fe41672b81b703d91eba0956c01a18.0','e9fe41672b81b703d91eba0956c01a18','d8e537dd6cec',15,117668968293728256,1795485966396,1,'import',NULL,'production/night-bus','production-registered',1,'{"crew":["p-914e27bbb099","p-9cc2707c8cd9"],"ends":"2099-12-31T00:00:00.000Z","stage":"production","starts":"2020-01-01T00:00:00.000Z","title":"Night Bus"}');
INSERT INTO "fact" VALUES(16,'199019ce77f30774e315bcf7edf9ca09.0','199019ce77f30774e315bcf7edf9ca09','d8e537dd6cec',16,117668968306769920,1795485966595,1,'import',NULL,'booking/bk-1','booking-made',1,'{"assets":["cam-1"],"ends":"2099-12-31T00:00:00.000Z","kits":["lens-kit"],"person":"p-914e27bbb099","production":"night-bus","starts":"2020-01-01T00:00:00.000Z","status":"confirmed"}');
INSERT INTO "fact" VALUES(17,'e046bff797273a86d7750192e0ae94e6.0','e046bff797273a86d7750192e0ae94e6','d8e537dd6cec',17,117668968346877952,1795485967207,1,'cage','p-914e27bbb099','asset/cam-1','checked-out',1,'{"booking":"bk-1","code":"CAM-1","due":"2099-12-31T00:00:00.000Z","person":"p-914e27bbb099","production":"night-bus"}');
INSERT INTO "fact" VALUES(18,'af62c6dd1b58e845372c69a21627313e.0','af62c6dd1b58e845372c69a21627313e','d8e537dd6cec',18,117668968369946624,1795485967559,1,'cage','p-914e27bbb099','kit/lens-kit','checked-out',1,'{"booking":"bk-1","code":"KIT-1","due":"2099-12-31T00:00:00.000Z","kit":"lens-kit","person":"p-914e27bbb099","production":"night-bus"}');
INSERT INTO "fact" VALUES(19,'af62c6dd1b58e845372c69a21627313e.1','af62c6dd1b58e845372c69a21627313e','d8e537dd6cec',19,117668968369946625,1795485967559,1,'cage','p-914e27bbb099','asset/lens-1','checked-out',1,'{"booking":"bk-1","code":"KIT-1","due":"2099-12-31T00:00:00.000Z","kit":"lens-kit","person":"p-914e27bbb099","production":"night-bus"}');
INSERT INTO "fact" VALUES(20,'af62c6dd1b58e845372c69a21627313e.2','af62c6dd1b58e845372c69a21627313e','d8e537dd6cec',20,117668968369946626,1795485967559,1,'cage','p-914e27bbb099','asset/lens-2','checked-out',1,'{"booking":"bk-1","code":"KIT-1","due":"2099-12-31T00:00:00.000Z","kit":"lens-kit","person":"p-914e27bbb099","production":"night-bus"}');
INSERT INTO "fact" VALUES(21,'0fa84bc46a089cd0fd61d9f83a71dc91.0','0fa84bc46a089cd0fd61d9f83a71dc91','d8e537dd6cec',21,117668968436858880,1795485968580,1,'cage','p-9cc2707c8cd9','asset/cam-2','checked-out',1,'{"code":"CAM-2","due":"2026-11-25T02:06:08.580Z","person":"p-9cc2707c8cd9"}');
INSERT INTO "fact" VALUES(22,'acc2febb47cb2a6003f819dbf813a803.0','acc2febb47cb2a6003f819dbf813a803','d8e537dd6cec',22,117668968512749568,1795485969738,1,'cage',NULL,'asset/cam-2','returned',1,'{"code":"CAM-2","due":"2026-11-25T02:06:08.580Z","from":"p-9cc2707c8cd9"}');
INSERT INTO "fact" VALUES(23,'5949d47b0071517c566d8f34a4df6475.0','5949d47b0071517c566d8f34a4df6475','d8e537dd6cec',23,117668968528084992,1795485969972,1,'cage',NULL,'asset/cam-2','annulled',1,'{"facts":["acc2febb47cb2a6003f819dbf813a803.0"]}');
CREATE TABLE identity (
  person TEXT PRIMARY KEY,
  handle TEXT NOT NULL UNIQUE,
  name   TEXT NOT NULL,
  email  TEXT,
  phone  TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO "identity" VALUES('p-914e27bbb099','ada','Person One',NULL,NULL);
INSERT INTO "identity" VALUES('p-9cc2707c8cd9','bob','Person Two',NULL,NULL);
CREATE TABLE job (
  fact     TEXT PRIMARY KEY,
  subject  TEXT NOT NULL,
  blocks   INTEGER NOT NULL CHECK (blocks IN (0, 1)),
  because  TEXT,
  since_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE kit (id TEXT PRIMARY KEY, name TEXT NOT NULL, within TEXT) STRICT, WITHOUT ROWID;
INSERT INTO "kit" VALUES('lens-kit','Lens kit',NULL);
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('folded','3');
INSERT INTO "meta" VALUES('origin','d8e537dd6cec');
INSERT INTO "meta" VALUES('stopped','in order');
CREATE TABLE note (fact TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE person (
  id              TEXT PRIMARY KEY,
  role            TEXT NOT NULL,
  active_until_ms INTEGER
, also TEXT NOT NULL DEFAULT '[]', suspended TEXT, certificates TEXT NOT NULL DEFAULT '[]') STRICT, WITHOUT ROWID;
INSERT INTO "person" VALUES('p-914e27bbb099','crew',NULL,'[]',NULL,'[]');
INSERT INTO "person" VALUES('p-9cc2707c8cd9','attendant',NULL,'[]',NULL,'[]');
CREATE TABLE production (
  id           TEXT PRIMARY KEY,
  title        TEXT NOT NULL,
  client       TEXT,
  stage        TEXT NOT NULL,
  starts_ms    INTEGER NOT NULL,
  ends_ms      INTEGER NOT NULL,
  budget_cents INTEGER,
  crew         TEXT NOT NULL
, gear TEXT NOT NULL DEFAULT '{}', crew_roles TEXT NOT NULL DEFAULT '{}') STRICT, WITHOUT ROWID;
INSERT INTO "production" VALUES('night-bus','Night Bus',NULL,'production',1577836800000,4102358400000,NULL,'["p-914e27bbb099","p-9cc2707c8cd9"]','{}','{}');
CREATE TABLE room (id TEXT PRIMARY KEY, name TEXT NOT NULL, hour_rate_cents INTEGER) STRICT, WITHOUT ROWID;
INSERT INTO "room" VALUES('studio-b','Studio B',NULL);
CREATE TABLE scan (
  n         INTEGER PRIMARY KEY AUTOINCREMENT,
  id        TEXT NOT NULL UNIQUE,
  at_ms     INTEGER NOT NULL,
  station   TEXT NOT NULL,
  reader    TEXT,
  session   TEXT,
  code      TEXT,
  person    TEXT,
  thing     TEXT,
  level     TEXT NOT NULL,
  verdict   TEXT NOT NULL,
  sentence  TEXT NOT NULL,
  times     INTEGER NOT NULL
) STRICT;
INSERT INTO "scan" VALUES(1,'f2c913413eea07087e860365388b0440',1795485966863,'cage',NULL,'f2c913413eea07087e860365388b0440',NULL,'p-914e27bbb099',NULL,'done','code-is-person','Hello: scan gear for your booking',1);
INSERT INTO "scan" VALUES(2,'e046bff797273a86d7750192e0ae94e6',1795485967207,'cage',NULL,'f2c913413eea07087e860365388b0440','CAM-1',NULL,'asset/cam-1','done','checked-out','Out: Sony FX6, due 31 Dec 2099 00:00',1);
INSERT INTO "scan" VALUES(3,'af62c6dd1b58e845372c69a21627313e',1795485967559,'cage',NULL,'f2c913413eea07087e860365388b0440','KIT-1',NULL,'kit/lens-kit','done','checked-out','Out: Lens kit, due 31 Dec 2099 00:00',1);
INSERT INTO "scan" VALUES(4,'93a823e921aafbece30126d1cbcbc91d',1795485967959,'cage',NULL,'f2c913413eea07087e860365388b0440','CK:DONE',NULL,NULL,'done','session-closed','Done',1);
INSERT INTO "scan" VALUES(5,'f50741fbc08b578cf4c8be0a8be67fa8',1795485968222,'cage',NULL,'f50741fbc08b578cf4c8be0a8be67fa8',NULL,'p-9cc2707c8cd9',NULL,'done','code-is-person','Hello: scan gear',1);
INSERT INTO "scan" VALUES(6,'0fa84bc46a089cd0fd61d9f83a71dc91',1795485968580,'cage',NULL,'f50741fbc08b578cf4c8be0a8be67fa8','CAM-2',NULL,'asset/cam-2','done','checked-out','Out: Canon C300, due Wed 02:06',1);
INSERT INTO "scan" VALUES(7,'d809271d55eb8a98636854e676bffd1b',1795485968931,'cage',NULL,'f50741fbc08b578cf4c8be0a8be67fa8','CK:DONE',NULL,NULL,'done','session-closed','Done',1);
INSERT INTO "scan" VALUES(8,'a4b8b0c8102d304d7a0beda94b26ce95',1795485969547,'cage',NULL,NULL,'NOBODY',NULL,NULL,'refused','unknown-code','Unknown code: kept for the attendant',1);
INSERT INTO "scan" VALUES(9,'acc2febb47cb2a6003f819dbf813a803',1795485969738,'cage',NULL,'acc2febb47cb2a6003f819dbf813a803','CAM-2',NULL,'asset/cam-2','done','returned','Back: Canon C300',1);
INSERT INTO "scan" VALUES(10,'5949d47b0071517c566d8f34a4df6475',1795485969972,'cage',NULL,'acc2febb47cb2a6003f819dbf813a803','CK:UNDO',NULL,NULL,'done','undone','Undone: Canon C300',1);
CREATE TABLE session (station TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "session" VALUES('cage','{"id":"acc2febb47cb2a6003f819dbf813a803","person":null,"production":null,"booking":null,"without_booking":false,"room":null,"mode":"toggle","learned":null,"last_thing":"asset/cam-2","brought_back":[{"person":"p-9cc2707c8cd9"}],"pending":null,"scans":[],"confirmed_turn":null,"last_at":"2026-11-24T02:06:09.972Z","turn":10}');
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
CREATE TABLE subject (
  subject    TEXT PRIMARY KEY,
  hlc        INTEGER NOT NULL,
  origin     TEXT NOT NULL,
  origin_seq INTEGER NOT NULL,
  seq        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "subject" VALUES('asset/cam-1',117668968346877952,'d8e537dd6cec',17,17);
INSERT INTO "subject" VALUES('asset/cam-2',117668968528084992,'d8e537dd6cec',23,23);
INSERT INTO "subject" VALUES('asset/lens-1',117668968369946625,'d8e537dd6cec',19,19);
INSERT INTO "subject" VALUES('asset/lens-2',117668968369946626,'d8e537dd6cec',20,20);
INSERT INTO "subject" VALUES('booking/bk-1',117668968306769920,'d8e537dd6cec',16,16);
INSERT INTO "subject" VALUES('kit/lens-kit',117668968369946624,'d8e537dd6cec',18,18);
INSERT INTO "subject" VALUES('person/p-914e27bbb099',117668968281669632,'d8e537dd6cec',13,13);
INSERT INTO "subject" VALUES('person/p-9cc2707c8cd9',117668968281669633,'d8e537dd6cec',14,14);
INSERT INTO "subject" VALUES('production/night-bus',117668968293728256,'d8e537dd6cec',15,15);
INSERT INTO "subject" VALUES('room/studio-b',117668968239923200,'d8e537dd6cec',1,1);
INSERT INTO "subject" VALUES('tag/CAM-1',117668968271708161,'d8e537dd6cec',6,6);
INSERT INTO "subject" VALUES('tag/CAM-2',117668968271708163,'d8e537dd6cec',8,8);
INSERT INTO "subject" VALUES('tag/KIT-1',117668968257290241,'d8e537dd6cec',4,4);
INSERT INTO "subject" VALUES('tag/L1',117668968271708165,'d8e537dd6cec',10,10);
INSERT INTO "subject" VALUES('tag/L2',117668968271708167,'d8e537dd6cec',12,12);
INSERT INTO "subject" VALUES('tag/RB-1',117668968239923201,'d8e537dd6cec',2,2);
CREATE TABLE tag (code TEXT NOT NULL, thing TEXT NOT NULL, PRIMARY KEY (code, thing)) STRICT, WITHOUT ROWID;
INSERT INTO "tag" VALUES('CAM-1','asset/cam-1');
INSERT INTO "tag" VALUES('CAM-2','asset/cam-2');
INSERT INTO "tag" VALUES('L1','asset/lens-1');
INSERT INTO "tag" VALUES('L2','asset/lens-2');
INSERT INTO "tag" VALUES('KIT-1','kit/lens-kit');
INSERT INTO "tag" VALUES('RB-1','room/studio-b');
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
INSERT INTO "usage" VALUES('0fa84bc46a089cd0fd61d9f83a71dc91.0','asset/cam-2','p-9cc2707c8cd9',NULL,NULL,1795485968580,NULL,1795572368580,1,NULL,NULL);
INSERT INTO "usage" VALUES('af62c6dd1b58e845372c69a21627313e.1','asset/lens-1','p-914e27bbb099','night-bus','bk-1',1795485967559,NULL,4102358400000,1,NULL,NULL);
INSERT INTO "usage" VALUES('af62c6dd1b58e845372c69a21627313e.2','asset/lens-2','p-914e27bbb099','night-bus','bk-1',1795485967559,NULL,4102358400000,1,NULL,NULL);
INSERT INTO "usage" VALUES('e046bff797273a86d7750192e0ae94e6.0','asset/cam-1','p-914e27bbb099','night-bus','bk-1',1795485967207,NULL,4102358400000,1,12050,NULL);
CREATE INDEX fact_of_subject ON fact (subject, hlc, origin, origin_seq);
CREATE INDEX fact_of_scan ON fact (scan_id);
CREATE TRIGGER fact_is_not_edited BEFORE UPDATE ON fact BEGIN SELECT RAISE(ABORT, 'facts are never edited'); END;
CREATE TRIGGER fact_is_not_deleted BEFORE DELETE ON fact BEGIN SELECT RAISE(ABORT, 'facts are never deleted'); END;
CREATE INDEX subject_by_seq ON subject (seq);
CREATE INDEX asset_of_kit ON asset (kit) WHERE kit IS NOT NULL;
CREATE INDEX booking_person_by_booking ON booking_person (booking);
CREATE INDEX tag_of_thing ON tag (thing);
CREATE INDEX custody_out ON custody (due_ms, subject) WHERE out = 1;
CREATE INDEX custody_of_person ON custody (person) WHERE out = 1;
CREATE INDEX badge_of_person ON badge (person);
CREATE INDEX scan_of_thing ON scan (thing, n) WHERE thing IS NOT NULL;
CREATE INDEX scan_of_unknown ON scan (code, n) WHERE verdict = 'unknown-code';
CREATE INDEX scan_of_person ON scan (person) WHERE person IS NOT NULL;
CREATE INDEX asset_of_model ON asset (model) WHERE model IS NOT NULL;
CREATE INDEX asset_of_home ON asset (home) WHERE home IS NOT NULL;
CREATE INDEX asset_by_inspection ON asset (inspection_due_ms) WHERE inspection_due_ms IS NOT NULL;
CREATE INDEX kit_within ON kit (within) WHERE within IS NOT NULL;
CREATE INDEX booking_of_series ON booking (series) WHERE series IS NOT NULL;
CREATE INDEX booking_of_production ON booking (production) WHERE production IS NOT NULL;
CREATE INDEX booking_by_end ON booking (ends_ms);
CREATE INDEX claim_of_booking ON claim (booking);
CREATE INDEX custody_of_booking ON custody (booking) WHERE out = 1 AND booking IS NOT NULL;
CREATE INDEX custody_of_production ON custody (production) WHERE out = 1 AND production IS NOT NULL;
CREATE INDEX custody_of_room ON custody (room) WHERE out = 1 AND room IS NOT NULL;
CREATE INDEX standing_recalled ON standing (subject) WHERE recall_by_ms IS NOT NULL;
CREATE INDEX standing_by_inspection ON standing (inspection_due_ms) WHERE inspection_due_ms IS NOT NULL;
CREATE INDEX standing_lost ON standing (subject) WHERE lost_since_ms IS NOT NULL;
CREATE INDEX job_of_subject ON job (subject);
CREATE INDEX stock_out_of_booking ON stock_out (booking) WHERE booking <> '';
CREATE INDEX stock_out_of_person ON stock_out (person) WHERE person <> '';
CREATE INDEX usage_of_subject ON usage (subject, from_ms);
CREATE INDEX usage_of_production ON usage (production) WHERE production IS NOT NULL;
CREATE INDEX stay_of_person ON stay (subject, from_ms);
CREATE INDEX stay_of_room ON stay (room, from_ms);
CREATE INDEX stay_open ON stay (room) WHERE until_ms IS NULL;
INSERT INTO "sqlite_sequence" VALUES('scan',10);
COMMIT;
PRAGMA user_version=3;
