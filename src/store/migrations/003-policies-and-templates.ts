/** What is set of repositories beyond their making, and of how they are made; times in epoch milliseconds. */
export const policiesAndTemplates = `
ALTER TABLE repositories ADD COLUMN policy TEXT; -- JSON, as it was sent
ALTER TABLE repositories ADD COLUMN lifecycle_policy TEXT; -- JSON, as it was sent
ALTER TABLE repositories ADD COLUMN lifecycle_evaluated_at BIGINT;

ALTER TABLE images ADD COLUMN last_pulled_at BIGINT;
ALTER TABLE images ADD COLUMN last_archived_at BIGINT;
ALTER TABLE images ADD COLUMN last_activated_at BIGINT;

CREATE TABLE creation_templates (
  account_id TEXT NOT NULL,
  region     TEXT NOT NULL,
  prefix     TEXT NOT NULL, -- without a trailing slash, or ROOT
  content    TEXT NOT NULL, -- JSON
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, region, prefix)
);
`
