-- What people configure and what must outlive the analytics file.

CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
  id           TEXT PRIMARY KEY,
  name         TEXT NOT NULL,
  hash         TEXT NOT NULL,
  project      TEXT,
  -- JSON array of permission names
  permissions  TEXT NOT NULL,
  -- epoch milliseconds, here and below
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER,
  revoked_at   INTEGER,
  last_used_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE projects (
  name              TEXT PRIMARY KEY,
  created_at        INTEGER NOT NULL,
  events_per_second REAL
) STRICT, WITHOUT ROWID;

INSERT INTO projects (name, created_at, events_per_second) VALUES ('default', 0, NULL);

CREATE TABLE secrets (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE leases (
  name   TEXT PRIMARY KEY,
  epoch  INTEGER NOT NULL,
  holder TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE imports (
  file TEXT PRIMARY KEY,
  rows INTEGER NOT NULL,
  done INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Prices set at run time: every change as a whole, the one of the greatest seq counts.
CREATE TABLE price_overrides (
  seq     INTEGER PRIMARY KEY,
  version TEXT NOT NULL,
  at      INTEGER NOT NULL,
  by      TEXT,
  -- JSON object by model id
  json    TEXT NOT NULL
) STRICT;
