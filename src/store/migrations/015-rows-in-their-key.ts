/**
 * A push writes each page that it touches, of a table and of each of its indexes. A table WITHOUT ROWID is the index of its
 * key; a manifest goes with its image, whose id counts up, and needs no digest to be found by; and an event is looked
 * for by its id when somebody comes back to follow them, which is seldom.
 */
export const rowsInTheirKey = `
CREATE TABLE layers_in_key (
  repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
  digest        TEXT NOT NULL,
  size          BIGINT NOT NULL,
  linked_at     BIGINT NOT NULL,
  PRIMARY KEY (repository_id, digest)
) WITHOUT ROWID;
INSERT INTO layers_in_key SELECT repository_id, digest, size, linked_at FROM layers;
DROP TABLE layers;
ALTER TABLE layers_in_key RENAME TO layers;
CREATE INDEX layers_by_digest ON layers (digest);

CREATE TABLE uploads_in_key (
  id               TEXT NOT NULL PRIMARY KEY, -- UUID
  repository_id    INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
  started_at       BIGINT NOT NULL,
  received_bytes   BIGINT NOT NULL DEFAULT 0,
  part_count       INTEGER NOT NULL DEFAULT 0,
  first_part_bytes BIGINT NOT NULL DEFAULT 0,
  last_part_bytes  BIGINT NOT NULL DEFAULT 0,
  has_short_part   INTEGER NOT NULL DEFAULT 0, -- 0 or 1
  digest_algorithm TEXT NOT NULL DEFAULT 'sha256' -- or sha512
) WITHOUT ROWID;
INSERT INTO uploads_in_key SELECT id, repository_id, started_at, received_bytes, part_count, first_part_bytes,
  last_part_bytes, has_short_part, digest_algorithm FROM uploads;
DROP TABLE uploads;
ALTER TABLE uploads_in_key RENAME TO uploads;

CREATE TABLE manifests_of_images (
  image_id INTEGER PRIMARY KEY REFERENCES images (id) ON DELETE CASCADE,
  content  BLOB NOT NULL
);
INSERT INTO manifests_of_images SELECT i.id, m.content FROM images i JOIN manifests m ON m.digest = i.digest ORDER BY i.id;
DROP TABLE manifests;
ALTER TABLE manifests_of_images RENAME TO manifests;
DROP INDEX images_by_digest;

CREATE TABLE image_tags_in_key (
  repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
  tag           TEXT NOT NULL,
  image_id      INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  PRIMARY KEY (repository_id, tag)
) WITHOUT ROWID;
INSERT INTO image_tags_in_key SELECT repository_id, tag, image_id FROM image_tags;
DROP TABLE image_tags;
ALTER TABLE image_tags_in_key RENAME TO image_tags;
CREATE INDEX image_tags_by_image ON image_tags (image_id, tag);

-- Config and layers of an image: what keeps a layer alive.
CREATE TABLE image_blobs_in_key (
  image_id      INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  repository_id INTEGER NOT NULL,
  digest        TEXT NOT NULL,
  media_type    TEXT,
  PRIMARY KEY (image_id, digest)
) WITHOUT ROWID;
INSERT INTO image_blobs_in_key SELECT image_id, repository_id, digest, media_type FROM image_blobs;
DROP TABLE image_blobs;
ALTER TABLE image_blobs_in_key RENAME TO image_blobs;
CREATE INDEX image_blobs_by_digest ON image_blobs (repository_id, digest, image_id);

CREATE TABLE events_by_sequence (
  sequence    INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of commits
  id          TEXT NOT NULL, -- UUID
  account_id  TEXT NOT NULL,
  region      TEXT NOT NULL,
  occurred_at BIGINT NOT NULL,
  detail_type TEXT NOT NULL,
  resources   TEXT NOT NULL, -- JSON: list of ARNs
  detail      TEXT NOT NULL -- JSON object
);
INSERT INTO sqlite_sequence (name, seq) SELECT 'events_by_sequence', seq FROM sqlite_sequence WHERE name = 'events';
INSERT INTO events_by_sequence SELECT sequence, id, account_id, region, occurred_at, detail_type, resources, detail
  FROM events ORDER BY sequence;
DROP TABLE events;
ALTER TABLE events_by_sequence RENAME TO events;
`
