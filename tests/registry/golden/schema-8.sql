BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'workbench.registry','first_schema','2026-11-22 14:02:52.715035+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'workbench.registry','graded_gain','2026-11-22 17:24:33.405659+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'workbench.registry','small_sets','2026-11-27 10:23:19.045430+00:00');
INSERT INTO "_sqlite_migrations" VALUES(4,'workbench.registry','marks_people_origins','2026-11-27 15:36:59.138105+00:00');
INSERT INTO "_sqlite_migrations" VALUES(5,'workbench.registry','candidates_and_added_cases','2026-11-27 16:59:03.054663+00:00');
INSERT INTO "_sqlite_migrations" VALUES(6,'workbench.registry','answering_models','2026-11-27 23:32:34.064334+00:00');
INSERT INTO "_sqlite_migrations" VALUES(7,'workbench.registry','slices_and_raw_values','2026-11-28 00:10:07.303609+00:00');
INSERT INTO "_sqlite_migrations" VALUES(8,'workbench.registry','judges','2026-11-28 04:07:38.863391+00:00');
CREATE TABLE approvals (
  seq INTEGER PRIMARY KEY,
  prompt_id TEXT NOT NULL CHECK (prompt_id GLOB '[a-z0-9]*' AND prompt_id NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(prompt_id, '..') = 0 AND length(prompt_id) <= 100 AND instr(CAST(prompt_id AS BLOB), x'00') = 0),
  version TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  environment TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '', rules INTEGER NOT NULL DEFAULT 0 CHECK (rules >= 0),
  FOREIGN KEY (prompt_id, version) REFERENCES versions (prompt_id, version)
) STRICT;
INSERT INTO "approvals" VALUES(9,'greeting','1.0.0','e57736d9a409fc6bace28cb8123362c680fe6edfedac6b88b2d1331229bc4049','production','read it',0);
INSERT INTO "approvals" VALUES(15,'greeting','1.1.0','be5773e27d0e678a2453100074e32d5e58a8e83168b5d0d36c2e5308594b0f23','production','read it',0);
INSERT INTO "approvals" VALUES(28,'router','1.0.0','f04003c26916cb0377a2fae37ff9f5accda766b17eb6f5d35ca414fa44059932','production','read it',1);
CREATE TABLE calibrations (
  seq INTEGER PRIMARY KEY,
  judge TEXT NOT NULL CHECK (judge <> ''),
  fingerprint TEXT NOT NULL CHECK (length(fingerprint) = 64),
  models TEXT NOT NULL CHECK (json_valid(models)),
  suite TEXT NOT NULL,
  labels TEXT NOT NULL CHECK (length(labels) = 64),
  labelled INTEGER NOT NULL CHECK (labelled >= 0),
  rarer INTEGER NOT NULL CHECK (rarer >= 0),
  passed_both INTEGER NOT NULL CHECK (passed_both >= 0),
  passed_by_judge INTEGER NOT NULL CHECK (passed_by_judge >= 0),
  passed_by_people INTEGER NOT NULL CHECK (passed_by_people >= 0),
  failed_both INTEGER NOT NULL CHECK (failed_both >= 0),
  missing INTEGER NOT NULL CHECK (missing >= 0),
  human_kappa REAL
) STRICT;
CREATE TABLE consumers (
  seq INTEGER PRIMARY KEY,
  name TEXT NOT NULL CHECK (name <> ''),
  prompt_id TEXT NOT NULL CHECK (prompt_id GLOB '[a-z0-9]*' AND prompt_id NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(prompt_id, '..') = 0 AND length(prompt_id) <= 100 AND instr(CAST(prompt_id AS BLOB), x'00') = 0),
  environment TEXT NOT NULL,
  requires TEXT NOT NULL,
  bounds TEXT NOT NULL CHECK (json_valid(bounds))
) STRICT;
INSERT INTO "consumers" VALUES(19,'app','greeting','production','>=1,<2','[[">=", "011.010.010.~"], ["<", "012.010.010."]]');
CREATE TABLE deployments (
  seq INTEGER PRIMARY KEY,
  prompt_id TEXT NOT NULL CHECK (prompt_id GLOB '[a-z0-9]*' AND prompt_id NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(prompt_id, '..') = 0 AND length(prompt_id) <= 100 AND instr(CAST(prompt_id AS BLOB), x'00') = 0),
  environment TEXT NOT NULL,
  action TEXT NOT NULL CHECK (action IN ('deploy', 'rollback', 'retire')),
  version TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  previous_seq INTEGER,
  previous_version TEXT,
  stands_for INTEGER NOT NULL,
  evaluation INTEGER REFERENCES evaluations (seq),
  override INTEGER NOT NULL DEFAULT 0 CHECK (override IN (0, 1)),
  again INTEGER NOT NULL DEFAULT 0 CHECK (again IN (0, 1)),
  stale INTEGER NOT NULL DEFAULT 0 CHECK (stale IN (0, 1)),
  reason TEXT NOT NULL DEFAULT '',
  request_id TEXT UNIQUE, loosened_by INTEGER REFERENCES ledger (seq), revision INTEGER NOT NULL DEFAULT 0,
  FOREIGN KEY (prompt_id, version) REFERENCES versions (prompt_id, version)
) STRICT;
INSERT INTO "deployments" VALUES(10,'greeting','production','deploy','1.0.0','e57736d9a409fc6bace28cb8123362c680fe6edfedac6b88b2d1331229bc4049',NULL,NULL,10,7,0,0,0,'ready',NULL,NULL,0);
INSERT INTO "deployments" VALUES(16,'greeting','production','deploy','1.1.0','be5773e27d0e678a2453100074e32d5e58a8e83168b5d0d36c2e5308594b0f23',10,'1.0.0',16,13,0,0,0,'ready',NULL,NULL,0);
INSERT INTO "deployments" VALUES(20,'greeting','production','rollback','1.0.0','e57736d9a409fc6bace28cb8123362c680fe6edfedac6b88b2d1331229bc4049',16,'1.1.0',10,7,0,0,0,'worse',NULL,NULL,0);
INSERT INTO "deployments" VALUES(29,'router','production','deploy','1.0.0','f04003c26916cb0377a2fae37ff9f5accda766b17eb6f5d35ca414fa44059932',NULL,NULL,29,27,0,0,0,'ready',NULL,NULL,1);
CREATE TABLE environments (
  seq INTEGER PRIMARY KEY,
  name TEXT NOT NULL CHECK (name GLOB '[a-z0-9]*' AND name NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(name, '..') = 0 AND length(name) <= 100 AND instr(CAST(name AS BLOB), x'00') = 0),
  requires TEXT NOT NULL CHECK (json_valid(requires)),
  approvals INTEGER NOT NULL CHECK (approvals >= 0),
  promote_from TEXT NOT NULL,
  external INTEGER NOT NULL DEFAULT 0 CHECK (external IN (0, 1)),
  untested INTEGER NOT NULL DEFAULT 0 CHECK (untested IN (0, 1)),
  frozen INTEGER NOT NULL DEFAULT 0 CHECK (frozen IN (0, 1)),
  max_age_days REAL NOT NULL CHECK (max_age_days >= 0)
, answers TEXT NOT NULL DEFAULT 'cached', endpoints TEXT NOT NULL DEFAULT '[]', reason TEXT NOT NULL DEFAULT '', revision INTEGER NOT NULL DEFAULT 0, answering_model TEXT NOT NULL DEFAULT 'any') STRICT;
INSERT INTO "environments" VALUES(2,'development','[]',0,'',1,1,0,0.0,'cached','[]','',0,'any');
INSERT INTO "environments" VALUES(3,'staging','[]',0,'',1,0,0,0.0,'cached','[]','',0,'any');
INSERT INTO "environments" VALUES(4,'production','[]',0,'',1,0,0,0.0,'cached','[]','',0,'any');
INSERT INTO "environments" VALUES(18,'canary','[]',1,'',1,0,0,0.0,'cached','[]','',0,'any');
CREATE TABLE evaluations (
  seq INTEGER PRIMARY KEY,
  evaluation_id TEXT NOT NULL UNIQUE,
  prompt_id TEXT NOT NULL CHECK (prompt_id GLOB '[a-z0-9]*' AND prompt_id NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(prompt_id, '..') = 0 AND length(prompt_id) <= 100 AND instr(CAST(prompt_id AS BLOB), x'00') = 0),
  version TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  suite TEXT NOT NULL,
  suite_seq INTEGER NOT NULL REFERENCES suites (seq),
  gate TEXT NOT NULL CHECK (gate IN ('pass', 'fail', 'no_decision')),
  score REAL,
  planned INTEGER NOT NULL CHECK (planned >= 0),
  plan TEXT NOT NULL CHECK (json_valid(plan)),
  baseline_version TEXT,
  baseline_fingerprint TEXT,
  external INTEGER NOT NULL DEFAULT 0 CHECK (external IN (0, 1)),
  attempt INTEGER NOT NULL,
  started_at TEXT NOT NULL,
  finished_at TEXT NOT NULL,
  record TEXT NOT NULL CHECK (json_valid(record)),
  FOREIGN KEY (prompt_id, version) REFERENCES versions (prompt_id, version)
) STRICT;
INSERT INTO "evaluations" VALUES(7,'72068dc93ea5','greeting','1.0.0','e57736d9a409fc6bace28cb8123362c680fe6edfedac6b88b2d1331229bc4049','quality',6,'pass',1.0,20,'{"anytime":false,"baseline":false,"block_ends":[20],"boundary":"none","confidence":0.95,"created_at":"","futility":0.05,"looks":1,"margin":0.05,"min_flips":6,"n_min":72,"planned":20,"seed":0,"z":[1.9599639845400536]}',NULL,NULL,0,1,'2026-11-22T14:02:52.785254Z','2026-11-22T14:02:52.785278Z','{"attempt":1,"baseline_fingerprint":null,"baseline_version":null,"comparisons":[{"broke":[],"cases":20,"details":{"binary":true,"clustered":false,"confidence":0.95,"looks":[{"broke":0,"cases":20,"conditional_power":null,"fixed":0,"gate":"pass","high":1.0,"look":0,"low":0.8388748419471808,"missing":0,"same":0,"stopped":"","verdict":"better","z":null}],"missing_share":0.0,"partial":[],"threshold":0.8,"units":20,"worst_score":1.0},"difference":null,"fixed":[],"gate":"pass","high":1.0,"look":0,"looks":1,"low":0.8388748419471808,"method":"wilson","missing":[],"more_cases":null,"p_value":null,"planned":20,"reason":"B scores 100.0 %, at least the threshold of 80 %","same":0,"score_a":null,"score_b":1.0,"scorer":"exact","stopped":"","verdict":"better"}],"environment":{},"external":false,"finished_at":"2026-11-22T14:02:52.785278Z","gate":"pass","pairs":{},"plan":{"anytime":false,"baseline":false,"block_ends":[20],"boundary":"none","confidence":0.95,"created_at":"","futility":0.05,"looks":1,"margin":0.05,"min_flips":6,"n_min":72,"planned":20,"seed":0,"z":[1.9599639845400536]},"planned":20,"policy":{},"prompt_fingerprint":"e57736d9a409fc6bace28cb8123362c680fe6edfedac6b88b2d1331229bc4049","prompt_id":"greeting","run_a":null,"run_b":null,"schema":1,"score":1.0,"started_at":"2026-11-22T14:02:52.785254Z","suite":"quality","suite_fingerprint":"692cc3d34d51d400eef5c7b8eefbc0fc3f19e4c5fb300b2115085aa0bb828925","suite_parts":{},"version":"1.0.0"}');
INSERT INTO "evaluations" VALUES(13,'5ef9efe1d1f5','greeting','1.1.0','be5773e27d0e678a2453100074e32d5e58a8e83168b5d0d36c2e5308594b0f23','quality',6,'pass',1.0,20,'{"anytime":false,"baseline":false,"block_ends":[20],"boundary":"none","confidence":0.95,"created_at":"","futility":0.05,"looks":1,"margin":0.05,"min_flips":6,"n_min":72,"planned":20,"seed":0,"z":[1.9599639845400536]}',NULL,NULL,0,1,'2026-11-22T14:02:52.886146Z','2026-11-22T14:02:52.886171Z','{"attempt":1,"baseline_fingerprint":null,"baseline_version":null,"comparisons":[{"broke":[],"cases":20,"details":{"binary":true,"clustered":false,"confidence":0.95,"looks":[{"broke":0,"cases":20,"conditional_power":null,"fixed":0,"gate":"pass","high":1.0,"look":0,"low":0.8388748419471808,"missing":0,"same":0,"stopped":"","verdict":"better","z":null}],"missing_share":0.0,"partial":[],"threshold":0.8,"units":20,"worst_score":1.0},"difference":null,"fixed":[],"gate":"pass","high":1.0,"look":0,"looks":1,"low":0.8388748419471808,"method":"wilson","missing":[],"more_cases":null,"p_value":null,"planned":20,"reason":"B scores 100.0 %, at least the threshold of 80 %","same":0,"score_a":null,"score_b":1.0,"scorer":"exact","stopped":"","verdict":"better"}],"environment":{},"external":false,"finished_at":"2026-11-22T14:02:52.886171Z","gate":"pass","pairs":{},"plan":{"anytime":false,"baseline":false,"block_ends":[20],"boundary":"none","confidence":0.95,"created_at":"","futility":0.05,"looks":1,"margin":0.05,"min_flips":6,"n_min":72,"planned":20,"seed":0,"z":[1.9599639845400536]},"planned":20,"policy":{},"prompt_fingerprint":"be5773e27d0e678a2453100074e32d5e58a8e83168b5d0d36c2e5308594b0f23","prompt_id":"greeting","run_a":null,"run_b":null,"schema":1,"score":1.0,"started_at":"2026-11-22T14:02:52.886146Z","suite":"quality","suite_fingerprint":"692cc3d34d51d400eef5c7b8eefbc0fc3f19e4c5fb300b2115085aa0bb828925","suite_parts":{},"version":"1.1.0"}');
INSERT INTO "evaluations" VALUES(27,'2381f57d1676','router','1.0.0-rc.1','f04003c26916cb0377a2fae37ff9f5accda766b17eb6f5d35ca414fa44059932','quality',26,'pass',1.0,40,'{"anytime":false,"baseline":false,"bets":40,"block_ends":[40],"boundary":"none","confidence":0.95,"created_at":"","futility":0.05,"looks":1,"margin":0.05,"min_flips":6,"n_min":72,"planned":40,"rules":3,"seed":0,"z":[1.9599639845400536]}',NULL,NULL,0,1,'2026-11-27T16:59:03.250990Z','2026-11-27T16:59:03.251017Z','{"attempt":1,"baseline_fingerprint":null,"baseline_version":null,"comparisons":[{"broke":[],"cases":40,"details":{"binary":true,"clustered":false,"confidence":0.95,"looks":[{"broke":0,"cases":40,"conditional_power":null,"fixed":0,"gate":"pass","high":1.0,"look":0,"low":0.9123783988027133,"missing":0,"same":0,"stopped":"","verdict":"better","z":null}],"luck":0.2998322997148609,"missing_share":0.0,"partial":[],"threshold":0.8,"units":40,"worst_score":1.0},"difference":null,"fixed":[],"gate":"pass","high":1.0,"look":0,"looks":1,"low":0.9123783988027133,"method":"wilson","missing":[],"more_cases":null,"p_value":null,"planned":40,"reason":"B scores 100.0 %, at least the threshold of 80 %","same":0,"score_a":null,"score_b":1.0,"scorer":"exact","stopped":"","verdict":"better"}],"environment":{},"external":false,"finished_at":"2026-11-27T16:59:03.251017Z","gate":"pass","pairs":{},"plan":{"anytime":false,"baseline":false,"bets":40,"block_ends":[40],"boundary":"none","confidence":0.95,"created_at":"","futility":0.05,"looks":1,"margin":0.05,"min_flips":6,"n_min":72,"planned":40,"rules":3,"seed":0,"z":[1.9599639845400536]},"planned":40,"policy":{},"prompt_fingerprint":"f04003c26916cb0377a2fae37ff9f5accda766b17eb6f5d35ca414fa44059932","prompt_id":"router","run_a":null,"run_b":null,"schema":1,"score":1.0,"started_at":"2026-11-27T16:59:03.250990Z","suite":"quality","suite_fingerprint":"538d414ae703eb8a441915a0b30503beba7ca0f21d28ce441552d0c06103d963","suite_parts":{},"version":"1.0.0-rc.1"}');
INSERT INTO "evaluations" VALUES(32,'a20b92dcb6e0','drifting','1.0.0','fcb81e5cded75e53f7111d02d814f09a383de607dfa57a444f6c7464058d07d2','quality',31,'pass',1.0,20,'{"anytime":false,"baseline":false,"bets":20,"block_ends":[20],"boundary":"none","confidence":0.95,"created_at":"","futility":0.05,"looks":1,"margin":0.05,"min_flips":6,"n_min":72,"planned":20,"rules":4,"seed":0,"z":[1.9599639845400536]}',NULL,NULL,0,1,'2026-11-27T23:32:34.124430Z','2026-11-27T23:32:34.124456Z','{"answers":{"b":{"answers":20,"asked":"openai/gpt-x","cached":0,"digests":[],"endpoints":["https://api.openai.com/v1"],"models":["gpt-x-2026-01-01"]}},"attempt":1,"baseline_fingerprint":null,"baseline_version":null,"comparisons":[{"broke":[],"cases":20,"details":{"binary":true,"clustered":false,"confidence":0.95,"looks":[{"broke":0,"cases":20,"conditional_power":null,"fixed":0,"gate":"pass","high":1.0,"look":0,"low":0.8388748419471808,"missing":0,"same":0,"stopped":"","verdict":"better","z":null}],"luck":0.41484150253018043,"missing_share":0.0,"partial":[],"threshold":0.8,"units":20,"worst_score":1.0},"difference":null,"fixed":[],"gate":"pass","high":1.0,"look":0,"looks":1,"low":0.8388748419471808,"method":"wilson","missing":[],"more_cases":null,"p_value":null,"planned":20,"reason":"B scores 100.0 %, at least the threshold of 80 %","same":0,"score_a":null,"score_b":1.0,"scorer":"exact","stopped":"","verdict":"better"}],"environment":{},"external":false,"finished_at":"2026-11-27T23:32:34.124456Z","gate":"pass","pairs":{},"plan":{"anytime":false,"baseline":false,"bets":20,"block_ends":[20],"boundary":"none","confidence":0.95,"created_at":"","futility":0.05,"looks":1,"margin":0.05,"min_flips":6,"n_min":72,"planned":20,"rules":4,"seed":0,"z":[1.9599639845400536]},"planned":20,"policy":{},"prompt_fingerprint":"fcb81e5cded75e53f7111d02d814f09a383de607dfa57a444f6c7464058d07d2","prompt_id":"drifting","run_a":null,"run_b":null,"schema":1,"score":1.0,"started_at":"2026-11-27T23:32:34.124430Z","suite":"quality","suite_fingerprint":"692cc3d34d51d400eef5c7b8eefbc0fc3f19e4c5fb300b2115085aa0bb828925","suite_parts":{},"version":"1.0.0"}');
CREATE TABLE ledger (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  kind TEXT NOT NULL,
  at TEXT NOT NULL,
  actor TEXT NOT NULL,
  digest TEXT NOT NULL CHECK (length(digest) = 64),
  previous TEXT NOT NULL CHECK (length(previous) = 64),
  hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64)
) STRICT;
INSERT INTO "ledger" VALUES(1,'registry','2026-11-22T14:02:52.715910Z','workbench','48443633c912fce13adf62b540aec190e654891b69a2748fd2dae618fe169295','0000000000000000000000000000000000000000000000000000000000000000','81a12afb8076deaf5e2ee6aeceba1275a32a68de635c5413abbc5e8b79429ce0');
INSERT INTO "ledger" VALUES(2,'environment','2026-11-22T14:02:52.716726Z','workbench','1b5b7ebf88320022afdd2542605a7cdd4f2f6d6924fc20d71e0f6b0ff9ce8fc9','81a12afb8076deaf5e2ee6aeceba1275a32a68de635c5413abbc5e8b79429ce0','7ed734ebfb80b3a7ae2fd8407851f36136d8f566ccedb97da1bd988e9862fa90');
INSERT INTO "ledger" VALUES(3,'environment','2026-11-22T14:02:52.729453Z','workbench','4f8d0b6cdecccbf260cd0122177df976756925f20bf0f4ad6a7ba95c83c4da49','7ed734ebfb80b3a7ae2fd8407851f36136d8f566ccedb97da1bd988e9862fa90','40e0b13f068999b9ff16a725b483354d25796038daab63072c8668c6af2b3979');
INSERT INTO "ledger" VALUES(4,'environment','2026-11-22T14:02:52.729733Z','workbench','cd4bcb2ac777efb47edb51986708702fd5fa98284c702894d426bfa391ff0e34','40e0b13f068999b9ff16a725b483354d25796038daab63072c8668c6af2b3979','bc97e80af1b71cd41417ab4e75eef1b217b51d65afebe3f608d8d92d29d39b6c');
INSERT INTO "ledger" VALUES(5,'version','2026-11-22T14:02:52.773193Z','ana','0fcb367380f4bc788c01a9f350e1b033ee0c3cc086afe7c156d0053f05be743e','bc97e80af1b71cd41417ab4e75eef1b217b51d65afebe3f608d8d92d29d39b6c','afbcaac56dccc4e2d0af079d302f80ff9b2928c041aab60e5cd274653c86c04f');
INSERT INTO "ledger" VALUES(6,'suite','2026-11-22T14:02:52.786160Z','ci','392d61a3ebe5f13410d48d7304fde3d6ee7757868edf76a8b4f1422294e01184','afbcaac56dccc4e2d0af079d302f80ff9b2928c041aab60e5cd274653c86c04f','f01c022c425e7e0c7945a9c22938dc4ca2202a07120e706cc85d65ae1292ebcd');
INSERT INTO "ledger" VALUES(7,'evaluation','2026-11-22T14:02:52.786992Z','ci','dcb0b5270d585da1aeb0fcbaba2c9906400b12dac22a655bb18d0df915a54a98','f01c022c425e7e0c7945a9c22938dc4ca2202a07120e706cc85d65ae1292ebcd','5b1a3aa6534b28a48ef4601f9e4d77abbf27894e6f6c73575a667c730677fbb1');
INSERT INTO "ledger" VALUES(8,'signature','2026-11-22T14:02:52.801391Z','ci','36084b4e52a507053d073d83da121e3184bf93effca142c12e3e457a807b57a2','5b1a3aa6534b28a48ef4601f9e4d77abbf27894e6f6c73575a667c730677fbb1','cbd46b98e06b3017592dfd83954f8430078880b2cf86776a2f67ce665f2fb82f');
INSERT INTO "ledger" VALUES(9,'approval','2026-11-22T14:02:52.826328Z','bob','21daec4f40ec00fd57cbcc3ac0a91d3a05ed696ef8a608b0bcf02265c889a4fd','cbd46b98e06b3017592dfd83954f8430078880b2cf86776a2f67ce665f2fb82f','125089dbccae8cf6f610294ba200a015f33fda0781cdc45d972ccce42145b19a');
INSERT INTO "ledger" VALUES(10,'deployment','2026-11-22T14:02:52.850737Z','ana','67508f2bff9fba561a4ec0d693136b6f1d02c778752c63ce71e74c984ef86f1e','125089dbccae8cf6f610294ba200a015f33fda0781cdc45d972ccce42145b19a','1e6a211354fd241c145a36406be11b2ed586c54b40bdcbb54f6a6034a1d6984e');
INSERT INTO "ledger" VALUES(11,'signature','2026-11-22T14:02:52.862469Z','ana','d6858c0793fe0dda4b0d1d276c9a98dd631b6884e12ad57be89d71c76eb85f48','1e6a211354fd241c145a36406be11b2ed586c54b40bdcbb54f6a6034a1d6984e','f62b3030d04740c0d5423b4f4dfd60dfedfae910c8f36dcf89b6ca7590dde6fe');
INSERT INTO "ledger" VALUES(12,'version','2026-11-22T14:02:52.877697Z','ana','23d61d9b28efb2a38ed3e40bd0cce575141bd29bd365ad707bbec6a3fdffaa6a','f62b3030d04740c0d5423b4f4dfd60dfedfae910c8f36dcf89b6ca7590dde6fe','a0d30a00b19620718163108d6d563b3e75b56865ff2d985356a7e4b2ca554f66');
INSERT INTO "ledger" VALUES(13,'evaluation','2026-11-22T14:02:52.887330Z','ci','5be9f67719e7fabdc3eee8d0cae7f88177704d6830b3e3eaa85be6b9fbcca7c9','a0d30a00b19620718163108d6d563b3e75b56865ff2d985356a7e4b2ca554f66','d4ba95a61ed784c7119620cd1944dae45ad169c0d606be98a9eaf59b00df0f5c');
INSERT INTO "ledger" VALUES(14,'signature','2026-11-22T14:02:52.897209Z','ci','4c0a95f986b011a8eb71d40a345794f9aba767cd4891255b25a3eaa3f6a7dfdf','d4ba95a61ed784c7119620cd1944dae45ad169c0d606be98a9eaf59b00df0f5c','e54986d96900761bd05c175886cf26dfedf46c8b4add9426fdfccfa189accdab');
INSERT INTO "ledger" VALUES(15,'approval','2026-11-22T14:02:52.907775Z','bob','05a308f11a56906658595699827f9c633e75535d5c2b5c4cc77332f2af64482b','e54986d96900761bd05c175886cf26dfedf46c8b4add9426fdfccfa189accdab','aef60a7d4e4c1132ee98da0b039036a0f9238a8a7a54031fea6b741202189049');
INSERT INTO "ledger" VALUES(16,'deployment','2026-11-22T14:02:52.918506Z','ana','c44122e51805013b924980c8fd9a2c9dcaf2aabdb2940c848ce9628f9d16b581','aef60a7d4e4c1132ee98da0b039036a0f9238a8a7a54031fea6b741202189049','fff9d6142bdf9f467ff9e9b3d4f3af000680c3bdbb0d08db55416fdd1b861b9b');
INSERT INTO "ledger" VALUES(17,'signature','2026-11-22T14:02:52.919309Z','ana','00dc72e3ea98a40e8b1469a6acfb89344e7e882f9ffb7a4fddd527286940bb93','fff9d6142bdf9f467ff9e9b3d4f3af000680c3bdbb0d08db55416fdd1b861b9b','f49bd36326e59d8f0ad8cd89827b644b1419a6abf6867e373c785940241f8b86');
INSERT INTO "ledger" VALUES(18,'environment','2026-11-22T14:02:52.932647Z','ana','70e00439fdc189b80c7512cbe3d83a8a78ac827e061eb4d130a482f4e5266094','f49bd36326e59d8f0ad8cd89827b644b1419a6abf6867e373c785940241f8b86','12f80ccf352f283be3568faea31e910fc6a6225f39dc7ff9b7b5c19881fa0195');
INSERT INTO "ledger" VALUES(19,'consumer','2026-11-22T14:02:52.956616Z','app','ac1ec54020061c40d8e5fe3ac8459525fae4cc0383bafeeade9745077b70f739','12f80ccf352f283be3568faea31e910fc6a6225f39dc7ff9b7b5c19881fa0195','f7e5256581e763c4bd0c04c7d7934b6a2d78fb4a64a1d9c27f8f92d1cf9834ac');
INSERT INTO "ledger" VALUES(20,'deployment','2026-11-22T14:02:52.981592Z','bob','feab60d0ccad9076324a72ff1fb46f0f015f8b66e2d1bd90b758d6bb0f261068','f7e5256581e763c4bd0c04c7d7934b6a2d78fb4a64a1d9c27f8f92d1cf9834ac','8d3bd01290990478151b70db698e36b70e6559b03631d44dad06fdbc132666d7');
INSERT INTO "ledger" VALUES(21,'signature','2026-11-22T14:02:52.990979Z','bob','937fed91bd05fb98f7b8df923c636182456c0a1bf4b2b952fa98dbea0e1e03c8','8d3bd01290990478151b70db698e36b70e6559b03631d44dad06fdbc132666d7','7a57598d33bf447799d49062a7adfa251ad5733db32622dee924c6337d658cb2');
INSERT INTO "ledger" VALUES(22,'revocation','2026-11-22T14:02:52.996990Z','ana','678e1c9d720b52255c1ea201f6bda5c1ee80671caf658ca68ff0e13028b060bf','7a57598d33bf447799d49062a7adfa251ad5733db32622dee924c6337d658cb2','a88b5cff9f4e903d09da36d24c9bcb17c48deaac8babfd2fad2bd54bf11ff043');
INSERT INTO "ledger" VALUES(23,'version','2026-11-27T16:59:03.234671Z','ana','9ffebd317c5069e2fb5500741ed2e5b723755cba1ad614b3accefe7aad0717a7','a88b5cff9f4e903d09da36d24c9bcb17c48deaac8babfd2fad2bd54bf11ff043','fa3e9cdfa8f1b552e83170d4bf989e1a066b9bb81809048581bbbc78d4c18f6f');
INSERT INTO "ledger" VALUES(24,'version','2026-11-27T16:59:03.238318Z','ana','9eef4899cb1bc1b183df53c1835108b5737b94f104a04b47a6cc67cbe4822ea2','fa3e9cdfa8f1b552e83170d4bf989e1a066b9bb81809048581bbbc78d4c18f6f','409ffaed3e5718beb525626276a33d573ee803964ca9a254b6e53e0edb52b0e9');
INSERT INTO "ledger" VALUES(25,'suite','2026-11-27T16:59:03.246047Z','ana','b8e7bf6e135b734419a099d54aba91df2d4d02b79ab74ae0f7659e3c16a3e237','409ffaed3e5718beb525626276a33d573ee803964ca9a254b6e53e0edb52b0e9','9238db6b19d8d7992791acb59d51c2364d80ec3f796aa7d6dcfa13782d2e8d6e');
INSERT INTO "ledger" VALUES(26,'suite','2026-11-27T16:59:03.252345Z','ana','0d4bd4f9f5ef981d280c8ce35c7d58bf40940428053bba0bfcc6c2e22b46f242','9238db6b19d8d7992791acb59d51c2364d80ec3f796aa7d6dcfa13782d2e8d6e','9c375c9fb10d454b24f622669c2e4075697522e26b9f709bc643ddf4e059c830');
INSERT INTO "ledger" VALUES(27,'evaluation','2026-11-27T16:59:03.260761Z','ci','48622eac6c428281612c5403d1762ab9f19454553075623926f447b6f143a8d7','9c375c9fb10d454b24f622669c2e4075697522e26b9f709bc643ddf4e059c830','9c0e9a0e78c8d8083fe647573144515f7268ec15d8b8269a3d584fd1fb342361');
INSERT INTO "ledger" VALUES(28,'approval','2026-11-27T16:59:03.314519Z','bob','0d8f53da70b1f50aa1cfc8f5ddf1331b61c15a2c0106116d1410e9060ec8eeaf','9c0e9a0e78c8d8083fe647573144515f7268ec15d8b8269a3d584fd1fb342361','e8f014d7e1a874184ebeb0d90440486a9103f790b927125512bcf6504d6ab089');
INSERT INTO "ledger" VALUES(29,'deployment','2026-11-27T16:59:03.342403Z','carol','5f32038018c294ce9e1c6395f17f5ab55bc004559f8e788a9f4394896f8bf398','e8f014d7e1a874184ebeb0d90440486a9103f790b927125512bcf6504d6ab089','c4c1d3a205a5c76630a92c164682942377deaedfac793ab25ba44b92bc973532');
INSERT INTO "ledger" VALUES(30,'version','2026-11-27T23:32:34.110857Z','ana','1f716fd27fec80ac29fb768260f5f36849b459fb96a98acf22c19d3685661982','c4c1d3a205a5c76630a92c164682942377deaedfac793ab25ba44b92bc973532','d447efb9ad1f3dbeee2a22d1cb0731fff4ee0ce01c55c292bf19b13a330310c0');
INSERT INTO "ledger" VALUES(31,'suite','2026-11-27T23:32:34.292284Z','ci','5619a84756757690d697df48dee2c871c40f2daf2528f40d99ad4bf9edf6293d','d447efb9ad1f3dbeee2a22d1cb0731fff4ee0ce01c55c292bf19b13a330310c0','438c2963dadbb666df4ac6aaae6a838037c182d74bbb359aa553ac5b6aae5e5b');
INSERT INTO "ledger" VALUES(32,'evaluation','2026-11-27T23:32:34.311463Z','ci','411bdfe1d648309845593b6b148e1832726093e11e636e1bd46fc5d675460733','438c2963dadbb666df4ac6aaae6a838037c182d74bbb359aa553ac5b6aae5e5b','c57ab0241bf378c72e8b73050eec4a3ab50bdeee83a74086e5b73bd2635e5e95');
INSERT INTO "ledger" VALUES(33,'observation','2026-11-27T23:32:34.387152Z','ci','e740eaffb781ce74618044a396262e6fdc22e1b1aec5dec089d821be09219cda','c57ab0241bf378c72e8b73050eec4a3ab50bdeee83a74086e5b73bd2635e5e95','ea27b95faab35af1d2ec17d6c23ef0980dc33447dba539cd51bfd5a2fbc51a79');
CREATE TABLE observations (
  seq INTEGER PRIMARY KEY,
  prompt_id TEXT NOT NULL CHECK (prompt_id GLOB '[a-z0-9]*' AND prompt_id NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(prompt_id, '..') = 0 AND length(prompt_id) <= 100 AND instr(CAST(prompt_id AS BLOB), x'00') = 0),
  version TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  evaluation INTEGER NOT NULL REFERENCES evaluations (seq),
  asked TEXT NOT NULL CHECK (asked <> ''),
  answered TEXT NOT NULL CHECK (json_valid(answered)),
  changed INTEGER NOT NULL DEFAULT 0 CHECK (changed IN (0, 1)),
  reason TEXT NOT NULL DEFAULT '',
  FOREIGN KEY (prompt_id, version) REFERENCES versions (prompt_id, version)
) STRICT;
INSERT INTO "observations" VALUES(33,'drifting','1.0.0','fcb81e5cded75e53f7111d02d814f09a383de607dfa57a444f6c7464058d07d2',32,'openai/gpt-x','["gpt-x-2026-06-01"]',0,'canary on s');
CREATE TABLE registry (
  seq INTEGER PRIMARY KEY,
  registry_id TEXT NOT NULL
) STRICT;
INSERT INTO "registry" VALUES(1,'c1a7a1b9fc2147cdb8514936ee68f753');
CREATE TABLE revocations (
  seq INTEGER PRIMARY KEY,
  prompt_id TEXT NOT NULL CHECK (prompt_id GLOB '[a-z0-9]*' AND prompt_id NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(prompt_id, '..') = 0 AND length(prompt_id) <= 100 AND instr(CAST(prompt_id AS BLOB), x'00') = 0),
  version TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  reason TEXT NOT NULL CHECK (trim(reason) <> ''),
  UNIQUE (prompt_id, version),
  FOREIGN KEY (prompt_id, version) REFERENCES versions (prompt_id, version)
) STRICT;
INSERT INTO "revocations" VALUES(22,'greeting','1.1.0','be5773e27d0e678a2453100074e32d5e58a8e83168b5d0d36c2e5308594b0f23','leaks names');
CREATE TABLE rule_approvals (
  seq INTEGER PRIMARY KEY,
  target INTEGER NOT NULL REFERENCES ledger (seq),
  reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE scores (
  evaluation INTEGER NOT NULL,
  scorer TEXT NOT NULL,
  position INTEGER NOT NULL CHECK (position >= 0),
  case_id TEXT NOT NULL,
  a REAL,
  b REAL,
  a_repeats TEXT NOT NULL CHECK (json_valid(a_repeats)),
  b_repeats TEXT NOT NULL CHECK (json_valid(b_repeats)),
  case_group TEXT,
  reason TEXT NOT NULL DEFAULT '', tags TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (evaluation, scorer, position)
) STRICT, WITHOUT ROWID;
INSERT INTO "scores" VALUES(7,'exact',0,'c007',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(7,'exact',1,'c010',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(7,'exact',2,'c009',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(7,'exact',3,'c018',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(7,'exact',4,'c011',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(7,'exact',5,'c002',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(7,'exact',6,'c008',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(7,'exact',7,'c014',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(7,'exact',8,'c000',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(7,'exact',9,'c005',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(7,'exact',10,'c003',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(7,'exact',11,'c012',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(7,'exact',12,'c001',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(7,'exact',13,'c019',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(7,'exact',14,'c015',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(7,'exact',15,'c004',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(7,'exact',16,'c017',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(7,'exact',17,'c013',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(7,'exact',18,'c006',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(7,'exact',19,'c016',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(13,'exact',0,'c007',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(13,'exact',1,'c010',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(13,'exact',2,'c009',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(13,'exact',3,'c018',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(13,'exact',4,'c011',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(13,'exact',5,'c002',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(13,'exact',6,'c008',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(13,'exact',7,'c014',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(13,'exact',8,'c000',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(13,'exact',9,'c005',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(13,'exact',10,'c003',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(13,'exact',11,'c012',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(13,'exact',12,'c001',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(13,'exact',13,'c019',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(13,'exact',14,'c015',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(13,'exact',15,'c004',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(13,'exact',16,'c017',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(13,'exact',17,'c013',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(13,'exact',18,'c006',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(13,'exact',19,'c016',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',0,'c007',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',1,'c010',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',2,'c009',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',3,'c035',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',4,'c022',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',5,'c018',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',6,'c011',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',7,'c025',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',8,'c002',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',9,'c008',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',10,'c014',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',11,'c024',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',12,'c027',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',13,'c033',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',14,'c026',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',15,'c038',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',16,'c020',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',17,'c030',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',18,'c000',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',19,'c031',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',20,'c005',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',21,'c003',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',22,'c012',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',23,'c001',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',24,'c019',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',25,'c023',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',26,'c021',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',27,'c039',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',28,'c015',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',29,'c004',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',30,'c032',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',31,'c017',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',32,'c029',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',33,'c013',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',34,'c006',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',35,'c036',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',36,'c028',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',37,'c037',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',38,'c016',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(27,'exact',39,'c034',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(32,'exact',0,'c007',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(32,'exact',1,'c010',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(32,'exact',2,'c009',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(32,'exact',3,'c018',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(32,'exact',4,'c011',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(32,'exact',5,'c002',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(32,'exact',6,'c008',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(32,'exact',7,'c014',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(32,'exact',8,'c000',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(32,'exact',9,'c005',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(32,'exact',10,'c003',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(32,'exact',11,'c012',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(32,'exact',12,'c001',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(32,'exact',13,'c019',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(32,'exact',14,'c015',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(32,'exact',15,'c004',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(32,'exact',16,'c017',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(32,'exact',17,'c013',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(32,'exact',18,'c006',NULL,1.0,'[]','[1.0]',NULL,'','');
INSERT INTO "scores" VALUES(32,'exact',19,'c016',NULL,1.0,'[]','[1.0]',NULL,'','');
CREATE TABLE signatures (
  seq INTEGER PRIMARY KEY,
  target INTEGER NOT NULL REFERENCES ledger (seq),
  keyid TEXT NOT NULL,
  envelope TEXT NOT NULL CHECK (json_valid(envelope))
) STRICT;
INSERT INTO "signatures" VALUES(8,7,'5c5839663323dbc2615565211d7a0bb58027d1d4a9c53ebc2a4f9846f49044cc','{"payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsiY29uZmlndXJhdGlvbiI6W3siZGlnZXN0Ijp7InNoYTI1NiI6IjY5MmNjM2QzNGQ1MWQ0MDBlZWY1YzdiOGVlZmJjMGZjM2YxOWU0YzVmYjMwMGIyMTE1MDg1YWEwYmI4Mjg5MjUifSwibmFtZSI6InF1YWxpdHkifSx7ImRpZ2VzdCI6eyJzaGEyNTYiOiI4YmMyZjkzZjA0Y2JjNTU3ZWYyZDE3ZDQzZTdhYTk3ODI4OTQ0ZGQ5N2U1MTdhMmQ5NDRkZTY3YzBhNTMyYzY4In0sIm5hbWUiOiJkYXRhc2V0In0seyJkaWdlc3QiOnsic2hhMjU2IjoiMTUzN2NhN2UyODg0OTUyNDY4M2IxM2VjYzA3NDIxMWI2OGM0NjVkMjk4NTllNjZhMjgwNzJhM2I2ZGE4M2UzNyJ9LCJuYW1lIjoicG9saWN5In0seyJkaWdlc3QiOnsic2hhMjU2IjoiNmI4NmIyNzNmZjM0ZmNlMTlkNmI4MDRlZmY1YTNmNTc0N2FkYTRlYWEyMmYxZDQ5YzAxZTUyZGRiNzg3NWI0YiJ9LCJuYW1lIjoicmVwZWF0cyJ9LHsiZGlnZXN0Ijp7InNoYTI1NiI6IjAzYmY4OGU3YmIzMWE3ZmNkMTUyOTk1NDhkZDJkYzBiNGZhZjlkMjljZjBjNzlhOWRlNDVkNmZkOTkwZTk5MDcifSwibmFtZSI6InNjb3JlcnMifV0sImZhaWxlZFRlc3RzIjpbXSwicGFzc2VkVGVzdHMiOlsiYzAwNyIsImMwMTAiLCJjMDA5IiwiYzAxOCIsImMwMTEiLCJjMDAyIiwiYzAwOCIsImMwMTQiLCJjMDAwIiwiYzAwNSIsImMwMDMiLCJjMDEyIiwiYzAwMSIsImMwMTkiLCJjMDE1IiwiYzAwNCIsImMwMTciLCJjMDEzIiwiYzAwNiIsImMwMTYiXSwicmVzdWx0IjoiUEFTU0VEIiwid2FybmVkVGVzdHMiOltdfSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9hdHRlc3RhdGlvbi90ZXN0LXJlc3VsdC92MC4xIiwic3ViamVjdCI6W3siZGlnZXN0Ijp7InNoYTI1NiI6ImU1NzczNmQ5YTQwOWZjNmJhY2UyOGNiODEyMzM2MmM2ODBmZTZlZGZlZGFjNmI4OGIyZDEzMzEyMjliYzQwNDkifSwibmFtZSI6ImdyZWV0aW5nQDEuMC4wIn0seyJkaWdlc3QiOnsic2hhMjU2IjoiNWIxYTNhYTY1MzRiMjhhNDhlZjQ2MDFmOWU0ZDc3YWJiZjI3ODk0ZTZmNmM3MzU3NWE2NjdjNzMwNjc3ZmJiMSJ9LCJuYW1lIjoibGVkZ2VyIHJlY29yZCA3In1dfQ==","payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":"5c5839663323dbc2615565211d7a0bb58027d1d4a9c53ebc2a4f9846f49044cc","sig":"G4nRKWnqDrNDY2FdCgn5D9u1HLKzTCvz8SdiB5JTb9qYjqGSuZWUJ+KTN3UCvHZBkc+YEtYebhA1XjPHzqEyBw=="}]}');
INSERT INTO "signatures" VALUES(11,10,'5c5839663323dbc2615565211d7a0bb58027d1d4a9c53ebc2a4f9846f49044cc','{"payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsiY29uZmlndXJhdGlvbiI6W3sibmFtZSI6InByb2R1Y3Rpb24ifSx7Im5hbWUiOiJkZXBsb3kifSx7ImRpZ2VzdCI6eyJzaGEyNTYiOiI1YjFhM2FhNjUzNGIyOGE0OGVmNDYwMWY5ZTRkNzdhYmJmMjc4OTRlNmY2YzczNTc1YTY2N2M3MzA2NzdmYmIxIn0sIm5hbWUiOiJldmFsdWF0aW9uIDcifV0sInBhc3NlZFRlc3RzIjpbInF1YWxpdHkiXSwicmVzdWx0IjoiUEFTU0VEIn0sInByZWRpY2F0ZVR5cGUiOiJodHRwczovL2luLXRvdG8uaW8vYXR0ZXN0YXRpb24vdGVzdC1yZXN1bHQvdjAuMSIsInN1YmplY3QiOlt7ImRpZ2VzdCI6eyJzaGEyNTYiOiJlNTc3MzZkOWE0MDlmYzZiYWNlMjhjYjgxMjMzNjJjNjgwZmU2ZWRmZWRhYzZiODhiMmQxMzMxMjI5YmM0MDQ5In0sIm5hbWUiOiJncmVldGluZ0AxLjAuMCJ9LHsiZGlnZXN0Ijp7InNoYTI1NiI6IjFlNmEyMTEzNTRmZDI0MWMxNDVhMzY0MDZiZTExYjJlZDU4NmM1NGI0MGJkY2JiNTRmNmE2MDM0YTFkNjk4NGUifSwibmFtZSI6ImxlZGdlciByZWNvcmQgMTAifV19","payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":"5c5839663323dbc2615565211d7a0bb58027d1d4a9c53ebc2a4f9846f49044cc","sig":"hXLijb8/p4nvWkBbXMsXKuFWxsfVXr5oXF349UocXbz5+qgmukOj9PTCPVs6LGhTTv1H/Ig+Ei8tVYy/eVaACQ=="}]}');
INSERT INTO "signatures" VALUES(14,13,'5c5839663323dbc2615565211d7a0bb58027d1d4a9c53ebc2a4f9846f49044cc','{"payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsiY29uZmlndXJhdGlvbiI6W3siZGlnZXN0Ijp7InNoYTI1NiI6IjY5MmNjM2QzNGQ1MWQ0MDBlZWY1YzdiOGVlZmJjMGZjM2YxOWU0YzVmYjMwMGIyMTE1MDg1YWEwYmI4Mjg5MjUifSwibmFtZSI6InF1YWxpdHkifSx7ImRpZ2VzdCI6eyJzaGEyNTYiOiI4YmMyZjkzZjA0Y2JjNTU3ZWYyZDE3ZDQzZTdhYTk3ODI4OTQ0ZGQ5N2U1MTdhMmQ5NDRkZTY3YzBhNTMyYzY4In0sIm5hbWUiOiJkYXRhc2V0In0seyJkaWdlc3QiOnsic2hhMjU2IjoiMTUzN2NhN2UyODg0OTUyNDY4M2IxM2VjYzA3NDIxMWI2OGM0NjVkMjk4NTllNjZhMjgwNzJhM2I2ZGE4M2UzNyJ9LCJuYW1lIjoicG9saWN5In0seyJkaWdlc3QiOnsic2hhMjU2IjoiNmI4NmIyNzNmZjM0ZmNlMTlkNmI4MDRlZmY1YTNmNTc0N2FkYTRlYWEyMmYxZDQ5YzAxZTUyZGRiNzg3NWI0YiJ9LCJuYW1lIjoicmVwZWF0cyJ9LHsiZGlnZXN0Ijp7InNoYTI1NiI6IjAzYmY4OGU3YmIzMWE3ZmNkMTUyOTk1NDhkZDJkYzBiNGZhZjlkMjljZjBjNzlhOWRlNDVkNmZkOTkwZTk5MDcifSwibmFtZSI6InNjb3JlcnMifV0sImZhaWxlZFRlc3RzIjpbXSwicGFzc2VkVGVzdHMiOlsiYzAwNyIsImMwMTAiLCJjMDA5IiwiYzAxOCIsImMwMTEiLCJjMDAyIiwiYzAwOCIsImMwMTQiLCJjMDAwIiwiYzAwNSIsImMwMDMiLCJjMDEyIiwiYzAwMSIsImMwMTkiLCJjMDE1IiwiYzAwNCIsImMwMTciLCJjMDEzIiwiYzAwNiIsImMwMTYiXSwicmVzdWx0IjoiUEFTU0VEIiwid2FybmVkVGVzdHMiOltdfSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9hdHRlc3RhdGlvbi90ZXN0LXJlc3VsdC92MC4xIiwic3ViamVjdCI6W3siZGlnZXN0Ijp7InNoYTI1NiI6ImJlNTc3M2UyN2QwZTY3OGEyNDUzMTAwMDc0ZTMyZDVlNThhOGU4MzE2OGI1ZDBkMzZjMmU1MzA4NTk0YjBmMjMifSwibmFtZSI6ImdyZWV0aW5nQDEuMS4wIn0seyJkaWdlc3QiOnsic2hhMjU2IjoiZDRiYTk1YTYxZWQ3ODRjNzExOTYyMGNkMTk0NGRhZTQ1YWQxNjljMGQ2MDZiZTk4YTllYWY1OWIwMGRmMGY1YyJ9LCJuYW1lIjoibGVkZ2VyIHJlY29yZCAxMyJ9XX0=","payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":"5c5839663323dbc2615565211d7a0bb58027d1d4a9c53ebc2a4f9846f49044cc","sig":"2AcZolFC3xOyRgXYOpDGBgeAtlf7lbC0dXeiJWBmWphpGOxRGgbdfa2F11O2DZr30vHacGfz1be9xma8tgxBBA=="}]}');
INSERT INTO "signatures" VALUES(17,16,'5c5839663323dbc2615565211d7a0bb58027d1d4a9c53ebc2a4f9846f49044cc','{"payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsiY29uZmlndXJhdGlvbiI6W3sibmFtZSI6InByb2R1Y3Rpb24ifSx7Im5hbWUiOiJkZXBsb3kifSx7ImRpZ2VzdCI6eyJzaGEyNTYiOiJkNGJhOTVhNjFlZDc4NGM3MTE5NjIwY2QxOTQ0ZGFlNDVhZDE2OWMwZDYwNmJlOThhOWVhZjU5YjAwZGYwZjVjIn0sIm5hbWUiOiJldmFsdWF0aW9uIDEzIn1dLCJwYXNzZWRUZXN0cyI6WyJxdWFsaXR5Il0sInJlc3VsdCI6IlBBU1NFRCJ9LCJwcmVkaWNhdGVUeXBlIjoiaHR0cHM6Ly9pbi10b3RvLmlvL2F0dGVzdGF0aW9uL3Rlc3QtcmVzdWx0L3YwLjEiLCJzdWJqZWN0IjpbeyJkaWdlc3QiOnsic2hhMjU2IjoiYmU1NzczZTI3ZDBlNjc4YTI0NTMxMDAwNzRlMzJkNWU1OGE4ZTgzMTY4YjVkMGQzNmMyZTUzMDg1OTRiMGYyMyJ9LCJuYW1lIjoiZ3JlZXRpbmdAMS4xLjAifSx7ImRpZ2VzdCI6eyJzaGEyNTYiOiJmZmY5ZDYxNDJiZGY5ZjQ2N2ZmOWU5YjNkNGYzYWYwMDA2ODBjM2JkYmIwZDA4ZGI1NTQxNmZkZDFiODYxYjliIn0sIm5hbWUiOiJsZWRnZXIgcmVjb3JkIDE2In1dfQ==","payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":"5c5839663323dbc2615565211d7a0bb58027d1d4a9c53ebc2a4f9846f49044cc","sig":"uNYOH/gKrkmmmyyxfqYjgsBA1DFjWAVh95SMpmqLAG3aN8cIhSSfKr3bIu/IqrrAGMEnKsRUiOlS820t0uDaAA=="}]}');
INSERT INTO "signatures" VALUES(21,20,'5c5839663323dbc2615565211d7a0bb58027d1d4a9c53ebc2a4f9846f49044cc','{"payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGUiOnsiY29uZmlndXJhdGlvbiI6W3sibmFtZSI6InByb2R1Y3Rpb24ifSx7Im5hbWUiOiJyb2xsYmFjayJ9LHsiZGlnZXN0Ijp7InNoYTI1NiI6IjViMWEzYWE2NTM0YjI4YTQ4ZWY0NjAxZjllNGQ3N2FiYmYyNzg5NGU2ZjZjNzM1NzVhNjY3YzczMDY3N2ZiYjEifSwibmFtZSI6ImV2YWx1YXRpb24gNyJ9XSwicGFzc2VkVGVzdHMiOlsicXVhbGl0eSJdLCJyZXN1bHQiOiJQQVNTRUQifSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9hdHRlc3RhdGlvbi90ZXN0LXJlc3VsdC92MC4xIiwic3ViamVjdCI6W3siZGlnZXN0Ijp7InNoYTI1NiI6ImU1NzczNmQ5YTQwOWZjNmJhY2UyOGNiODEyMzM2MmM2ODBmZTZlZGZlZGFjNmI4OGIyZDEzMzEyMjliYzQwNDkifSwibmFtZSI6ImdyZWV0aW5nQDEuMC4wIn0seyJkaWdlc3QiOnsic2hhMjU2IjoiOGQzYmQwMTI5MDk5MDQ3ODE1MWI3MGRiNjk4ZTM2YjcwZTY1NTliMDM2MzFkNDRkYWQwNmZkYmMxMzI2NjZkNyJ9LCJuYW1lIjoibGVkZ2VyIHJlY29yZCAyMCJ9XX0=","payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":"5c5839663323dbc2615565211d7a0bb58027d1d4a9c53ebc2a4f9846f49044cc","sig":"rNLDhkcHyz6PDOessTkZe7jqE6J5+g9wHWX+deULLe2f7n0wkqiNuXU4o08dH09gECWYEpn2ONLV2yzMZJquCQ=="}]}');
CREATE TABLE suites (
  seq INTEGER PRIMARY KEY,
  prompt_id TEXT NOT NULL CHECK (prompt_id GLOB '[a-z0-9]*' AND prompt_id NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(prompt_id, '..') = 0 AND length(prompt_id) <= 100 AND instr(CAST(prompt_id AS BLOB), x'00') = 0),
  suite TEXT NOT NULL CHECK (suite <> ''),
  fingerprint TEXT NOT NULL,
  parts TEXT NOT NULL CHECK (json_valid(parts)),
  policy TEXT NOT NULL CHECK (json_valid(policy)),
  external INTEGER NOT NULL DEFAULT 0 CHECK (external IN (0, 1))
, removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1)), reason TEXT NOT NULL DEFAULT '', revision INTEGER NOT NULL DEFAULT 0, contents TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "suites" VALUES(6,'greeting','quality','692cc3d34d51d400eef5c7b8eefbc0fc3f19e4c5fb300b2115085aa0bb828925','{"dataset":"8bc2f93f04cbc557ef2d17d43e7aa97828944dd97e517a2d944de67c0a532c68","policy":"1537ca7e28849524683b13ecc074211b68c465d29859e66a28072a3b6da83e37","repeats":"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b","scorers":"03bf88e7bb31a7fcd15299548dd2dc0b4faf9d29cf0c79a9de45d6fd990e9907"}','{"baseline":null,"confidence":0.95,"margin":0.05,"max_age_days":null,"max_missing":0.05,"scorers":["exact"],"threshold":0.8}',0,0,'',0,'');
INSERT INTO "suites" VALUES(25,'router','quality','635d3e905bea082abed322e779821fbf5ddbea753291c9d21201ce7be04613d0','{"dataset":"817615e1e76b0ebf045f54c833cf6fe7d791228ea50aa932adf3cc5bae981b8c","policy":"1537ca7e28849524683b13ecc074211b68c465d29859e66a28072a3b6da83e37","repeats":"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b","scorers":"03bf88e7bb31a7fcd15299548dd2dc0b4faf9d29cf0c79a9de45d6fd990e9907"}','{"baseline":null,"confidence":0.95,"margin":0.05,"max_age_days":null,"max_missing":0.05,"scorers":["exact"],"threshold":0.8}',0,0,'',1,'{"cases":{"01541ab8f027":"c005","032ae63d3a0d":"c002","13c1b702dc6f":"c015","1a44b5d551c1":"c019","1cdc74ada92c":"c011","2103cbdaa19f":"c017","337eee0e2b22":"c018","4766c3dbd0aa":"c003","5199d85dc726":"c012","560f4e935595":"c004","6bbbaf4cb370":"c013","7f303e03acda":"c010","860c5b8f3c36":"c008","9150e63437a4":"c001","9a8f0577323f":"c007","9aa81106af2a":"c009","cf06845da4f2":"c000","df488230066b":"c006","df59ea96e856":"c014","e71e498bf3ea":"c016"}}');
INSERT INTO "suites" VALUES(26,'router','quality','538d414ae703eb8a441915a0b30503beba7ca0f21d28ce441552d0c06103d963','{"dataset":"581fc1e3580bdcea33012d559e2b6b72622c1c23627df49fc2c9aa096ad38dbd","policy":"1537ca7e28849524683b13ecc074211b68c465d29859e66a28072a3b6da83e37","repeats":"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b","scorers":"03bf88e7bb31a7fcd15299548dd2dc0b4faf9d29cf0c79a9de45d6fd990e9907"}','{"baseline":null,"confidence":0.95,"margin":0.05,"max_age_days":null,"max_missing":0.05,"scorers":["exact"],"threshold":0.8}',0,0,'',1,'{"cases":{"01541ab8f027":"c005","032ae63d3a0d":"c002","09d0e01e8dcd":"c038","0a4fe237a3e8":"c020","0adc07223b74":"c029","0e2911b00760":"c027","13c1b702dc6f":"c015","1a44b5d551c1":"c019","1cdc74ada92c":"c011","2103cbdaa19f":"c017","217183903edc":"c032","337eee0e2b22":"c018","3f6f5dd80ac8":"c026","4766c3dbd0aa":"c003","5199d85dc726":"c012","560f4e935595":"c004","56879c6efa55":"c023","6bbbaf4cb370":"c013","7b44ba138c83":"c036","7c2605a80ef9":"c022","7f303e03acda":"c010","82da099c34ba":"c021","860c5b8f3c36":"c008","877ef6a5c087":"c034","8a18fa877948":"c039","9150e63437a4":"c001","9a8f0577323f":"c007","9aa81106af2a":"c009","acce0e61bc1b":"c031","b884d3342ac2":"c035","cc15d4e947c7":"c030","ce774179bf73":"c028","cf06845da4f2":"c000","df488230066b":"c006","df59ea96e856":"c014","e71e498bf3ea":"c016","e9538f09bd5d":"c033","edb7f464b708":"c024","fa056d5a99ca":"c037","ff6446749251":"c025"}}');
INSERT INTO "suites" VALUES(31,'drifting','quality','692cc3d34d51d400eef5c7b8eefbc0fc3f19e4c5fb300b2115085aa0bb828925','{"dataset":"8bc2f93f04cbc557ef2d17d43e7aa97828944dd97e517a2d944de67c0a532c68","policy":"1537ca7e28849524683b13ecc074211b68c465d29859e66a28072a3b6da83e37","repeats":"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b","scorers":"03bf88e7bb31a7fcd15299548dd2dc0b4faf9d29cf0c79a9de45d6fd990e9907"}','{"baseline":null,"confidence":0.95,"margin":0.05,"max_age_days":null,"max_missing":0.05,"scorers":["exact"],"threshold":0.8}',0,0,'',1,'');
CREATE TABLE versions (
  seq INTEGER PRIMARY KEY,
  prompt_id TEXT NOT NULL CHECK (prompt_id GLOB '[a-z0-9]*' AND prompt_id NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(prompt_id, '..') = 0 AND length(prompt_id) <= 100 AND instr(CAST(prompt_id AS BLOB), x'00') = 0),
  version TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  content TEXT NOT NULL,
  body TEXT NOT NULL,
  fingerprint TEXT NOT NULL CHECK (length(fingerprint) = 64),
  description TEXT NOT NULL,
  author TEXT NOT NULL,
  force_reason TEXT NOT NULL DEFAULT '',
  UNIQUE (prompt_id, version)
) STRICT;
INSERT INTO "versions" VALUES(5,'greeting','1.0.0','011.010.010.~','Hello {name}, version 1.0.0','','e57736d9a409fc6bace28cb8123362c680fe6edfedac6b88b2d1331229bc4049','why','ana','');
INSERT INTO "versions" VALUES(12,'greeting','1.1.0','011.011.010.~','Hello {name}, version 1.1.0','','be5773e27d0e678a2453100074e32d5e58a8e83168b5d0d36c2e5308594b0f23','why','ana','');
INSERT INTO "versions" VALUES(23,'router','1.0.0-rc.1','011.010.010.1rc"0011."!','Route {ticket}','','f04003c26916cb0377a2fae37ff9f5accda766b17eb6f5d35ca414fa44059932','','ana','');
INSERT INTO "versions" VALUES(24,'router','1.0.0','011.010.010.~','Route {ticket}','','f04003c26916cb0377a2fae37ff9f5accda766b17eb6f5d35ca414fa44059932','','ana','');
INSERT INTO "versions" VALUES(30,'drifting','1.0.0','011.010.010.~','text','','fcb81e5cded75e53f7111d02d814f09a383de607dfa57a444f6c7464058d07d2','','ana','');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX deployments_head ON deployments (prompt_id, environment, seq);
CREATE INDEX evaluations_of ON evaluations (prompt_id, fingerprint, suite, seq);
CREATE INDEX suites_of ON suites (prompt_id, suite, seq);
CREATE INDEX environments_named ON environments (name, seq);
CREATE INDEX approvals_of ON approvals (prompt_id, version, environment);
CREATE INDEX consumers_of ON consumers (prompt_id, environment, name, seq);
CREATE INDEX signatures_of ON signatures (target);
CREATE INDEX ledger_at ON ledger (at);
CREATE VIEW environment_rules AS
SELECT e.* FROM environments e
WHERE e.seq = (SELECT max(x.seq) FROM environments x WHERE x.name = e.name);
CREATE VIEW current_suites AS
SELECT s.* FROM suites s
WHERE s.seq = (
  SELECT max(x.seq) FROM suites x WHERE x.prompt_id = s.prompt_id AND x.suite = s.suite);
CREATE VIEW heads AS
SELECT d.* FROM deployments d
WHERE d.seq = (
  SELECT max(x.seq) FROM deployments x
  WHERE x.prompt_id = d.prompt_id AND x.environment = d.environment);
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'ledger: a row never changes or disappears'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'ledger: a row never changes or disappears'); END;
CREATE TRIGGER registry_no_update BEFORE UPDATE ON registry
BEGIN SELECT RAISE(ABORT, 'registry: a row never changes or disappears'); END;
CREATE TRIGGER registry_no_delete BEFORE DELETE ON registry
BEGIN SELECT RAISE(ABORT, 'registry: a row never changes or disappears'); END;
CREATE TRIGGER registry_insert BEFORE INSERT ON registry
BEGIN
  SELECT RAISE(ABORT, 'registry: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM registry o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'registry: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'registry'), 0);
  SELECT RAISE(ABORT, 'registry: there is one') WHERE NOT coalesce((NEW.seq = 1), 0);
END;
CREATE TRIGGER suites_no_update BEFORE UPDATE ON suites
BEGIN SELECT RAISE(ABORT, 'suites: a row never changes or disappears'); END;
CREATE TRIGGER suites_no_delete BEFORE DELETE ON suites
BEGIN SELECT RAISE(ABORT, 'suites: a row never changes or disappears'); END;
CREATE TRIGGER evaluations_no_update BEFORE UPDATE ON evaluations
BEGIN SELECT RAISE(ABORT, 'evaluations: a row never changes or disappears'); END;
CREATE TRIGGER evaluations_no_delete BEFORE DELETE ON evaluations
BEGIN SELECT RAISE(ABORT, 'evaluations: a row never changes or disappears'); END;
CREATE TRIGGER scores_no_update BEFORE UPDATE ON scores
BEGIN SELECT RAISE(ABORT, 'scores: a row never changes or disappears'); END;
CREATE TRIGGER scores_no_delete BEFORE DELETE ON scores
BEGIN SELECT RAISE(ABORT, 'scores: a row never changes or disappears'); END;
CREATE TRIGGER environments_no_update BEFORE UPDATE ON environments
BEGIN SELECT RAISE(ABORT, 'environments: a row never changes or disappears'); END;
CREATE TRIGGER environments_no_delete BEFORE DELETE ON environments
BEGIN SELECT RAISE(ABORT, 'environments: a row never changes or disappears'); END;
CREATE TRIGGER deployments_no_update BEFORE UPDATE ON deployments
BEGIN SELECT RAISE(ABORT, 'deployments: a row never changes or disappears'); END;
CREATE TRIGGER deployments_no_delete BEFORE DELETE ON deployments
BEGIN SELECT RAISE(ABORT, 'deployments: a row never changes or disappears'); END;
CREATE TRIGGER approvals_no_update BEFORE UPDATE ON approvals
BEGIN SELECT RAISE(ABORT, 'approvals: a row never changes or disappears'); END;
CREATE TRIGGER approvals_no_delete BEFORE DELETE ON approvals
BEGIN SELECT RAISE(ABORT, 'approvals: a row never changes or disappears'); END;
CREATE TRIGGER revocations_no_update BEFORE UPDATE ON revocations
BEGIN SELECT RAISE(ABORT, 'revocations: a row never changes or disappears'); END;
CREATE TRIGGER revocations_no_delete BEFORE DELETE ON revocations
BEGIN SELECT RAISE(ABORT, 'revocations: a row never changes or disappears'); END;
CREATE TRIGGER consumers_no_update BEFORE UPDATE ON consumers
BEGIN SELECT RAISE(ABORT, 'consumers: a row never changes or disappears'); END;
CREATE TRIGGER consumers_no_delete BEFORE DELETE ON consumers
BEGIN SELECT RAISE(ABORT, 'consumers: a row never changes or disappears'); END;
CREATE TRIGGER consumers_insert BEFORE INSERT ON consumers
BEGIN
  SELECT RAISE(ABORT, 'consumers: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM consumers o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'consumer: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'consumer'), 0);
  SELECT RAISE(ABORT, 'consumer: no such environment') WHERE NOT coalesce(((SELECT 1 FROM environment_rules r WHERE r.name = NEW.environment)), 0);
  SELECT RAISE(ABORT, 'consumer: bounds are JSON') WHERE NOT coalesce((json_valid(NEW.bounds)), 0);
END;
CREATE TRIGGER signatures_no_update BEFORE UPDATE ON signatures
BEGIN SELECT RAISE(ABORT, 'signatures: a row never changes or disappears'); END;
CREATE TRIGGER signatures_no_delete BEFORE DELETE ON signatures
BEGIN SELECT RAISE(ABORT, 'signatures: a row never changes or disappears'); END;
CREATE TRIGGER signatures_insert BEFORE INSERT ON signatures
BEGIN
  SELECT RAISE(ABORT, 'signatures: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM signatures o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'signature: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'signature'), 0);
  SELECT RAISE(ABORT, 'signature: of an earlier record') WHERE NOT coalesce((NEW.target < NEW.seq), 0);
  SELECT RAISE(ABORT, 'signature: no such record') WHERE NOT coalesce((EXISTS (SELECT 1 FROM ledger WHERE seq = NEW.target)), 0);
  SELECT RAISE(ABORT, 'signature: the envelope is JSON') WHERE NOT coalesce((json_valid(NEW.envelope)), 0);
END;
CREATE INDEX suites_loosened ON suites (prompt_id, suite) WHERE reason <> '';
CREATE INDEX environments_loosened ON environments (name) WHERE reason <> '';
CREATE VIEW passing_evaluations AS
SELECT p.* FROM sound_evaluations p
WHERE EXISTS (
    SELECT 1 FROM current_suites n
    WHERE n.prompt_id = p.prompt_id AND n.suite = p.suite
      AND n.fingerprint = p.suite_fingerprint AND n.parts = p.parts AND n.policy = p.policy
      AND n.removed = 0)
  AND NOT EXISTS (
    SELECT 1 FROM evaluations f JOIN suites fs ON fs.seq = f.suite_seq
    WHERE f.prompt_id = p.prompt_id AND f.fingerprint = p.fingerprint AND f.suite = p.suite
      AND f.seq > p.seq AND f.gate = 'fail' AND fs.fingerprint = p.suite_fingerprint);
CREATE VIEW required_suites AS
SELECT r.name AS environment, n.prompt_id, n.suite AS suite
FROM environment_rules r JOIN current_suites n
WHERE json_array_length(r.requires) = 0 AND n.external = 0 AND n.removed = 0
UNION ALL
SELECT r.name, NULL, j.value FROM environment_rules r JOIN json_each(r.requires) j;
CREATE TRIGGER approvals_insert BEFORE INSERT ON approvals
BEGIN
  SELECT RAISE(ABORT, 'approvals: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM approvals o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'approval: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'approval'), 0);
  SELECT RAISE(ABORT, 'approval: no such version with this fingerprint') WHERE NOT coalesce((EXISTS (SELECT 1 FROM versions v WHERE v.prompt_id = NEW.prompt_id
    AND v.version = NEW.version AND v.fingerprint = NEW.fingerprint)), 0);
  SELECT RAISE(ABORT, 'approval: no such environment') WHERE NOT coalesce(((SELECT 1 FROM environment_rules r WHERE r.name = NEW.environment)), 0);
  SELECT RAISE(ABORT, 'approval: the author cannot approve') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM versions v WHERE v.prompt_id = NEW.prompt_id AND v.version = NEW.version AND same_person(v.author, (SELECT actor FROM ledger WHERE seq = NEW.seq)))), 0);
  SELECT RAISE(ABORT, 'approval: by the rules of today') WHERE NOT coalesce((NEW.rules = 1), 0);
END;
CREATE TRIGGER rule_approvals_no_update BEFORE UPDATE ON rule_approvals
BEGIN SELECT RAISE(ABORT, 'rule_approvals: a row never changes or disappears'); END;
CREATE TRIGGER rule_approvals_no_delete BEFORE DELETE ON rule_approvals
BEGIN SELECT RAISE(ABORT, 'rule_approvals: a row never changes or disappears'); END;
CREATE TRIGGER rule_approvals_insert BEFORE INSERT ON rule_approvals
BEGIN
  SELECT RAISE(ABORT, 'rule_approvals: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM rule_approvals o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'rule_approval: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'rule_approval'), 0);
  SELECT RAISE(ABORT, 'rule_approval: no such change of a rule') WHERE NOT coalesce((EXISTS (SELECT 1 FROM environments r WHERE r.seq = NEW.target AND trim(r.reason) <> '') OR EXISTS (SELECT 1 FROM suites r WHERE r.seq = NEW.target AND trim(r.reason) <> '')), 0);
  SELECT RAISE(ABORT, 'rule_approval: who changed the rule cannot approve it') WHERE NOT coalesce((NOT same_person((SELECT actor FROM ledger WHERE seq = NEW.seq), (SELECT actor FROM ledger WHERE seq = NEW.target))), 0);
END;
CREATE INDEX versions_latest ON versions (prompt_id, sort_key, version);
CREATE TRIGGER versions_no_update BEFORE UPDATE ON versions
BEGIN SELECT RAISE(ABORT, 'versions: a row never changes or disappears'); END;
CREATE TRIGGER versions_no_delete BEFORE DELETE ON versions
BEGIN SELECT RAISE(ABORT, 'versions: a row never changes or disappears'); END;
CREATE INDEX versions_content ON versions (prompt_id, fingerprint);
CREATE VIEW open_loosenings AS
SELECT l.seq, l.environment, l.prompt_id, l.suite FROM loosening_steps l
WHERE NOT l.undone AND NOT EXISTS (
  SELECT 1 FROM loosening_steps k
  WHERE k.undone AND k.seq < l.seq AND k.environment IS l.environment
    AND k.prompt_id IS l.prompt_id AND k.suite IS l.suite
    AND NOT EXISTS (SELECT 1 FROM suites x WHERE x.prompt_id = l.prompt_id AND x.suite = l.suite
      AND x.seq > k.seq AND x.seq < l.seq AND NOT trim(x.reason) <> '')
    AND NOT EXISTS (SELECT 1 FROM environments x WHERE x.name = l.environment
      AND x.seq > k.seq AND x.seq < l.seq AND NOT trim(x.reason) <> '')
    AND NOT EXISTS (SELECT 1 FROM deployments d WHERE d.action = 'deploy'
      AND (d.prompt_id = l.prompt_id OR d.environment = l.environment)
      AND d.seq > k.seq AND d.seq < l.seq));
CREATE VIEW active_prompts AS
SELECT d.prompt_id, d.environment, v.version, v.content, v.body, v.fingerprint, v.description,
  v.author, l.at AS deployed_at, l.actor AS deployed_by, d.previous_version, d.action,
  d.override, d.seq,
  EXISTS (SELECT 1 FROM revocations r
    WHERE r.prompt_id = d.prompt_id AND r.fingerprint = d.fingerprint) AS revoked
FROM heads d
JOIN versions v ON v.prompt_id = d.prompt_id AND v.version = d.version
JOIN ledger l ON l.seq = d.seq
WHERE d.action <> 'retire';
CREATE TRIGGER versions_insert BEFORE INSERT ON versions
BEGIN
  SELECT RAISE(ABORT, 'versions: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM versions o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'versions: this prompt_id and version is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM versions o WHERE o.prompt_id = NEW.prompt_id AND o.version = NEW.version)), 0);
  SELECT RAISE(ABORT, 'version: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'version'), 0);
  SELECT RAISE(ABORT, 'version: a prompt_id has a-z 0-9 _ . - only') WHERE NOT coalesce((NEW.prompt_id GLOB '[a-z0-9]*' AND NEW.prompt_id NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(NEW.prompt_id, '..') = 0 AND length(NEW.prompt_id) <= 100
    AND instr(CAST(NEW.prompt_id AS BLOB), x'00') = 0), 0);
  SELECT RAISE(ABORT, 'version: no fingerprint') WHERE NOT coalesce((length(NEW.fingerprint) = 64), 0);
  SELECT RAISE(ABORT, 'version: write it like 1.2.0') WHERE NOT coalesce((NEW.version NOT GLOB '*[^0-9A-Za-z.-]*' AND NEW.version GLOB '[0-9]*.[0-9]*.[0-9]*'), 0);
  SELECT RAISE(ABORT, 'version: this content is there already, and not as a candidate for this release') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM versions o WHERE o.prompt_id = NEW.prompt_id AND o.fingerprint = NEW.fingerprint AND (instr(NEW.version, '-') > 0 OR substr(o.version, 1, length(NEW.version) + 1) <> NEW.version || '-'))), 0);
END;
CREATE TRIGGER deployments_insert BEFORE INSERT ON deployments
BEGIN
  SELECT RAISE(ABORT, 'deployments: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM deployments o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'deployments: this request_id is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM deployments o WHERE o.request_id = NEW.request_id)), 0);
  SELECT RAISE(ABORT, 'deployment: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'deployment'), 0);
  SELECT RAISE(ABORT, 'deployment: no such action') WHERE NOT coalesce((NEW.action IN ('deploy', 'rollback', 'retire')), 0);
  SELECT RAISE(ABORT, 'deployment: a mark is 0 or 1') WHERE NOT coalesce((NEW.override IN (0, 1) AND NEW.again IN (0, 1) AND NEW.stale IN (0, 1)), 0);
  SELECT RAISE(ABORT, 'deployment: no such loosening of its rules') WHERE NOT coalesce((NEW.loosened_by IS NULL OR EXISTS (SELECT 1 FROM open_loosenings x WHERE x.seq = NEW.loosened_by AND (x.environment = NEW.environment OR x.prompt_id = NEW.prompt_id))), 0);
  SELECT RAISE(ABORT, 'deployment: no such environment') WHERE NOT coalesce(((SELECT 1 FROM environment_rules r WHERE r.name = NEW.environment)), 0);
  SELECT RAISE(ABORT, 'deployment: no such version with this fingerprint') WHERE NOT coalesce((EXISTS (SELECT 1 FROM versions v WHERE v.prompt_id = NEW.prompt_id
    AND v.version = NEW.version AND v.fingerprint = NEW.fingerprint)), 0);
  SELECT RAISE(ABORT, 'deployment: somebody else deployed meanwhile') WHERE NOT coalesce((NEW.previous_seq IS (SELECT h.seq FROM deployments h
    WHERE h.prompt_id = NEW.prompt_id AND h.environment = NEW.environment
    ORDER BY h.seq DESC LIMIT 1)), 0);
  SELECT RAISE(ABORT, 'deployment: previous_version is what was live before') WHERE NOT coalesce((NEW.previous_version IS (SELECT CASE h.action WHEN 'retire' THEN NULL ELSE h.version END FROM deployments h
    WHERE h.prompt_id = NEW.prompt_id AND h.environment = NEW.environment
    ORDER BY h.seq DESC LIMIT 1)), 0);
  SELECT RAISE(ABORT, 'deployment: this version is revoked') WHERE NOT coalesce((NEW.action = 'retire' OR NOT EXISTS (SELECT 1 FROM revocations x WHERE x.prompt_id = NEW.prompt_id AND (x.version = NEW.version OR x.fingerprint = NEW.fingerprint))), 0);
  SELECT RAISE(ABORT, 'deployment: an override is for a deploy and needs a reason') WHERE NOT coalesce((NEW.override = 0 OR (NEW.action = 'deploy' AND length(trim(NEW.reason, CAST(x'0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f207fc280c281c282c283c284c285c286c287c288c289c28ac28bc28cc28dc28ec28fc290c291c292c293c294c295c296c297c298c299c29ac29bc29cc29dc29ec29fc2a0c2add89ce1859fe185a0e19a80e1a08be1a08ce1a08de1a08ee1a08fe28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae2808be2808ce2808de2808ee2808fe280a8e280a9e280aae280abe280ace280ade280aee280afe2819fe281a0e281a1e281a2e281a3e281a4e281a6e281a7e281a8e281a9e281aae281abe281ace281ade281aee281afe2a080e38080e385a4efb880efb881efb882efb883efb884efb885efb886efb887efb888efb889efb88aefb88befb88cefb88defb88eefb88fefbbbfefbea0efbfb9efbfbaefbfbb' AS TEXT))) > 0)), 0);
  SELECT RAISE(ABORT, 'retire: only what is live, and with a reason') WHERE NOT coalesce((NEW.action <> 'retire' OR (length(trim(NEW.reason, CAST(x'0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f207fc280c281c282c283c284c285c286c287c288c289c28ac28bc28cc28dc28ec28fc290c291c292c293c294c295c296c297c298c299c29ac29bc29cc29dc29ec29fc2a0c2add89ce1859fe185a0e19a80e1a08be1a08ce1a08de1a08ee1a08fe28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae2808be2808ce2808de2808ee2808fe280a8e280a9e280aae280abe280ace280ade280aee280afe2819fe281a0e281a1e281a2e281a3e281a4e281a6e281a7e281a8e281a9e281aae281abe281ace281ade281aee281afe2a080e38080e385a4efb880efb881efb882efb883efb884efb885efb886efb887efb888efb889efb88aefb88befb88cefb88defb88eefb88fefbbbfefbea0efbfb9efbfbaefbfbb' AS TEXT))) > 0 AND NEW.previous_version = NEW.version AND NEW.stands_for = (SELECT h.stands_for FROM deployments h
    WHERE h.prompt_id = NEW.prompt_id AND h.environment = NEW.environment
    ORDER BY h.seq DESC LIMIT 1) AND NEW.evaluation IS NULL)), 0);
  SELECT RAISE(ABORT, 'rollback: only to what was live before') WHERE NOT coalesce((NEW.action <> 'rollback' OR EXISTS (SELECT 1 FROM deployments t WHERE t.seq = NEW.stands_for AND t.action = 'deploy' AND t.prompt_id = NEW.prompt_id AND t.environment = NEW.environment AND t.version = NEW.version AND t.fingerprint = NEW.fingerprint AND t.evaluation IS NEW.evaluation AND NOT EXISTS (SELECT 1 FROM deployments r WHERE r.prompt_id = NEW.prompt_id AND r.environment = NEW.environment AND r.action = 'rollback' AND r.seq > t.seq AND r.stands_for < t.seq) AND (t.seq < (SELECT h.stands_for FROM deployments h
    WHERE h.prompt_id = NEW.prompt_id AND h.environment = NEW.environment
    ORDER BY h.seq DESC LIMIT 1) OR ((SELECT h.action FROM deployments h
    WHERE h.prompt_id = NEW.prompt_id AND h.environment = NEW.environment
    ORDER BY h.seq DESC LIMIT 1) = 'retire' AND t.seq = (SELECT h.stands_for FROM deployments h
    WHERE h.prompt_id = NEW.prompt_id AND h.environment = NEW.environment
    ORDER BY h.seq DESC LIMIT 1))))), 0);
  SELECT RAISE(ABORT, 'deploy: it stands for itself') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.stands_for = NEW.seq), 0);
  SELECT RAISE(ABORT, 'deploy: this version is live already') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.previous_version IS NOT NEW.version), 0);
  SELECT RAISE(ABORT, 'deploy: the environment is frozen') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.override = 1 OR (SELECT r.frozen FROM environment_rules r WHERE r.name = NEW.environment) = 0), 0);
  SELECT RAISE(ABORT, 'deploy: the version is not live in the environment it must come from') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.override = 1 OR (SELECT r.promote_from FROM environment_rules r WHERE r.name = NEW.environment) = '' OR EXISTS (SELECT 1 FROM heads p WHERE p.prompt_id = NEW.prompt_id AND p.environment = (SELECT r.promote_from FROM environment_rules r WHERE r.name = NEW.environment) AND p.version = NEW.version AND p.action <> 'retire')), 0);
  SELECT RAISE(ABORT, 'deploy: another person must approve it first') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.override = 1 OR (SELECT r.approvals FROM environment_rules r WHERE r.name = NEW.environment) = 0 OR (SELECT r.approvals FROM environment_rules r WHERE r.name = NEW.environment) <= (SELECT count(*) FROM approvals a JOIN ledger l ON l.seq = a.seq
    WHERE a.prompt_id = NEW.prompt_id AND a.version = NEW.version
    AND a.fingerprint = NEW.fingerprint AND a.environment = NEW.environment
    AND NOT same_person(l.actor, (SELECT actor FROM ledger WHERE seq = NEW.seq))
    AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.prompt_id = NEW.prompt_id
      AND v.version = NEW.version AND same_person(v.author, l.actor))
    AND (NEW.evaluation IS NULL OR EXISTS (SELECT 1 FROM accepted_evaluations e JOIN ledger m ON m.seq = e.seq
    WHERE e.prompt_id = NEW.prompt_id AND e.fingerprint = NEW.fingerprint
      AND e.environment = NEW.environment
      AND NOT same_person(m.actor, l.actor)))
    AND a.seq > coalesce((SELECT max(b.seq) FROM deployments b
      WHERE b.prompt_id = NEW.prompt_id AND b.environment = NEW.environment
      AND b.action = 'rollback' AND b.previous_version = NEW.version), 0)
    AND NOT EXISTS (SELECT 1 FROM approvals o JOIN ledger k ON k.seq = o.seq
      WHERE o.seq < a.seq AND same_person(k.actor, l.actor) AND o.prompt_id = NEW.prompt_id AND o.version = NEW.version
    AND o.fingerprint = NEW.fingerprint AND o.environment = NEW.environment
    AND NOT same_person(k.actor, (SELECT actor FROM ledger WHERE seq = NEW.seq))
    AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.prompt_id = NEW.prompt_id
      AND v.version = NEW.version AND same_person(v.author, k.actor))
    AND (NEW.evaluation IS NULL OR EXISTS (SELECT 1 FROM accepted_evaluations e JOIN ledger m ON m.seq = e.seq
    WHERE e.prompt_id = NEW.prompt_id AND e.fingerprint = NEW.fingerprint
      AND e.environment = NEW.environment
      AND NOT same_person(m.actor, k.actor)))
    AND o.seq > coalesce((SELECT max(b.seq) FROM deployments b
      WHERE b.prompt_id = NEW.prompt_id AND b.environment = NEW.environment
      AND b.action = 'rollback' AND b.previous_version = NEW.version), 0)))), 0);
  SELECT RAISE(ABORT, 'deploy: another person must approve the loosened rules first') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.override = 1 OR NOT EXISTS (SELECT 1 FROM open_loosenings x
    WHERE (x.environment = NEW.environment OR (x.prompt_id = NEW.prompt_id
      AND ((SELECT json_array_length(r.requires) = 0 FROM environment_rules r WHERE r.name = NEW.environment)
        OR x.suite IN (SELECT j.value FROM json_each((SELECT r.requires FROM environment_rules r WHERE r.name = NEW.environment)) j))))
    AND (SELECT count(*) FROM rule_approvals a JOIN ledger l ON l.seq = a.seq
        WHERE a.target = x.seq
        AND NOT same_person(l.actor, (SELECT actor FROM ledger WHERE seq = x.seq))
        AND NOT EXISTS (SELECT 1 FROM rule_approvals o JOIN ledger k ON k.seq = o.seq
          WHERE o.target = x.seq AND o.seq < a.seq AND same_person(k.actor, l.actor)))
      < max((SELECT r.approvals FROM environment_rules r WHERE r.name = NEW.environment), coalesce((SELECT b.approvals FROM environments b
        WHERE b.name = NEW.environment AND b.seq < x.seq ORDER BY b.seq DESC LIMIT 1), 0)))), 0);
  SELECT RAISE(ABORT, 'deploy: this version was rolled back; again needs a reason') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR (NEW.again = 1 AND length(trim(NEW.reason, CAST(x'0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f207fc280c281c282c283c284c285c286c287c288c289c28ac28bc28cc28dc28ec28fc290c291c292c293c294c295c296c297c298c299c29ac29bc29cc29dc29ec29fc2a0c2add89ce1859fe185a0e19a80e1a08be1a08ce1a08de1a08ee1a08fe28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae2808be2808ce2808de2808ee2808fe280a8e280a9e280aae280abe280ace280ade280aee280afe2819fe281a0e281a1e281a2e281a3e281a4e281a6e281a7e281a8e281a9e281aae281abe281ace281ade281aee281afe2a080e38080e385a4efb880efb881efb882efb883efb884efb885efb886efb887efb888efb889efb88aefb88befb88cefb88defb88eefb88fefbbbfefbea0efbfb9efbfbaefbfbb' AS TEXT))) > 0) OR coalesce((SELECT max(b.seq) FROM deployments b WHERE b.prompt_id = NEW.prompt_id AND b.environment = NEW.environment AND b.action = 'rollback' AND b.previous_version = NEW.version), 0) <= coalesce((SELECT max(d.seq) FROM deployments d WHERE d.prompt_id = NEW.prompt_id AND d.environment = NEW.environment AND d.action = 'deploy' AND d.version = NEW.version), 0)), 0);
  SELECT RAISE(ABORT, 'deploy: a registered consumer cannot use this version') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.override = 1 OR NOT EXISTS ( SELECT 1 FROM consumers c JOIN json_each(c.bounds) j WHERE c.prompt_id = NEW.prompt_id AND c.environment = NEW.environment AND c.seq = (SELECT max(y.seq) FROM consumers y WHERE y.prompt_id = c.prompt_id AND y.environment = c.environment AND y.name = c.name) AND NOT (SELECT CASE json_extract(j.value, '$[0]') WHEN '>=' THEN v.sort_key >= json_extract(j.value, '$[1]') WHEN '>' THEN v.sort_key > json_extract(j.value, '$[1]') WHEN '<=' THEN v.sort_key <= json_extract(j.value, '$[1]') WHEN '<' THEN v.sort_key < json_extract(j.value, '$[1]') WHEN '==' THEN v.sort_key = json_extract(j.value, '$[1]') WHEN '!=' THEN v.sort_key <> json_extract(j.value, '$[1]') ELSE 0 END FROM versions v WHERE v.prompt_id = NEW.prompt_id AND v.version = NEW.version))), 0);
  SELECT RAISE(ABORT, 'deploy: this evaluation does not pass, is not current, or is of something else') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.evaluation IS NULL OR EXISTS (SELECT 1 FROM accepted_evaluations e WHERE e.seq = NEW.evaluation AND e.prompt_id = NEW.prompt_id AND e.fingerprint = NEW.fingerprint AND e.environment = NEW.environment)), 0);
  SELECT RAISE(ABORT, 'deploy: no passing and current evaluation of this version on every required suite') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.override = 1 OR (SELECT r.untested FROM environment_rules r WHERE r.name = NEW.environment) = 1 OR (NEW.evaluation IS NOT NULL AND NOT EXISTS (SELECT 1 FROM required_suites q WHERE q.environment = NEW.environment AND coalesce(q.prompt_id, NEW.prompt_id) = NEW.prompt_id AND q.suite NOT IN (SELECT e.suite FROM accepted_evaluations e WHERE e.prompt_id = NEW.prompt_id AND e.fingerprint = NEW.fingerprint AND e.environment = NEW.environment)))), 0);
  SELECT RAISE(ABORT, 'deployment: by the rules of today') WHERE NOT coalesce((NEW.revision = 1), 0);
END;
CREATE TRIGGER revocations_insert BEFORE INSERT ON revocations
BEGIN
  SELECT RAISE(ABORT, 'revocations: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM revocations o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'revocations: this prompt_id and version is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM revocations o WHERE o.prompt_id = NEW.prompt_id AND o.version = NEW.version)), 0);
  SELECT RAISE(ABORT, 'revocation: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'revocation'), 0);
  SELECT RAISE(ABORT, 'revocation: no such version with this fingerprint') WHERE NOT coalesce((EXISTS (SELECT 1 FROM versions v WHERE v.prompt_id = NEW.prompt_id
    AND v.version = NEW.version AND v.fingerprint = NEW.fingerprint)), 0);
  SELECT RAISE(ABORT, 'revocation: it needs a reason') WHERE NOT coalesce((length(trim(NEW.reason, CAST(x'0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f207fc280c281c282c283c284c285c286c287c288c289c28ac28bc28cc28dc28ec28fc290c291c292c293c294c295c296c297c298c299c29ac29bc29cc29dc29ec29fc2a0c2add89ce1859fe185a0e19a80e1a08be1a08ce1a08de1a08ee1a08fe28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae2808be2808ce2808de2808ee2808fe280a8e280a9e280aae280abe280ace280ade280aee280afe2819fe281a0e281a1e281a2e281a3e281a4e281a6e281a7e281a8e281a9e281aae281abe281ace281ade281aee281afe2a080e38080e385a4efb880efb881efb882efb883efb884efb885efb886efb887efb888efb889efb88aefb88befb88cefb88defb88eefb88fefbbbfefbea0efbfb9efbfbaefbfbb' AS TEXT))) > 0), 0);
END;
CREATE INDEX observations_of ON observations (asked, seq);
CREATE VIEW accepted_evaluations AS
SELECT p.*, r.name AS environment
FROM passing_evaluations p JOIN environment_rules r
WHERE (r.external = 1 OR p.external = 0)
  AND julianday(p.finished_at) <= julianday('now') + 0.01
  AND (r.max_age_days <= 0 OR julianday('now') - julianday(p.finished_at) <= r.max_age_days)
  AND (json_extract(p.policy, '$.max_age_days') IS NULL
    OR julianday('now') - julianday(p.finished_at)
      <= json_extract(p.policy, '$.max_age_days'))
  AND (r.answers = 'cached' OR coalesce((SELECT (json_extract(e.record, '$.answers.b.cached') = 0
      AND coalesce(json_extract(e.record, '$.answers.b.unknown'), 0) = 0)
    AND (e.baseline_fingerprint IS NULL OR (json_extract(e.record, '$.answers.a.cached') = 0
      AND coalesce(json_extract(e.record, '$.answers.a.unknown'), 0) = 0)) FROM evaluations e
    WHERE e.seq = p.seq), 0))
  AND (r.endpoints = '[]' OR coalesce((SELECT (json_array_length(e.record, '$.answers.b.endpoints') > 0
      AND coalesce(json_extract(e.record, '$.answers.b.unknown'), 0) = 0
      AND NOT EXISTS (SELECT 1 FROM json_each(e.record, '$.answers.b.endpoints') x
        WHERE NOT EXISTS (SELECT 1 FROM json_each(r.endpoints) y WHERE y.value = x.value
          OR (y.value = 'local' AND x.value GLOB 'local:*'))))
    AND (e.baseline_fingerprint IS NULL OR (json_array_length(e.record, '$.answers.a.endpoints') > 0
      AND coalesce(json_extract(e.record, '$.answers.a.unknown'), 0) = 0
      AND NOT EXISTS (SELECT 1 FROM json_each(e.record, '$.answers.a.endpoints') x
        WHERE NOT EXISTS (SELECT 1 FROM json_each(r.endpoints) y WHERE y.value = x.value
          OR (y.value = 'local' AND x.value GLOB 'local:*'))))) FROM evaluations e
    WHERE e.seq = p.seq), 0))
  AND (r.answering_model = 'any' OR coalesce((SELECT (json_extract(e.record, '$.answers.b.asked') IS NOT NULL
      AND coalesce(json_extract(e.record, '$.answers.b.unknown'), 0) = 0
      AND (json_array_length(e.record, '$.answers.b.models') > 0
        OR json_extract(e.record, '$.answers.b.endpoints[0]') GLOB 'local:*')
      AND NOT EXISTS (SELECT 1 FROM observations o
        WHERE o.asked = json_extract(e.record, '$.answers.b.asked')
        AND o.seq = (SELECT max(x.seq) FROM observations x WHERE x.asked = o.asked)
        AND (EXISTS (SELECT 1 FROM json_each(o.answered) y WHERE y.value NOT IN (
            SELECT m.value FROM json_each(e.record, '$.answers.b.models') m
            UNION ALL SELECT n.value FROM json_each(e.record, '$.answers.b.endpoints') n))
          OR (o.changed = 1 AND o.prompt_id = e.prompt_id
            AND (o.seq > e.seq
              OR coalesce(json_extract(e.record, '$.answers.b.cached'), 1) > 0)))))
    AND (e.baseline_fingerprint IS NULL OR (json_extract(e.record, '$.answers.a.asked') IS NOT NULL
      AND coalesce(json_extract(e.record, '$.answers.a.unknown'), 0) = 0
      AND (json_array_length(e.record, '$.answers.a.models') > 0
        OR json_extract(e.record, '$.answers.a.endpoints[0]') GLOB 'local:*')
      AND NOT EXISTS (SELECT 1 FROM observations o
        WHERE o.asked = json_extract(e.record, '$.answers.a.asked')
        AND o.seq = (SELECT max(x.seq) FROM observations x WHERE x.asked = o.asked)
        AND (EXISTS (SELECT 1 FROM json_each(o.answered) y WHERE y.value NOT IN (
            SELECT m.value FROM json_each(e.record, '$.answers.a.models') m
            UNION ALL SELECT n.value FROM json_each(e.record, '$.answers.a.endpoints') n))
          OR (o.changed = 1 AND o.prompt_id = e.prompt_id
            AND (o.seq > e.seq
              OR coalesce(json_extract(e.record, '$.answers.a.cached'), 1) > 0)))))) FROM evaluations e
    WHERE e.seq = p.seq), 0));
CREATE TRIGGER environments_insert BEFORE INSERT ON environments
BEGIN
  SELECT RAISE(ABORT, 'environments: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM environments o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'environment: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'environment'), 0);
  SELECT RAISE(ABORT, 'environment: a name has a-z 0-9 _ . - only') WHERE NOT coalesce((NEW.name GLOB '[a-z0-9]*' AND NEW.name NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(NEW.name, '..') = 0 AND length(NEW.name) <= 100
    AND instr(CAST(NEW.name AS BLOB), x'00') = 0), 0);
  SELECT RAISE(ABORT, 'environment: a rule is out of bounds') WHERE NOT coalesce((NEW.external IN (0, 1) AND NEW.untested IN (0, 1) AND NEW.frozen IN (0, 1) AND NEW.approvals >= 0 AND NEW.max_age_days >= 0), 0);
  SELECT RAISE(ABORT, 'environment: requires is a list of suites') WHERE NOT coalesce((json_valid(NEW.requires) AND json_type(NEW.requires) = 'array'), 0);
  SELECT RAISE(ABORT, 'environment: answers are cached or fresh, endpoints a list of addresses') WHERE NOT coalesce((NEW.answers IN ('cached', 'fresh') AND json_valid(NEW.endpoints) AND json_type(NEW.endpoints) = 'array'), 0);
  SELECT RAISE(ABORT, 'environment: the answering model is any or the current one') WHERE NOT coalesce((NEW.answering_model IN ('any', 'current')), 0);
  SELECT RAISE(ABORT, 'environment: no such revision of the rules') WHERE NOT coalesce((NEW.revision IN (0, 1)), 0);
  SELECT RAISE(ABORT, 'environment: this lets more through; it needs a reason') WHERE NOT coalesce((length(trim(NEW.reason, CAST(x'0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f207fc280c281c282c283c284c285c286c287c288c289c28ac28bc28cc28dc28ec28fc290c291c292c293c294c295c296c297c298c299c29ac29bc29cc29dc29ec29fc2a0c2add89ce1859fe185a0e19a80e1a08be1a08ce1a08de1a08ee1a08fe28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae2808be2808ce2808de2808ee2808fe280a8e280a9e280aae280abe280ace280ade280aee280afe2819fe281a0e281a1e281a2e281a3e281a4e281a6e281a7e281a8e281a9e281aae281abe281ace281ade281aee281afe2a080e38080e385a4efb880efb881efb882efb883efb884efb885efb886efb887efb888efb889efb88aefb88befb88cefb88defb88eefb88fefbbbfefbea0efbfb9efbfbaefbfbb' AS TEXT))) > 0 OR NOT EXISTS (SELECT 1 FROM versions) OR coalesce((SELECT (NEW.requires IS o.requires OR (json_array_length(o.requires) > 0 AND NOT EXISTS (SELECT 1 FROM json_each(o.requires) a WHERE coalesce(a.value NOT IN (SELECT b.value FROM json_each(NEW.requires) b), 1)))) AND (NEW.approvals IS o.approvals OR (typeof(o.approvals) IN ('integer', 'real') AND typeof(NEW.approvals) IN ('integer', 'real') AND NEW.approvals >= o.approvals)) AND (NEW.promote_from IS o.promote_from OR (coalesce(o.promote_from, '') = '')) AND (NEW.external IS o.external OR (typeof(o.external) IN ('integer', 'real') AND typeof(NEW.external) IN ('integer', 'real') AND NEW.external <= o.external)) AND (NEW.untested IS o.untested OR (typeof(o.untested) IN ('integer', 'real') AND typeof(NEW.untested) IN ('integer', 'real') AND NEW.untested <= o.untested)) AND (NEW.frozen IS o.frozen OR (typeof(o.frozen) IN ('integer', 'real') AND typeof(NEW.frozen) IN ('integer', 'real') AND NEW.frozen >= o.frozen)) AND (NEW.max_age_days IS o.max_age_days OR (typeof(o.max_age_days) IN ('integer', 'real') AND typeof(NEW.max_age_days) IN ('integer', 'real') AND NEW.max_age_days > 0 AND (o.max_age_days <= 0 OR NEW.max_age_days <= o.max_age_days))) AND (NEW.answers IS o.answers OR (NEW.answers = 'fresh')) AND (NEW.endpoints IS o.endpoints OR (json_array_length(NEW.endpoints) > 0 AND (json_array_length(o.endpoints) = 0 OR NOT EXISTS (SELECT 1 FROM json_each(NEW.endpoints) a WHERE coalesce(a.value NOT IN (SELECT b.value FROM json_each(o.endpoints) b), 1))))) AND (NEW.answering_model IS o.answering_model OR (NEW.answering_model = 'current')) FROM environment_rules o WHERE o.name = NEW.name), NOT EXISTS (SELECT 1 FROM environments o WHERE o.name = NEW.name))), 0);
END;
CREATE TRIGGER observations_no_update BEFORE UPDATE ON observations
BEGIN SELECT RAISE(ABORT, 'observations: a row never changes or disappears'); END;
CREATE TRIGGER observations_no_delete BEFORE DELETE ON observations
BEGIN SELECT RAISE(ABORT, 'observations: a row never changes or disappears'); END;
CREATE TRIGGER observations_insert BEFORE INSERT ON observations
BEGIN
  SELECT RAISE(ABORT, 'observations: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM observations o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'observation: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'observation'), 0);
  SELECT RAISE(ABORT, 'observation: no such version with this fingerprint') WHERE NOT coalesce((EXISTS (SELECT 1 FROM versions v WHERE v.prompt_id = NEW.prompt_id
    AND v.version = NEW.version AND v.fingerprint = NEW.fingerprint)), 0);
  SELECT RAISE(ABORT, 'observation: no such evaluation of this version') WHERE NOT coalesce((EXISTS (SELECT 1 FROM evaluations e WHERE e.seq = NEW.evaluation AND e.prompt_id = NEW.prompt_id AND e.fingerprint = NEW.fingerprint)), 0);
  SELECT RAISE(ABORT, 'observation: it names the model that was asked for, and a list of those that answered') WHERE NOT coalesce((NEW.changed IN (0, 1) AND NEW.asked <> '' AND json_valid(NEW.answered) AND json_type(NEW.answered) = 'array' AND json_array_length(NEW.answered) > 0), 0);
END;
CREATE VIEW sound_evaluations AS
SELECT e.seq, e.prompt_id, e.version, e.fingerprint, e.suite, e.suite_seq, e.external, e.score,
  e.finished_at, s.policy, s.parts, s.fingerprint AS suite_fingerprint
FROM evaluations e JOIN suites s ON s.seq = e.suite_seq
WHERE e.gate = 'pass' AND s.prompt_id = e.prompt_id AND s.suite = e.suite
  AND s.external = e.external
  AND json_array_length(s.policy, '$.scorers') > 0
  AND coalesce(json_extract(e.plan, '$.planned'), e.planned) = e.planned
  AND NOT EXISTS (
    SELECT 1 FROM json_each(s.policy, '$.scorers') g WHERE NOT coalesce((
      SELECT count(*) > 0
        AND max(c.position) = count(*) - 1
        AND count(*) <= e.planned
        AND (count(*) = e.planned
          OR count(*) IN (SELECT k.value FROM json_each(e.plan, '$.block_ends') k))
        AND sum(c.b IS NULL OR (c.a IS NULL AND e.baseline_fingerprint IS NOT NULL))
          <= json_extract(s.policy, '$.max_missing') * count(*) + 1e-9
        AND sum(coalesce(c.b, 0.0)) / count(*)
          >= coalesce(json_extract(s.policy, '$.threshold'), -1.0) - 1e-9
        AND (e.baseline_fingerprint IS NOT NULL
          OR (json_extract(s.policy, '$.threshold') IS NOT NULL AND (coalesce(json_extract(e.plan, '$.rules'), 1) < 2
          OR count(*) >= coalesce(json_extract(s.policy, '$.min_cases'), 20))))
        AND (e.baseline_fingerprint IS NULL OR (coalesce(json_extract(e.plan, '$.rules'), 1) < 3
          OR (sum(coalesce(c.b, 0.0)) > 0 AND (
            coalesce(json_extract(s.policy, '$.rule'), '') <> 'no_regressions'
            OR (json_extract(s.policy, '$.threshold') IS NOT NULL AND (coalesce(json_extract(e.plan, '$.rules'), 1) < 2
          OR count(*) >= coalesce(json_extract(s.policy, '$.min_cases'), 20)))))))
        AND (e.baseline_fingerprint IS NULL
          OR CASE json_extract(s.policy, '$.rule')
            WHEN 'no_regressions' THEN sum(coalesce(c.b, 0.0) < coalesce(c.a, 1.0) - 1e-9) = 0 ELSE (sum(c.a IS NOT NULL AND c.b IS NOT NULL) > 0 AND (sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) > 0 AND (NOT (sum(coalesce(c.a NOT IN (0.0, 1.0), 0)) + sum(coalesce(c.b NOT IN (0.0, 1.0), 0))
          + sum(c.case_group IS NOT NULL) + coalesce(json_extract(e.plan, '$.anytime'), 0) = 0) OR (
          2.0 * sum(c.a IS NOT NULL AND c.b IS NOT NULL) * (((sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) * (sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) / ((CASE json_extract(s.policy, '$.confidence')
          WHEN 0.9 THEN 2.705543 WHEN 0.95 THEN 3.841458 WHEN 0.99 THEN 6.634896 ELSE 0.01 END) * sum(c.a IS NOT NULL AND c.b IS NOT NULL)) + CAST(json_extract(s.policy, '$.margin') AS REAL) * (1 + CAST(json_extract(s.policy, '$.margin') AS REAL))) / 2) * (((sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) * (sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) / ((CASE json_extract(s.policy, '$.confidence')
          WHEN 0.9 THEN 2.705543 WHEN 0.95 THEN 3.841458 WHEN 0.99 THEN 6.634896 ELSE 0.01 END) * sum(c.a IS NOT NULL AND c.b IS NOT NULL)) + CAST(json_extract(s.policy, '$.margin') AS REAL) * (1 + CAST(json_extract(s.policy, '$.margin') AS REAL))) / 2) + (-(sum(c.b > c.a) + sum(c.b < c.a)) - (2.0 * sum(c.a IS NOT NULL AND c.b IS NOT NULL) - sum(c.b > c.a) + sum(c.b < c.a)) * CAST(json_extract(s.policy, '$.margin') AS REAL)) * (((sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) * (sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) / ((CASE json_extract(s.policy, '$.confidence')
          WHEN 0.9 THEN 2.705543 WHEN 0.95 THEN 3.841458 WHEN 0.99 THEN 6.634896 ELSE 0.01 END) * sum(c.a IS NOT NULL AND c.b IS NOT NULL)) + CAST(json_extract(s.policy, '$.margin') AS REAL) * (1 + CAST(json_extract(s.policy, '$.margin') AS REAL))) / 2) + (sum(c.b < c.a) * CAST(json_extract(s.policy, '$.margin') AS REAL) * (1 + CAST(json_extract(s.policy, '$.margin') AS REAL))) > -1e-6
          AND (((sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) * (sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) / ((CASE json_extract(s.policy, '$.confidence')
          WHEN 0.9 THEN 2.705543 WHEN 0.95 THEN 3.841458 WHEN 0.99 THEN 6.634896 ELSE 0.01 END) * sum(c.a IS NOT NULL AND c.b IS NOT NULL)) + CAST(json_extract(s.policy, '$.margin') AS REAL) * (1 + CAST(json_extract(s.policy, '$.margin') AS REAL))) / 2) > -(-(sum(c.b > c.a) + sum(c.b < c.a)) - (2.0 * sum(c.a IS NOT NULL AND c.b IS NOT NULL) - sum(c.b > c.a) + sum(c.b < c.a)) * CAST(json_extract(s.policy, '$.margin') AS REAL)) / (4.0 * sum(c.a IS NOT NULL AND c.b IS NOT NULL))))) END)
      FROM scores c WHERE c.evaluation = e.seq AND c.scorer = g.value), 0))
  AND NOT EXISTS (
    SELECT 1 FROM json_each(s.policy, '$.slices') k JOIN json_each(s.policy, '$.scorers') g
    WHERE e.baseline_fingerprint IS NOT NULL AND NOT coalesce((
      SELECT count(*) > 0 AND sum(c.b IS NULL OR (c.a IS NULL AND e.baseline_fingerprint IS NOT NULL))
          <= json_extract(s.policy, '$.max_missing') * count(*) + 1e-9
        AND (sum(c.a IS NOT NULL AND c.b IS NOT NULL) > 0 AND (sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(k.value, '$.margin') AS REAL)) > 0 AND (NOT (sum(coalesce(c.a NOT IN (0.0, 1.0), 0)) + sum(coalesce(c.b NOT IN (0.0, 1.0), 0))
          + sum(c.case_group IS NOT NULL) + coalesce(json_extract(e.plan, '$.anytime'), 0) = 0) OR (
          2.0 * sum(c.a IS NOT NULL AND c.b IS NOT NULL) * (((sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(k.value, '$.margin') AS REAL)) * (sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(k.value, '$.margin') AS REAL)) / ((CASE json_extract(s.policy, '$.confidence')
          WHEN 0.9 THEN 2.705543 WHEN 0.95 THEN 3.841458 WHEN 0.99 THEN 6.634896 ELSE 0.01 END) * sum(c.a IS NOT NULL AND c.b IS NOT NULL)) + CAST(json_extract(k.value, '$.margin') AS REAL) * (1 + CAST(json_extract(k.value, '$.margin') AS REAL))) / 2) * (((sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(k.value, '$.margin') AS REAL)) * (sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(k.value, '$.margin') AS REAL)) / ((CASE json_extract(s.policy, '$.confidence')
          WHEN 0.9 THEN 2.705543 WHEN 0.95 THEN 3.841458 WHEN 0.99 THEN 6.634896 ELSE 0.01 END) * sum(c.a IS NOT NULL AND c.b IS NOT NULL)) + CAST(json_extract(k.value, '$.margin') AS REAL) * (1 + CAST(json_extract(k.value, '$.margin') AS REAL))) / 2) + (-(sum(c.b > c.a) + sum(c.b < c.a)) - (2.0 * sum(c.a IS NOT NULL AND c.b IS NOT NULL) - sum(c.b > c.a) + sum(c.b < c.a)) * CAST(json_extract(k.value, '$.margin') AS REAL)) * (((sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(k.value, '$.margin') AS REAL)) * (sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(k.value, '$.margin') AS REAL)) / ((CASE json_extract(s.policy, '$.confidence')
          WHEN 0.9 THEN 2.705543 WHEN 0.95 THEN 3.841458 WHEN 0.99 THEN 6.634896 ELSE 0.01 END) * sum(c.a IS NOT NULL AND c.b IS NOT NULL)) + CAST(json_extract(k.value, '$.margin') AS REAL) * (1 + CAST(json_extract(k.value, '$.margin') AS REAL))) / 2) + (sum(c.b < c.a) * CAST(json_extract(k.value, '$.margin') AS REAL) * (1 + CAST(json_extract(k.value, '$.margin') AS REAL))) > -1e-6
          AND (((sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(k.value, '$.margin') AS REAL)) * (sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(k.value, '$.margin') AS REAL)) / ((CASE json_extract(s.policy, '$.confidence')
          WHEN 0.9 THEN 2.705543 WHEN 0.95 THEN 3.841458 WHEN 0.99 THEN 6.634896 ELSE 0.01 END) * sum(c.a IS NOT NULL AND c.b IS NOT NULL)) + CAST(json_extract(k.value, '$.margin') AS REAL) * (1 + CAST(json_extract(k.value, '$.margin') AS REAL))) / 2) > -(-(sum(c.b > c.a) + sum(c.b < c.a)) - (2.0 * sum(c.a IS NOT NULL AND c.b IS NOT NULL) - sum(c.b > c.a) + sum(c.b < c.a)) * CAST(json_extract(k.value, '$.margin') AS REAL)) / (4.0 * sum(c.a IS NOT NULL AND c.b IS NOT NULL)))))
      FROM scores c WHERE c.evaluation = e.seq AND c.scorer = g.value AND c.tags <> ''
        AND EXISTS (SELECT 1 FROM json_each(c.tags) t WHERE t.value = k.key)), 0))
  AND NOT EXISTS (
    SELECT 1 FROM json_each(s.policy, '$.also') k
    WHERE e.baseline_fingerprint IS NOT NULL AND NOT coalesce(CASE
      WHEN k.key = 'cost' THEN (SELECT count(*) = (SELECT count(*) FROM scores o
        WHERE o.evaluation = e.seq AND o.scorer = json_extract(s.policy, '$.scorers[0]')) AND sum(c.b IS NULL OR (c.a IS NULL AND e.baseline_fingerprint IS NOT NULL))
          <= json_extract(s.policy, '$.max_missing') * count(*) + 1e-9 AND sum(CASE
          WHEN c.a IS NULL OR c.b IS NULL OR (c.a <= 0.0 AND c.b > 0.0) THEN 1.0
          WHEN c.b <= 0.0 THEN CASE WHEN c.a > 0.0 THEN -2.0 ELSE 0.0 END
          ELSE 1.0 - c.a / c.b END) < json_extract(k.value, '$.margin') * count(*) + 1e-9
      FROM scores c WHERE c.evaluation = e.seq AND c.scorer = '@cost')
      WHEN k.key GLOB 'latency_p[1-9]*' THEN ((SELECT count(*) = (SELECT count(*) FROM scores o
        WHERE o.evaluation = e.seq AND o.scorer = json_extract(s.policy, '$.scorers[0]')) AND sum(c.b IS NULL OR (c.a IS NULL AND e.baseline_fingerprint IS NOT NULL))
          <= json_extract(s.policy, '$.max_missing') * count(*) + 1e-9 FROM scores c WHERE c.evaluation = e.seq AND c.scorer = '@latency')
      AND (SELECT q.v FROM (
          SELECT coalesce(c.b, 1e300) AS v, count(*) OVER () AS n,
            row_number() OVER (ORDER BY coalesce(c.b, 1e300)) AS r
          FROM scores c WHERE c.evaluation = e.seq AND c.scorer = '@latency') q
        WHERE q.r = (q.n * CAST(substr(k.key, 10) AS INTEGER) + 99) / 100) < (SELECT q.v FROM (
          SELECT coalesce(c.a, -1e300) AS v, count(*) OVER () AS n,
            row_number() OVER (ORDER BY coalesce(c.a, -1e300)) AS r
          FROM scores c WHERE c.evaluation = e.seq AND c.scorer = '@latency') q
        WHERE q.r = (q.n * CAST(substr(k.key, 10) AS INTEGER) + 99) / 100)
        + json_extract(k.value, '$.margin') + 1e-9) ELSE 0 END, 0));
