BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'caretaker','0001_first_tables','2026-11-29 09:20:55.745232+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'caretaker','0002_identity','2026-11-29 09:20:55.746168+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'caretaker','0003_database_id','2026-11-29 09:20:55.747173+00:00');
INSERT INTO "_sqlite_migrations" VALUES(4,'caretaker','0004_evidence','2026-11-29 09:20:55.748044+00:00');
INSERT INTO "_sqlite_migrations" VALUES(5,'caretaker','0005_facts','2026-11-29 09:20:55.748684+00:00');
INSERT INTO "_sqlite_migrations" VALUES(6,'caretaker','0006_inventory','2026-11-29 09:20:55.749451+00:00');
INSERT INTO "_sqlite_migrations" VALUES(7,'caretaker','0007_told','2026-11-29 09:20:55.750097+00:00');
INSERT INTO "_sqlite_migrations" VALUES(8,'caretaker','0008_boots','2026-11-29 09:20:55.750812+00:00');
INSERT INTO "_sqlite_migrations" VALUES(9,'caretaker','0009_own_boot','2026-11-29 09:20:55.751493+00:00');
INSERT INTO "_sqlite_migrations" VALUES(10,'caretaker','0010_script_records','2026-11-29 09:20:55.752336+00:00');
INSERT INTO "_sqlite_migrations" VALUES(11,'caretaker','0011_left_off','2026-11-29 09:20:55.752962+00:00');
INSERT INTO "_sqlite_migrations" VALUES(12,'caretaker','0012_elsewhere','2026-11-29 09:20:55.753868+00:00');
INSERT INTO "_sqlite_migrations" VALUES(13,'caretaker','0013_record','2026-11-29 09:20:55.757878+00:00');
INSERT INTO "_sqlite_migrations" VALUES(14,'caretaker','0014_outlook','2026-11-29 09:20:55.758780+00:00');
INSERT INTO "_sqlite_migrations" VALUES(15,'caretaker','0015_answered_while_off','2026-11-29 09:20:55.759453+00:00');
INSERT INTO "_sqlite_migrations" VALUES(16,'caretaker','0016_card_mark','2026-11-29 09:20:55.760074+00:00');
INSERT INTO "_sqlite_migrations" VALUES(17,'caretaker','0017_script_told','2026-11-29 09:20:55.760770+00:00');
INSERT INTO "_sqlite_migrations" VALUES(18,'caretaker','0018_inventory_compared','2026-11-29 09:20:55.761459+00:00');
INSERT INTO "_sqlite_migrations" VALUES(19,'caretaker','0019_accepted_change','2026-11-29 09:20:55.764478+00:00');
CREATE TABLE "accepted_change" (
   "target" TEXT,
   "key" TEXT,
   "words" TEXT,
   PRIMARY KEY ("target", "key")
);
CREATE TABLE "alive" (
   "id" INTEGER PRIMARY KEY,
   "started_at" TEXT,
   "at" TEXT,
   "stopped_at" TEXT
, "boot_id" TEXT, "outlook_json" TEXT);
INSERT INTO "alive" VALUES(1,'2026-03-01T12:00:00.000000+00:00','2026-03-01T13:08:00.000000+00:00',NULL,'','{"version": 1, "unlooked": ["guest:web2"], "unlisted": ["host:atlas"], "unwatched": ["host:vault"], "nowhere": ["vm000"]}');
CREATE TABLE "answered_while_off" (
   "target" TEXT,
   "check" TEXT,
   "place" TEXT NOT NULL,
   "at" TEXT NOT NULL,
   PRIMARY KEY ("target", "check")
);
INSERT INTO "answered_while_off" VALUES('guest:web1','web','10.0.0.5','2026-03-01T13:08:00.000000+00:00');
CREATE TABLE "boot" (
   "guest" TEXT PRIMARY KEY,
   "at" TEXT,
   "value_json" TEXT
);
INSERT INTO "boot" VALUES('guest:web1','2026-03-01T13:08:00.000000+00:00','{"version": 1, "process": "boot 7 99", "size": 17, "tail": "6c6f67696e", "started": "2026-03-01T13:08:00.000000+00:00", "spoke": true, "came_up": true, "up": true, "system": null, "other_system": null}');
CREATE TABLE "card_mark" (
   "subject" TEXT PRIMARY KEY,
   "mark" TEXT NOT NULL
);
CREATE TABLE "database_id" (
   "id" TEXT PRIMARY KEY
);
INSERT INTO "database_id" VALUES('8a7f02a57e86');
CREATE TABLE "event" (
   "id" INTEGER PRIMARY KEY,
   "incident" INTEGER,
   "at" TEXT NOT NULL,
   "kind" TEXT NOT NULL,
   "text" TEXT NOT NULL,
   "by" TEXT
, "run" INTEGER, "step" INTEGER);
INSERT INTO "event" VALUES(1,1,'2026-03-01T12:00:00.000000+00:00','opened','crashed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(2,1,'2026-03-01T12:01:00.000000+00:00','better','well',NULL,NULL,NULL);
INSERT INTO "event" VALUES(3,1,'2026-03-01T12:01:00.000000+00:00','status','resolved: all proven healthy',NULL,NULL,NULL);
INSERT INTO "event" VALUES(4,2,'2026-03-01T12:01:00.000000+00:00','opened','crashed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(5,2,'2026-03-01T12:01:00.000000+00:00','status','closed this: it may stay off','U0ALEX',NULL,NULL);
INSERT INTO "event" VALUES(6,2,'2026-03-01T12:01:00.000000+00:00','status','reopened','U0ALEX',NULL,NULL);
INSERT INTO "event" VALUES(7,2,'2026-03-01T12:01:00.000000+00:00','status','closed this: I looked','U0ALEX',NULL,NULL);
INSERT INTO "event" VALUES(8,3,'2026-03-01T12:01:00.000000+00:00','opened','crashed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(9,3,'2026-03-01T12:01:00.000000+00:00','status','withdrawn: I was blind',NULL,NULL,NULL);
INSERT INTO "event" VALUES(10,4,'2026-03-01T13:01:00.000000+00:00','opened','crashed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(11,5,'2026-03-01T13:01:00.000000+00:00','opened','crashed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(12,4,'2026-03-01T13:01:00.000000+00:00','recognised','This is power-loss: on battery',NULL,NULL,NULL);
INSERT INTO "event" VALUES(13,5,'2026-03-01T13:01:00.000000+00:00','note','Part of incident 4: what is still unproven is followed there.',NULL,NULL,NULL);
INSERT INTO "event" VALUES(14,4,'2026-03-01T13:01:00.000000+00:00','worse','atlas: no answer',NULL,NULL,NULL);
INSERT INTO "event" VALUES(15,4,'2026-03-01T13:01:00.000000+00:00','worse','vault: no answer',NULL,NULL,NULL);
INSERT INTO "event" VALUES(16,4,'2026-03-01T13:06:00.000000+00:00','better','atlas is back: well',NULL,NULL,NULL);
INSERT INTO "event" VALUES(17,4,'2026-03-01T13:06:00.000000+00:00','better','vault is back: well',NULL,NULL,NULL);
INSERT INTO "event" VALUES(18,4,'2026-03-01T13:06:00.000000+00:00','better','well',NULL,NULL,NULL);
INSERT INTO "event" VALUES(19,4,'2026-03-01T13:06:00.000000+00:00','status','recovering',NULL,NULL,NULL);
INSERT INTO "event" VALUES(20,4,'2026-03-01T13:07:00.000000+00:00','worse','dev1: its host no longer knows it',NULL,NULL,NULL);
INSERT INTO "event" VALUES(21,4,'2026-03-01T13:07:00.000000+00:00','better','web1 is back: well',NULL,NULL,NULL);
INSERT INTO "event" VALUES(22,4,'2026-03-01T13:07:00.000000+00:00','better','web2 is back: well',NULL,NULL,NULL);
INSERT INTO "event" VALUES(23,4,'2026-03-01T13:07:00.000000+00:00','better','web3 is back: well',NULL,NULL,NULL);
INSERT INTO "event" VALUES(24,4,'2026-03-01T13:07:00.000000+00:00','better','well',NULL,NULL,NULL);
INSERT INTO "event" VALUES(25,4,'2026-03-01T13:07:00.000000+00:00','better','says that db1 is well; not seen: its agent''s answer, a login prompt or a passed check of its own, after its latest start','U0ROBIN',NULL,NULL);
INSERT INTO "event" VALUES(26,4,'2026-03-01T13:07:00.000000+00:00','note','says that it must come back: dev1','U0ROBIN',NULL,NULL);
INSERT INTO "event" VALUES(27,6,'2026-03-01T13:07:00.000000+00:00','opened','no answer',NULL,NULL,NULL);
INSERT INTO "event" VALUES(28,4,'2026-03-01T13:08:00.000000+00:00','worse','vault: / is read-only',NULL,NULL,NULL);
INSERT INTO "event" VALUES(29,7,'2026-03-01T13:08:00.000000+00:00','opened','/ is read-only',NULL,NULL,NULL);
INSERT INTO "event" VALUES(30,7,'2026-03-01T13:08:00.000000+00:00','status','acknowledged','U0ALEX',NULL,NULL);
INSERT INTO "event" VALUES(31,NULL,'2026-03-01T13:08:00.000000+00:00','run','“Mend a guest” was started','U0ALEX',1,NULL);
INSERT INTO "event" VALUES(32,NULL,'2026-03-01T13:08:00.000000+00:00','run','step 1: Run','U0ALEX',1,0);
INSERT INTO "event" VALUES(33,NULL,'2026-03-01T13:08:00.000000+00:00','run','“Mend a guest” was started','U0ALEX',2,NULL);
INSERT INTO "event" VALUES(34,NULL,'2026-03-01T13:08:00.000000+00:00','run','step 1: Run','U0ALEX',2,0);
INSERT INTO "event" VALUES(35,NULL,'2026-03-01T13:08:00.000000+00:00','run','“Mend a guest” was started','U0ALEX',3,NULL);
INSERT INTO "event" VALUES(36,NULL,'2026-03-01T13:08:00.000000+00:00','run','step 1: Run','U0ALEX',3,0);
INSERT INTO "event" VALUES(37,NULL,'2026-03-01T13:08:00.000000+00:00','run','step 1: wiped web1',NULL,2,0);
INSERT INTO "event" VALUES(38,NULL,'2026-03-01T13:08:00.000000+00:00','run','stopped: enough','U0ALEX',3,NULL);
CREATE TABLE "health" (
   "check" TEXT,
   "target" TEXT,
   "health" TEXT NOT NULL,
   "kind" TEXT,
   "running" INTEGER,
   "why" TEXT,
   "since" TEXT,
   "at" TEXT, "evidence" TEXT, "facts_json" TEXT,
   PRIMARY KEY ("check", "target")
);
INSERT INTO "health" VALUES('ssh','host:atlas','ok',NULL,NULL,'well','2026-03-01T12:00:00.000000+00:00','2026-03-01T12:00:00.000000+00:00','inside','{"version": 1, "boot_id": "0d9f", "root": "writable"}');
INSERT INTO "health" VALUES('hypervisor','host:atlas','ok',NULL,NULL,'well','2026-03-01T13:06:00.000000+00:00','2026-03-01T13:06:00.000000+00:00','inside',NULL);
INSERT INTO "health" VALUES('ups','ups:rack','ok',NULL,NULL,'well','2026-03-01T13:06:00.000000+00:00','2026-03-01T13:07:00.000000+00:00','inside',NULL);
INSERT INTO "health" VALUES('tcp','host:vault','ok',NULL,NULL,'well','2026-03-01T12:00:00.000000+00:00','2026-03-01T12:00:00.000000+00:00','inside',NULL);
INSERT INTO "health" VALUES('tcp','service:gate','ok',NULL,NULL,'well','2026-03-01T12:00:00.000000+00:00','2026-03-01T12:00:00.000000+00:00','inside',NULL);
INSERT INTO "health" VALUES('tcp','service:web','ok',NULL,NULL,'well','2026-03-01T12:00:00.000000+00:00','2026-03-01T12:00:00.000000+00:00','inside',NULL);
INSERT INTO "health" VALUES('state','guest:web1','ok',NULL,1,'well','2026-03-01T12:01:00.000000+00:00','2026-03-01T13:07:00.000000+00:00','inside',NULL);
INSERT INTO "health" VALUES('state','guest:web2','ok',NULL,1,'well','2026-03-01T12:00:00.000000+00:00','2026-03-01T13:07:00.000000+00:00','inside',NULL);
INSERT INTO "health" VALUES('state','guest:web3','ok',NULL,1,'well','2026-03-01T12:01:00.000000+00:00','2026-03-01T13:07:00.000000+00:00','inside',NULL);
INSERT INTO "health" VALUES('state','guest:web4','fail','guest-down',0,'crashed','2026-03-01T13:01:00.000000+00:00','2026-03-01T13:01:00.000000+00:00','inside',NULL);
INSERT INTO "health" VALUES('state','guest:web5','ok',NULL,0,'well','2026-03-01T13:07:00.000000+00:00','2026-03-01T13:07:00.000000+00:00','inside',NULL);
INSERT INTO "health" VALUES('state','guest:web6','ok',NULL,1,'well','2026-03-01T12:01:00.000000+00:00','2026-03-01T12:01:00.000000+00:00','inside',NULL);
INSERT INTO "health" VALUES('state','guest:db1','ok',NULL,1,'well','2026-03-01T12:00:00.000000+00:00','2026-03-01T13:07:00.000000+00:00','outside',NULL);
INSERT INTO "health" VALUES('state','guest:dev1','ok',NULL,1,'well','2026-03-01T12:00:00.000000+00:00','2026-03-01T12:00:00.000000+00:00','inside',NULL);
INSERT INTO "health" VALUES('state','guest:mail1','fail','guest-down',0,'crashed','2026-03-01T13:01:00.000000+00:00','2026-03-01T13:01:00.000000+00:00','inside',NULL);
INSERT INTO "health" VALUES('hypervisor','host:vault','ok',NULL,NULL,'well','2026-03-01T13:06:00.000000+00:00','2026-03-01T13:06:00.000000+00:00','inside',NULL);
INSERT INTO "health" VALUES('inventory','guest:dev1','fail','guest-missing',NULL,'its host no longer knows it','2026-03-01T13:07:00.000000+00:00','2026-03-01T13:07:00.000000+00:00','inside',NULL);
INSERT INTO "health" VALUES('http','service:gate','fail','service-down',NULL,'no answer','2026-03-01T13:07:00.000000+00:00','2026-03-01T13:07:00.000000+00:00','inside',NULL);
INSERT INTO "health" VALUES('root','host:vault','fail','filesystem-readonly',NULL,'/ is read-only','2026-03-01T13:08:00.000000+00:00','2026-03-01T13:08:00.000000+00:00','inside',NULL);
CREATE TABLE "heartbeat" (
   "id" INTEGER PRIMARY KEY,
   "taken_at" TEXT,
   "failing" INTEGER,
   "failed_at" TEXT,
   "why" TEXT
);
CREATE TABLE "incident" (
   "id" INTEGER PRIMARY KEY,
   "kind" TEXT NOT NULL,
   "subject" TEXT NOT NULL,
   "status" TEXT NOT NULL,
   "opened_at" TEXT,
   "resolved_at" TEXT,
   "value_json" TEXT
);
INSERT INTO "incident" VALUES(1,'guest-down','guest:web6','resolved','2026-03-01T12:00:00.000000+00:00','2026-03-01T12:01:00.000000+00:00','{"version": 3, "why": "crashed", "progress_at": "2026-03-01T12:01:00.000000+00:00", "own": [["state", "guest:web6"]], "failing": [], "members": [{"target": "guest:web6", "was_running": true, "failing": [], "running": true, "paused": false, "ground": {"standing": "proven", "why": "well", "at": "2026-03-01T12:01:00.000000+00:00", "check": "state", "by": null}, "unproven_since": null, "counts_from": "2026-03-01T12:00:00.000000+00:00", "passed": ["state"], "well_since": "2026-03-01T12:01:00.000000+00:00", "shown": {"standing": "proven", "why": "well", "at": "2026-03-01T12:01:00.000000+00:00", "check": "state", "by": null}, "must_return": null, "untouched": false, "changes": [], "accepted": [], "restarts": 0, "booted": false}], "acknowledged_by": null, "acknowledged_at": null, "recovering_since": null, "surfaced": false, "resolved_by": null, "resolution": "all proven healthy", "end": ["proven", null], "suspected": false, "answered_at": null, "reopened_at": null, "reopened_by": null, "spans": {"latest": [["2026-03-01T12:00:00.000000+00:00", "2026-03-01T12:01:00.000000+00:00"]], "earlier": 0, "before": 0.0}, "earlier": null, "unstable_since": null, "touched": false, "told_at": null, "reminded": 0, "ups": null, "dropped": []}');
INSERT INTO "incident" VALUES(2,'guest-down','guest:web1','resolved','2026-03-01T12:01:00.000000+00:00','2026-03-01T12:01:00.000000+00:00','{"version": 3, "why": "crashed", "progress_at": "2026-03-01T12:01:00.000000+00:00", "own": [["state", "guest:web1"]], "failing": [], "members": [{"target": "guest:web1", "was_running": true, "failing": ["state"], "running": null, "paused": false, "ground": null, "unproven_since": "2026-03-01T12:01:00.000000+00:00", "counts_from": "2026-03-01T12:01:00.000000+00:00", "passed": [], "well_since": null, "shown": null, "must_return": null, "untouched": false, "changes": [], "accepted": [], "restarts": null, "booted": false}], "acknowledged_by": null, "acknowledged_at": null, "recovering_since": null, "surfaced": false, "resolved_by": "U0ALEX", "resolution": "I looked", "end": ["closed", null], "suspected": false, "answered_at": null, "reopened_at": "2026-03-01T12:01:00.000000+00:00", "reopened_by": "U0ALEX", "spans": {"latest": [["2026-03-01T12:01:00.000000+00:00", "2026-03-01T12:01:00.000000+00:00"]], "earlier": 0, "before": 0.0}, "earlier": null, "unstable_since": null, "touched": true, "told_at": "2026-03-01T12:01:00.000000+00:00", "reminded": 0, "ups": null, "dropped": []}');
INSERT INTO "incident" VALUES(3,'guest-down','guest:web3','resolved','2026-03-01T12:01:00.000000+00:00','2026-03-01T12:01:00.000000+00:00','{"version": 3, "why": "crashed", "progress_at": "2026-03-01T12:01:00.000000+00:00", "own": [["state", "guest:web3"]], "failing": [], "members": [{"target": "guest:web3", "was_running": true, "failing": [], "running": true, "paused": false, "ground": {"standing": "proven", "why": "well", "at": "2026-03-01T12:01:00.000000+00:00", "check": "state", "by": null}, "unproven_since": null, "counts_from": "2026-03-01T12:01:00.000000+00:00", "passed": ["state"], "well_since": "2026-03-01T12:01:00.000000+00:00", "shown": {"standing": "proven", "why": "well", "at": "2026-03-01T12:01:00.000000+00:00", "check": "state", "by": null}, "must_return": null, "untouched": false, "changes": [], "accepted": [], "restarts": 0, "booted": false}], "acknowledged_by": null, "acknowledged_at": null, "recovering_since": null, "surfaced": false, "resolved_by": null, "resolution": "I was blind", "end": ["withdrawn", null], "suspected": false, "answered_at": null, "reopened_at": null, "reopened_by": null, "spans": {"latest": [["2026-03-01T12:01:00.000000+00:00", "2026-03-01T12:01:00.000000+00:00"]], "earlier": 0, "before": 0.0}, "earlier": null, "unstable_since": null, "touched": false, "told_at": null, "reminded": 0, "ups": null, "dropped": []}');
INSERT INTO "incident" VALUES(4,'power-loss','ups:rack','recovering','2026-03-01T13:01:00.000000+00:00',NULL,'{"version": 3, "why": "on battery", "progress_at": "2026-03-01T13:08:00.000000+00:00", "own": [["ups", "ups:rack"]], "failing": [], "members": [{"target": "guest:web4", "was_running": true, "failing": ["state"], "running": null, "paused": false, "ground": null, "unproven_since": "2026-03-01T13:01:00.000000+00:00", "counts_from": "2026-03-01T13:01:00.000000+00:00", "passed": [], "well_since": null, "shown": null, "must_return": null, "untouched": false, "changes": [], "accepted": [], "restarts": null, "booted": false}, {"target": "ups:rack", "was_running": false, "failing": [], "running": null, "paused": false, "ground": {"standing": "proven", "why": "well", "at": "2026-03-01T13:07:00.000000+00:00", "check": "ups", "by": null}, "unproven_since": null, "counts_from": "2026-03-01T13:01:00.000000+00:00", "passed": ["ups"], "well_since": "2026-03-01T13:06:00.000000+00:00", "shown": {"standing": "proven", "why": "well", "at": "2026-03-01T13:07:00.000000+00:00", "check": "ups", "by": null}, "must_return": null, "untouched": false, "changes": [], "accepted": [], "restarts": 0, "booted": false}, {"target": "guest:mail1", "was_running": true, "failing": ["state"], "running": null, "paused": false, "ground": null, "unproven_since": "2026-03-01T13:01:00.000000+00:00", "counts_from": "2026-03-01T13:01:00.000000+00:00", "passed": [], "well_since": null, "shown": null, "must_return": null, "untouched": false, "changes": [], "accepted": [], "restarts": null, "booted": false}, {"target": "host:atlas", "was_running": false, "failing": [], "running": null, "paused": false, "ground": {"standing": "proven", "why": "well", "at": "2026-03-01T13:06:00.000000+00:00", "check": "hypervisor", "by": null}, "unproven_since": null, "counts_from": "2026-03-01T13:01:00.000000+00:00", "passed": ["hypervisor"], "well_since": "2026-03-01T13:06:00.000000+00:00", "shown": {"standing": "proven", "why": "well", "at": "2026-03-01T13:06:00.000000+00:00", "check": "hypervisor", "by": null}, "must_return": null, "untouched": false, "changes": [], "accepted": [], "restarts": 0, "booted": false}, {"target": "host:vault", "was_running": false, "failing": ["root"], "running": null, "paused": false, "ground": null, "unproven_since": "2026-03-01T13:08:00.000000+00:00", "counts_from": "2026-03-01T13:08:00.000000+00:00", "passed": [], "well_since": null, "shown": null, "must_return": null, "untouched": false, "changes": [], "accepted": [], "restarts": 0, "booted": false}, {"target": "guest:web1", "was_running": true, "failing": [], "running": true, "paused": false, "ground": {"standing": "proven", "why": "well", "at": "2026-03-01T13:07:00.000000+00:00", "check": "state", "by": null}, "unproven_since": null, "counts_from": "2026-03-01T13:01:00.000000+00:00", "passed": ["state"], "well_since": "2026-03-01T13:07:00.000000+00:00", "shown": {"standing": "proven", "why": "well", "at": "2026-03-01T13:07:00.000000+00:00", "check": "state", "by": null}, "must_return": null, "untouched": false, "changes": [], "accepted": [], "restarts": 0, "booted": false}, {"target": "guest:web2", "was_running": true, "failing": [], "running": true, "paused": false, "ground": {"standing": "proven", "why": "well", "at": "2026-03-01T13:07:00.000000+00:00", "check": "state", "by": null}, "unproven_since": null, "counts_from": "2026-03-01T13:01:00.000000+00:00", "passed": ["state"], "well_since": "2026-03-01T13:07:00.000000+00:00", "shown": {"standing": "proven", "why": "well", "at": "2026-03-01T13:07:00.000000+00:00", "check": "state", "by": null}, "must_return": null, "untouched": false, "changes": [], "accepted": [], "restarts": 0, "booted": false}, {"target": "guest:web3", "was_running": true, "failing": [], "running": true, "paused": false, "ground": {"standing": "proven", "why": "well", "at": "2026-03-01T13:07:00.000000+00:00", "check": "state", "by": null}, "unproven_since": null, "counts_from": "2026-03-01T13:01:00.000000+00:00", "passed": ["state"], "well_since": "2026-03-01T13:07:00.000000+00:00", "shown": {"standing": "proven", "why": "well", "at": "2026-03-01T13:07:00.000000+00:00", "check": "state", "by": null}, "must_return": null, "untouched": false, "changes": [], "accepted": [], "restarts": 0, "booted": false}, {"target": "guest:web5", "was_running": true, "failing": [], "running": false, "paused": false, "ground": null, "unproven_since": "2026-03-01T13:01:00.000000+00:00", "counts_from": "2026-03-01T13:07:00.000000+00:00", "passed": [], "well_since": null, "shown": null, "must_return": null, "untouched": false, "changes": [], "accepted": [], "restarts": null, "booted": false}, {"target": "guest:web6", "was_running": true, "failing": [], "running": null, "paused": false, "ground": null, "unproven_since": "2026-03-01T13:01:00.000000+00:00", "counts_from": "2026-03-01T13:01:00.000000+00:00", "passed": [], "well_since": null, "shown": null, "must_return": null, "untouched": false, "changes": [], "accepted": [], "restarts": null, "booted": false}, {"target": "guest:db1", "was_running": true, "failing": [], "running": true, "paused": false, "ground": {"standing": "word", "why": "its agent''s answer, a login prompt or a passed check of its own, after its latest start", "at": "2026-03-01T13:07:00.000000+00:00", "check": null, "by": "U0ROBIN"}, "unproven_since": null, "counts_from": "2026-03-01T13:01:00.000000+00:00", "passed": [], "well_since": null, "shown": null, "must_return": null, "untouched": false, "changes": [], "accepted": [], "restarts": null, "booted": false}, {"target": "guest:dev1", "was_running": true, "failing": ["inventory"], "running": null, "paused": false, "ground": null, "unproven_since": "2026-03-01T13:01:00.000000+00:00", "counts_from": "2026-03-01T13:07:00.000000+00:00", "passed": [], "well_since": null, "shown": null, "must_return": "U0ROBIN", "untouched": false, "changes": [], "accepted": [], "restarts": null, "booted": false}, {"target": "service:web", "was_running": false, "failing": [], "running": null, "paused": false, "ground": null, "unproven_since": "2026-03-01T13:01:00.000000+00:00", "counts_from": "2026-03-01T13:01:00.000000+00:00", "passed": [], "well_since": null, "shown": null, "must_return": null, "untouched": false, "changes": [], "accepted": [], "restarts": null, "booted": false}], "acknowledged_by": null, "acknowledged_at": null, "recovering_since": "2026-03-01T13:06:00.000000+00:00", "surfaced": false, "resolved_by": null, "resolution": "", "end": null, "suspected": false, "answered_at": null, "reopened_at": null, "reopened_by": null, "spans": {"latest": [["2026-03-01T13:01:00.000000+00:00", "2026-03-01T13:06:00.000000+00:00"]], "earlier": 0, "before": 0.0}, "earlier": null, "unstable_since": null, "touched": true, "told_at": null, "reminded": 0, "ups": {"words": "on battery", "low": false, "few": false, "silent": false}, "dropped": []}');
INSERT INTO "incident" VALUES(5,'guest-down','guest:mail1','resolved','2026-03-01T13:01:00.000000+00:00','2026-03-01T13:01:00.000000+00:00','{"version": 3, "why": "crashed", "progress_at": "2026-03-01T13:01:00.000000+00:00", "own": [["state", "guest:mail1"]], "failing": [["state", "guest:mail1"]], "members": [{"target": "guest:mail1", "was_running": true, "failing": ["state"], "running": false, "paused": false, "ground": null, "unproven_since": "2026-03-01T13:01:00.000000+00:00", "counts_from": "2026-03-01T13:01:00.000000+00:00", "passed": [], "well_since": null, "shown": null, "must_return": null, "untouched": false, "changes": [], "accepted": [], "restarts": null, "booted": false}], "acknowledged_by": null, "acknowledged_at": null, "recovering_since": null, "surfaced": false, "resolved_by": null, "resolution": "Part of incident 4: what is still unproven is followed there.", "end": ["moved", 4], "suspected": false, "answered_at": null, "reopened_at": null, "reopened_by": null, "spans": {"latest": [["2026-03-01T13:01:00.000000+00:00", "2026-03-01T13:01:00.000000+00:00"]], "earlier": 0, "before": 0.0}, "earlier": null, "unstable_since": null, "touched": false, "told_at": null, "reminded": 0, "ups": null, "dropped": []}');
INSERT INTO "incident" VALUES(6,'service-down','service:gate','open','2026-03-01T13:07:00.000000+00:00',NULL,'{"version": 3, "why": "no answer", "progress_at": "2026-03-01T13:07:00.000000+00:00", "own": [["http", "service:gate"]], "failing": [["http", "service:gate"]], "members": [{"target": "service:gate", "was_running": false, "failing": ["http"], "running": null, "paused": false, "ground": null, "unproven_since": "2026-03-01T13:07:00.000000+00:00", "counts_from": "2026-03-01T13:07:00.000000+00:00", "passed": [], "well_since": null, "shown": null, "must_return": null, "untouched": false, "changes": [], "accepted": [], "restarts": null, "booted": false}], "acknowledged_by": null, "acknowledged_at": null, "recovering_since": null, "surfaced": false, "resolved_by": null, "resolution": "", "end": null, "suspected": false, "answered_at": null, "reopened_at": null, "reopened_by": null, "spans": {"latest": [["2026-03-01T13:07:00.000000+00:00", null]], "earlier": 0, "before": 0.0}, "earlier": null, "unstable_since": null, "touched": false, "told_at": null, "reminded": 0, "ups": null, "dropped": []}');
INSERT INTO "incident" VALUES(7,'filesystem-readonly','host:vault','acknowledged','2026-03-01T13:08:00.000000+00:00',NULL,'{"version": 3, "why": "/ is read-only", "progress_at": "2026-03-01T13:08:00.000000+00:00", "own": [["root", "host:vault"]], "failing": [["root", "host:vault"]], "members": [{"target": "host:vault", "was_running": false, "failing": ["root"], "running": null, "paused": false, "ground": null, "unproven_since": "2026-03-01T13:08:00.000000+00:00", "counts_from": "2026-03-01T13:08:00.000000+00:00", "passed": [], "well_since": null, "shown": null, "must_return": null, "untouched": false, "changes": [], "accepted": [], "restarts": 0, "booted": false}], "acknowledged_by": "U0ALEX", "acknowledged_at": "2026-03-01T13:08:00.000000+00:00", "recovering_since": null, "surfaced": false, "resolved_by": null, "resolution": "", "end": null, "suspected": false, "answered_at": null, "reopened_at": null, "reopened_by": null, "spans": {"latest": [["2026-03-01T13:08:00.000000+00:00", null]], "earlier": 0, "before": 0.0}, "earlier": null, "unstable_since": null, "touched": true, "told_at": null, "reminded": 0, "ups": null, "dropped": []}');
CREATE TABLE "inventory" (
   "host" TEXT PRIMARY KEY,
   "at" TEXT,
   "value_json" TEXT
);
INSERT INTO "inventory" VALUES('host:atlas','2026-03-01T13:08:00.000000+00:00','{"version": 1, "host": "atlas", "guests": [{"uuid": "web1", "name": "web1", "autostart": true, "persistent": true, "managed_save": false, "title": null, "nvram": "", "disks": [["/var/web1.qcow2", true, 1073741824]]}], "pools": [["storage pool", "0d", "default", true, true, true]], "networks": [], "whole": true}');
CREATE TABLE "journal" (
   "id" INTEGER PRIMARY KEY,
   "at" TEXT NOT NULL,
   "text" TEXT NOT NULL
);
INSERT INTO "journal" VALUES(1,'2026-03-01T13:08:00.000000+00:00','U0ALEX silenced web2@atlas for 2 h: new fans');
INSERT INTO "journal" VALUES(2,'2026-03-01T13:08:00.000000+00:00','cannot deliver incident:5:line:12: because too long');
CREATE TABLE "left_off" (
   "target" TEXT PRIMARY KEY,
   "incident" INTEGER NOT NULL,
   "at" TEXT NOT NULL,
   "member_json" TEXT NOT NULL
);
INSERT INTO "left_off" VALUES('guest:web5',4,'2026-03-01T13:07:00.000000+00:00','{"version": 1, "target": "guest:web5", "was_running": true, "failing": [], "running": false, "paused": false, "ground": null, "unproven_since": "2026-03-01T13:01:00.000000+00:00", "counts_from": "2026-03-01T13:07:00.000000+00:00", "passed": [], "well_since": null, "shown": null, "must_return": null, "untouched": false, "changes": [], "accepted": [], "restarts": null, "booted": false, "why": "", "fails": false}');
CREATE TABLE "outbox" (
   "id" INTEGER PRIMARY KEY,
   "subject" TEXT NOT NULL,
   "tell" TEXT NOT NULL,
   "thread" TEXT,
   "text" TEXT,
   "name" TEXT,
   "content" BLOB,
   "state" TEXT NOT NULL,
   "attempts" INTEGER NOT NULL,
   "doubtful" INTEGER NOT NULL,
   "created_at" TEXT NOT NULL,
   "due_at" TEXT NOT NULL,
   "error" TEXT
);
INSERT INTO "outbox" VALUES(1,'incident:1','card',NULL,'',NULL,NULL,'waiting',0,0,'2026-03-01T12:00:00.000000+00:00','2026-03-01T12:00:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(2,'incident:1','broadcast','incident:1','🟢 web6 is healthy again, after 1 min.',NULL,NULL,'waiting',0,0,'2026-03-01T12:01:00.000000+00:00','2026-03-01T12:01:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(3,'incident:2','card',NULL,'',NULL,NULL,'waiting',0,0,'2026-03-01T12:01:00.000000+00:00','2026-03-01T12:01:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(4,'incident:2','broadcast','incident:2','☑️ <@U0ALEX> closed this: web1 down. it may stay off',NULL,NULL,'waiting',0,0,'2026-03-01T12:01:00.000000+00:00','2026-03-01T12:01:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(5,'incident:2','broadcast','incident:2','<@U0ALEX> reopened this: web1 down',NULL,NULL,'waiting',0,0,'2026-03-01T12:01:00.000000+00:00','2026-03-01T12:01:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(6,'incident:2','broadcast','incident:2','☑️ <@U0ALEX> closed this: web1 down. I looked',NULL,NULL,'waiting',0,0,'2026-03-01T12:01:00.000000+00:00','2026-03-01T12:01:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(7,'incident:3','card',NULL,'',NULL,NULL,'waiting',0,0,'2026-03-01T12:01:00.000000+00:00','2026-03-01T12:01:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(8,'incident:3','line','incident:3','Withdrawn: I was blind',NULL,NULL,'waiting',0,0,'2026-03-01T12:01:00.000000+00:00','2026-03-01T12:01:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(9,'incident:4','card',NULL,'',NULL,NULL,'sent',0,0,'2026-03-01T13:01:00.000000+00:00','2026-03-01T13:01:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(10,'incident:5','card',NULL,'',NULL,NULL,'waiting',0,0,'2026-03-01T13:01:00.000000+00:00','2026-03-01T13:01:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(11,'incident:4','broadcast','incident:4','🔴 Power failure (rack): on battery. It began as: web4 down. <@U0ALEX>',NULL,NULL,'waiting',0,0,'2026-03-01T13:01:00.000000+00:00','2026-03-01T13:01:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(12,'incident:5','line','incident:5','Part of incident 4: what is still unproven is followed there.',NULL,NULL,'failed',0,0,'2026-03-01T13:01:00.000000+00:00','2026-03-01T13:01:00.000000+00:00','too long');
INSERT INTO "outbox" VALUES(13,'incident:4','line','incident:4','<@U0ROBIN> says that it is well: db1',NULL,NULL,'waiting',0,0,'2026-03-01T13:07:00.000000+00:00','2026-03-01T13:07:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(14,'incident:4','line','incident:4','<@U0ROBIN> says that it must come back: dev1',NULL,NULL,'waiting',0,0,'2026-03-01T13:07:00.000000+00:00','2026-03-01T13:07:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(15,'incident:6','card',NULL,'',NULL,NULL,'waiting',0,1,'2026-03-01T13:07:00.000000+00:00','2026-03-01T13:08:00.000000+00:00','timed out');
INSERT INTO "outbox" VALUES(16,'incident:7','card',NULL,'',NULL,NULL,'sending',1,0,'2026-03-01T13:08:00.000000+00:00','2026-03-01T13:08:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(17,'incident:7','line','incident:7','<@U0ALEX> acknowledged',NULL,NULL,'waiting',0,0,'2026-03-01T13:08:00.000000+00:00','2026-03-01T13:08:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(18,'run:1','card',NULL,'',NULL,NULL,'waiting',0,0,'2026-03-01T13:08:00.000000+00:00','2026-03-01T13:08:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(19,'run:1:step:0','card','run:1','',NULL,NULL,'waiting',0,0,'2026-03-01T13:08:00.000000+00:00','2026-03-01T13:08:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(20,'run:2','card',NULL,'',NULL,NULL,'waiting',0,0,'2026-03-01T13:08:00.000000+00:00','2026-03-01T13:08:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(21,'run:2:step:0','card','run:2','',NULL,NULL,'waiting',0,0,'2026-03-01T13:08:00.000000+00:00','2026-03-01T13:08:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(22,'run:3','card',NULL,'',NULL,NULL,'waiting',0,0,'2026-03-01T13:08:00.000000+00:00','2026-03-01T13:08:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(23,'run:3:step:0','card','run:3','',NULL,NULL,'waiting',0,0,'2026-03-01T13:08:00.000000+00:00','2026-03-01T13:08:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(24,'run:2','file','run:2','Output of step 1','run-2-step-1-1.txt',X'776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A776970656420776562310A77697065642077656231','waiting',0,0,'2026-03-01T13:08:00.000000+00:00','2026-03-01T13:08:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(25,'run:2:step:1','card','run:2','',NULL,NULL,'waiting',0,0,'2026-03-01T13:08:00.000000+00:00','2026-03-01T13:08:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(26,'run:3','line','run:3','“Mend a guest” is stopped by <@U0ALEX>.',NULL,NULL,'waiting',0,0,'2026-03-01T13:08:00.000000+00:00','2026-03-01T13:08:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(27,'silence:guest:web2','line',NULL,'🔕 <@U0ALEX> silenced web2 for 2 h: new fans',NULL,NULL,'waiting',0,0,'2026-03-01T13:08:00.000000+00:00','2026-03-01T13:08:00.000000+00:00',NULL);
CREATE TABLE "post" (
   "subject" TEXT PRIMARY KEY,
   "channel" TEXT,
   "ts" TEXT,
   "at" TEXT
);
INSERT INTO "post" VALUES('incident:1','C1','1772366400.000100','2026-03-01T13:08:00.000000+00:00');
CREATE TABLE "rebuilt" (
   "host" TEXT,
   "name" TEXT,
   "by" TEXT NOT NULL,
   "at" TEXT NOT NULL,
   PRIMARY KEY ("host", "name")
);
INSERT INTO "rebuilt" VALUES('host:atlas','ci-1','U0ALEX','2026-03-01T13:08:00.000000+00:00');
CREATE TABLE "run" (
   "id" INTEGER PRIMARY KEY,
   "incident" INTEGER,
   "runbook" TEXT NOT NULL,
   "status" TEXT NOT NULL,
   "version" INTEGER,
   "text_hash" TEXT NOT NULL,
   "value_json" TEXT
);
INSERT INTO "run" VALUES(1,NULL,'mend','under way',2,'3fab0988aee6496145531f9f471bbfbf9679e5d3dc4912aad8e8b8dbd30110ca','{"format": 1, "id": 1, "runbook": "mend", "title": "Mend a guest", "text_hash": "3fab0988aee6496145531f9f471bbfbf9679e5d3dc4912aad8e8b8dbd30110ca", "incident": null, "started_by": "Alex", "started_at": "2026-03-01T13:08:00+00:00", "values": {}, "steps": [{"state": "running", "attempt": 1, "summary": "", "choices": [], "ticked": [], "by": "Alex", "since": "2026-03-01T13:08:00+00:00", "pressed_at": "2026-03-01T13:08:00+00:00"}, {"state": "waiting", "attempt": 0, "summary": "", "choices": [], "ticked": [], "by": null, "since": null, "pressed_at": null}], "current": 0, "status": "under way", "version": 2, "back_to": null, "ended_at": null, "target": null, "deed": null, "pause": "", "paused_at": null, "began_with": null}');
INSERT INTO "run" VALUES(2,7,'mend','paused',3,'3fab0988aee6496145531f9f471bbfbf9679e5d3dc4912aad8e8b8dbd30110ca','{"format": 1, "id": 2, "runbook": "mend", "title": "Mend a guest", "text_hash": "3fab0988aee6496145531f9f471bbfbf9679e5d3dc4912aad8e8b8dbd30110ca", "incident": 7, "started_by": "Alex", "started_at": "2026-03-01T13:08:00+00:00", "values": {}, "steps": [{"state": "done, not verified", "attempt": 1, "summary": "wiped web1", "choices": [["web1", "the first"], ["web2", "the second"]], "ticked": [], "by": "Alex", "since": "2026-03-01T13:08:00+00:00", "pressed_at": "2026-03-01T13:08:00+00:00"}, {"state": "ready", "attempt": 0, "summary": "", "choices": [], "ticked": [0], "by": "Robin", "since": "2026-03-01T13:08:00+00:00", "pressed_at": null}], "current": 1, "status": "paused", "version": 3, "back_to": 0, "ended_at": null, "target": "guest:web1", "deed": {"running": true, "ended": "2026-03-01T13:08:00+00:00", "script": true}, "pause": "web1 stopped", "paused_at": null, "began_with": [["/var/web1.qcow2"], ["hd"]]}');
INSERT INTO "run" VALUES(3,NULL,'mend','stopped',3,'3fab0988aee6496145531f9f471bbfbf9679e5d3dc4912aad8e8b8dbd30110ca','{"format": 1, "id": 3, "runbook": "mend", "title": "Mend a guest", "text_hash": "3fab0988aee6496145531f9f471bbfbf9679e5d3dc4912aad8e8b8dbd30110ca", "incident": null, "started_by": "Alex", "started_at": "2026-03-01T13:08:00+00:00", "values": {}, "steps": [{"state": "unknown", "attempt": 1, "summary": "called off while it was under way", "choices": [], "ticked": [], "by": "Alex", "since": "2026-03-01T13:08:00+00:00", "pressed_at": "2026-03-01T13:08:00+00:00"}, {"state": "waiting", "attempt": 0, "summary": "", "choices": [], "ticked": [], "by": null, "since": null, "pressed_at": null}], "current": 0, "status": "stopped", "version": 3, "back_to": null, "ended_at": "2026-03-01T13:08:00+00:00", "target": null, "deed": null, "pause": "", "paused_at": null, "began_with": null}');
CREATE TABLE "runbook_text" (
   "hash" TEXT PRIMARY KEY,
   "name" TEXT,
   "text" TEXT
);
INSERT INTO "runbook_text" VALUES('3fab0988aee6496145531f9f471bbfbf9679e5d3dc4912aad8e8b8dbd30110ca','mend','# Mend a guest

## Wipe it
- Run on: bot

```sh
echo wiped
```

## Look at the lights
- Who: hands

- [ ] The left one
- [ ] The right one
');
CREATE TABLE "script_record" (
   "id" TEXT PRIMARY KEY,
   "run" INTEGER NOT NULL,
   "step" INTEGER NOT NULL,
   "attempt" INTEGER NOT NULL,
   "place" TEXT NOT NULL,
   "limit_seconds" REAL NOT NULL,
   "made_at" TEXT NOT NULL,
   "boot" TEXT,
   "over" INTEGER NOT NULL
, "told" TEXT);
INSERT INTO "script_record" VALUES('ca9a36de447cfcdeff0f76a59b6e7acb',1,0,1,'{"version": 1, "kind": "bot", "name": ""}',600.0,'2026-03-01T13:08:00+00:00',NULL,0,NULL);
INSERT INTO "script_record" VALUES('3b62400a41d881ea952c73556c52b6e2',2,0,1,'{"version": 1, "kind": "bot", "name": ""}',600.0,'2026-03-01T13:08:00+00:00',NULL,1,'its end');
INSERT INTO "script_record" VALUES('0f2c98b73e98745188c953acdbde3c31',3,0,1,'{"version": 1, "kind": "bot", "name": ""}',600.0,'2026-03-01T13:08:00+00:00','0d9f',1,NULL);
CREATE TABLE "second_channel" (
   "id" INTEGER PRIMARY KEY,
   "incident" INTEGER NOT NULL,
   "what" TEXT NOT NULL,
   "at" TEXT NOT NULL,
   "outbox" INTEGER,
   "state" TEXT NOT NULL,
   "attempts" INTEGER NOT NULL,
   "message" INTEGER,
   "due_at" TEXT,
   "settled_at" TEXT,
   "why" TEXT
);
INSERT INTO "second_channel" VALUES(1,1,'opened','2026-03-01T12:00:00.000000+00:00',NULL,'waiting',0,NULL,NULL,NULL,NULL);
INSERT INTO "second_channel" VALUES(2,1,'unacknowledged','2026-03-01T12:00:00.000000+00:00',NULL,'waiting',0,NULL,NULL,NULL,NULL);
INSERT INTO "second_channel" VALUES(3,1,'over','2026-03-01T12:01:00.000000+00:00',NULL,'waiting',0,NULL,NULL,NULL,NULL);
INSERT INTO "second_channel" VALUES(4,2,'opened','2026-03-01T12:01:00.000000+00:00',NULL,'waiting',0,NULL,NULL,NULL,NULL);
INSERT INTO "second_channel" VALUES(5,2,'unacknowledged','2026-03-01T12:01:00.000000+00:00',NULL,'waiting',0,NULL,NULL,NULL,NULL);
INSERT INTO "second_channel" VALUES(6,2,'over','2026-03-01T12:01:00.000000+00:00',NULL,'waiting',0,NULL,NULL,NULL,NULL);
INSERT INTO "second_channel" VALUES(7,2,'opened','2026-03-01T12:01:00.000000+00:00',NULL,'waiting',0,NULL,NULL,NULL,NULL);
INSERT INTO "second_channel" VALUES(8,2,'worse','2026-03-01T12:01:00.000000+00:00',5,'waiting',0,NULL,NULL,NULL,NULL);
INSERT INTO "second_channel" VALUES(9,2,'unacknowledged','2026-03-01T12:01:00.000000+00:00',NULL,'waiting',0,NULL,NULL,NULL,NULL);
INSERT INTO "second_channel" VALUES(10,2,'over','2026-03-01T12:01:00.000000+00:00',NULL,'waiting',0,NULL,NULL,NULL,NULL);
INSERT INTO "second_channel" VALUES(11,3,'opened','2026-03-01T12:01:00.000000+00:00',NULL,'waiting',0,NULL,NULL,NULL,NULL);
INSERT INTO "second_channel" VALUES(12,3,'unacknowledged','2026-03-01T12:01:00.000000+00:00',NULL,'waiting',0,NULL,NULL,NULL,NULL);
INSERT INTO "second_channel" VALUES(13,3,'over','2026-03-01T12:01:00.000000+00:00',NULL,'waiting',0,NULL,NULL,NULL,NULL);
INSERT INTO "second_channel" VALUES(14,4,'opened','2026-03-01T13:01:00.000000+00:00',NULL,'waiting',0,NULL,NULL,NULL,NULL);
INSERT INTO "second_channel" VALUES(15,4,'unacknowledged','2026-03-01T13:01:00.000000+00:00',NULL,'waiting',0,NULL,NULL,NULL,NULL);
INSERT INTO "second_channel" VALUES(16,5,'opened','2026-03-01T13:01:00.000000+00:00',NULL,'waiting',0,NULL,NULL,NULL,NULL);
INSERT INTO "second_channel" VALUES(17,5,'unacknowledged','2026-03-01T13:01:00.000000+00:00',NULL,'waiting',0,NULL,NULL,NULL,NULL);
INSERT INTO "second_channel" VALUES(18,4,'worse','2026-03-01T13:01:00.000000+00:00',11,'waiting',0,NULL,NULL,NULL,NULL);
INSERT INTO "second_channel" VALUES(19,5,'over','2026-03-01T13:01:00.000000+00:00',NULL,'waiting',0,NULL,NULL,NULL,NULL);
INSERT INTO "second_channel" VALUES(20,6,'opened','2026-03-01T13:07:00.000000+00:00',NULL,'waiting',0,NULL,NULL,NULL,NULL);
INSERT INTO "second_channel" VALUES(21,6,'unacknowledged','2026-03-01T13:07:00.000000+00:00',NULL,'waiting',0,NULL,NULL,NULL,NULL);
INSERT INTO "second_channel" VALUES(22,7,'opened','2026-03-01T13:08:00.000000+00:00',NULL,'waiting',0,NULL,NULL,NULL,NULL);
INSERT INTO "second_channel" VALUES(23,7,'unacknowledged','2026-03-01T13:08:00.000000+00:00',NULL,'waiting',0,NULL,NULL,NULL,NULL);
CREATE TABLE "silence" (
   "id" INTEGER PRIMARY KEY,
   "target" TEXT NOT NULL,
   "since" TEXT,
   "until" TEXT NOT NULL,
   "by" TEXT,
   "reason" TEXT
);
INSERT INTO "silence" VALUES(1,'guest:web2','2026-03-01T13:08:00.000000+00:00','2026-03-01T15:08:00.000000+00:00','U0ALEX','new fans');
CREATE TABLE "target" (
   "id" TEXT PRIMARY KEY,
   "runs_on" TEXT,
   "powered_by" TEXT,
   "behind" TEXT,
   "wanted" INTEGER,
   "ephemeral" INTEGER,
   "running" INTEGER,
   "stopped_at" TEXT,
   "stopped_on_purpose" INTEGER,
   "first_seen" TEXT,
   "gone_at" TEXT
, "name" TEXT, "proof" TEXT);
INSERT INTO "target" VALUES('ups:rack',NULL,NULL,NULL,1,0,NULL,NULL,NULL,'2026-03-01T12:00:00.000000+00:00',NULL,'rack','inside');
INSERT INTO "target" VALUES('host:atlas',NULL,'ups:rack','service:gate',1,0,NULL,NULL,NULL,'2026-03-01T12:00:00.000000+00:00',NULL,'atlas','inside');
INSERT INTO "target" VALUES('host:vault',NULL,'ups:rack',NULL,1,0,NULL,NULL,NULL,'2026-03-01T12:00:00.000000+00:00',NULL,'vault','inside');
INSERT INTO "target" VALUES('service:gate',NULL,NULL,NULL,1,0,NULL,NULL,NULL,'2026-03-01T12:00:00.000000+00:00',NULL,'gate','inside');
INSERT INTO "target" VALUES('service:web',NULL,NULL,'host:vault',1,0,NULL,NULL,NULL,'2026-03-01T12:00:00.000000+00:00',NULL,'web','inside');
INSERT INTO "target" VALUES('guest:web1','host:atlas',NULL,NULL,1,0,1,NULL,0,'2026-03-01T12:00:00.000000+00:00',NULL,'web1','inside');
INSERT INTO "target" VALUES('guest:web2','host:atlas',NULL,NULL,1,0,1,NULL,0,'2026-03-01T12:00:00.000000+00:00',NULL,'web2','inside');
INSERT INTO "target" VALUES('guest:web3','host:atlas',NULL,NULL,1,0,1,NULL,0,'2026-03-01T12:00:00.000000+00:00',NULL,'web3','inside');
INSERT INTO "target" VALUES('guest:web4','host:atlas',NULL,NULL,1,0,0,'2026-03-01T13:01:00.000000+00:00',0,'2026-03-01T12:00:00.000000+00:00',NULL,'web4','inside');
INSERT INTO "target" VALUES('guest:web5','host:atlas',NULL,NULL,1,0,0,'2026-03-01T13:07:00.000000+00:00',0,'2026-03-01T12:00:00.000000+00:00',NULL,'web5','inside');
INSERT INTO "target" VALUES('guest:web6','host:atlas',NULL,NULL,1,0,1,NULL,0,'2026-03-01T12:00:00.000000+00:00',NULL,'web6','inside');
INSERT INTO "target" VALUES('guest:db1','host:atlas',NULL,NULL,1,0,1,NULL,0,'2026-03-01T12:00:00.000000+00:00',NULL,'db1','inside');
INSERT INTO "target" VALUES('guest:dev1','host:atlas',NULL,NULL,1,0,1,NULL,0,'2026-03-01T12:00:00.000000+00:00',NULL,'dev1','inside');
INSERT INTO "target" VALUES('guest:mail1','host:atlas',NULL,NULL,1,0,0,'2026-03-01T13:01:00.000000+00:00',0,'2026-03-01T12:00:00.000000+00:00',NULL,'mail1','inside');
CREATE TABLE "told" (
   "subject" TEXT PRIMARY KEY,
   "keys_json" TEXT,
   "at" TEXT
);
INSERT INTO "told" VALUES('checks of lab.yaml','{"version": 1, "keys": ["host:atlas hypervisor", "host:atlas watching"]}','2026-03-01T12:00:00.000000+00:00');
INSERT INTO "told" VALUES('blind spots','{"version": 1, "keys": ["guest:mail1", "guest:db1"]}','2026-03-01T13:08:00.000000+00:00');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX "idx_incident_status_resolved_at"
    ON "incident" ("status", "resolved_at");
CREATE INDEX "idx_run_status"
    ON "run" ("status");
CREATE INDEX "idx_run_incident"
    ON "run" ("incident");
CREATE INDEX "idx_outbox_state"
    ON "outbox" ("state");
CREATE INDEX "idx_outbox_subject"
    ON "outbox" ("subject");
CREATE UNIQUE INDEX "idx_script_record_run_step_attempt"
    ON "script_record" ("run", "step", "attempt");
CREATE INDEX "idx_second_channel_state"
    ON "second_channel" ("state");
CREATE INDEX "idx_second_channel_incident"
    ON "second_channel" ("incident");
CREATE INDEX "idx_event_incident"
    ON "event" ("incident");
CREATE INDEX "idx_event_at"
    ON "event" ("at");
COMMIT;
