-- The ledger of erasures: receipts, which name places in the log and no subject.
CREATE TABLE erasures (
  id         TEXT PRIMARY KEY,
  -- epoch milliseconds
  created_at INTEGER NOT NULL,
  -- JSON, see erasureReceipt
  document   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
