BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'caretaker','0001_first_tables','2026-11-26 22:00:51.009244+00:00');
CREATE TABLE "alive" (
   "id" INTEGER PRIMARY KEY,
   "started_at" TEXT,
   "at" TEXT,
   "stopped_at" TEXT
);
INSERT INTO "alive" VALUES(1,'2026-03-01T12:00:00.000000+00:00','2026-03-01T12:00:00.000000+00:00',NULL);
CREATE TABLE "event" (
   "id" INTEGER PRIMARY KEY,
   "incident" INTEGER NOT NULL,
   "at" TEXT NOT NULL,
   "kind" TEXT NOT NULL,
   "text" TEXT NOT NULL,
   "by" TEXT
);
INSERT INTO "event" VALUES(1,1,'2026-03-01T12:00:00.000000+00:00','opened','crashed',NULL);
INSERT INTO "event" VALUES(2,1,'2026-03-01T12:00:00.000000+00:00','status','resolved: it may stay off','U0ALEX');
INSERT INTO "event" VALUES(3,2,'2026-03-01T12:00:00.000000+00:00','opened','crashed',NULL);
INSERT INTO "event" VALUES(4,2,'2026-03-01T12:00:00.000000+00:00','better','well',NULL);
INSERT INTO "event" VALUES(5,2,'2026-03-01T12:00:00.000000+00:00','status','resolved: all proven healthy',NULL);
INSERT INTO "event" VALUES(6,3,'2026-03-01T14:00:00.000000+00:00','opened','crashed',NULL);
INSERT INTO "event" VALUES(7,4,'2026-03-01T14:00:00.000000+00:00','opened','no answer',NULL);
INSERT INTO "event" VALUES(8,3,'2026-03-01T14:00:00.000000+00:00','recognised','This is power-loss: on battery',NULL);
INSERT INTO "event" VALUES(9,4,'2026-03-01T14:00:00.000000+00:00','note','Part of incident 3: what is still unproven is followed there.',NULL);
INSERT INTO "event" VALUES(10,3,'2026-03-01T14:00:00.000000+00:00','status','acknowledged','U0ROBIN');
INSERT INTO "event" VALUES(11,3,'2026-03-01T14:00:00.000000+00:00','worse','atlas: no answer',NULL);
INSERT INTO "event" VALUES(12,3,'2026-03-01T14:00:00.000000+00:00','better','atlas is back: well',NULL);
INSERT INTO "event" VALUES(13,3,'2026-03-01T14:00:00.000000+00:00','better','web1 is back: well',NULL);
INSERT INTO "event" VALUES(14,3,'2026-03-01T14:00:00.000000+00:00','better','well',NULL);
INSERT INTO "event" VALUES(15,3,'2026-03-01T14:00:00.000000+00:00','status','recovering',NULL);
CREATE TABLE "health" (
   "check" TEXT,
   "target" TEXT,
   "health" TEXT NOT NULL,
   "kind" TEXT,
   "running" INTEGER,
   "why" TEXT,
   "since" TEXT,
   "at" TEXT,
   PRIMARY KEY ("check", "target")
);
INSERT INTO "health" VALUES('state','guest:web1','ok',NULL,1,'well','2026-03-01T14:00:00.000000+00:00','2026-03-01T14:00:00.000000+00:00');
INSERT INTO "health" VALUES('state','guest:web2','ok',NULL,1,'well','2026-03-01T12:00:00.000000+00:00','2026-03-01T12:00:00.000000+00:00');
INSERT INTO "health" VALUES('state','guest:web3','fail','guest-down',0,'crashed','2026-03-01T12:00:00.000000+00:00','2026-03-01T12:00:00.000000+00:00');
INSERT INTO "health" VALUES('hypervisor','host:vault','fail','host-down',NULL,'no answer','2026-03-01T14:00:00.000000+00:00','2026-03-01T14:00:00.000000+00:00');
INSERT INTO "health" VALUES('ups','ups:rack','ok',NULL,NULL,'well','2026-03-01T14:00:00.000000+00:00','2026-03-01T14:00:00.000000+00:00');
INSERT INTO "health" VALUES('hypervisor','host:atlas','ok',NULL,NULL,'well','2026-03-01T14:00:00.000000+00:00','2026-03-01T14:00:00.000000+00:00');
CREATE TABLE "incident" (
   "id" INTEGER PRIMARY KEY,
   "kind" TEXT NOT NULL,
   "subject" TEXT NOT NULL,
   "status" TEXT NOT NULL,
   "opened_at" TEXT,
   "resolved_at" TEXT,
   "value_json" TEXT
);
INSERT INTO "incident" VALUES(1,'guest-down','guest:web3','resolved','2026-03-01T12:00:00.000000+00:00','2026-03-01T12:00:00.000000+00:00','{"why": "crashed", "progress_at": "2026-03-01T12:00:00.000000+00:00", "own": [["state", "guest:web3"]], "failing": [["state", "guest:web3"]], "members": [["guest:web3", true, ["state"], false, false]], "acknowledged_by": null, "acknowledged_at": null, "recovering_since": null, "surfaced": false, "resolved_by": "U0ALEX", "resolution": "it may stay off"}');
INSERT INTO "incident" VALUES(2,'guest-down','guest:web2','resolved','2026-03-01T12:00:00.000000+00:00','2026-03-01T12:00:00.000000+00:00','{"why": "crashed", "progress_at": "2026-03-01T12:00:00.000000+00:00", "own": [["state", "guest:web2"]], "failing": [], "members": [["guest:web2", true, [], true, true]], "acknowledged_by": null, "acknowledged_at": null, "recovering_since": null, "surfaced": false, "resolved_by": null, "resolution": "all proven healthy"}');
INSERT INTO "incident" VALUES(3,'power-loss','ups:rack','recovering','2026-03-01T14:00:00.000000+00:00',NULL,'{"why": "on battery", "progress_at": "2026-03-01T14:00:00.000000+00:00", "own": [["ups", "ups:rack"]], "failing": [], "members": [["guest:web1", true, [], true, true], ["service:web", false, [], false, null], ["host:vault", false, ["hypervisor"], false, null], ["host:atlas", false, [], true, null], ["guest:web2", true, [], false, null]], "acknowledged_by": "U0ROBIN", "acknowledged_at": "2026-03-01T14:00:00.000000+00:00", "recovering_since": "2026-03-01T14:00:00.000000+00:00", "surfaced": false, "resolved_by": null, "resolution": ""}');
INSERT INTO "incident" VALUES(4,'host-down','host:vault','resolved','2026-03-01T14:00:00.000000+00:00','2026-03-01T14:00:00.000000+00:00','{"why": "no answer", "progress_at": "2026-03-01T14:00:00.000000+00:00", "own": [["hypervisor", "host:vault"]], "failing": [["hypervisor", "host:vault"]], "members": [["service:web", false, [], false, null]], "acknowledged_by": null, "acknowledged_at": null, "recovering_since": null, "surfaced": false, "resolved_by": null, "resolution": "Part of incident 3: what is still unproven is followed there."}');
CREATE TABLE "journal" (
   "id" INTEGER PRIMARY KEY,
   "at" TEXT NOT NULL,
   "text" TEXT NOT NULL
);
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
INSERT INTO "outbox" VALUES(2,'incident:1','line','incident:1','<@U0ALEX> resolved: it may stay off',NULL,NULL,'waiting',0,0,'2026-03-01T12:00:00.000000+00:00','2026-03-01T12:00:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(3,'incident:2','card',NULL,'',NULL,NULL,'waiting',0,0,'2026-03-01T12:00:00.000000+00:00','2026-03-01T12:00:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(4,'incident:2','broadcast','incident:2','Resolved: all proven healthy.',NULL,NULL,'waiting',0,0,'2026-03-01T12:00:00.000000+00:00','2026-03-01T12:00:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(5,'incident:3','card',NULL,'',NULL,NULL,'waiting',0,0,'2026-03-01T14:00:00.000000+00:00','2026-03-01T14:00:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(6,'incident:4','card',NULL,'',NULL,NULL,'waiting',0,0,'2026-03-01T14:00:00.000000+00:00','2026-03-01T14:00:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(7,'incident:3','broadcast','incident:3','This is more than it seemed: on battery',NULL,NULL,'waiting',0,0,'2026-03-01T14:00:00.000000+00:00','2026-03-01T14:00:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(8,'incident:4','line','incident:4','Part of incident 3: what is still unproven is followed there.',NULL,NULL,'waiting',0,0,'2026-03-01T14:00:00.000000+00:00','2026-03-01T14:00:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES(9,'incident:3','line','incident:3','<@U0ROBIN> acknowledged',NULL,NULL,'waiting',0,0,'2026-03-01T14:00:00.000000+00:00','2026-03-01T14:00:00.000000+00:00',NULL);
CREATE TABLE "post" (
   "subject" TEXT PRIMARY KEY,
   "channel" TEXT,
   "ts" TEXT,
   "at" TEXT
);
CREATE TABLE "run" (
   "id" INTEGER PRIMARY KEY,
   "incident" INTEGER,
   "runbook" TEXT NOT NULL,
   "status" TEXT NOT NULL,
   "version" INTEGER,
   "text_hash" TEXT NOT NULL,
   "value_json" TEXT
);
CREATE TABLE "runbook_text" (
   "hash" TEXT PRIMARY KEY,
   "name" TEXT,
   "text" TEXT
);
CREATE TABLE "silence" (
   "id" INTEGER PRIMARY KEY,
   "target" TEXT NOT NULL,
   "since" TEXT,
   "until" TEXT NOT NULL,
   "by" TEXT,
   "reason" TEXT
);
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
);
INSERT INTO "target" VALUES('ups:rack',NULL,NULL,NULL,1,0,NULL,NULL,NULL,'2026-03-01T12:00:00.000000+00:00',NULL);
INSERT INTO "target" VALUES('host:atlas',NULL,'ups:rack','service:gate',1,0,NULL,NULL,NULL,'2026-03-01T12:00:00.000000+00:00',NULL);
INSERT INTO "target" VALUES('host:vault',NULL,'ups:rack',NULL,1,0,NULL,NULL,NULL,'2026-03-01T12:00:00.000000+00:00',NULL);
INSERT INTO "target" VALUES('service:gate',NULL,NULL,NULL,1,0,NULL,NULL,NULL,'2026-03-01T12:00:00.000000+00:00',NULL);
INSERT INTO "target" VALUES('service:web',NULL,NULL,'host:vault',1,0,NULL,NULL,NULL,'2026-03-01T12:00:00.000000+00:00',NULL);
INSERT INTO "target" VALUES('guest:web1','host:atlas',NULL,NULL,1,0,1,NULL,0,'2026-03-01T12:00:00.000000+00:00',NULL);
INSERT INTO "target" VALUES('guest:web2','host:atlas',NULL,NULL,1,0,1,NULL,0,'2026-03-01T12:00:00.000000+00:00',NULL);
INSERT INTO "target" VALUES('guest:web3','host:atlas',NULL,NULL,1,0,0,'2026-03-01T12:00:00.000000+00:00',0,'2026-03-01T12:00:00.000000+00:00',NULL);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX "idx_incident_status_resolved_at"
    ON "incident" ("status", "resolved_at");
CREATE INDEX "idx_event_incident"
    ON "event" ("incident");
CREATE INDEX "idx_run_status"
    ON "run" ("status");
CREATE INDEX "idx_run_incident"
    ON "run" ("incident");
CREATE INDEX "idx_outbox_state"
    ON "outbox" ("state");
CREATE INDEX "idx_outbox_subject"
    ON "outbox" ("subject");
COMMIT;
