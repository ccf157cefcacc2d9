-- A ledger of schema 1 with 22 facts, as the program of that schema left it.
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
) STRICT, WITHOUT ROWID;
INSERT INTO "asset" VALUES('cam-1','Sony FX6',NULL,NULL,NULL,'studio-b',NULL,12050,NULL,NULL);
INSERT INTO "asset" VALUES('cam-2','Canon C300',NULL,NULL,NULL,'studio-b',NULL,NULL,NULL,NULL);
INSERT INTO "asset" VALUES('lens-1','35 mm',NULL,NULL,NULL,NULL,'lens-kit',NULL,NULL,NULL);
INSERT INTO "asset" VALUES('lens-2','50 mm',NULL,NULL,NULL,NULL,'lens-kit',NULL,NULL,NULL);
CREATE TABLE badge (code TEXT PRIMARY KEY, person TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "badge" VALUES('B-2','p-2f302c50d855');
INSERT INTO "badge" VALUES('B-1','p-80defbc900eb');
CREATE TABLE booking (
  id         TEXT PRIMARY KEY,
  production TEXT,
  client     TEXT,
  person     TEXT,
  starts_ms  INTEGER NOT NULL,
  ends_ms    INTEGER NOT NULL,
  status     TEXT NOT NULL,
  plan       TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE booking_person (
  person    TEXT NOT NULL,
  booking   TEXT NOT NULL,
  ends_ms   INTEGER NOT NULL,
  PRIMARY KEY (person, ends_ms, booking)
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
INSERT INTO "custody" VALUES('asset/cam-1',1,'p-80defbc900eb',NULL,NULL,NULL,1795572357718,1795485957718,NULL,'fa31c22fadf63318dc4ebd14e8e5bd0e.0','checked-out','cage','p-80defbc900eb',1795485957718);
INSERT INTO "custody" VALUES('asset/cam-2',1,'p-2f302c50d855',NULL,NULL,NULL,1795572358216,1795485958216,NULL,'bbc973342894395cba2edf337524a979.0','checked-out','cage','p-2f302c50d855',1795485958216);
INSERT INTO "custody" VALUES('asset/lens-1',1,'p-80defbc900eb',NULL,NULL,NULL,1795572357835,1795485957835,'lens-kit','d998843147362748b25ad72f88fb4cb9.1','checked-out','cage','p-80defbc900eb',1795485957835);
INSERT INTO "custody" VALUES('asset/lens-2',1,'p-80defbc900eb',NULL,NULL,NULL,1795572357835,1795485957835,'lens-kit','d998843147362748b25ad72f88fb4cb9.2','checked-out','cage','p-80defbc900eb',1795485957835);
INSERT INTO "custody" VALUES('kit/lens-kit',1,'p-80defbc900eb',NULL,NULL,NULL,1795572357835,1795485957835,'lens-kit','d998843147362748b25ad72f88fb4cb9.0','checked-out','cage','p-80defbc900eb',1795485957835);
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
INSERT INTO "fact" VALUES(1,'093cf5ceeaf5d928a3755214b7d5084c.0','093cf5ceeaf5d928a3755214b7d5084c','0dc7dcaefd4c',1,117668967563526144,1795485955254,1,'import',NULL,'room/studio-b','room-registered',1,'{"name":"Studio B"}');
INSERT INTO "fact" VALUES(2,'093cf5ceeaf5d928a3755214b7d5084c.1','093cf5ceeaf5d928a3755214b7d5084c','0dc7dcaefd4c',2,117668967563526145,1795485955254,1,'import',NULL,'tag/RB-1','tag-assigned',1,'{"thing":"room/studio-b"}');
INSERT INTO "fact" VALUES(3,'36f59faff3bbb11258c8f3a70efa09d8.0','36f59faff3bbb11258c8f3a70efa09d8','0dc7dcaefd4c',3,117668967582990336,1795485955551,1,'import',NULL,'kit/lens-kit','kit-registered',1,'{"name":"Lens kit"}');
INSERT INTO "fact" VALUES(4,'36f59faff3bbb11258c8f3a70efa09d8.1','36f59faff3bbb11258c8f3a70efa09d8','0dc7dcaefd4c',4,117668967582990337,1795485955551,1,'import',NULL,'tag/KIT-1','tag-assigned',1,'{"thing":"kit/lens-kit"}');
INSERT INTO "fact" VALUES(5,'efb1c8bed3606262c2aea2d91b487a97.0','efb1c8bed3606262c2aea2d91b487a97','0dc7dcaefd4c',5,117668967653572608,1795485956628,1,'import',NULL,'asset/cam-1','asset-registered',1,'{"day_rate_cents":12050,"home":"studio-b","name":"Sony FX6"}');
INSERT INTO "fact" VALUES(6,'efb1c8bed3606262c2aea2d91b487a97.1','efb1c8bed3606262c2aea2d91b487a97','0dc7dcaefd4c',6,117668967653572609,1795485956628,1,'import',NULL,'tag/CAM-1','tag-assigned',1,'{"thing":"asset/cam-1"}');
INSERT INTO "fact" VALUES(7,'efb1c8bed3606262c2aea2d91b487a97.2','efb1c8bed3606262c2aea2d91b487a97','0dc7dcaefd4c',7,117668967653572610,1795485956628,1,'import',NULL,'asset/cam-2','asset-registered',1,'{"home":"studio-b","name":"Canon C300"}');
INSERT INTO "fact" VALUES(8,'efb1c8bed3606262c2aea2d91b487a97.3','efb1c8bed3606262c2aea2d91b487a97','0dc7dcaefd4c',8,117668967653572611,1795485956628,1,'import',NULL,'tag/CAM-2','tag-assigned',1,'{"thing":"asset/cam-2"}');
INSERT INTO "fact" VALUES(9,'efb1c8bed3606262c2aea2d91b487a97.4','efb1c8bed3606262c2aea2d91b487a97','0dc7dcaefd4c',9,117668967653572612,1795485956628,1,'import',NULL,'asset/lens-1','asset-registered',1,'{"kit":"lens-kit","name":"35 mm"}');
INSERT INTO "fact" VALUES(10,'efb1c8bed3606262c2aea2d91b487a97.5','efb1c8bed3606262c2aea2d91b487a97','0dc7dcaefd4c',10,117668967653572613,1795485956628,1,'import',NULL,'tag/L1','tag-assigned',1,'{"thing":"asset/lens-1"}');
INSERT INTO "fact" VALUES(11,'efb1c8bed3606262c2aea2d91b487a97.6','efb1c8bed3606262c2aea2d91b487a97','0dc7dcaefd4c',11,117668967653572614,1795485956628,1,'import',NULL,'asset/lens-2','asset-registered',1,'{"kit":"lens-kit","name":"50 mm"}');
INSERT INTO "fact" VALUES(12,'efb1c8bed3606262c2aea2d91b487a97.7','efb1c8bed3606262c2aea2d91b487a97','0dc7dcaefd4c',12,117668967653572615,1795485956628,1,'import',NULL,'tag/L2','tag-assigned',1,'{"thing":"asset/lens-2"}');
INSERT INTO "fact" VALUES(13,'dd3f47595d4ffe10ea2a8ceb940a4552.0','dd3f47595d4ffe10ea2a8ceb940a4552','0dc7dcaefd4c',13,117668967682342912,1795485957067,1,'import',NULL,'person/p-80defbc900eb','person-enrolled',1,'{"role":"crew"}');
INSERT INTO "fact" VALUES(14,'dd3f47595d4ffe10ea2a8ceb940a4552.1','dd3f47595d4ffe10ea2a8ceb940a4552','0dc7dcaefd4c',14,117668967682342913,1795485957067,1,'import',NULL,'person/p-2f302c50d855','person-enrolled',1,'{"role":"attendant"}');
INSERT INTO "fact" VALUES(15,'ce421bc1d0def45369ca015e7142defb.0','ce421bc1d0def45369ca015e7142defb','0dc7dcaefd4c',15,117668967703445504,1795485957389,1,'import',NULL,'production/night-bus','production-registered',1,'{"crew":["p-80defbc900eb","p-2f302c50d855"],"ends":"2099-12-31T00:00:00.000Z","stage":"production","starts":"2020-01-01T00:00:00.000Z","title":"Night Bus"}');
INSERT INTO "fact" VALUES(16,'fa31c22fadf63318dc4ebd14e8e5bd0e.0','fa31c22fadf63318dc4ebd14e8e5bd0e','0dc7dcaefd4c',16,117668967725006848,1795485957718,1,'cage','p-80defbc900eb','asset/cam-1','checked-out',1,'{"code":"CAM-1","due":"2026-11-25T02:05:57.718Z","person":"p-80defbc900eb"}');
INSERT INTO "fact" VALUES(17,'d998843147362748b25ad72f88fb4cb9.0','d998843147362748b25ad72f88fb4cb9','0dc7dcaefd4c',17,117668967732674560,1795485957835,1,'cage','p-80defbc900eb','kit/lens-kit','checked-out',1,'{"code":"KIT-1","due":"2026-11-25T02:05:57.835Z","kit":"lens-kit","person":"p-80defbc900eb"}');
INSERT INTO "fact" VALUES(18,'d998843147362748b25ad72f88fb4cb9.1','d998843147362748b25ad72f88fb4cb9','0dc7dcaefd4c',18,117668967732674561,1795485957835,1,'cage','p-80defbc900eb','asset/lens-1','checked-out',1,'{"code":"KIT-1","due":"2026-11-25T02:05:57.835Z","kit":"lens-kit","person":"p-80defbc900eb"}');
INSERT INTO "fact" VALUES(19,'d998843147362748b25ad72f88fb4cb9.2','d998843147362748b25ad72f88fb4cb9','0dc7dcaefd4c',19,117668967732674562,1795485957835,1,'cage','p-80defbc900eb','asset/lens-2','checked-out',1,'{"code":"KIT-1","due":"2026-11-25T02:05:57.835Z","kit":"lens-kit","person":"p-80defbc900eb"}');
INSERT INTO "fact" VALUES(20,'bbc973342894395cba2edf337524a979.0','bbc973342894395cba2edf337524a979','0dc7dcaefd4c',20,117668967757643776,1795485958216,1,'cage','p-2f302c50d855','asset/cam-2','checked-out',1,'{"code":"CAM-2","due":"2026-11-25T02:05:58.216Z","person":"p-2f302c50d855"}');
INSERT INTO "fact" VALUES(21,'ca9e6c5c65fa5a7759f8c6a9a179e653.0','ca9e6c5c65fa5a7759f8c6a9a179e653','0dc7dcaefd4c',21,117668967783202816,1795485958606,1,'cage',NULL,'asset/cam-2','returned',1,'{"code":"CAM-2","due":"2026-11-25T02:05:58.216Z","from":"p-2f302c50d855"}');
INSERT INTO "fact" VALUES(22,'3eca69df0ff8f8952df5054a8bbba5f8.0','3eca69df0ff8f8952df5054a8bbba5f8','0dc7dcaefd4c',22,117668967795064832,1795485958787,1,'cage',NULL,'asset/cam-2','annulled',1,'{"facts":["ca9e6c5c65fa5a7759f8c6a9a179e653.0"]}');
CREATE TABLE identity (
  person TEXT PRIMARY KEY,
  handle TEXT NOT NULL UNIQUE,
  name   TEXT NOT NULL,
  email  TEXT,
  phone  TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO "identity" VALUES('p-2f302c50d855','bob','Person Two',NULL,NULL);
INSERT INTO "identity" VALUES('p-80defbc900eb','ada','Person One',NULL,NULL);
CREATE TABLE kit (id TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "kit" VALUES('lens-kit','Lens kit');
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('origin','0dc7dcaefd4c');
INSERT INTO "meta" VALUES('stopped','in order');
CREATE TABLE person (
  id              TEXT PRIMARY KEY,
  role            TEXT NOT NULL,
  active_until_ms INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO "person" VALUES('p-2f302c50d855','attendant',NULL);
INSERT INTO "person" VALUES('p-80defbc900eb','crew',NULL);
CREATE TABLE production (
  id           TEXT PRIMARY KEY,
  title        TEXT NOT NULL,
  client       TEXT,
  stage        TEXT NOT NULL,
  starts_ms    INTEGER NOT NULL,
  ends_ms      INTEGER NOT NULL,
  budget_cents INTEGER,
  crew         TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "production" VALUES('night-bus','Night Bus',NULL,'production',1577836800000,4102358400000,NULL,'["p-80defbc900eb","p-2f302c50d855"]');
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
INSERT INTO "scan" VALUES(1,'5a819f4d73d5aa0483128f854552a474',1795485957546,'cage',NULL,'5a819f4d73d5aa0483128f854552a474',NULL,'p-80defbc900eb',NULL,'done','code-is-person','Hello: scan gear',1);
INSERT INTO "scan" VALUES(2,'fa31c22fadf63318dc4ebd14e8e5bd0e',1795485957718,'cage',NULL,'5a819f4d73d5aa0483128f854552a474','CAM-1',NULL,'asset/cam-1','done','checked-out','Out: Sony FX6, due Wed 02:05',1);
INSERT INTO "scan" VALUES(3,'d998843147362748b25ad72f88fb4cb9',1795485957835,'cage',NULL,'5a819f4d73d5aa0483128f854552a474','KIT-1',NULL,'kit/lens-kit','done','checked-out','Out: Lens kit, due Wed 02:05',1);
INSERT INTO "scan" VALUES(4,'9a7fe363bbca2c3376dacb2919fb7702',1795485957966,'cage',NULL,'5a819f4d73d5aa0483128f854552a474','CK:DONE',NULL,NULL,'done','session-closed','Done',1);
INSERT INTO "scan" VALUES(5,'39943870221295d1e765457e9673d255',1795485958082,'cage',NULL,'39943870221295d1e765457e9673d255',NULL,'p-2f302c50d855',NULL,'done','code-is-person','Hello: scan gear',1);
INSERT INTO "scan" VALUES(6,'bbc973342894395cba2edf337524a979',1795485958216,'cage',NULL,'39943870221295d1e765457e9673d255','CAM-2',NULL,'asset/cam-2','done','checked-out','Out: Canon C300, due Wed 02:05',1);
INSERT INTO "scan" VALUES(7,'cf0655d0dca4ba797542da578399beb5',1795485958354,'cage',NULL,'39943870221295d1e765457e9673d255','CK:DONE',NULL,NULL,'done','session-closed','Done',1);
INSERT INTO "scan" VALUES(8,'8c80a8cb10d2642eb368a220fdc3ac2d',1795485958485,'cage',NULL,NULL,'NOBODY',NULL,NULL,'refused','unknown-code','Unknown code: kept for the attendant',1);
INSERT INTO "scan" VALUES(9,'ca9e6c5c65fa5a7759f8c6a9a179e653',1795485958606,'cage',NULL,'ca9e6c5c65fa5a7759f8c6a9a179e653','CAM-2',NULL,'asset/cam-2','done','returned','Back: Canon C300',1);
INSERT INTO "scan" VALUES(10,'3eca69df0ff8f8952df5054a8bbba5f8',1795485958787,'cage',NULL,'ca9e6c5c65fa5a7759f8c6a9a179e653','CK:UNDO',NULL,NULL,'done','undone','Undone: Canon C300',1);
CREATE TABLE session (station TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "session" VALUES('cage','{"id":"ca9e6c5c65fa5a7759f8c6a9a179e653","person":null,"production":null,"booking":null,"without_booking":false,"room":null,"mode":"toggle","learned":null,"last_thing":null,"brought_back":[],"pending":null,"scans":[],"confirmed_turn":null,"last_at":"2026-11-24T02:05:58.787Z","turn":10}');
CREATE TABLE subject (
  subject    TEXT PRIMARY KEY,
  hlc        INTEGER NOT NULL,
  origin     TEXT NOT NULL,
  origin_seq INTEGER NOT NULL,
  seq        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "subject" VALUES('asset/cam-1',117668967725006848,'0dc7dcaefd4c',16,16);
INSERT INTO "subject" VALUES('asset/cam-2',117668967795064832,'0dc7dcaefd4c',22,22);
INSERT INTO "subject" VALUES('asset/lens-1',117668967732674561,'0dc7dcaefd4c',18,18);
INSERT INTO "subject" VALUES('asset/lens-2',117668967732674562,'0dc7dcaefd4c',19,19);
INSERT INTO "subject" VALUES('kit/lens-kit',117668967732674560,'0dc7dcaefd4c',17,17);
INSERT INTO "subject" VALUES('person/p-2f302c50d855',117668967682342913,'0dc7dcaefd4c',14,14);
INSERT INTO "subject" VALUES('person/p-80defbc900eb',117668967682342912,'0dc7dcaefd4c',13,13);
INSERT INTO "subject" VALUES('production/night-bus',117668967703445504,'0dc7dcaefd4c',15,15);
INSERT INTO "subject" VALUES('room/studio-b',117668967563526144,'0dc7dcaefd4c',1,1);
INSERT INTO "subject" VALUES('tag/CAM-1',117668967653572609,'0dc7dcaefd4c',6,6);
INSERT INTO "subject" VALUES('tag/CAM-2',117668967653572611,'0dc7dcaefd4c',8,8);
INSERT INTO "subject" VALUES('tag/KIT-1',117668967582990337,'0dc7dcaefd4c',4,4);
INSERT INTO "subject" VALUES('tag/L1',117668967653572613,'0dc7dcaefd4c',10,10);
INSERT INTO "subject" VALUES('tag/L2',117668967653572615,'0dc7dcaefd4c',12,12);
INSERT INTO "subject" VALUES('tag/RB-1',117668967563526145,'0dc7dcaefd4c',2,2);
CREATE TABLE tag (code TEXT NOT NULL, thing TEXT NOT NULL, PRIMARY KEY (code, thing)) STRICT, WITHOUT ROWID;
INSERT INTO "tag" VALUES('CAM-1','asset/cam-1');
INSERT INTO "tag" VALUES('CAM-2','asset/cam-2');
INSERT INTO "tag" VALUES('L1','asset/lens-1');
INSERT INTO "tag" VALUES('L2','asset/lens-2');
INSERT INTO "tag" VALUES('KIT-1','kit/lens-kit');
INSERT INTO "tag" VALUES('RB-1','room/studio-b');
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
INSERT INTO "sqlite_sequence" VALUES('scan',10);
COMMIT;
PRAGMA user_version=1;
