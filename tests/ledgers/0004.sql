-- A ledger of schema 4 with 23 facts, as the program of that schema left it.
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
INSERT INTO "badge" VALUES('B-2','p-45bc5542f29a');
INSERT INTO "badge" VALUES('B-1','p-5308735d6dca');
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
INSERT INTO "booking" VALUES('bk-1','night-bus',NULL,'p-5308735d6dca',1577836800000,4102358400000,'confirmed','{"production":"night-bus","person":"p-5308735d6dca","assets":["cam-1"],"kits":["lens-kit"],"starts":"2020-01-01T00:00:00.000Z","ends":"2099-12-31T00:00:00.000Z","status":"confirmed"}',NULL);
CREATE TABLE booking_person (
  person    TEXT NOT NULL,
  booking   TEXT NOT NULL,
  ends_ms   INTEGER NOT NULL,
  PRIMARY KEY (person, ends_ms, booking)
) STRICT, WITHOUT ROWID;
INSERT INTO "booking_person" VALUES('p-5308735d6dca','bk-1',4102358400000);
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
INSERT INTO "custody" VALUES('asset/cam-1',1,'p-5308735d6dca','night-bus','bk-1',NULL,4102358400000,1795485974323,NULL,'eff2cd97c6a3114300c6fe42c9b3037c.0','checked-out','cage','p-5308735d6dca',1795485974323);
INSERT INTO "custody" VALUES('asset/cam-2',1,'p-45bc5542f29a',NULL,NULL,NULL,1795572375695,1795485975695,NULL,'86079b4aaff11491eb09553f797e38ff.0','checked-out','cage','p-45bc5542f29a',1795485975695);
INSERT INTO "custody" VALUES('asset/lens-1',1,'p-5308735d6dca','night-bus','bk-1',NULL,4102358400000,1795485974607,'lens-kit','0c17966b2ed17ad4241efd42e8176e5e.1','checked-out','cage','p-5308735d6dca',1795485974607);
INSERT INTO "custody" VALUES('asset/lens-2',1,'p-5308735d6dca','night-bus','bk-1',NULL,4102358400000,1795485974607,'lens-kit','0c17966b2ed17ad4241efd42e8176e5e.2','checked-out','cage','p-5308735d6dca',1795485974607);
INSERT INTO "custody" VALUES('kit/lens-kit',1,'p-5308735d6dca','night-bus','bk-1',NULL,4102358400000,1795485974607,'lens-kit','0c17966b2ed17ad4241efd42e8176e5e.0','checked-out','cage','p-5308735d6dca',1795485974607);
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
INSERT INTO "fact" VALUES(1,'5e3ccc01cb5d6f058ce2147571288a13.0','5e3ccc01cb5d6f058ce2147571288a13','98bf273c1ae9',1,117668968683470848,1795485972343,1,'import',NULL,'room/studio-b','room-registered',1,'{"name":"Studio B"}');
INSERT INTO "fact" VALUES(2,'5e3ccc01cb5d6f058ce2147571288a13.1','5e3ccc01cb5d6f058ce2147571288a13','98bf273c1ae9',2,117668968683470849,1795485972343,1,'import',NULL,'tag/RB-1','tag-assigned',1,'{"thing":"room/studio-b"}');
INSERT INTO "fact" VALUES(3,'8938c91dff64b292293f9e893688b16d.0','8938c91dff64b292293f9e893688b16d','98bf273c1ae9',3,117668968707129344,1795485972704,1,'import',NULL,'kit/lens-kit','kit-registered',1,'{"name":"Lens kit"}');
INSERT INTO "fact" VALUES(4,'8938c91dff64b292293f9e893688b16d.1','8938c91dff64b292293f9e893688b16d','98bf273c1ae9',4,117668968707129345,1795485972704,1,'import',NULL,'tag/KIT-1','tag-assigned',1,'{"thing":"kit/lens-kit"}');
INSERT INTO "fact" VALUES(5,'c138a75740539949689482087b7b16f8.0','c138a75740539949689482087b7b16f8','98bf273c1ae9',5,117668968722595840,1795485972940,1,'import',NULL,'asset/cam-1','asset-registered',1,'{"day_rate_cents":12050,"home":"studio-b","name":"Sony FX6"}');
INSERT INTO "fact" VALUES(6,'c138a75740539949689482087b7b16f8.1','c138a75740539949689482087b7b16f8','98bf273c1ae9',6,117668968722595841,1795485972940,1,'import',NULL,'tag/CAM-1','tag-assigned',1,'{"thing":"asset/cam-1"}');
INSERT INTO "fact" VALUES(7,'c138a75740539949689482087b7b16f8.2','c138a75740539949689482087b7b16f8','98bf273c1ae9',7,117668968722595842,1795485972940,1,'import',NULL,'asset/cam-2','asset-registered',1,'{"home":"studio-b","name":"Canon C300"}');
INSERT INTO "fact" VALUES(8,'c138a75740539949689482087b7b16f8.3','c138a75740539949689482087b7b16f8','98bf273c1ae9',8,117668968722595843,1795485972940,1,'import',NULL,'tag/CAM-2','tag-assigned',1,'{"thing":"asset/cam-2"}');
INSERT INTO "fact" VALUES(9,'c138a75740539949689482087b7b16f8.4','c138a75740539949689482087b7b16f8','98bf273c1ae9',9,117668968722595844,1795485972940,1,'import',NULL,'asset/lens-1','asset-registered',1,'{"kit":"lens-kit","name":"35 mm"}');
INSERT INTO "fact" VALUES(10,'c138a75740539949689482087b7b16f8.5','c138a75740539949689482087b7b16f8','98bf273c1ae9',10,117668968722595845,1795485972940,1,'import',NULL,'tag/L1','tag-assigned',1,'{"thing":"asset/lens-1"}');
INSERT INTO "fact" VALUES(11,'c138a75740539949689482087b7b16f8.6','c138a75740539949689482087b7b16f8','98bf273c1ae9',11,117668968722595846,1795485972940,1,'import',NULL,'asset/lens-2','asset-registered',1,'{"kit":"lens-kit","name":"50 mm"}');
INSERT INTO "fact" VALUES(12,'c138a75740539949689482087b7b16f8.7','c138a75740539949689482087b7b16f8','98bf273c1ae9',12,117668968722595847,1795485972940,1,'import',NULL,'tag/L2','tag-assigned',1,'{"thing":"asset/lens-2"}');
INSERT INTO "fact" VALUES(13,'c2d5adce2eb25c4fcb88d201542a29b7.0','c2d5adce2eb25c4fcb88d201542a29b7','98bf273c1ae9',13,117668968746975232,1795485973312,1,'import',NULL,'person/p-5308735d6dca','person-enrolled',1,'{"role":"crew"}');
INSERT INTO "fact" VALUES(14,'c2d5adce2eb25c4fcb88d201542a29b7.1','c2d5adce2eb25c4fcb88d201542a29b7','98bf273c1ae9',14,117668968746975233,1795485973312,1,'import',NULL,'person/p-45bc5542f29a','person-enrolled',1,'{"role":"attendant"}');
INSERT INTO "fact" VALUES(15,'2f9d48d821689a6f1e369e947c2b0014.0','2f9d48d821689a6f1e369e947c2b0014','98bf273c1ae9',15,117668968752480256,1795485973396,1,'import',NULL,'production/night-bus','production-registered',1,'{"crew":["p-5308735d6dca","p-45bc5542f29a"],"ends":"2099-12-31T00:00:00.000Z","stage":"production","starts":"2020-01-01T00:00:00.000Z","title":"Night Bus"}');
INSERT INTO "fact" VALUES(16,'43296f2ce018e1480fd23892535d5764.0','43296f2ce018e1480fd23892535d5764','98bf273c1ae9',16,117668968770371584,1795485973669,1,'import',NULL,'booking/bk-1','booking-made',1,'{"assets":["cam-1"],"ends":"2099-12-31T00:00:00.000Z","kits":["lens-kit"],"person":"p-5308735d6dca","production":"night-bus","starts":"2020-01-01T00:00:00.000Z","status":"confirmed"}');
INSERT INTO "fact" VALUES(17,'eff2cd97c6a3114300c6fe42c9b3037c.0','eff2cd97c6a3114300c6fe42c9b3037c','98bf273c1ae9',17,117668968813232128,1795485974323,1,'cage','p-5308735d6dca','asset/cam-1','checked-out',1,'{"booking":"bk-1","code":"CAM-1","due":"2099-12-31T00:00:00.000Z","person":"p-5308735d6dca","production":"night-bus"}');
INSERT INTO "fact" VALUES(18,'0c17966b2ed17ad4241efd42e8176e5e.0','0c17966b2ed17ad4241efd42e8176e5e','98bf273c1ae9',18,117668968831844352,1795485974607,1,'cage','p-5308735d6dca','kit/lens-kit','checked-out',1,'{"booking":"bk-1","code":"KIT-1","due":"2099-12-31T00:00:00.000Z","kit":"lens-kit","person":"p-5308735d6dca","production":"night-bus"}');
INSERT INTO "fact" VALUES(19,'0c17966b2ed17ad4241efd42e8176e5e.1','0c17966b2ed17ad4241efd42e8176e5e','98bf273c1ae9',19,117668968831844353,1795485974607,1,'cage','p-5308735d6dca','asset/lens-1','checked-out',1,'{"booking":"bk-1","code":"KIT-1","due":"2099-12-31T00:00:00.000Z","kit":"lens-kit","person":"p-5308735d6dca","production":"night-bus"}');
INSERT INTO "fact" VALUES(20,'0c17966b2ed17ad4241efd42e8176e5e.2','0c17966b2ed17ad4241efd42e8176e5e','98bf273c1ae9',20,117668968831844354,1795485974607,1,'cage','p-5308735d6dca','asset/lens-2','checked-out',1,'{"booking":"bk-1","code":"KIT-1","due":"2099-12-31T00:00:00.000Z","kit":"lens-kit","person":"p-5308735d6dca","production":"night-bus"}');
INSERT INTO "fact" VALUES(21,'86079b4aaff11491eb09553f797e38ff.0','86079b4aaff11491eb09553f797e38ff','98bf273c1ae9',21,117668968903147520,1795485975695,1,'cage','p-45bc5542f29a','asset/cam-2','checked-out',1,'{"code":"CAM-2","due":"2026-11-25T02:06:15.695Z","person":"p-45bc5542f29a"}');
INSERT INTO "fact" VALUES(22,'530d237dc68e0f6b2e9eb234bb0f350a.0','530d237dc68e0f6b2e9eb234bb0f350a','98bf273c1ae9',22,117668968972812288,1795485976758,1,'cage',NULL,'asset/cam-2','returned',1,'{"code":"CAM-2","due":"2026-11-25T02:06:15.695Z","from":"p-45bc5542f29a"}');
INSERT INTO "fact" VALUES(23,'a426a4efedc30333ea0774033fd7f230.0','a426a4efedc30333ea0774033fd7f230','98bf273c1ae9',23,117668969006891008,1795485977278,1,'cage',NULL,'asset/cam-2','annulled',1,'{"facts":["530d237dc68e0f6b2e9eb234bb0f350a.0"]}');
CREATE TABLE identity (
  person TEXT PRIMARY KEY,
  handle TEXT NOT NULL UNIQUE,
  name   TEXT NOT NULL,
  email  TEXT,
  phone  TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO "identity" VALUES('p-45bc5542f29a','bob','Person Two',NULL,NULL);
INSERT INTO "identity" VALUES('p-5308735d6dca','ada','Person One',NULL,NULL);
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
INSERT INTO "meta" VALUES('folded','4');
INSERT INTO "meta" VALUES('origin','98bf273c1ae9');
INSERT INTO "meta" VALUES('stopped','in order');
CREATE TABLE note (fact TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE person (
  id              TEXT PRIMARY KEY,
  role            TEXT NOT NULL,
  active_until_ms INTEGER
, also TEXT NOT NULL DEFAULT '[]', suspended TEXT, certificates TEXT NOT NULL DEFAULT '[]') STRICT, WITHOUT ROWID;
INSERT INTO "person" VALUES('p-45bc5542f29a','attendant',NULL,'[]',NULL,'[]');
INSERT INTO "person" VALUES('p-5308735d6dca','crew',NULL,'[]',NULL,'[]');
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
INSERT INTO "production" VALUES('night-bus','Night Bus',NULL,'production',1577836800000,4102358400000,NULL,'["p-5308735d6dca","p-45bc5542f29a"]','{}','{}');
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
INSERT INTO "scan" VALUES(1,'91200e8024d1614d3959160ff42ec69c',1795485973914,'cage',NULL,'91200e8024d1614d3959160ff42ec69c',NULL,'p-5308735d6dca',NULL,'done','code-is-person','Hello: scan gear for your booking',1);
INSERT INTO "scan" VALUES(2,'eff2cd97c6a3114300c6fe42c9b3037c',1795485974323,'cage',NULL,'91200e8024d1614d3959160ff42ec69c','CAM-1',NULL,'asset/cam-1','done','checked-out','Out: Sony FX6, due 31 Dec 2099 00:00',1);
INSERT INTO "scan" VALUES(3,'0c17966b2ed17ad4241efd42e8176e5e',1795485974607,'cage',NULL,'91200e8024d1614d3959160ff42ec69c','KIT-1',NULL,'kit/lens-kit','done','checked-out','Out: Lens kit, due 31 Dec 2099 00:00',1);
INSERT INTO "scan" VALUES(4,'ce0e88f6377b979198d4c00e2f1a3849',1795485975122,'cage',NULL,'91200e8024d1614d3959160ff42ec69c','CK:DONE',NULL,NULL,'done','session-closed','Done',1);
INSERT INTO "scan" VALUES(5,'f3e924110998eff4afb1e7963a7ab7fd',1795485975461,'cage',NULL,'f3e924110998eff4afb1e7963a7ab7fd',NULL,'p-45bc5542f29a',NULL,'done','code-is-person','Hello: scan gear',1);
INSERT INTO "scan" VALUES(6,'86079b4aaff11491eb09553f797e38ff',1795485975695,'cage',NULL,'f3e924110998eff4afb1e7963a7ab7fd','CAM-2',NULL,'asset/cam-2','done','checked-out','Out: Canon C300, due Wed 02:06',1);
INSERT INTO "scan" VALUES(7,'f5c934d72edcc0ab6805d66e2f7d70a4',1795485976062,'cage',NULL,'f3e924110998eff4afb1e7963a7ab7fd','CK:DONE',NULL,NULL,'done','session-closed','Done',1);
INSERT INTO "scan" VALUES(8,'05ffad38f846a285148333e574110eae',1795485976423,'cage',NULL,NULL,'NOBODY',NULL,NULL,'refused','unknown-code','Unknown code: kept for the attendant',1);
INSERT INTO "scan" VALUES(9,'530d237dc68e0f6b2e9eb234bb0f350a',1795485976758,'cage',NULL,'530d237dc68e0f6b2e9eb234bb0f350a','CAM-2',NULL,'asset/cam-2','done','returned','Back: Canon C300',1);
INSERT INTO "scan" VALUES(10,'a426a4efedc30333ea0774033fd7f230',1795485977278,'cage',NULL,'530d237dc68e0f6b2e9eb234bb0f350a','CK:UNDO',NULL,NULL,'done','undone','Undone: Canon C300',1);
CREATE TABLE session (station TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "session" VALUES('cage','{"id":"530d237dc68e0f6b2e9eb234bb0f350a","person":null,"production":null,"booking":null,"without_booking":false,"room":null,"mode":"toggle","learned":null,"last_thing":"asset/cam-2","brought_back":[{"person":"p-45bc5542f29a"}],"pending":null,"scans":[],"confirmed_turn":null,"last_at":"2026-11-24T02:06:17.278Z","turn":10,"counting":null}');
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
, missing_since_ms INTEGER, missed_in TEXT) STRICT, WITHOUT ROWID;
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
INSERT INTO "subject" VALUES('asset/cam-1',117668968813232128,'98bf273c1ae9',17,17);
INSERT INTO "subject" VALUES('asset/cam-2',117668969006891008,'98bf273c1ae9',23,23);
INSERT INTO "subject" VALUES('asset/lens-1',117668968831844353,'98bf273c1ae9',19,19);
INSERT INTO "subject" VALUES('asset/lens-2',117668968831844354,'98bf273c1ae9',20,20);
INSERT INTO "subject" VALUES('booking/bk-1',117668968770371584,'98bf273c1ae9',16,16);
INSERT INTO "subject" VALUES('kit/lens-kit',117668968831844352,'98bf273c1ae9',18,18);
INSERT INTO "subject" VALUES('person/p-45bc5542f29a',117668968746975233,'98bf273c1ae9',14,14);
INSERT INTO "subject" VALUES('person/p-5308735d6dca',117668968746975232,'98bf273c1ae9',13,13);
INSERT INTO "subject" VALUES('production/night-bus',117668968752480256,'98bf273c1ae9',15,15);
INSERT INTO "subject" VALUES('room/studio-b',117668968683470848,'98bf273c1ae9',1,1);
INSERT INTO "subject" VALUES('tag/CAM-1',117668968722595841,'98bf273c1ae9',6,6);
INSERT INTO "subject" VALUES('tag/CAM-2',117668968722595843,'98bf273c1ae9',8,8);
INSERT INTO "subject" VALUES('tag/KIT-1',117668968707129345,'98bf273c1ae9',4,4);
INSERT INTO "subject" VALUES('tag/L1',117668968722595845,'98bf273c1ae9',10,10);
INSERT INTO "subject" VALUES('tag/L2',117668968722595847,'98bf273c1ae9',12,12);
INSERT INTO "subject" VALUES('tag/RB-1',117668968683470849,'98bf273c1ae9',2,2);
CREATE TABLE tag (code TEXT NOT NULL, thing TEXT NOT NULL, PRIMARY KEY (code, thing)) STRICT, WITHOUT ROWID;
INSERT INTO "tag" VALUES('CAM-1','asset/cam-1');
INSERT INTO "tag" VALUES('CAM-2','asset/cam-2');
INSERT INTO "tag" VALUES('L1','asset/lens-1');
INSERT INTO "tag" VALUES('L2','asset/lens-2');
INSERT INTO "tag" VALUES('KIT-1','kit/lens-kit');
INSERT INTO "tag" VALUES('RB-1','room/studio-b');
CREATE TABLE unsettled (
  count   TEXT PRIMARY KEY,
  scan    TEXT NOT NULL,
  station TEXT NOT NULL,
  actor   TEXT,
  at_ms   INTEGER NOT NULL,
  trusted INTEGER NOT NULL CHECK (trusted IN (0, 1)),
  after   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
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
INSERT INTO "usage" VALUES('0c17966b2ed17ad4241efd42e8176e5e.1','asset/lens-1','p-5308735d6dca','night-bus','bk-1',1795485974607,NULL,4102358400000,1,NULL,NULL);
INSERT INTO "usage" VALUES('0c17966b2ed17ad4241efd42e8176e5e.2','asset/lens-2','p-5308735d6dca','night-bus','bk-1',1795485974607,NULL,4102358400000,1,NULL,NULL);
INSERT INTO "usage" VALUES('86079b4aaff11491eb09553f797e38ff.0','asset/cam-2','p-45bc5542f29a',NULL,NULL,1795485975695,NULL,1795572375695,1,NULL,NULL);
INSERT INTO "usage" VALUES('eff2cd97c6a3114300c6fe42c9b3037c.0','asset/cam-1','p-5308735d6dca','night-bus','bk-1',1795485974323,NULL,4102358400000,1,12050,NULL);
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
CREATE INDEX count_open ON count (begun_hlc) WHERE ended_ms IS NULL;
CREATE INDEX count_of_room ON count (room, begun_hlc);
CREATE INDEX counted_in ON counted (count, counted_as);
CREATE INDEX standing_missing ON standing (subject) WHERE missing_since_ms IS NOT NULL;
CREATE INDEX standing_missed_in ON standing (missed_in) WHERE missed_in IS NOT NULL;
CREATE INDEX stock_of_home ON stock (home) WHERE home IS NOT NULL;
INSERT INTO "sqlite_sequence" VALUES('scan',10);
COMMIT;
PRAGMA user_version=4;
