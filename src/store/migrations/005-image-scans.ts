/** What scans found out; times in epoch milliseconds. */
export const imageScans = `
-- The newest scan of an image, one for each type of scan.
CREATE TABLE image_scans (
  image_id          INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  scan_type         TEXT NOT NULL, -- BASIC or ENHANCED
  status            TEXT NOT NULL,
  description       TEXT,
  requested_at      BIGINT NOT NULL,
  completed_at      BIGINT,
  source_updated_at BIGINT,
  severity_counts   TEXT NOT NULL DEFAULT '{}', -- JSON object: severity to number
  findings          TEXT NOT NULL DEFAULT '[]', -- JSON: list, in the shape of the type of scan
  PRIMARY KEY (image_id, scan_type)
);
CREATE INDEX image_scans_by_request ON image_scans (scan_type, requested_at);
`
