/** Previews of lifecycle policies, one for each repository; times in epoch milliseconds. */
export const lifecyclePreviews = `
CREATE TABLE lifecycle_previews (
  repository_id       INTEGER NOT NULL PRIMARY KEY REFERENCES repositories (id) ON DELETE CASCADE,
  policy              TEXT NOT NULL, -- JSON, as it was sent
  status              TEXT NOT NULL, -- IN_PROGRESS, COMPLETE or EXPIRED
  expiring_count      INTEGER NOT NULL DEFAULT 0,
  transitioning_count INTEGER NOT NULL DEFAULT 0,
  completed_at        BIGINT
);
CREATE INDEX lifecycle_previews_by_completion ON lifecycle_previews (status, completed_at);

-- What the policy would do; images that it leaves alone have no row.
CREATE TABLE lifecycle_preview_results (
  repository_id INTEGER NOT NULL REFERENCES lifecycle_previews (repository_id) ON DELETE CASCADE,
  image_id      INTEGER NOT NULL, -- kept when the image goes
  digest        TEXT NOT NULL,
  tags          TEXT NOT NULL, -- JSON: list of texts
  is_tagged     INTEGER NOT NULL, -- 0 or 1
  pushed_at     BIGINT NOT NULL,
  storage_class TEXT NOT NULL, -- STANDARD or ARCHIVE
  action        TEXT NOT NULL, -- EXPIRE or TRANSITION
  rule_priority BIGINT NOT NULL,
  PRIMARY KEY (repository_id, image_id)
);
`
