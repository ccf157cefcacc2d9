-- A ledger of schema 2 with 23 facts, as the program of that schema left it.
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
INSERT INTO "badge" VALUES('B-1','p-9d1ed07cbb37');
INSERT INTO "badge" VALUES('B-2','p-d60777dfe7af');
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
INSERT INTO "booking" VALUES('bk-1','night-bus',NULL,'p-9d1ed07cbb37',1577836800000,4102358400000,'confirmed','{"production":"night-bus","person":"p-9d1ed07cbb37","assets":["cam-1"],"kits":["lens-kit"],"starts":"2020-01-01T00:00:00.000Z","ends":"2099-12-31T00:00:00.000Z","status":"confirmed"}',NULL);
CREATE TABLE booking_person (
  person    TEXT NOT NULL,
  booking   TEXT NOT NULL,
  ends_ms   INTEGER NOT NULL,
  PRIMARY KEY (person, ends_ms, booking)
) STRICT, WITHOUT ROWID;
INSERT INTO "booking_person" VALUES('p-9d1ed07cbb37','bk-1',4102358400000);
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
INSERT INTO "custody" VALUES('asset/cam-1',1,'p-9d1ed07cbb37','night-bus','bk-1',NULL,4102358400000,1795485962167,NULL,'67fb2ef02e986c03fe2499e4c7a287b4.0','checked-out','cage','p-9d1ed07cbb37',1795485962167);
INSERT INTO "custody" VALUES('asset/cam-2',1,'p-d60777dfe7af',NULL,NULL,NULL,1795572362684,1795485962684,NULL,'848bc143a2168332c4827373d54c9f33.0','checked-out','cage','p-d60777dfe7af',1795485962684);
INSERT INTO "custody" VALUES('asset/lens-1',1,'p-9d1ed07cbb37','night-bus','bk-1',NULL,4102358400000,1795485962391,'lens-kit','aeb70fb93eab3ead3d298fd102144f49.1','checked-out','cage','p-9d1ed07cbb37',1795485962391);
INSERT INTO "custody" VALUES('asset/lens-2',1,'p-9d1ed07cbb37','night-bus','bk-1',NULL,4102358400000,1795485962391,'lens-kit','aeb70fb93eab3ead3d298fd102144f49.2','checked-out','cage','p-9d1ed07cbb37',1795485962391);
INSERT INTO "custody" VALUES('kit/lens-kit',1,'p-9d1ed07cbb37','night-bus','bk-1',NULL,4102358400000,1795485962391,'lens-kit','aeb70fb93eab3ead3d298fd102144f49.0','checked-out','cage','p-9d1ed07cbb37',1795485962391);
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
INSERT INTO "fact" VALUES(1,'aff53a5585de30c2958a15de4e5b240c.0','aff53a5585de30c2958a15de4e5b240c','1c3154e44405',1,117668967893893120,1795485960295,1,'import',NULL,'room/studio-b','room-registered',1,'{"name":"Studio B"}');
INSERT INTO "fact" VALUES(2,'aff53a5585de30c2958a15de4e5b240c.1','aff53a5585de30c2958a15de4e5b240c','1c3154e44405',2,117668967893893121,1795485960295,1,'import',NULL,'tag/RB-1','tag-assigned',1,'{"thing":"room/studio-b"}');
INSERT INTO "fact" VALUES(3,'b07ce74a757c14dbcd21ff290f265a85.0','b07ce74a757c14dbcd21ff290f265a85','1c3154e44405',3,117668967910473728,1795485960548,1,'import',NULL,'kit/lens-kit','kit-registered',1,'{"name":"Lens kit"}');
INSERT INTO "fact" VALUES(4,'b07ce74a757c14dbcd21ff290f265a85.1','b07ce74a757c14dbcd21ff290f265a85','1c3154e44405',4,117668967910473729,1795485960548,1,'import',NULL,'tag/KIT-1','tag-assigned',1,'{"thing":"kit/lens-kit"}');
INSERT INTO "fact" VALUES(5,'12e0ec45a2f33bf95f3fac894484fa12.0','12e0ec45a2f33bf95f3fac894484fa12','1c3154e44405',5,117668967923843072,1795485960752,1,'import',NULL,'asset/cam-1','asset-registered',1,'{"day_rate_cents":12050,"home":"studio-b","name":"Sony FX6"}');
INSERT INTO "fact" VALUES(6,'12e0ec45a2f33bf95f3fac894484fa12.1','12e0ec45a2f33bf95f3fac894484fa12','1c3154e44405',6,117668967923843073,1795485960752,1,'import',NULL,'tag/CAM-1','tag-assigned',1,'{"thing":"asset/cam-1"}');
INSERT INTO "fact" VALUES(7,'12e0ec45a2f33bf95f3fac894484fa12.2','12e0ec45a2f33bf95f3fac894484fa12','1c3154e44405',7,117668967923843074,1795485960752,1,'import',NULL,'asset/cam-2','asset-registered',1,'{"home":"studio-b","name":"Canon C300"}');
INSERT INTO "fact" VALUES(8,'12e0ec45a2f33bf95f3fac894484fa12.3','12e0ec45a2f33bf95f3fac894484fa12','1c3154e44405',8,117668967923843075,1795485960752,1,'import',NULL,'tag/CAM-2','tag-assigned',1,'{"thing":"asset/cam-2"}');
INSERT INTO "fact" VALUES(9,'12e0ec45a2f33bf95f3fac894484fa12.4','12e0ec45a2f33bf95f3fac894484fa12','1c3154e44405',9,117668967923843076,1795485960752,1,'import',NULL,'asset/lens-1','asset-registered',1,'{"kit":"lens-kit","name":"35 mm"}');
INSERT INTO "fact" VALUES(10,'12e0ec45a2f33bf95f3fac894484fa12.5','12e0ec45a2f33bf95f3fac894484fa12','1c3154e44405',10,117668967923843077,1795485960752,1,'import',NULL,'tag/L1','tag-assigned',1,'{"thing":"asset/lens-1"}');
INSERT INTO "fact" VALUES(11,'12e0ec45a2f33bf95f3fac894484fa12.6','12e0ec45a2f33bf95f3fac894484fa12','1c3154e44405',11,117668967923843078,1795485960752,1,'import',NULL,'asset/lens-2','asset-registered',1,'{"kit":"lens-kit","name":"50 mm"}');
INSERT INTO "fact" VALUES(12,'12e0ec45a2f33bf95f3fac894484fa12.7','12e0ec45a2f33bf95f3fac894484fa12','1c3154e44405',12,117668967923843079,1795485960752,1,'import',NULL,'tag/L2','tag-assigned',1,'{"thing":"asset/lens-2"}');
INSERT INTO "fact" VALUES(13,'7bc54d6e8158fd6821125dc5f76d3d38.0','7bc54d6e8158fd6821125dc5f76d3d38','1c3154e44405',13,117668967942455296,1795485961036,1,'import',NULL,'person/p-9d1ed07cbb37','person-enrolled',1,'{"role":"crew"}');
INSERT INTO "fact" VALUES(14,'7bc54d6e8158fd6821125dc5f76d3d38.1','7bc54d6e8158fd6821125dc5f76d3d38','1c3154e44405',14,117668967942455297,1795485961036,1,'import',NULL,'person/p-d60777dfe7af','person-enrolled',1,'{"role":"attendant"}');
INSERT INTO "fact" VALUES(15,'b1f340136dc3a4675199efc53797a953.0','b1f340136dc3a4675199efc53797a953','1c3154e44405',15,117668967969193984,1795485961444,1,'import',NULL,'production/night-bus','production-registered',1,'{"crew":["p-9d1ed07cbb37","p-d60777dfe7af"],"ends":"2099-12-31T00:00:00.000Z","stage":"production","starts":"2020-01-01T00:00:00.000Z","title":"Night Bus"}');
INSERT INTO "fact" VALUES(16,'9a81c64bed773b21919389989d8f13fc.0','9a81c64bed773b21919389989d8f13fc','1c3154e44405',16,117668967984660480,1795485961680,1,'import',NULL,'booking/bk-1','booking-made',1,'{"assets":["cam-1"],"ends":"2099-12-31T00:00:00.000Z","kits":["lens-kit"],"person":"p-9d1ed07cbb37","production":"night-bus","starts":"2020-01-01T00:00:00.000Z","status":"confirmed"}');
INSERT INTO "fact" VALUES(17,'67fb2ef02e986c03fe2499e4c7a287b4.0','67fb2ef02e986c03fe2499e4c7a287b4','1c3154e44405',17,117668968016576512,1795485962167,1,'cage','p-9d1ed07cbb37','asset/cam-1','checked-out',1,'{"booking":"bk-1","code":"CAM-1","due":"2099-12-31T00:00:00.000Z","person":"p-9d1ed07cbb37","production":"night-bus"}');
INSERT INTO "fact" VALUES(18,'aeb70fb93eab3ead3d298fd102144f49.0','aeb70fb93eab3ead3d298fd102144f49','1c3154e44405',18,117668968031256576,1795485962391,1,'cage','p-9d1ed07cbb37','kit/lens-kit','checked-out',1,'{"booking":"bk-1","code":"KIT-1","due":"2099-12-31T00:00:00.000Z","kit":"lens-kit","person":"p-9d1ed07cbb37","production":"night-bus"}');
INSERT INTO "fact" VALUES(19,'aeb70fb93eab3ead3d298fd102144f49.1','aeb70fb93eab3ead3d298fd102144f49','1c3154e44405',19,117668968031256577,1795485962391,1,'cage','p-9d1ed07cbb37','asset/lens-1','checked-out',1,'{"booking":"bk-1","code":"KIT-1","due":"2099-12-31T00:00:00.000Z","kit":"lens-kit","person":"p-9d1ed07cbb37","production":"night-bus"}');
INSERT INTO "fact" VALUES(20,'aeb70fb93eab3ead3d298fd102144f49.2','aeb70fb93eab3ead3d298fd102144f49','1c3154e44405',20,117668968031256578,1795485962391,1,'cage','p-9d1ed07cbb37','asset/lens-2','checked-out',1,'{"booking":"bk-1","code":"KIT-1","due":"2099-12-31T00:00:00.000Z","kit":"lens-kit","person":"p-9d1ed07cbb37","production":"night-bus"}');
INSERT INTO "fact" VALUES(21,'848bc143a2168332c4827373d54c9f33.0','848bc143a2168332c4827373d54c9f33','1c3154e44405',21,117668968050458624,1795485962684,1,'cage','p-d60777dfe7af','asset/cam-2','checked-out',1,'{"code":"CAM-2","due":"2026-11-25T02:06:02.684Z","person":"p-d60777dfe7af"}');
INSERT INTO "fact" VALUES(22,'5cb899aaf1bac6c579b6a55766c07503.0','5cb899aaf1bac6c579b6a55766c07503','1c3154e44405',22,117668968104656896,1795485963511,1,'cage',NULL,'asset/cam-2','returned',1,'{"code":"CAM-2","due":"2026-11-25T02:06:02.684Z","from":"p-d60777dfe7af"}');
INSERT INTO "fact" VALUES(23,'1b5f6a242054c32ff86df83a85f13470.0','1b5f6a242054c32ff86df83a85f13470','1c3154e44405',23,117668968132378624,1795485963934,1,'cage',NULL,'asset/cam-2','annulled',1,'{"facts":["5cb899aaf1bac6c579b6a55766c07503.0"]}');
CREATE TABLE identity (
  person TEXT PRIMARY KEY,
  handle TEXT NOT NULL UNIQUE,
  name   TEXT NOT NULL,
  email  TEXT,
  phone  TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO "identity" VALUES('p-9d1ed07cbb37','ada','Person One',NULL,NULL);
INSERT INTO "identity" VALUES('p-d60777dfe7af','bob','Person Two',NULL,NULL);
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
INSERT INTO "meta" VALUES('folded','2');
INSERT INTO "meta" VALUES('origin','1c3154e44405');
INSERT INTO "meta" VALUES('stopped','in order');
CREATE TABLE note (fact TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE person (
  id              TEXT PRIMARY KEY,
  role            TEXT NOT NULL,
  active_until_ms INTEGER
, also TEXT NOT NULL DEFAULT '[]', suspended TEXT, certificates TEXT NOT NULL DEFAULT '[]') STRICT, WITHOUT ROWID;
INSERT INTO "person" VALUES('p-9d1ed07cbb37','crew',NULL,'[]',NULL,'[]');
INSERT INTO "person" VALUES('p-d60777dfe7af','attendant',NULL,'[]',NULL,'[]');
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
INSERT INTO "production" VALUES('night-bus','Night Bus',NULL,'production',1577836800000,4102358400000,NULL,'["p-9d1ed07cbb37","p-d60777dfe7af"]','{}','{}');
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
INSERT INTO "scan" VALUES(1,'d2d6b7ec5805587cbe0fe862f6725459',1795485961987,'cage',NULL,'d2d6b7ec5805587cbe0fe862f6725459',NULL,'p-9d1ed07cbb37',NULL,'done','code-is-person','Hello: scan gear for your booking',1);
INSERT INTO "scan" VALUES(2,'67fb2ef02e986c03fe2499e4c7a287b4',1795485962167,'cage',NULL,'d2d6b7ec5805587cbe0fe862f6725459','CAM-1',NULL,'asset/cam-1','done','checked-out','Out: Sony FX6, due 31 Dec 2099 00:00',1);
INSERT INTO "scan" VALUES(3,'aeb70fb93eab3ead3d298fd102144f49',1795485962391,'cage',NULL,'d2d6b7ec5805587cbe0fe862f6725459','KIT-1',NULL,'kit/lens-kit','done','checked-out','Out: Lens kit, due 31 Dec 2099 00:00',1);
INSERT INTO "scan" VALUES(4,'3033dbcdeb8b0c1fd58b4c7374f461ca',1795485962438,'cage',NULL,'d2d6b7ec5805587cbe0fe862f6725459','CK:DONE',NULL,NULL,'done','session-closed','Done',1);
INSERT INTO "scan" VALUES(5,'089aa6898769fd0fc04811ad86b9e987',1795485962498,'cage',NULL,'089aa6898769fd0fc04811ad86b9e987',NULL,'p-d60777dfe7af',NULL,'done','code-is-person','Hello: scan gear',1);
INSERT INTO "scan" VALUES(6,'848bc143a2168332c4827373d54c9f33',1795485962684,'cage',NULL,'089aa6898769fd0fc04811ad86b9e987','CAM-2',NULL,'asset/cam-2','done','checked-out','Out: Canon C300, due Wed 02:06',1);
INSERT INTO "scan" VALUES(7,'0d4d6b264fed06144d531466c8036c32',1795485962915,'cage',NULL,'089aa6898769fd0fc04811ad86b9e987','CK:DONE',NULL,NULL,'done','session-closed','Done',1);
INSERT INTO "scan" VALUES(8,'93f4bebfb393432bd982f952c1530321',1795485963167,'cage',NULL,NULL,'NOBODY',NULL,NULL,'refused','unknown-code','Unknown code: kept for the attendant',1);
INSERT INTO "scan" VALUES(9,'5cb899aaf1bac6c579b6a55766c07503',1795485963511,'cage',NULL,'5cb899aaf1bac6c579b6a55766c07503','CAM-2',NULL,'asset/cam-2','done','returned','Back: Canon C300',1);
INSERT INTO "scan" VALUES(10,'1b5f6a242054c32ff86df83a85f13470',1795485963934,'cage',NULL,'5cb899aaf1bac6c579b6a55766c07503','CK:UNDO',NULL,NULL,'done','undone','Undone: Canon C300',1);
CREATE TABLE session (station TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "session" VALUES('cage','{"id":"5cb899aaf1bac6c579b6a55766c07503","person":null,"production":null,"booking":null,"without_booking":false,"room":null,"mode":"toggle","learned":null,"last_thing":"asset/cam-2","brought_back":[{"person":"p-d60777dfe7af"}],"pending":null,"scans":[],"confirmed_turn":null,"last_at":"2026-11-24T02:06:03.934Z","turn":10}');
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
INSERT INTO "subject" VALUES('asset/cam-1',117668968016576512,'1c3154e44405',17,17);
INSERT INTO "subject" VALUES('asset/cam-2',117668968132378624,'1c3154e44405',23,23);
INSERT INTO "subject" VALUES('asset/lens-1',117668968031256577,'1c3154e44405',19,19);
INSERT INTO "subject" VALUES('asset/lens-2',117668968031256578,'1c3154e44405',20,20);
INSERT INTO "subject" VALUES('booking/bk-1',117668967984660480,'1c3154e44405',16,16);
INSERT INTO "subject" VALUES('kit/lens-kit',117668968031256576,'1c3154e44405',18,18);
INSERT INTO "subject" VALUES('person/p-9d1ed07cbb37',117668967942455296,'1c3154e44405',13,13);
INSERT INTO "subject" VALUES('person/p-d60777dfe7af',117668967942455297,'1c3154e44405',14,14);
INSERT INTO "subject" VALUES('production/night-bus',117668967969193984,'1c3154e44405',15,15);
INSERT INTO "subject" VALUES('room/studio-b',117668967893893120,'1c3154e44405',1,1);
INSERT INTO "subject" VALUES('tag/CAM-1',117668967923843073,'1c3154e44405',6,6);
INSERT INTO "subject" VALUES('tag/CAM-2',117668967923843075,'1c3154e44405',8,8);
INSERT INTO "subject" VALUES('tag/KIT-1',117668967910473729,'1c3154e44405',4,4);
INSERT INTO "subject" VALUES('tag/L1',117668967923843077,'1c3154e44405',10,10);
INSERT INTO "subject" VALUES('tag/L2',117668967923843079,'1c3154e44405',12,12);
INSERT INTO "subject" VALUES('tag/RB-1',117668967893893121,'1c3154e44405',2,2);
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
INSERT INTO "usage" VALUES('67fb2ef02e986c03fe2499e4c7a287b4.0','asset/cam-1','p-9d1ed07cbb37','night-bus','bk-1',1795485962167,NULL,4102358400000,1,12050,NULL);
INSERT INTO "usage" VALUES('848bc143a2168332c4827373d54c9f33.0','asset/cam-2','p-d60777dfe7af',NULL,NULL,1795485962684,NULL,1795572362684,1,NULL,NULL);
INSERT INTO "usage" VALUES('aeb70fb93eab3ead3d298fd102144f49.1','asset/lens-1','p-9d1ed07cbb37','night-bus','bk-1',1795485962391,NULL,4102358400000,1,NULL,NULL);
INSERT INTO "usage" VALUES('aeb70fb93eab3ead3d298fd102144f49.2','asset/lens-2','p-9d1ed07cbb37','night-bus','bk-1',1795485962391,NULL,4102358400000,1,NULL,NULL);
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
INSERT INTO "sqlite_sequence" VALUES('scan',10);
COMMIT;
PRAGMA user_version=2;