CREATE VIEW loosening_steps AS
SELECT l.seq, l.name AS environment, NULL AS prompt_id, NULL AS suite,
  coalesce(((n.requires IS o.requires OR (json_array_length(o.requires) > 0 AND NOT EXISTS (SELECT 1 FROM json_each(o.requires) a WHERE coalesce(a.value NOT IN (SELECT b.value FROM json_each(n.requires) b), 1)))) AND (n.approvals IS o.approvals OR (typeof(o.approvals) IN ('integer', 'real') AND typeof(n.approvals) IN ('integer', 'real') AND n.approvals >= o.approvals)) AND (n.promote_from IS o.promote_from OR (coalesce(o.promote_from, '') = '')) AND (n.external IS o.external OR (typeof(o.external) IN ('integer', 'real') AND typeof(n.external) IN ('integer', 'real') AND n.external <= o.external)) AND (n.untested IS o.untested OR (typeof(o.untested) IN ('integer', 'real') AND typeof(n.untested) IN ('integer', 'real') AND n.untested <= o.untested)) AND (n.frozen IS o.frozen OR (typeof(o.frozen) IN ('integer', 'real') AND typeof(n.frozen) IN ('integer', 'real') AND n.frozen >= o.frozen)) AND (n.max_age_days IS o.max_age_days OR (typeof(o.max_age_days) IN ('integer', 'real') AND typeof(n.max_age_days) IN ('integer', 'real') AND n.max_age_days > 0 AND (o.max_age_days <= 0 OR n.max_age_days <= o.max_age_days))) AND (n.answers IS o.answers OR (n.answers = 'fresh')) AND (n.endpoints IS o.endpoints OR (json_array_length(n.endpoints) > 0 AND (json_array_length(o.endpoints) = 0 OR NOT EXISTS (SELECT 1 FROM json_each(n.endpoints) a WHERE coalesce(a.value NOT IN (SELECT b.value FROM json_each(o.endpoints) b), 1))))) AND (n.answering_model IS o.answering_model OR (n.answering_model = 'current'))), 0) AS undone
