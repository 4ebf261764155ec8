-- Rows of events, sorted by arrival. (log_partition, log_offset, log_index) says where in the log a row
-- comes from and is unique, but has no key or index: a key costs 100 bytes per row, and the insert-only
-- apply keeps it unique. Columns of low cardinality hold ids of the tables dict_<column>. Generated columns
-- take no space: they follow from others.
CREATE TABLE event_rows (
  log_partition SMALLINT NOT NULL,
  log_offset BIGINT NOT NULL,
  log_index INTEGER NOT NULL,
  "project" INTEGER,
  "event_id" VARCHAR,
  "time" BIGINT,
  "received_at" BIGINT,
  "receiver" INTEGER,
  "kind" INTEGER,
  "family" INTEGER,
  "weight" DOUBLE NOT NULL,
  "suppressed" BOOLEAN NOT NULL,
  "entity_id" VARCHAR,
  "entity_version" BIGINT,
  "is_current" BOOLEAN NOT NULL,
  "schema_version" INTEGER,
  "source_module" INTEGER,
  "severity" INTEGER,
  "environment" INTEGER,
  "correlation_id" VARCHAR,
  "parent_event_id" VARCHAR,
  "tags" MAP(VARCHAR, VARCHAR),
  "provider" INTEGER,
  "model" INTEGER,
  "service" INTEGER,
  "status" INTEGER,
  "error_type" INTEGER,
  "error_message" VARCHAR,
  "task_type" INTEGER,
  "prompt_name" INTEGER,
  "prompt_version" INTEGER,
  "name" INTEGER,
  "category" INTEGER,
  "action" INTEGER,
  "unit" INTEGER,
  "user_id" VARCHAR,
  "session_id" VARCHAR,
  "request_id" VARCHAR,
  "response_id" VARCHAR,
  "trace_id" VARCHAR,
  "span_id" VARCHAR,
  "actor" VARCHAR,
  "resource" VARCHAR,
  "decision_id" VARCHAR,
  "latency_ms" DOUBLE,
  "ttft_ms" DOUBLE,
  "tokens_per_second" DOUBLE,
  "value" DOUBLE,
  "quality" DOUBLE,
  "temperature" DOUBLE,
  "top_p" DOUBLE,
  "top_k" DOUBLE,
  "max_tokens" DOUBLE,
  "input_tokens" BIGINT,
  "output_tokens" BIGINT,
  "cache_read_tokens" BIGINT,
  "cache_write_tokens" BIGINT,
  "reasoning_tokens" BIGINT,
  "cost_reported" BIGINT,
  "cost_computed" BIGINT,
  "cost_prompt" BIGINT,
  "cost_completion" BIGINT GENERATED ALWAYS AS (cost_computed - cost_prompt - cost_other) VIRTUAL,
  "cost_other" BIGINT,
  "cost_total" BIGINT GENERATED ALWAYS AS (coalesce(cost_computed, cost_reported)) VIRTUAL,
  "price_source" INTEGER,
  "price_rule" INTEGER,
  "price_version" INTEGER,
  "latency_bin" SMALLINT,
  "ttft_bin" SMALLINT,
  "value_bin" SMALLINT,
  "extra" VARCHAR,
  "cost_cache_saved" BIGINT,
  "service_tier" INTEGER,
  "usage_details" VARCHAR,
  "usage_rule" INTEGER
);

-- Rejected events: the dead letters.
CREATE TABLE reject_rows (
  log_partition SMALLINT NOT NULL,
  log_offset BIGINT NOT NULL,
  log_index INTEGER NOT NULL,
  "project" INTEGER,
  "reject_id" VARCHAR,
  "received_at" BIGINT,
  "receiver" INTEGER,
  "event_id" VARCHAR,
  "code" INTEGER,
  "path" VARCHAR,
  "message" VARCHAR,
  "body" VARCHAR,
  "body_form" INTEGER
);

-- What became of dead letters: one row per letter that was said anything of, the latest. Without a row
-- a letter is open. event_id is that of the event which a replayed letter became.
CREATE TABLE reject_resolutions (
  "project" INTEGER NOT NULL,
  "reject_id" VARCHAR NOT NULL,
  "resolution" VARCHAR NOT NULL,
  "resolved_at" BIGINT NOT NULL,
  "event_id" VARCHAR
);

-- Texts of the dictionary columns: ids count from 0 in order of first appearance and never change.
CREATE TABLE "dict_project" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_receiver" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_kind" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_family" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_schema_version" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_source_module" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_severity" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_environment" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_provider" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_model" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_service" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_status" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_error_type" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_task_type" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_prompt_name" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_prompt_version" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_name" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_category" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_action" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_unit" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_price_source" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_price_rule" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_price_version" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_service_tier" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_usage_rule" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_code" (id INTEGER NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE "dict_body_form" (id INTEGER NOT NULL, value VARCHAR NOT NULL);

