/** What happened, and what is still to be done; times in epoch milliseconds. */
export const eventsAndJobs = `
CREATE TABLE events (
  sequence    INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of commits
  id          TEXT NOT NULL UNIQUE, -- UUID
  account_id  TEXT NOT NULL,
  region      TEXT NOT NULL,
  occurred_at BIGINT NOT NULL,
  detail_type TEXT NOT NULL,
  resources   TEXT NOT NULL, -- JSON: list of ARNs
  detail      TEXT NOT NULL -- JSON object
);

-- Work that a change brings with it, kept in the transaction of the change and removed when it is done.
CREATE TABLE jobs (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  kind       TEXT NOT NULL,
  account_id TEXT NOT NULL,
  region     TEXT NOT NULL,
  payload    TEXT NOT NULL, -- JSON, in the terms of its kind
  due_at     BIGINT NOT NULL,
  attempts   INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX jobs_by_due ON jobs (due_at, id);

-- What is set of a registry as a whole, each setting as one JSON document.
CREATE TABLE registry_settings (
  account_id TEXT NOT NULL,
  region     TEXT NOT NULL,
  key        TEXT NOT NULL,
  value      TEXT NOT NULL, -- JSON
  PRIMARY KEY (account_id, region, key)
);
`