FROM environments l
JOIN environments o ON o.seq = (
  SELECT max(x.seq) FROM environments x WHERE x.name = l.name AND x.seq < l.seq)
JOIN environment_rules n ON n.name = l.name
WHERE l.reason <> '' AND trim(l.reason) <> ''
UNION ALL
SELECT l.seq, NULL, l.prompt_id, l.suite,
  CASE WHEN o.seq IS NULL THEN n.removed ELSE coalesce(((n.external IS o.external OR (0)) AND (n.removed IS o.removed OR (typeof(o.removed) IN ('integer', 'real') AND typeof(n.removed) IN ('integer', 'real') AND n.removed <= o.removed)) AND (json_extract(n.policy, '$.scorers') IS json_extract(o.policy, '$.scorers') OR (0)) AND (json_extract(n.policy, '$.baseline') IS json_extract(o.policy, '$.baseline') OR (0)) AND (json_extract(n.policy, '$.margin') IS json_extract(o.policy, '$.margin') OR (typeof(json_extract(o.policy, '$.margin')) IN ('integer', 'real') AND typeof(json_extract(n.policy, '$.margin')) IN ('integer', 'real') AND json_extract(n.policy, '$.margin') <= json_extract(o.policy, '$.margin'))) AND (json_extract(n.policy, '$.threshold') IS json_extract(o.policy, '$.threshold') OR (typeof(json_extract(o.policy, '$.threshold')) IN ('integer', 'real') AND typeof(json_extract(n.policy, '$.threshold')) IN ('integer', 'real') AND json_extract(n.policy, '$.threshold') >= json_extract(o.policy, '$.threshold'))) AND (json_extract(n.policy, '$.confidence') IS json_extract(o.policy, '$.confidence') OR (typeof(json_extract(o.policy, '$.confidence')) IN ('integer', 'real') AND typeof(json_extract(n.policy, '$.confidence')) IN ('integer', 'real') AND json_extract(n.policy, '$.confidence') >= json_extract(o.policy, '$.confidence'))) AND (json_extract(n.policy, '$.max_missing') IS json_extract(o.policy, '$.max_missing') OR (typeof(json_extract(o.policy, '$.max_missing')) IN ('integer', 'real') AND typeof(json_extract(n.policy, '$.max_missing')) IN ('integer', 'real') AND json_extract(n.policy, '$.max_missing') <= json_extract(o.policy, '$.max_missing'))) AND (json_extract(n.policy, '$.max_age_days') IS json_extract(o.policy, '$.max_age_days') OR (json_extract(o.policy, '$.max_age_days') IS NULL AND typeof(json_extract(n.policy, '$.max_age_days')) IN ('integer', 'real') OR typeof(json_extract(o.policy, '$.max_age_days')) IN ('integer', 'real') AND typeof(json_extract(n.policy, '$.max_age_days')) IN ('integer', 'real') AND json_extract(n.policy, '$.max_age_days') <= json_extract(o.policy, '$.max_age_days'))) AND (coalesce(json_extract(n.policy, '$.rule'), 'not_worse') IS coalesce(json_extract(o.policy, '$.rule'), 'not_worse') OR (0)) AND (coalesce(json_extract(n.policy, '$.min_cases'), 20) IS coalesce(json_extract(o.policy, '$.min_cases'), 20) OR (typeof(coalesce(json_extract(o.policy, '$.min_cases'), 20)) IN ('integer', 'real') AND typeof(coalesce(json_extract(n.policy, '$.min_cases'), 20)) IN ('integer', 'real') AND coalesce(json_extract(n.policy, '$.min_cases'), 20) >= coalesce(json_extract(o.policy, '$.min_cases'), 20))) AND (coalesce(json_extract(n.policy, '$.extend'), 0) IS coalesce(json_extract(o.policy, '$.extend'), 0) OR (0)) AND (json_extract(n.policy, '$.slices') IS json_extract(o.policy, '$.slices') OR (NOT EXISTS (SELECT 1 FROM json_each(json_extract(o.policy, '$.slices')) m WHERE NOT coalesce((SELECT typeof(json_extract(m.value, '$.margin')) IN ('integer', 'real') AND typeof(json_extract(n.value, '$.margin')) IN ('integer', 'real') AND json_extract(n.value, '$.margin') <= json_extract(m.value, '$.margin') FROM json_each(json_extract(n.policy, '$.slices')) n WHERE n.key = m.key), 0)))) AND (json_extract(n.policy, '$.also') IS json_extract(o.policy, '$.also') OR (NOT EXISTS (SELECT 1 FROM json_each(json_extract(o.policy, '$.also')) m WHERE NOT coalesce((SELECT typeof(json_extract(m.value, '$.margin')) IN ('integer', 'real') AND typeof(json_extract(n.value, '$.margin')) IN ('integer', 'real') AND json_extract(n.value, '$.margin') <= json_extract(m.value, '$.margin') FROM json_each(json_extract(n.policy, '$.also')) n WHERE n.key = m.key), 0)))) AND NOT EXISTS (SELECT 1 FROM json_each(o.policy) k WHERE k.key NOT IN ('scorers', 'baseline', 'margin', 'threshold', 'confidence', 'max_missing', 'max_age_days', 'rule', 'min_cases', 'extend', 'slices', 'also') AND k.value IS NOT json_extract(n.policy, k.fullkey)) AND NOT EXISTS (SELECT 1 FROM json_each(n.policy) k WHERE k.key NOT IN ('scorers', 'baseline', 'margin', 'threshold', 'confidence', 'max_missing', 'max_age_days', 'rule', 'min_cases', 'extend', 'slices', 'also') AND k.value IS NOT json_extract(o.policy, k.fullkey)) AND (json_extract(n.parts, '$.scorers') IS json_extract(o.parts, '$.scorers') OR (0)) AND (json_extract(n.parts, '$.repeats') IS json_extract(o.parts, '$.repeats') OR (0)) AND (json_extract(n.parts, '$.cells') IS json_extract(o.parts, '$.cells') OR (coalesce(json_extract(o.parts, '$.cells'), '') = '')) AND (json_extract(n.parts, '$.readings') IS json_extract(o.parts, '$.readings') OR (coalesce(json_extract(o.parts, '$.readings'), '') = '')) AND (json_extract(n.parts, '$.empties') IS json_extract(o.parts, '$.empties') OR (coalesce(json_extract(o.parts, '$.empties'), '') = '')) AND NOT EXISTS (SELECT 1 FROM json_each(o.parts) k WHERE k.key NOT IN ('scorers', 'repeats', 'cells', 'readings', 'empties', 'dataset', 'policy') AND k.value IS NOT json_extract(n.parts, k.fullkey)) AND NOT EXISTS (SELECT 1 FROM json_each(n.parts) k WHERE k.key NOT IN ('scorers', 'repeats', 'cells', 'readings', 'empties', 'dataset', 'policy') AND k.value IS NOT json_extract(o.parts, k.fullkey)) AND (coalesce(json_extract(n.parts, '$.dataset'), n.fingerprint) IS coalesce(json_extract(o.parts, '$.dataset'), o.fingerprint) OR EXISTS (SELECT 1 FROM json_each(CASE o.contents WHEN '' THEN '{}' ELSE o.contents END, '$.cases')) AND NOT EXISTS (SELECT 1 FROM json_each(CASE o.contents WHEN '' THEN '{}' ELSE o.contents END, '$.cases') a WHERE a.key NOT IN (SELECT b.key FROM json_each(CASE n.contents WHEN '' THEN '{}' ELSE n.contents END, '$.cases') b))))
    AND coalesce(json_extract(b.parts, '$.dataset'), b.fingerprint) IN (coalesce(json_extract(n.parts, '$.dataset'), n.fingerprint), coalesce(json_extract(a.parts, '$.dataset'), a.fingerprint)), 0) END