-- How far each partition of the log is applied: "next" is the offset after the last applied record.
-- Rows are appended, in the transaction of the rows they speak of; the greatest is valid. "watermark" is
-- the greatest event time of the live partition until then: a row that has it may be deleted later.
CREATE TABLE positions (log_partition SMALLINT NOT NULL, next BIGINT NOT NULL, epoch BIGINT NOT NULL, watermark BIGINT);

-- Hours (since 1970) of a project whose rows changed, with the position of the change. Rollups consume
-- them: an hour is dirty while a row of it is here.
CREATE TABLE dirty_hours (project INTEGER NOT NULL, hour BIGINT NOT NULL, log_partition SMALLINT NOT NULL, log_offset BIGINT NOT NULL);

-- Rows that an operation suppresses but that are not applied yet, because they lie in another partition.
CREATE TABLE pending_suppressions (log_partition SMALLINT NOT NULL, log_offset BIGINT NOT NULL, log_index INTEGER NOT NULL);

-- Every row, those that do not count and their places in the log too, with texts and times in place of ids
-- and microseconds: for whoever examines the file itself. What people read by SQL is in 0003_views.sql.
CREATE SCHEMA examine;

CREATE VIEW examine.events AS
SELECT
  log_partition,
  log_offset,
  log_index,
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_project"), "project" + 1) AS "project",
  "event_id",
  make_timestamp("time") AS "time",
  make_timestamp("received_at") AS "received_at",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_receiver"), "receiver" + 1) AS "receiver",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_kind"), "kind" + 1) AS "kind",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_family"), "family" + 1) AS "family",
  "weight",
  "suppressed",
  "entity_id",
  "entity_version",
  "is_current",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_schema_version"), "schema_version" + 1) AS "schema_version",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_source_module"), "source_module" + 1) AS "source_module",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_severity"), "severity" + 1) AS "severity",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_environment"), "environment" + 1) AS "environment",
  "correlation_id",
  "parent_event_id",
  "tags",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_provider"), "provider" + 1) AS "provider",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_model"), "model" + 1) AS "model",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_service"), "service" + 1) AS "service",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_status"), "status" + 1) AS "status",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_error_type"), "error_type" + 1) AS "error_type",
  "error_message",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_task_type"), "task_type" + 1) AS "task_type",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_prompt_name"), "prompt_name" + 1) AS "prompt_name",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_prompt_version"), "prompt_version" + 1) AS "prompt_version",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_name"), "name" + 1) AS "name",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_category"), "category" + 1) AS "category",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_action"), "action" + 1) AS "action",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_unit"), "unit" + 1) AS "unit",
  "user_id",
  "session_id",
  "request_id",
  "response_id",
  "trace_id",
  "span_id",
  "actor",
  "resource",
  "decision_id",
  "latency_ms",
  "ttft_ms",
  "tokens_per_second",
  "value",
  "quality",
  "temperature",
  "top_p",
  "top_k",
  "max_tokens",
  "input_tokens",
  "output_tokens",
  "cache_read_tokens",
  "cache_write_tokens",
  "reasoning_tokens",
  "cost_reported",
  "cost_computed",
  "cost_prompt",
  "cost_completion",
  "cost_other",
  "cost_total",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_price_source"), "price_source" + 1) AS "price_source",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_price_rule"), "price_rule" + 1) AS "price_rule",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_price_version"), "price_version" + 1) AS "price_version",
  "latency_bin",
  "ttft_bin",
  "value_bin",
  "extra",
  "cost_cache_saved",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_service_tier"), "service_tier" + 1) AS "service_tier",
  "usage_details",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_usage_rule"), "usage_rule" + 1) AS "usage_rule"
FROM main.event_rows;

CREATE VIEW examine.dead_letters AS
SELECT
  log_partition,
  log_offset,
  log_index,
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_project"), r."project" + 1) AS "project",
  r."reject_id",
  make_timestamp("received_at") AS "received_at",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_receiver"), "receiver" + 1) AS "receiver",
  r."event_id",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_code"), "code" + 1) AS "code",
  "path",
  "message",
  "body",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_body_form"), "body_form" + 1) AS "body_form",
  coalesce(s."resolution", 'open') AS "status",
  make_timestamp(s."resolved_at") AS "resolved_at",
  s."event_id" AS "replayed_event_id"
FROM main.reject_rows r
LEFT JOIN main.reject_resolutions s ON s."project" = r."project" AND s."reject_id" = r."reject_id";
