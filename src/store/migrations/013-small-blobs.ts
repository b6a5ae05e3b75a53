/** Blobs that are smaller than what it costs to make a file: they come and are synced with the row of their layer. */
export const smallBlobs = `
CREATE TABLE small_blobs (
  digest TEXT PRIMARY KEY,
  bytes BLOB NOT NULL
);
`