FROM suites l
JOIN current_suites n ON n.prompt_id = l.prompt_id AND n.suite = l.suite
LEFT JOIN suites o ON o.seq = (SELECT max(x.seq) FROM suites x WHERE x.prompt_id = l.prompt_id AND x.suite = l.suite AND x.seq < l.seq)
LEFT JOIN suites b ON b.seq = coalesce(
  (SELECT max(x.seq) FROM suites x WHERE x.prompt_id = l.prompt_id AND x.suite = l.suite AND x.seq < l.seq AND trim(x.reason) <> ''),
  (SELECT min(x.seq) FROM suites x WHERE x.prompt_id = l.prompt_id AND x.suite = l.suite AND x.seq < l.seq AND x.revision > 0),
  (SELECT min(x.seq) FROM suites x WHERE x.prompt_id = l.prompt_id AND x.suite = l.suite AND x.seq < l.seq))
LEFT JOIN suites a ON a.seq = coalesce(
  (SELECT max(x.seq) FROM suites x WHERE x.prompt_id = l.prompt_id AND x.suite = l.suite AND x.seq < 9223372036854775807 AND trim(x.reason) <> ''),
  (SELECT min(x.seq) FROM suites x WHERE x.prompt_id = l.prompt_id AND x.suite = l.suite AND x.seq < 9223372036854775807 AND x.revision > 0),
  (SELECT min(x.seq) FROM suites x WHERE x.prompt_id = l.prompt_id AND x.suite = l.suite AND x.seq < 9223372036854775807))
