-- Live windows that people defined.
CREATE TABLE windows (
  name       TEXT PRIMARY KEY,
  -- JSON, see LiveDefinition
  json       TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT
) STRICT, WITHOUT ROWID;
