/** Repositories, layers, uploads, images; times in epoch milliseconds, sizes in bytes. */
export const registry = `
CREATE TABLE settings (
  key   TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL
);

CREATE TABLE sessions (
  access_key_id     TEXT NOT NULL PRIMARY KEY,
  secret_access_key TEXT NOT NULL,
  session_token     TEXT NOT NULL,
  account_id        TEXT NOT NULL,
  principal_arn     TEXT NOT NULL,
  user_id           TEXT NOT NULL,
  expires_at        BIGINT NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE repositories (
  id                INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: page tokens hold ids
  account_id        TEXT NOT NULL,
  region            TEXT NOT NULL,
  name              TEXT NOT NULL,
  created_at        BIGINT NOT NULL,
  tag_mutability    TEXT NOT NULL,
  exclusion_filters TEXT NOT NULL, -- JSON: [{"filterType","filter"}]
  scan_on_push      INTEGER NOT NULL, -- 0 or 1
  encryption_type   TEXT NOT NULL,
  kms_key           TEXT, -- full ARN
  resource_tags     TEXT NOT NULL, -- JSON: [{"key","value"}]
  image_count       INTEGER NOT NULL DEFAULT 0,
  UNIQUE (account_id, region, name)
);

-- Which repository owns which bytes of the blob store.
CREATE TABLE layers (
  repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
  digest        TEXT NOT NULL,
  size          BIGINT NOT NULL,
  linked_at     BIGINT NOT NULL,
  PRIMARY KEY (repository_id, digest)
);
CREATE INDEX layers_by_digest ON layers (digest);

CREATE TABLE uploads (
  id              TEXT NOT NULL PRIMARY KEY, -- UUID
  repository_id   INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
  started_at      BIGINT NOT NULL,
  received_bytes  BIGINT NOT NULL DEFAULT 0,
  part_count      INTEGER NOT NULL DEFAULT 0,
  last_part_bytes BIGINT NOT NULL DEFAULT 0,
  has_short_part  INTEGER NOT NULL DEFAULT 0 -- 0 or 1
);
CREATE INDEX uploads_by_repository ON uploads (repository_id);
CREATE INDEX uploads_by_start ON uploads (started_at);

-- Bytes of manifests, shared by the repositories that hold the same one.
CREATE TABLE manifests (
  digest  TEXT NOT NULL PRIMARY KEY,
  content BLOB NOT NULL
);

CREATE TABLE images (
  id             INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of first push
  repository_id  INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
  digest         TEXT NOT NULL,
  media_type     TEXT NOT NULL,
  artifact_type  TEXT,
  status         TEXT NOT NULL DEFAULT 'ACTIVE',
  manifest_size  INTEGER NOT NULL,
  size           BIGINT NOT NULL,
  subject        TEXT, -- digest
  annotations    TEXT, -- JSON object of texts; of referrers only
  pushed_at      BIGINT NOT NULL,
  tag_count      INTEGER NOT NULL DEFAULT 0,
  UNIQUE (repository_id, digest)
);
CREATE INDEX images_in_order ON images (repository_id, status, id);
CREATE INDEX images_by_artifact_type ON images (repository_id, artifact_type, id);
CREATE INDEX images_by_subject ON images (repository_id, subject, id);
CREATE INDEX images_by_digest ON images (digest);

CREATE TABLE image_tags (
  repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
  tag           TEXT NOT NULL,
  image_id      INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  PRIMARY KEY (repository_id, tag)
);
CREATE INDEX image_tags_by_image ON image_tags (image_id, tag);

-- Config and layers of an image: what keeps a layer alive.
CREATE TABLE image_blobs (
  image_id      INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  repository_id INTEGER NOT NULL,
  digest        TEXT NOT NULL,
  media_type    TEXT,
  PRIMARY KEY (image_id, digest)
);
CREATE INDEX image_blobs_by_digest ON image_blobs (repository_id, digest, image_id);

-- Manifests that an index names: what keeps them from being deleted before it.
CREATE TABLE image_children (
  parent_id     INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  repository_id INTEGER NOT NULL,
  child         TEXT NOT NULL, -- digest
  PRIMARY KEY (parent_id, child)
);
CREATE INDEX image_children_by_child ON image_children (repository_id, child);
`