WHERE l.reason <> '' AND trim(l.reason) <> '';
CREATE TRIGGER suites_insert BEFORE INSERT ON suites
BEGIN
  SELECT RAISE(ABORT, 'suites: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM suites o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'suite: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'suite'), 0);
  SELECT RAISE(ABORT, 'suite: a prompt_id has a-z 0-9 _ . - only') WHERE NOT coalesce((NEW.prompt_id GLOB '[a-z0-9]*' AND NEW.prompt_id NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(NEW.prompt_id, '..') = 0 AND length(NEW.prompt_id) <= 100
    AND instr(CAST(NEW.prompt_id AS BLOB), x'00') = 0), 0);
  SELECT RAISE(ABORT, 'suite: parts and policy are JSON') WHERE NOT coalesce((json_valid(NEW.parts) AND json_valid(NEW.policy)), 0);
  SELECT RAISE(ABORT, 'suite: a team''s own suite cannot take the name of a suite of the workspace') WHERE NOT coalesce((NEW.external IN (0, 1) AND (NEW.external = 0 OR NOT EXISTS (SELECT 1 FROM suites s WHERE s.prompt_id = NEW.prompt_id AND s.suite = NEW.suite AND s.external = 0))), 0);
  SELECT RAISE(ABORT, 'suite: contents are JSON, and a mark is 0 or 1') WHERE NOT coalesce(((NEW.contents = '' OR json_valid(NEW.contents)) AND NEW.removed IN (0, 1) AND NEW.revision IN (0, 1)), 0);
  SELECT RAISE(ABORT, 'suite: a team''s own suite needs a threshold above 0') WHERE NOT coalesce((NEW.external = 0 OR coalesce(json_extract(NEW.policy, '$.threshold') >= 1e-6, 0)), 0);
  SELECT RAISE(ABORT, 'suite: this lets more through, or cannot be compared; it needs a reason') WHERE NOT coalesce((length(trim(NEW.reason, CAST(x'0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f207fc280c281c282c283c284c285c286c287c288c289c28ac28bc28cc28dc28ec28fc290c291c292c293c294c295c296c297c298c299c29ac29bc29cc29dc29ec29fc2a0c2add89ce1859fe185a0e19a80e1a08be1a08ce1a08de1a08ee1a08fe28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae2808be2808ce2808de2808ee2808fe280a8e280a9e280aae280abe280ace280ade280aee280afe2819fe281a0e281a1e281a2e281a3e281a4e281a6e281a7e281a8e281a9e281aae281abe281ace281ade281aee281afe2a080e38080e385a4efb880efb881efb882efb883efb884efb885efb886efb887efb888efb889efb88aefb88befb88cefb88defb88eefb88fefbbbfefbea0efbfb9efbfbaefbfbb' AS TEXT))) > 0 OR coalesce((SELECT (NEW.external IS o.external OR (0)) AND (NEW.removed IS o.removed OR (typeof(o.removed) IN ('integer', 'real') AND typeof(NEW.removed) IN ('integer', 'real') AND NEW.removed <= o.removed)) AND (json_extract(NEW.policy, '$.scorers') IS json_extract(o.policy, '$.scorers') OR (0)) AND (json_extract(NEW.policy, '$.baseline') IS json_extract(o.policy, '$.baseline') OR (0)) AND (json_extract(NEW.policy, '$.margin') IS json_extract(o.policy, '$.margin') OR (typeof(json_extract(o.policy, '$.margin')) IN ('integer', 'real') AND typeof(json_extract(NEW.policy, '$.margin')) IN ('integer', 'real') AND json_extract(NEW.policy, '$.margin') <= json_extract(o.policy, '$.margin'))) AND (json_extract(NEW.policy, '$.threshold') IS json_extract(o.policy, '$.threshold') OR (typeof(json_extract(o.policy, '$.threshold')) IN ('integer', 'real') AND typeof(json_extract(NEW.policy, '$.threshold')) IN ('integer', 'real') AND json_extract(NEW.policy, '$.threshold') >= json_extract(o.policy, '$.threshold'))) AND (json_extract(NEW.policy, '$.confidence') IS json_extract(o.policy, '$.confidence') OR (typeof(json_extract(o.policy, '$.confidence')) IN ('integer', 'real') AND typeof(json_extract(NEW.policy, '$.confidence')) IN ('integer', 'real') AND json_extract(NEW.policy, '$.confidence') >= json_extract(o.policy, '$.confidence'))) AND (json_extract(NEW.policy, '$.max_missing') IS json_extract(o.policy, '$.max_missing') OR (typeof(json_extract(o.policy, '$.max_missing')) IN ('integer', 'real') AND typeof(json_extract(NEW.policy, '$.max_missing')) IN ('integer', 'real') AND json_extract(NEW.policy, '$.max_missing') <= json_extract(o.policy, '$.max_missing'))) AND (json_extract(NEW.policy, '$.max_age_days') IS json_extract(o.policy, '$.max_age_days') OR (json_extract(o.policy, '$.max_age_days') IS NULL AND typeof(json_extract(NEW.policy, '$.max_age_days')) IN ('integer', 'real') OR typeof(json_extract(o.policy, '$.max_age_days')) IN ('integer', 'real') AND typeof(json_extract(NEW.policy, '$.max_age_days')) IN ('integer', 'real') AND json_extract(NEW.policy, '$.max_age_days') <= json_extract(o.policy, '$.max_age_days'))) AND (coalesce(json_extract(NEW.policy, '$.rule'), 'not_worse') IS coalesce(json_extract(o.policy, '$.rule'), 'not_worse') OR (0)) AND (coalesce(json_extract(NEW.policy, '$.min_cases'), 20) IS coalesce(json_extract(o.policy, '$.min_cases'), 20) OR (typeof(coalesce(json_extract(o.policy, '$.min_cases'), 20)) IN ('integer', 'real') AND typeof(coalesce(json_extract(NEW.policy, '$.min_cases'), 20)) IN ('integer', 'real') AND coalesce(json_extract(NEW.policy, '$.min_cases'), 20) >= coalesce(json_extract(o.policy, '$.min_cases'), 20))) AND (coalesce(json_extract(NEW.policy, '$.extend'), 0) IS coalesce(json_extract(o.policy, '$.extend'), 0) OR (0)) AND (json_extract(NEW.policy, '$.slices') IS json_extract(o.policy, '$.slices') OR (NOT EXISTS (SELECT 1 FROM json_each(json_extract(o.policy, '$.slices')) m WHERE NOT coalesce((SELECT typeof(json_extract(m.value, '$.margin')) IN ('integer', 'real') AND typeof(json_extract(n.value, '$.margin')) IN ('integer', 'real') AND json_extract(n.value, '$.margin') <= json_extract(m.value, '$.margin') FROM json_each(json_extract(NEW.policy, '$.slices')) n WHERE n.key = m.key), 0)))) AND (json_extract(NEW.policy, '$.also') IS json_extract(o.policy, '$.also') OR (NOT EXISTS (SELECT 1 FROM json_each(json_extract(o.policy, '$.also')) m WHERE NOT coalesce((SELECT typeof(json_extract(m.value, '$.margin')) IN ('integer', 'real') AND typeof(json_extract(n.value, '$.margin')) IN ('integer', 'real') AND json_extract(n.value, '$.margin') <= json_extract(m.value, '$.margin') FROM json_each(json_extract(NEW.policy, '$.also')) n WHERE n.key = m.key), 0)))) AND NOT EXISTS (SELECT 1 FROM json_each(o.policy) k WHERE k.key NOT IN ('scorers', 'baseline', 'margin', 'threshold', 'confidence', 'max_missing', 'max_age_days', 'rule', 'min_cases', 'extend', 'slices', 'also') AND k.value IS NOT json_extract(NEW.policy, k.fullkey)) AND NOT EXISTS (SELECT 1 FROM json_each(NEW.policy) k WHERE k.key NOT IN ('scorers', 'baseline', 'margin', 'threshold', 'confidence', 'max_missing', 'max_age_days', 'rule', 'min_cases', 'extend', 'slices', 'also') AND k.value IS NOT json_extract(o.policy, k.fullkey)) AND (json_extract(NEW.parts, '$.scorers') IS json_extract(o.parts, '$.scorers') OR (0)) AND (json_extract(NEW.parts, '$.repeats') IS json_extract(o.parts, '$.repeats') OR (0)) AND (json_extract(NEW.parts, '$.cells') IS json_extract(o.parts, '$.cells') OR (coalesce(json_extract(o.parts, '$.cells'), '') = '')) AND (json_extract(NEW.parts, '$.readings') IS json_extract(o.parts, '$.readings') OR (coalesce(json_extract(o.parts, '$.readings'), '') = '')) AND (json_extract(NEW.parts, '$.empties') IS json_extract(o.parts, '$.empties') OR (coalesce(json_extract(o.parts, '$.empties'), '') = '')) AND NOT EXISTS (SELECT 1 FROM json_each(o.parts) k WHERE k.key NOT IN ('scorers', 'repeats', 'cells', 'readings', 'empties', 'dataset', 'policy') AND k.value IS NOT json_extract(NEW.parts, k.fullkey)) AND NOT EXISTS (SELECT 1 FROM json_each(NEW.parts) k WHERE k.key NOT IN ('scorers', 'repeats', 'cells', 'readings', 'empties', 'dataset', 'policy') AND k.value IS NOT json_extract(o.parts, k.fullkey)) AND (coalesce(json_extract(NEW.parts, '$.dataset'), NEW.fingerprint) IS coalesce(json_extract(o.parts, '$.dataset'), o.fingerprint) OR EXISTS (SELECT 1 FROM json_each(CASE o.contents WHEN '' THEN '{}' ELSE o.contents END, '$.cases')) AND NOT EXISTS (SELECT 1 FROM json_each(CASE o.contents WHEN '' THEN '{}' ELSE o.contents END, '$.cases') a WHERE a.key NOT IN (SELECT b.key FROM json_each(CASE NEW.contents WHEN '' THEN '{}' ELSE NEW.contents END, '$.cases') b))) OR (o.revision = 0 AND NEW.removed = 0 AND NOT EXISTS (SELECT 1 FROM evaluations e  WHERE e.prompt_id = o.prompt_id AND e.suite = o.suite)) FROM current_suites o WHERE o.prompt_id = NEW.prompt_id AND o.suite = NEW.suite), NOT EXISTS (SELECT 1 FROM suites o WHERE o.prompt_id = NEW.prompt_id AND o.suite = NEW.suite) AND NOT (coalesce((SELECT min(c.external) FROM current_suites c  WHERE c.prompt_id = NEW.prompt_id AND c.removed = 0), 0) = 1  AND EXISTS (SELECT 1 FROM environment_rules r   WHERE r.external = 1 AND json_array_length(r.requires) = 0)))), 0);
