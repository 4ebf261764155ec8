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

INSERT INTO projects (name, created_at, events_per_second) VALUES ('default', CAST(unixepoch('subsec') * 1000 AS INTEGER), NULL);

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

-- The ledger of erasures: receipts, which name places in the log and no subject.
CREATE TABLE erasures (
  id         TEXT PRIMARY KEY,
  -- epoch milliseconds
  created_at INTEGER NOT NULL,
  -- JSON, see erasureReceipt
  document   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
