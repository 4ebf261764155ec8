-- Whether the body of a dead letter is the event as sent; null in rows of releases that did not say.
ALTER TABLE reject_rows ADD COLUMN "body_form" INTEGER;
CREATE TABLE "dict_body_form" (id INTEGER NOT NULL, value VARCHAR NOT NULL);

CREATE OR REPLACE VIEW analytics.dead_letters AS
SELECT
  log_partition,
  log_offset,
  log_index,
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_project"), "project" + 1) AS "project",
  "reject_id",
  make_timestamp("received_at") AS "received_at",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_receiver"), "receiver" + 1) AS "receiver",
  "event_id",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_code"), "code" + 1) AS "code",
  "path",
  "message",
  "body",
  list_extract((SELECT list(value ORDER BY id) FROM main."dict_body_form"), "body_form" + 1) AS "body_form"
FROM main.reject_rows;