END;
CREATE TRIGGER scores_insert BEFORE INSERT ON scores
BEGIN
  SELECT RAISE(ABORT, 'scores: this evaluation and scorer and position is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM scores o WHERE o.evaluation = NEW.evaluation AND o.scorer = NEW.scorer AND o.position = NEW.position)), 0);
  SELECT RAISE(ABORT, 'scores: an evaluation that is recorded takes no more scores') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.evaluation AND seq = (SELECT max(seq) FROM ledger)) = 'evaluation' AND NOT EXISTS (SELECT 1 FROM evaluations WHERE seq = NEW.evaluation)), 0);
  SELECT RAISE(ABORT, 'scores: position, repeats and tags') WHERE NOT coalesce((NEW.position >= 0 AND json_valid(NEW.a_repeats) AND json_valid(NEW.b_repeats) AND (NEW.tags = '' OR json_valid(NEW.tags))), 0);
  SELECT RAISE(ABORT, 'scores: a is the mean of its repeats, between 0 and 1') WHERE NOT coalesce(((NEW.a IS NULL) = ((SELECT count(value) FROM json_each(NEW.a_repeats)) = 0) AND coalesce(abs(NEW.a - (SELECT avg(value) FROM json_each(NEW.a_repeats))) < 1e-9 AND NEW.a >= 0.0 AND (NEW.a <= 1.0 OR NEW.scorer IN ('@cost', '@latency')), NEW.a IS NULL)), 0);
  SELECT RAISE(ABORT, 'scores: b is the mean of its repeats, between 0 and 1') WHERE NOT coalesce(((NEW.b IS NULL) = ((SELECT count(value) FROM json_each(NEW.b_repeats)) = 0) AND coalesce(abs(NEW.b - (SELECT avg(value) FROM json_each(NEW.b_repeats))) < 1e-9 AND NEW.b >= 0.0 AND (NEW.b <= 1.0 OR NEW.scorer IN ('@cost', '@latency')), NEW.b IS NULL)), 0);
  SELECT RAISE(ABORT, 'scores: in the order of the plan') WHERE NOT coalesce((coalesce((SELECT max(s.position) FROM scores s WHERE s.evaluation = NEW.evaluation AND s.scorer = NEW.scorer), -1) = NEW.position - 1), 0);
