-- A ledger of schema 5 with 32 facts, as the program of that schema left it.
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
INSERT INTO "asset" VALUES('cam-1','Sony FX6',NULL,NULL,NULL,'cage',NULL,NULL,NULL,NULL,'free','[]',NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "asset" VALUES('cam-2','Canon C70',NULL,NULL,NULL,'cage',NULL,NULL,NULL,NULL,'free','[]',NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "asset" VALUES('lens-1','Prime 35',NULL,NULL,NULL,NULL,'lens-kit',NULL,NULL,NULL,'free','[]',NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "asset" VALUES('lens-2','Prime 50',NULL,NULL,NULL,NULL,'lens-kit',NULL,NULL,NULL,'free','[]',NULL,NULL,NULL,NULL,NULL,0);
CREATE TABLE badge (code TEXT PRIMARY KEY, person TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "badge" VALUES('B-2','p-0b525c14566c');
INSERT INTO "badge" VALUES('B-1','p-ae637c0437ec');
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
INSERT INTO "booking" VALUES('bk-1',NULL,NULL,'p-ae637c0437ec',1795484015315,1795505615315,'confirmed','{"person":"p-ae637c0437ec","rooms":["studio-b"],"assets":["cam-1"],"kits":["lens-kit"],"starts":"2026-11-24T01:33:35.315Z","ends":"2026-11-24T07:33:35.315Z","status":"confirmed"}',NULL);
CREATE TABLE booking_person (
  person    TEXT NOT NULL,
  booking   TEXT NOT NULL,
  ends_ms   INTEGER NOT NULL,
  PRIMARY KEY (person, ends_ms, booking)
) STRICT, WITHOUT ROWID;
INSERT INTO "booking_person" VALUES('p-ae637c0437ec','bk-1',1795505615315);
CREATE TABLE claim (
  resource  TEXT NOT NULL,
  until_ms  INTEGER NOT NULL,
  booking   TEXT NOT NULL,
  from_ms   INTEGER NOT NULL,
  count     INTEGER NOT NULL,
  confirmed INTEGER NOT NULL CHECK (confirmed IN (0, 1)),
  PRIMARY KEY (resource, until_ms, booking)
) STRICT, WITHOUT ROWID;
INSERT INTO "claim" VALUES('asset/cam-1',1795505615315,'bk-1',1795484015315,1,1);
INSERT INTO "claim" VALUES('kit/lens-kit',1795505615315,'bk-1',1795484015315,1,1);
INSERT INTO "claim" VALUES('room/studio-b',1795505615315,'bk-1',1795484015315,1,1);
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
INSERT INTO "count" VALUES('c-d5e9c1d806e5','cage','control',NULL,1795487617873,117669076524924928,'c3a8b1e796982a2a4276d5e9c1d806e5',1795487618032,'ended',0,0,0,0,0);
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
INSERT INTO "custody" VALUES('asset/cam-1',0,NULL,NULL,NULL,NULL,NULL,1795487617962,NULL,'4c4b2b862eceba17898eddcdc32c49de.0','returned','cage',NULL,1795487617962);
INSERT INTO "custody" VALUES('asset/cam-2',1,'p-0b525c14566c',NULL,NULL,NULL,1795574018083,1795487618083,NULL,'b3be836c5de2be925bf8f06be95a5ff1.0','checked-out','cage','p-0b525c14566c',1795487618083);
INSERT INTO "custody" VALUES('asset/lens-1',1,'p-ae637c0437ec',NULL,'bk-1',NULL,1795505615315,1795487615502,'lens-kit','af6922fa5bb9203d28ef6a8fd608e6ac.1','checked-out','cage','p-ae637c0437ec',1795487615502);
INSERT INTO "custody" VALUES('asset/lens-2',1,'p-ae637c0437ec',NULL,'bk-1',NULL,1795505615315,1795487615502,'lens-kit','af6922fa5bb9203d28ef6a8fd608e6ac.2','checked-out','cage','p-ae637c0437ec',1795487615502);
INSERT INTO "custody" VALUES('kit/lens-kit',1,'p-ae637c0437ec',NULL,'bk-1',NULL,1795505615315,1795487615502,'lens-kit','af6922fa5bb9203d28ef6a8fd608e6ac.0','checked-out','cage','p-ae637c0437ec',1795487615502);
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
INSERT INTO "fact" VALUES(1,'f4f5a2a07b9bc41dda9fc4f999f13e8b.0','f4f5a2a07b9bc41dda9fc4f999f13e8b','168ca7180eea',1,117669076343717888,1795487615108,1,'import',NULL,'room/studio-b','room-registered',1,'{"name":"Studio B"}');
INSERT INTO "fact" VALUES(2,'f4f5a2a07b9bc41dda9fc4f999f13e8b.1','f4f5a2a07b9bc41dda9fc4f999f13e8b','168ca7180eea',2,117669076343717889,1795487615108,1,'import',NULL,'tag/RB-1','tag-assigned',1,'{"thing":"room/studio-b"}');
INSERT INTO "fact" VALUES(3,'f4f5a2a07b9bc41dda9fc4f999f13e8b.2','f4f5a2a07b9bc41dda9fc4f999f13e8b','168ca7180eea',3,117669076343717890,1795487615108,1,'import',NULL,'room/cage','room-registered',1,'{"name":"Cage"}');
INSERT INTO "fact" VALUES(4,'98a5e2113975952517c3ddfcea339954.0','98a5e2113975952517c3ddfcea339954','168ca7180eea',4,117669076346273792,1795487615147,1,'import',NULL,'kit/lens-kit','kit-registered',1,'{"name":"Lens kit"}');
INSERT INTO "fact" VALUES(5,'98a5e2113975952517c3ddfcea339954.1','98a5e2113975952517c3ddfcea339954','168ca7180eea',5,117669076346273793,1795487615147,1,'import',NULL,'tag/KIT-1','tag-assigned',1,'{"thing":"kit/lens-kit"}');
INSERT INTO "fact" VALUES(6,'b51b7ee96c64e535039bb74b94da8f3a.0','b51b7ee96c64e535039bb74b94da8f3a','168ca7180eea',6,117669076349550592,1795487615197,1,'import',NULL,'asset/cam-1','asset-registered',1,'{"home":"cage","name":"Sony FX6"}');
INSERT INTO "fact" VALUES(7,'b51b7ee96c64e535039bb74b94da8f3a.1','b51b7ee96c64e535039bb74b94da8f3a','168ca7180eea',7,117669076349550593,1795487615197,1,'import',NULL,'tag/CAM-1','tag-assigned',1,'{"thing":"asset/cam-1"}');
INSERT INTO "fact" VALUES(8,'b51b7ee96c64e535039bb74b94da8f3a.2','b51b7ee96c64e535039bb74b94da8f3a','168ca7180eea',8,117669076349550594,1795487615197,1,'import',NULL,'asset/cam-2','asset-registered',1,'{"home":"cage","name":"Canon C70"}');
INSERT INTO "fact" VALUES(9,'b51b7ee96c64e535039bb74b94da8f3a.3','b51b7ee96c64e535039bb74b94da8f3a','168ca7180eea',9,117669076349550595,1795487615197,1,'import',NULL,'tag/CAM-2','tag-assigned',1,'{"thing":"asset/cam-2"}');
INSERT INTO "fact" VALUES(10,'b51b7ee96c64e535039bb74b94da8f3a.4','b51b7ee96c64e535039bb74b94da8f3a','168ca7180eea',10,117669076349550596,1795487615197,1,'import',NULL,'asset/lens-1','asset-registered',1,'{"kit":"lens-kit","name":"Prime 35"}');
INSERT INTO "fact" VALUES(11,'b51b7ee96c64e535039bb74b94da8f3a.5','b51b7ee96c64e535039bb74b94da8f3a','168ca7180eea',11,117669076349550597,1795487615197,1,'import',NULL,'tag/L1','tag-assigned',1,'{"thing":"asset/lens-1"}');
INSERT INTO "fact" VALUES(12,'b51b7ee96c64e535039bb74b94da8f3a.6','b51b7ee96c64e535039bb74b94da8f3a','168ca7180eea',12,117669076349550598,1795487615197,1,'import',NULL,'asset/lens-2','asset-registered',1,'{"kit":"lens-kit","name":"Prime 50"}');
INSERT INTO "fact" VALUES(13,'b51b7ee96c64e535039bb74b94da8f3a.7','b51b7ee96c64e535039bb74b94da8f3a','168ca7180eea',13,117669076349550599,1795487615197,1,'import',NULL,'tag/L2','tag-assigned',1,'{"thing":"asset/lens-2"}');
INSERT INTO "fact" VALUES(14,'e95bf5798987d6a8a93df1e317d999df.0','e95bf5798987d6a8a93df1e317d999df','168ca7180eea',14,117669076352827392,1795487615247,1,'import',NULL,'person/p-ae637c0437ec','person-enrolled',1,'{"role":"crew"}');
INSERT INTO "fact" VALUES(15,'e95bf5798987d6a8a93df1e317d999df.1','e95bf5798987d6a8a93df1e317d999df','168ca7180eea',15,117669076352827393,1795487615247,1,'import',NULL,'person/p-0b525c14566c','person-enrolled',1,'{"role":"attendant"}');
INSERT INTO "fact" VALUES(16,'60e0696cabc14b263daf508e7fa139f2.0','60e0696cabc14b263daf508e7fa139f2','168ca7180eea',16,117669076357349376,1795487615316,1,'control',NULL,'booking/bk-1','booking-made',1,'{"assets":["cam-1"],"ends":"2026-11-24T07:33:35.315Z","kits":["lens-kit"],"person":"p-ae637c0437ec","rooms":["studio-b"],"starts":"2026-11-24T01:33:35.315Z","status":"confirmed"}');
INSERT INTO "fact" VALUES(17,'2c5c0d47dcaecd755e355802a09aabf0.0','2c5c0d47dcaecd755e355802a09aabf0','168ca7180eea',17,117669076365869056,1795487615446,1,'cage','p-ae637c0437ec','asset/cam-1','checked-out',1,'{"booking":"bk-1","code":"CAM-1","due":"2026-11-24T07:33:35.315Z","person":"p-ae637c0437ec"}');
INSERT INTO "fact" VALUES(18,'af6922fa5bb9203d28ef6a8fd608e6ac.0','af6922fa5bb9203d28ef6a8fd608e6ac','168ca7180eea',18,117669076369539072,1795487615502,1,'cage','p-ae637c0437ec','kit/lens-kit','checked-out',1,'{"booking":"bk-1","code":"KIT-1","due":"2026-11-24T07:33:35.315Z","kit":"lens-kit","person":"p-ae637c0437ec"}');
INSERT INTO "fact" VALUES(19,'af6922fa5bb9203d28ef6a8fd608e6ac.1','af6922fa5bb9203d28ef6a8fd608e6ac','168ca7180eea',19,117669076369539073,1795487615502,1,'cage','p-ae637c0437ec','asset/lens-1','checked-out',1,'{"booking":"bk-1","code":"KIT-1","due":"2026-11-24T07:33:35.315Z","kit":"lens-kit","person":"p-ae637c0437ec"}');
INSERT INTO "fact" VALUES(20,'af6922fa5bb9203d28ef6a8fd608e6ac.2','af6922fa5bb9203d28ef6a8fd608e6ac','168ca7180eea',20,117669076369539074,1795487615502,1,'cage','p-ae637c0437ec','asset/lens-2','checked-out',1,'{"booking":"bk-1","code":"KIT-1","due":"2026-11-24T07:33:35.315Z","kit":"lens-kit","person":"p-ae637c0437ec"}');
INSERT INTO "fact" VALUES(21,'1aff3462343f63f89f37c14ccb6790bf.0','1aff3462343f63f89f37c14ccb6790bf','168ca7180eea',21,117669076375306240,1795487615590,1,'b-door','p-ae637c0437ec','person/p-ae637c0437ec','person-entered',1,'{"booking":"bk-1","room":"studio-b"}');
INSERT INTO "fact" VALUES(22,'5f65ee14ee3405e82e79bdbe077de706.0','5f65ee14ee3405e82e79bdbe077de706','168ca7180eea',22,117669076377010176,1795487615616,1,'b-door',NULL,'asset/cam-1','sighted',1,'{"code":"CAM-1","from":"p-ae637c0437ec","room":"studio-b"}');
INSERT INTO "fact" VALUES(23,'2d9f444106b89a1f37e288c5a782b328.0','2d9f444106b89a1f37e288c5a782b328','168ca7180eea',23,117669076380024832,1795487615662,1,'b-door','p-0b525c14566c','person/p-0b525c14566c','person-entered',1,'{"room":"studio-b"}');
INSERT INTO "fact" VALUES(24,'68f38b389282962217bcd1cd96fd62e2.0','68f38b389282962217bcd1cd96fd62e2','168ca7180eea',24,117669076522106880,1795487617830,1,'b-door','p-ae637c0437ec','person/p-ae637c0437ec','person-left',1,'{"booking":"bk-1","room":"studio-b"}');
INSERT INTO "fact" VALUES(25,'c3a8b1e796982a2a4276d5e9c1d806e5.0','c3a8b1e796982a2a4276d5e9c1d806e5','168ca7180eea',25,117669076524924928,1795487617873,1,'control',NULL,'count/c-d5e9c1d806e5','count-begun',1,'{"room":"cage"}');
INSERT INTO "fact" VALUES(26,'4c4b2b862eceba17898eddcdc32c49de.0','4c4b2b862eceba17898eddcdc32c49de','168ca7180eea',26,117669076530757632,1795487617962,1,'cage',NULL,'asset/cam-1','returned',1,'{"booking":"bk-1","code":"CAM-1","due":"2026-11-24T07:33:35.315Z","from":"p-ae637c0437ec"}');
INSERT INTO "fact" VALUES(27,'80219880489c309b9fa6a8a1949914ee.0','80219880489c309b9fa6a8a1949914ee','168ca7180eea',27,117669076535345152,1795487618032,1,'control',NULL,'count/c-d5e9c1d806e5','count-ended',1,'{"elsewhere":0,"found":0,"missing":0,"out":0,"retired":0}');
INSERT INTO "fact" VALUES(28,'b3be836c5de2be925bf8f06be95a5ff1.0','b3be836c5de2be925bf8f06be95a5ff1','168ca7180eea',28,117669076538687488,1795487618083,1,'cage','p-0b525c14566c','asset/cam-2','checked-out',1,'{"code":"CAM-2","due":"2026-11-25T02:33:38.083Z","person":"p-0b525c14566c"}');
INSERT INTO "fact" VALUES(29,'9818ae11bf9187b264fdf560fb554e02.0','9818ae11bf9187b264fdf560fb554e02','168ca7180eea',29,117669076542816256,1795487618146,1,'cage','p-0b525c14566c','asset/cam-2','condition-noted',1,'{"condition":"damaged","person":"p-0b525c14566c"}');
INSERT INTO "fact" VALUES(30,'9818ae11bf9187b264fdf560fb554e02.1','9818ae11bf9187b264fdf560fb554e02','168ca7180eea',30,117669076542816257,1795487618146,1,'cage','p-0b525c14566c','asset/cam-2','maintenance-opened',1,'{"because":"damaged","blocks":true}');
INSERT INTO "fact" VALUES(31,'c081dbd7822d85e88315c5c70d2d9031.0','c081dbd7822d85e88315c5c70d2d9031','168ca7180eea',31,117669076552056832,1795487618287,1,'cage',NULL,'asset/cam-2','returned',1,'{"code":"CAM-2","due":"2026-11-25T02:33:38.083Z","from":"p-0b525c14566c"}');
INSERT INTO "fact" VALUES(32,'abd80a6903de4d3be1a6caa967c43180.0','abd80a6903de4d3be1a6caa967c43180','168ca7180eea',32,117669076555137024,1795487618334,1,'cage',NULL,'asset/cam-2','annulled',1,'{"facts":["c081dbd7822d85e88315c5c70d2d9031.0"]}');
CREATE TABLE identity (
  person TEXT PRIMARY KEY,
  handle TEXT NOT NULL UNIQUE,
  name   TEXT NOT NULL,
  email  TEXT,
  phone  TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO "identity" VALUES('p-0b525c14566c','ben','Ben Two',NULL,NULL);
INSERT INTO "identity" VALUES('p-ae637c0437ec','ann','Ann One',NULL,NULL);
CREATE TABLE job (
  fact     TEXT PRIMARY KEY,
  subject  TEXT NOT NULL,
  blocks   INTEGER NOT NULL CHECK (blocks IN (0, 1)),
  because  TEXT,
  since_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "job" VALUES('9818ae11bf9187b264fdf560fb554e02.1','asset/cam-2',1,'damaged',1795487618146);
CREATE TABLE kit (id TEXT PRIMARY KEY, name TEXT NOT NULL, within TEXT) STRICT, WITHOUT ROWID;
INSERT INTO "kit" VALUES('lens-kit','Lens kit',NULL);
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('folded','5');
INSERT INTO "meta" VALUES('origin','168ca7180eea');
INSERT INTO "meta" VALUES('stopped','in order');
CREATE TABLE note (fact TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
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
CREATE TABLE person (
  id              TEXT PRIMARY KEY,
  role            TEXT NOT NULL,
  active_until_ms INTEGER
, also TEXT NOT NULL DEFAULT '[]', suspended TEXT, certificates TEXT NOT NULL DEFAULT '[]') STRICT, WITHOUT ROWID;
INSERT INTO "person" VALUES('p-0b525c14566c','attendant',NULL,'[]',NULL,'[]');
INSERT INTO "person" VALUES('p-ae637c0437ec','crew',NULL,'[]',NULL,'[]');
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
CREATE TABLE room (id TEXT PRIMARY KEY, name TEXT NOT NULL, hour_rate_cents INTEGER) STRICT, WITHOUT ROWID;
INSERT INTO "room" VALUES('cage','Cage',NULL);
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
INSERT INTO "scan" VALUES(1,'60e0696cabc14b263daf508e7fa139f2',1795487615316,'control',NULL,NULL,NULL,NULL,NULL,'done','booked','Booked: bk-1, 01:33 to 07:33',1);
INSERT INTO "scan" VALUES(2,'eefc783770abe424f0d5b3a2012e39af',1795487615358,'cage',NULL,'eefc783770abe424f0d5b3a2012e39af',NULL,'p-ae637c0437ec',NULL,'done','code-is-person','Hello: scan gear for your booking',1);
INSERT INTO "scan" VALUES(3,'cc086a4023d05770730e869d7361f597',1795487615406,'cage',NULL,'eefc783770abe424f0d5b3a2012e39af','BK:bk-1',NULL,'booking/bk-1','done','code-is-booking','For bk-1, until 07:33',1);
INSERT INTO "scan" VALUES(4,'2c5c0d47dcaecd755e355802a09aabf0',1795487615446,'cage',NULL,'eefc783770abe424f0d5b3a2012e39af','CAM-1',NULL,'asset/cam-1','done','checked-out','Out: Sony FX6, due 07:33',1);
INSERT INTO "scan" VALUES(5,'af6922fa5bb9203d28ef6a8fd608e6ac',1795487615502,'cage',NULL,'eefc783770abe424f0d5b3a2012e39af','KIT-1',NULL,'kit/lens-kit','done','checked-out','Out: Lens kit, due 07:33',1);
INSERT INTO "scan" VALUES(6,'57d75ec0dd2381ad9179fdc2639856a8',1795487615546,'cage',NULL,'eefc783770abe424f0d5b3a2012e39af','CK:DONE',NULL,NULL,'done','session-closed','Done',1);
INSERT INTO "scan" VALUES(7,'1aff3462343f63f89f37c14ccb6790bf',1795487615590,'b-door',NULL,NULL,NULL,'p-ae637c0437ec',NULL,'done','access-granted','Come in until 07:33: Studio B, for bk-1',1);
INSERT INTO "scan" VALUES(8,'5f65ee14ee3405e82e79bdbe077de706',1795487615616,'b-door',NULL,NULL,'CAM-1',NULL,'asset/cam-1','done','seen-here','Seen: Sony FX6 at Studio B, out to somebody',1);
INSERT INTO "scan" VALUES(9,'2d9f444106b89a1f37e288c5a782b328',1795487615662,'b-door',NULL,NULL,NULL,'p-0b525c14566c',NULL,'done','access-granted','Come in: Studio B',1);
INSERT INTO "scan" VALUES(10,'68f38b389282962217bcd1cd96fd62e2',1795487617830,'b-door',NULL,NULL,NULL,'p-ae637c0437ec',NULL,'done','person-left','Left Studio B after 1 min',1);
INSERT INTO "scan" VALUES(11,'c3a8b1e796982a2a4276d5e9c1d806e5',1795487617873,'control',NULL,NULL,NULL,NULL,NULL,'done','count-mode','Count of Cage: scan what is here, COUNT ends it',1);
INSERT INTO "scan" VALUES(12,'7b238c83f6c78329134ffb3bdb716205',1795487617900,'cage',NULL,NULL,'CK:COUNT',NULL,NULL,'refused','no-session','Scan your badge first, then COUNT',1);
INSERT INTO "scan" VALUES(13,'1d72e43375608565c65e62f49b482f29',1795487617935,'cage',NULL,NULL,'CAM-2',NULL,'asset/cam-2','refused','no-session','Scan your badge first, then Canon C70',1);
INSERT INTO "scan" VALUES(14,'4c4b2b862eceba17898eddcdc32c49de',1795487617962,'cage',NULL,'4c4b2b862eceba17898eddcdc32c49de','CAM-1',NULL,'asset/cam-1','done','returned','Back: Sony FX6',1);
INSERT INTO "scan" VALUES(15,'c2e4c481e49132a6a14a114bba303261',1795487617994,'cage',NULL,'4c4b2b862eceba17898eddcdc32c49de','NOBODY',NULL,NULL,'refused','unknown-code','Unknown code: kept for the attendant',1);
INSERT INTO "scan" VALUES(16,'80219880489c309b9fa6a8a1949914ee',1795487618032,'control',NULL,NULL,NULL,NULL,NULL,'done','count-ended','Counted Cage: 0 of 0 found',1);
INSERT INTO "scan" VALUES(17,'a6ac0c87105ae7ab7ffd88534155b9ab',1795487618056,'cage',NULL,'a6ac0c87105ae7ab7ffd88534155b9ab',NULL,'p-0b525c14566c',NULL,'done','code-is-person','Hello: scan gear',1);
INSERT INTO "scan" VALUES(18,'b3be836c5de2be925bf8f06be95a5ff1',1795487618083,'cage',NULL,'a6ac0c87105ae7ab7ffd88534155b9ab','CAM-2',NULL,'asset/cam-2','done','checked-out','Out: Canon C70, due Wed 02:33',1);
INSERT INTO "scan" VALUES(19,'9818ae11bf9187b264fdf560fb554e02',1795487618146,'cage',NULL,'a6ac0c87105ae7ab7ffd88534155b9ab','CK:DAMAGED',NULL,'asset/cam-2','done','condition-noted','Noted damaged: Canon C70. To the bench when it is back',1);
INSERT INTO "scan" VALUES(20,'ce94ee398b793bd7ad2c007a79259687',1795487618186,'cage',NULL,'a6ac0c87105ae7ab7ffd88534155b9ab','CK:DONE',NULL,NULL,'done','session-closed','Done',1);
INSERT INTO "scan" VALUES(21,'750b6c48dc4e0a7663f30401eaf960b3',1795487618238,'cage',NULL,'750b6c48dc4e0a7663f30401eaf960b3','CK:RETURN',NULL,NULL,'done','return-mode','Returns until DONE: scan gear',1);
INSERT INTO "scan" VALUES(22,'c081dbd7822d85e88315c5c70d2d9031',1795487618287,'cage',NULL,'750b6c48dc4e0a7663f30401eaf960b3','CAM-2',NULL,'asset/cam-2','notice','to-the-bench','Back: Canon C70, to the bench: in maintenance since 02:33',1);
INSERT INTO "scan" VALUES(23,'abd80a6903de4d3be1a6caa967c43180',1795487618334,'cage',NULL,'750b6c48dc4e0a7663f30401eaf960b3','CK:UNDO',NULL,NULL,'done','undone','Undone: Canon C70',1);
INSERT INTO "scan" VALUES(24,'3578874e6d5cdb1cc92ff8b80c892f1f',1795487618394,'cage',NULL,'750b6c48dc4e0a7663f30401eaf960b3','CK:DONE',NULL,NULL,'notice','still-out','Done. Still out: Canon C70 (since 02:33)',1);
CREATE TABLE session (station TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "session" VALUES('b-door','{"id":null,"person":null,"production":null,"booking":null,"without_booking":false,"room":null,"mode":"toggle","learned":null,"last_thing":null,"brought_back":[],"pending":null,"scans":[],"confirmed_turn":null,"last_at":"2026-11-24T02:33:37.830Z","turn":4,"counting":null}');
INSERT INTO "session" VALUES('cage','{"id":null,"person":null,"production":null,"booking":null,"without_booking":false,"room":null,"mode":"toggle","learned":null,"last_thing":null,"brought_back":[],"pending":null,"scans":[],"confirmed_turn":null,"last_at":"2026-11-24T02:33:38.394Z","turn":17,"counting":null}');
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
INSERT INTO "standing" VALUES('asset/cam-2','damaged',1795487618146,'[]',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
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
INSERT INTO "stay" VALUES('1aff3462343f63f89f37c14ccb6790bf.0','person/p-ae637c0437ec','studio-b','bk-1',1795487615590,1795487617830,'left');
INSERT INTO "stay" VALUES('2d9f444106b89a1f37e288c5a782b328.0','person/p-0b525c14566c','studio-b',NULL,1795487615662,NULL,NULL);
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
INSERT INTO "subject" VALUES('asset/cam-1',117669076530757632,'168ca7180eea',26,26);
INSERT INTO "subject" VALUES('asset/cam-2',117669076555137024,'168ca7180eea',32,32);
INSERT INTO "subject" VALUES('asset/lens-1',117669076369539073,'168ca7180eea',19,19);
INSERT INTO "subject" VALUES('asset/lens-2',117669076369539074,'168ca7180eea',20,20);
INSERT INTO "subject" VALUES('booking/bk-1',117669076357349376,'168ca7180eea',16,16);
INSERT INTO "subject" VALUES('count/c-d5e9c1d806e5',117669076535345152,'168ca7180eea',27,27);
INSERT INTO "subject" VALUES('kit/lens-kit',117669076369539072,'168ca7180eea',18,18);
INSERT INTO "subject" VALUES('person/p-0b525c14566c',117669076380024832,'168ca7180eea',23,23);
INSERT INTO "subject" VALUES('person/p-ae637c0437ec',117669076522106880,'168ca7180eea',24,24);
INSERT INTO "subject" VALUES('room/cage',117669076343717890,'168ca7180eea',3,3);
INSERT INTO "subject" VALUES('room/studio-b',117669076343717888,'168ca7180eea',1,1);
INSERT INTO "subject" VALUES('tag/CAM-1',117669076349550593,'168ca7180eea',7,7);
INSERT INTO "subject" VALUES('tag/CAM-2',117669076349550595,'168ca7180eea',9,9);
INSERT INTO "subject" VALUES('tag/KIT-1',117669076346273793,'168ca7180eea',5,5);
INSERT INTO "subject" VALUES('tag/L1',117669076349550597,'168ca7180eea',11,11);
INSERT INTO "subject" VALUES('tag/L2',117669076349550599,'168ca7180eea',13,13);
INSERT INTO "subject" VALUES('tag/RB-1',117669076343717889,'168ca7180eea',2,2);
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
INSERT INTO "usage" VALUES('2c5c0d47dcaecd755e355802a09aabf0.0','asset/cam-1','p-ae637c0437ec',NULL,'bk-1',1795487615446,1795487617962,1795505615315,1,NULL,NULL);
INSERT INTO "usage" VALUES('af6922fa5bb9203d28ef6a8fd608e6ac.1','asset/lens-1','p-ae637c0437ec',NULL,'bk-1',1795487615502,NULL,1795505615315,1,NULL,NULL);
INSERT INTO "usage" VALUES('af6922fa5bb9203d28ef6a8fd608e6ac.2','asset/lens-2','p-ae637c0437ec',NULL,'bk-1',1795487615502,NULL,1795505615315,1,NULL,NULL);
INSERT INTO "usage" VALUES('b3be836c5de2be925bf8f06be95a5ff1.0','asset/cam-2','p-0b525c14566c',NULL,NULL,1795487618083,NULL,1795574018083,1,NULL,NULL);
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
CREATE INDEX passing_by_time ON passing (at_ms);
CREATE INDEX passing_left ON passing (left_ms) WHERE left_ms IS NOT NULL;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('scan',24);
COMMIT;
PRAGMA user_version=5;
