/** Where images were replicated to, and backfills; times in epoch milliseconds. */
export const replication = `
CREATE TABLE replication_statuses (
  image_id               INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  destination_account_id TEXT NOT NULL,
  destination_region     TEXT NOT NULL,
  status                 TEXT NOT NULL,
  failure_code           TEXT,
  PRIMARY KEY (image_id, destination_region, destination_account_id)
);

CREATE TABLE replication_backfills (
  sequence               INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of their starts
  id                     TEXT NOT NULL UNIQUE, -- UUID
  account_id             TEXT NOT NULL,
  region                 TEXT NOT NULL,
  destination_account_id TEXT NOT NULL,
  destination_region     TEXT NOT NULL,
  status                 TEXT NOT NULL,
  failure_code           TEXT,
  total                  INTEGER, -- pairs of an image and a tag; NULL until they are known, as the next ones
  completed              INTEGER,
  failed                 INTEGER,
  started_at             BIGINT NOT NULL,
  ended_at               BIGINT
);
CREATE INDEX replication_backfills_by_registry ON replication_backfills (account_id, region, sequence);

-- What a backfill is to copy: each image once for each of its tags, or once without one.
CREATE TABLE replication_backfill_items (
  sequence          INTEGER PRIMARY KEY AUTOINCREMENT,
  backfill_id       TEXT NOT NULL REFERENCES replication_backfills (id) ON DELETE CASCADE,
  repository_name   TEXT NOT NULL,
  digest            TEXT NOT NULL,
  tag               TEXT,
  status            TEXT NOT NULL DEFAULT 'PENDING',
  failure_code      TEXT,
  sub_failure_codes TEXT -- JSON: list of texts; of indexes only
);
CREATE INDEX replication_backfill_items_by_status
  ON replication_backfill_items (backfill_id, status, sequence);
CREATE INDEX replication_backfill_items_by_code
  ON replication_backfill_items (backfill_id, failure_code);
`