END;
CREATE INDEX calibrations_of ON calibrations (fingerprint, seq);
CREATE VIEW admitted_calibrations AS
SELECT seq, judge, fingerprint, models FROM (
  SELECT k.*, (k.agreed - k.chance) / (1.0 - k.chance) AS kappa FROM (
    SELECT m.*, (m.passed_both + m.failed_both) / m.n AS agreed,
      (m.judge_pass * m.people_pass + m.judge_fail * m.people_fail) / (m.n * m.n) AS chance
    FROM (
      SELECT c.*, 1.0 * (passed_both + passed_by_judge + passed_by_people + failed_both) AS n,
        1.0 * (passed_both + passed_by_judge) AS judge_pass,
        1.0 * (passed_by_people + failed_both) AS judge_fail,
        1.0 * (passed_both + passed_by_people) AS people_pass,
        1.0 * (passed_by_judge + failed_both) AS people_fail
      FROM calibrations c) m
    WHERE m.people_pass > 0 AND m.people_fail > 0) k
  WHERE k.chance < 1.0 - 1e-9)
WHERE labelled >= 50 AND rarer >= 20 AND missing <= 0.05 * (n + missing)
  AND labelled >= n + missing
  AND passed_both / people_pass > 0.6
  AND (passed_both / people_pass - 0.6) * (passed_both / people_pass - 0.6) * people_pass > 3.841458821 * 0.6 * 0.4
  AND failed_both / people_fail > 0.6
  AND (failed_both / people_fail - 0.6) * (failed_both / people_fail - 0.6) * people_fail > 3.841458821 * 0.6 * 0.4
  AND kappa > 0.4
  AND (kappa - 0.4) * (kappa - 0.4) * n * (1.0 - chance) * (1.0 - chance) > 3.841458821 * (
    passed_both / n * (1.0 - (judge_pass + people_pass) / n * (1.0 - kappa))
      * (1.0 - (judge_pass + people_pass) / n * (1.0 - kappa))
    + failed_both / n * (1.0 - (judge_fail + people_fail) / n * (1.0 - kappa))
      * (1.0 - (judge_fail + people_fail) / n * (1.0 - kappa))
    + (1.0 - kappa) * (1.0 - kappa) * (
      passed_by_judge / n * (people_pass + judge_fail) / n * (people_pass + judge_fail) / n
      + passed_by_people / n * (people_fail + judge_pass) / n * (people_fail + judge_pass) / n)
    - (kappa - chance * (1.0 - kappa)) * (kappa - chance * (1.0 - kappa)));
