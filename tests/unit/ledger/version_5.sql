BEGIN TRANSACTION;
CREATE TABLE acknowledgements (
	seq INTEGER NOT NULL,
	target VARCHAR NOT NULL,
	guard VARCHAR NOT NULL,
	policy_digest VARCHAR(64) NOT NULL,
	at VARCHAR NOT NULL,
	is_spent BOOLEAN NOT NULL,
	PRIMARY KEY (seq)
);
CREATE TABLE epochs (
	target VARCHAR NOT NULL,
	epoch INTEGER NOT NULL,
	PRIMARY KEY (target)
);
INSERT INTO "epochs" VALUES('research',2);
CREATE TABLE events (
	seq INTEGER NOT NULL,
	body TEXT NOT NULL,
	hash VARCHAR(64) NOT NULL,
	PRIMARY KEY (seq)
);
INSERT INTO "events" VALUES(1,'{"actor":"cli:ann@host","at":"2026-11-20T03:00:01.000000Z","event":"config.loaded","policies":[],"policy_digests":{},"prev":"0000000000000000000000000000000000000000000000000000000000000000","seq":1,"source":"janitor.yaml","sweep_id":null,"target":null,"version":1}','ea6b95652a02e646cb2cec3e2dbda60d297f3e25f7cda4aa6dee444ffb45edad');
INSERT INTO "events" VALUES(2,'{"actor":"cli:ann@host","at":"2026-11-20T03:00:02.000000Z","epoch":1,"event":"sweep.started","prev":"ea6b95652a02e646cb2cec3e2dbda60d297f3e25f7cda4aa6dee444ffb45edad","project_id":"p","seq":2,"sweep_id":"s1","target":"research","version":1}','49b7dd7e6212c33b4b4e15a105c0d2ac0dc88c52178d793573efa9af04ac8e04');
INSERT INTO "events" VALUES(3,'{"actor":"cli:ann@host","at":"2026-11-20T03:00:03.000000Z","attempts":0,"created_at":null,"error_code":null,"event":"deletion.intended","intent_id":"i1","job_id":"j1","job_name":"trial","owner":"ann","phase":"failed","policies":["weekly"],"policy":"weekly","policy_digest":"d","prev":"49b7dd7e6212c33b4b4e15a105c0d2ac0dc88c52178d793573efa9af04ac8e04","project_id":"p","reason":"r","reason_code":"expired","request_id":null,"seq":3,"sweep_id":"s1","target":"research","version":1}','8093701d4cc4deab74999534f33889659aef46e40a916da1a7a2fcbc2def98f4');
INSERT INTO "events" VALUES(4,'{"actor":"cli:ann@host","at":"2026-11-20T03:00:04.000000Z","attempts":0,"created_at":null,"error_code":null,"event":"deletion.intended","intent_id":"i2","job_id":"j2","job_name":"trial","owner":"ann","phase":"failed","policies":["weekly"],"policy":"weekly","policy_digest":"d","prev":"8093701d4cc4deab74999534f33889659aef46e40a916da1a7a2fcbc2def98f4","project_id":"p","reason":"r","reason_code":"expired","request_id":null,"seq":4,"sweep_id":"s1","target":"research","version":1}','10074d9ea1310bc60f4d8055224d93281e8eb21c77e76c58ac3a7376e255f978');
INSERT INTO "events" VALUES(5,'{"actor":"cli:ann@host","at":"2026-11-20T03:00:05.000000Z","attempts":1,"created_at":null,"error_code":null,"event":"deletion.accepted","intent_id":"i1","job_id":"j1","job_name":"trial","owner":"ann","phase":"failed","policies":["weekly"],"policy":"weekly","policy_digest":"d","prev":"10074d9ea1310bc60f4d8055224d93281e8eb21c77e76c58ac3a7376e255f978","project_id":"p","reason":"r","reason_code":"expired","request_id":null,"seq":5,"sweep_id":"s1","target":"research","version":1}','81b7e4e8a68735fbd944329cc9d8a190adcb08a4333a55097528cf1be5aebd34');
INSERT INTO "events" VALUES(6,'{"actor":"cli:ann@host","at":"2026-11-20T03:00:06.000000Z","attempts":1,"created_at":null,"error_code":null,"event":"deletion.unknown","intent_id":"i2","job_id":"j2","job_name":"trial","owner":"ann","phase":"failed","policies":["weekly"],"policy":"weekly","policy_digest":"d","prev":"81b7e4e8a68735fbd944329cc9d8a190adcb08a4333a55097528cf1be5aebd34","project_id":"p","reason":"r","reason_code":"expired","request_id":null,"seq":6,"sweep_id":"s1","target":"research","version":1}','d13cbf527556949ff218ad23a50a69ba532e81051d51342624b96e52717d70e5');
INSERT INTO "events" VALUES(7,'{"actor":"cli:ann@host","at":"2026-11-20T03:00:07.000000Z","attempts":1,"created_at":null,"error_code":null,"event":"deletion.confirmed","intent_id":"i1","job_id":"j1","job_name":"trial","owner":"ann","phase":"failed","policies":["weekly"],"policy":"weekly","policy_digest":"d","prev":"d13cbf527556949ff218ad23a50a69ba532e81051d51342624b96e52717d70e5","project_id":"p","reason":"r","reason_code":"expired","request_id":null,"seq":7,"sweep_id":"s1","target":"research","version":1}','d0ef9cddfd33255e898163cd969427afdab1378d343bf073ffc3b1207c194ace');
INSERT INTO "events" VALUES(8,'{"actor":"cli:ann@host","at":"2026-11-20T03:00:08.000000Z","event":"sweep.finished","outcomes":{"confirmed":1},"prev":"d0ef9cddfd33255e898163cd969427afdab1378d343bf073ffc3b1207c194ace","seq":8,"sweep_id":"s1","target":"research","version":1}','bf9e0fa51c0bb0f5acf6d40cbbad7e8c24152e4431677fd6a215a07fb6112c53');
INSERT INTO "events" VALUES(9,'{"actor":"cli:ann@host","at":"2026-11-21T03:00:01.000000Z","event":"hold.added","hold_id":"h-1","job_ids":["j9"],"match":null,"owner":null,"prev":"bf9e0fa51c0bb0f5acf6d40cbbad7e8c24152e4431677fd6a215a07fb6112c53","reason":"audited","seq":9,"sweep_id":null,"target":"research","until":null,"version":1}','078fe26064cab2ac317282895c57bb20a423f39c36056be3855d97ea51c88799');
INSERT INTO "events" VALUES(10,'{"actor":"cli:ann@host","at":"2026-11-21T03:00:02.000000Z","event":"sweeping.paused","prev":"078fe26064cab2ac317282895c57bb20a423f39c36056be3855d97ea51c88799","reason":"incident","seq":10,"sweep_id":null,"target":"research","version":1}','390c8c18c35d12b81a92398b3dae5da5c589b14b7497a7bf4ee160aa3a29d420');
INSERT INTO "events" VALUES(11,'{"actor":"cli:ann@host","at":"2026-11-20T04:00:00.000000Z","created_at":"2026-11-01T00:00:00.000000Z","deadline":"2026-11-21T04:00:00.000000Z","event":"job.marked","grace":86400,"job_id":"j9","marked_at":"2026-11-20T04:00:00.000000Z","prev":"390c8c18c35d12b81a92398b3dae5da5c589b14b7497a7bf4ee160aa3a29d420","reason":"r","seq":11,"sweep_id":"s1","target":"research","version":1}','481fd357bb4838fc70ca99b72fe5c0e489c2f22184758df151d72df10859702d');
CREATE TABLE holds (
	hold_id VARCHAR NOT NULL,
	target VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	added_seq INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	PRIMARY KEY (hold_id)
);
INSERT INTO "holds" VALUES('h-1','research','active',9,9);
CREATE TABLE intents (
	intent_id VARCHAR NOT NULL,
	target VARCHAR NOT NULL,
	job_id VARCHAR NOT NULL,
	sweep_id VARCHAR NOT NULL,
	at VARCHAR NOT NULL,
	last_at VARCHAR NOT NULL,
	attempts INTEGER NOT NULL,
	state VARCHAR NOT NULL,
	is_open BOOLEAN NOT NULL,
	seq INTEGER NOT NULL,
	closed_seq INTEGER,
	PRIMARY KEY (intent_id)
);
INSERT INTO "intents" VALUES('i1','research','j1','s1','2026-11-20T03:00:03.000000Z','2026-11-20T03:00:05.000000Z',1,'confirmed',0,3,7);
INSERT INTO "intents" VALUES('i2','research','j2','s1','2026-11-20T03:00:04.000000Z','2026-11-20T03:00:06.000000Z',1,'unknown',1,4,NULL);
CREATE TABLE jobs (
	target VARCHAR NOT NULL,
	job_id VARCHAR NOT NULL,
	created_at VARCHAR,
	name TEXT,
	owner TEXT,
	phase VARCHAR NOT NULL,
	other_phases VARCHAR NOT NULL,
	runs INTEGER NOT NULL,
	started_at VARCHAR,
	finished_at VARCHAR,
	first_seen VARCHAR NOT NULL,
	first_seen_terminal VARCHAR,
	verdict VARCHAR NOT NULL,
	reason TEXT NOT NULL,
	reason_code VARCHAR NOT NULL,
	policy VARCHAR,
	eligible_at VARCHAR,
	seen_at VARCHAR NOT NULL,
	expected_at VARCHAR,
	PRIMARY KEY (target, job_id)
);
INSERT INTO "jobs" VALUES('research','j9','2026-11-01T00:00:00.000000Z','trial-1','ci-bot','failed','',1,NULL,NULL,'2026-11-20T04:00:00.000000Z','2026-11-20T04:00:00.000000Z','expiring','r','grace','weekly',NULL,'2026-11-20T04:00:00.000000Z',NULL);
CREATE TABLE marks (
	target VARCHAR NOT NULL,
	job_id VARCHAR NOT NULL,
	created_at VARCHAR NOT NULL,
	marked_at VARCHAR NOT NULL,
	grace INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	PRIMARY KEY (target, job_id, created_at)
);
INSERT INTO "marks" VALUES('research','j9','2026-11-01T00:00:00.000000Z','2026-11-20T04:00:00.000000Z',86400,11);
CREATE TABLE meta (
	"key" VARCHAR NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('schema','5');
CREATE TABLE pauses (
	scope VARCHAR NOT NULL,
	is_paused BOOLEAN NOT NULL,
	seq INTEGER NOT NULL,
	PRIMARY KEY (scope)
);
INSERT INTO "pauses" VALUES('research',1,10);
CREATE TABLE plans (
	digest VARCHAR(64) NOT NULL,
	target VARCHAR NOT NULL,
	expires_at VARCHAR NOT NULL,
	seq INTEGER NOT NULL,
	sweep_id VARCHAR,
	is_used BOOLEAN NOT NULL,
	PRIMARY KEY (digest)
);
CREATE TABLE sweeps (
	sweep_id VARCHAR NOT NULL,
	target VARCHAR NOT NULL,
	started_at VARCHAR NOT NULL,
	finished_at VARCHAR,
	status VARCHAR NOT NULL,
	survivors TEXT NOT NULL,
	kind VARCHAR DEFAULT 'sweep' NOT NULL,
	workspaces TEXT,
	listed INTEGER,
	planned INTEGER,
	policies TEXT,
	has_labels VARCHAR,
	seq INTEGER,
	PRIMARY KEY (sweep_id)
);
INSERT INTO "sweeps" VALUES('s1','research','2026-11-20T03:00:02.000000Z','2026-11-20T03:00:08.000000Z','finished','["j8", "j9"]','sweep',NULL,NULL,NULL,NULL,NULL,1);
CREATE TABLE tombstones (
	intent_id VARCHAR NOT NULL,
	target VARCHAR NOT NULL,
	job_id VARCHAR NOT NULL,
	at VARCHAR NOT NULL,
	owner TEXT,
	outputs TEXT NOT NULL,
	sha256 VARCHAR(64) NOT NULL,
	document TEXT NOT NULL,
	PRIMARY KEY (intent_id)
);
CREATE INDEX intents_by_job ON intents (job_id);
CREATE INDEX intents_by_target_and_time ON intents (target, at);
CREATE UNIQUE INDEX one_open_intent_a_job ON intents (target, job_id) WHERE is_open;
CREATE INDEX sweeps_by_target_and_time ON sweeps (target, started_at);
CREATE INDEX sweeps_by_end ON sweeps (status, finished_at);
CREATE INDEX holds_by_target ON holds (target);
CREATE INDEX acknowledgements_by_target ON acknowledgements (target);
CREATE INDEX tombstones_by_target_and_time ON tombstones (target, at);
CREATE INDEX tombstones_by_job ON tombstones (job_id);
COMMIT;
