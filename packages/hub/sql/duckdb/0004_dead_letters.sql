-- Whether the body of a dead letter is the event as sent; null in rows of releases that did not say.
ALTER TABLE reject_rows ADD COLUMN "body_form" INTEGER;
CREATE TABLE "dict_body_form" (id INTEGER NOT NULL, value VARCHAR NOT NULL);

CREATE OR REPLACE VIEW analytics.dead_letters AS
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
  coalesce(s.resolution, 'open') AS "status",
  make_timestamp(s.resolved_at) AS "resolved_at",
  s.event_id AS "replayed_event_id"
FROM main.reject_rows r
LEFT JOIN main.reject_resolutions s ON s.project = r.project AND s.reject_id = r.reject_id;