CREATE TRIGGER ledger_insert BEFORE INSERT ON ledger
BEGIN
  SELECT RAISE(ABORT, 'ledger: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM ledger o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'ledger: this hash is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM ledger o WHERE o.hash = NEW.hash)), 0);
  SELECT RAISE(ABORT, 'ledger: a record goes to the end of the chain') WHERE NOT coalesce((NEW.seq = (SELECT coalesce(max(seq), 0) + 1 FROM ledger)), 0);
  SELECT RAISE(ABORT, 'ledger: a record follows the one before') WHERE NOT coalesce((NEW.previous = coalesce((SELECT hash FROM ledger ORDER BY seq DESC LIMIT 1), '0000000000000000000000000000000000000000000000000000000000000000')), 0);
  SELECT RAISE(ABORT, 'ledger: no such kind of record') WHERE NOT coalesce((NEW.kind IN ('registry', 'version', 'suite', 'evaluation', 'environment', 'deployment', 'observation', 'approval', 'rule_approval', 'revocation', 'consumer', 'signature', 'calibration')), 0);
  SELECT RAISE(ABORT, 'ledger: time must be UTC with six decimals') WHERE NOT coalesce((NEW.at GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z' AND length(NEW.at) = 27), 0);
  SELECT RAISE(ABORT, 'ledger: a record cannot be older than the one before') WHERE NOT coalesce((NEW.at >= coalesce((SELECT at FROM ledger ORDER BY seq DESC LIMIT 1), '')), 0);
  SELECT RAISE(ABORT, 'ledger: a record cannot lie in the future') WHERE NOT coalesce((julianday(NEW.at) <= julianday('now') + 0.0035 OR NEW.at = (SELECT at FROM ledger ORDER BY seq DESC LIMIT 1)), 0);
  SELECT RAISE(ABORT, 'ledger: a record cannot be backdated') WHERE NOT coalesce((julianday(NEW.at) >= julianday('now') - 0.0035), 0);
END;
CREATE TRIGGER evaluations_insert BEFORE INSERT ON evaluations
BEGIN
  SELECT RAISE(ABORT, 'evaluations: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM evaluations o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'evaluations: this evaluation_id is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM evaluations o WHERE o.evaluation_id = NEW.evaluation_id)), 0);
  SELECT RAISE(ABORT, 'evaluation: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'evaluation'), 0);
  SELECT RAISE(ABORT, 'evaluation: no such version with this fingerprint') WHERE NOT coalesce((EXISTS (SELECT 1 FROM versions v WHERE v.prompt_id = NEW.prompt_id
    AND v.version = NEW.version AND v.fingerprint = NEW.fingerprint)), 0);
  SELECT RAISE(ABORT, 'evaluation: no such suite of this prompt') WHERE NOT coalesce((EXISTS (SELECT 1 FROM suites s WHERE s.seq = NEW.suite_seq AND s.prompt_id = NEW.prompt_id AND s.suite = NEW.suite AND s.external = NEW.external)), 0);
  SELECT RAISE(ABORT, 'evaluation: no such decision') WHERE NOT coalesce((NEW.gate IN ('pass', 'fail', 'no_decision')), 0);
  SELECT RAISE(ABORT, 'evaluation: it cannot finish before it starts, or in the future') WHERE NOT coalesce((NEW.finished_at >= NEW.started_at AND julianday(NEW.finished_at) <= julianday((SELECT at FROM ledger WHERE seq = NEW.seq)) + 0.0035), 0);
  SELECT RAISE(ABORT, 'evaluation: plan and record are JSON') WHERE NOT coalesce((json_valid(NEW.plan) AND json_valid(NEW.record) AND NEW.planned >= 0), 0);
  SELECT RAISE(ABORT, 'evaluation: its gate rests on a judge without a calibration that fits') WHERE NOT coalesce((NEW.gate <> 'pass' OR NOT EXISTS (SELECT 1 FROM suites s, json_each(coalesce(json_extract(s.parts, '$.gate_judges'), '[]')) g WHERE s.seq = NEW.suite_seq AND NOT EXISTS (SELECT 1 FROM admitted_calibrations c WHERE c.fingerprint = g.value AND json_type(NEW.record, '$.environment.judges."' || g.value || '"') = 'array' AND NOT EXISTS (SELECT 1 FROM json_each(NEW.record, '$.environment.judges."' || g.value || '"') m WHERE m.value NOT IN (SELECT x.value FROM json_each(c.models) x))))), 0);
END;
CREATE TRIGGER calibrations_no_update BEFORE UPDATE ON calibrations
BEGIN SELECT RAISE(ABORT, 'calibrations: a row never changes or disappears'); END;
CREATE TRIGGER calibrations_no_delete BEFORE DELETE ON calibrations
BEGIN SELECT RAISE(ABORT, 'calibrations: a row never changes or disappears'); END;
CREATE TRIGGER calibrations_insert BEFORE INSERT ON calibrations
BEGIN
  SELECT RAISE(ABORT, 'calibrations: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM calibrations o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'calibration: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'calibration'), 0);
  SELECT RAISE(ABORT, 'calibration: no judge') WHERE NOT coalesce((NEW.judge <> ''), 0);
  SELECT RAISE(ABORT, 'calibration: it names the judge and the labels by their sha256') WHERE NOT coalesce((length(NEW.fingerprint) = 64 AND length(NEW.labels) = 64), 0);
  SELECT RAISE(ABORT, 'calibration: models is a list') WHERE NOT coalesce((json_valid(NEW.models) AND json_type(NEW.models) = 'array'), 0);
  SELECT RAISE(ABORT, 'calibration: more verdicts than labels') WHERE NOT coalesce((min(NEW.passed_both, NEW.passed_by_judge, NEW.passed_by_people, NEW.failed_both, NEW.missing, NEW.rarer) >= 0 AND 2 * NEW.rarer <= NEW.labelled AND NEW.passed_both + NEW.passed_by_judge + NEW.passed_by_people + NEW.failed_both + NEW.missing <= NEW.labelled), 0);
END;
COMMIT;
