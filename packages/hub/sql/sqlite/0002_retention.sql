-- How long rows are kept, and what must not be deleted.

-- Empty text stands for "every": a primary key may not be null. days 0 keeps for ever.
CREATE TABLE retention (
  project TEXT NOT NULL,
  family  TEXT NOT NULL,
  days    INTEGER NOT NULL,
  PRIMARY KEY (project, family)
) STRICT, WITHOUT ROWID;

-- Legal holds. Rows of [from_time, to_time), epoch microseconds, are kept until released.
CREATE TABLE holds (
  name        TEXT PRIMARY KEY,
  project     TEXT NOT NULL,
  family      TEXT,
  from_time   INTEGER,
  to_time     INTEGER,
  reason      TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  created_by  TEXT,
  released_at INTEGER
) STRICT, WITHOUT ROWID;
