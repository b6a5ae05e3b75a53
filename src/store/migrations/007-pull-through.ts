/** Pull through cache rules, and when what they brought was last looked up; times in epoch milliseconds. */
export const pullThrough = `
CREATE TABLE pull_through_rules (
  account_id TEXT NOT NULL,
  region     TEXT NOT NULL,
  prefix     TEXT NOT NULL, -- without a trailing slash, or ROOT
  content    TEXT NOT NULL, -- JSON
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, region, prefix)
);

CREATE TABLE upstream_checks (
  repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
  reference     TEXT NOT NULL, -- a tag, or referrers/<digest>
  checked_at    BIGINT NOT NULL,
  PRIMARY KEY (repository_id, reference)
);
`
