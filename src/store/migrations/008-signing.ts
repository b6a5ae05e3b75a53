/** Which images are to be signed by which profiles, and what became of it. */
export const signing = `
CREATE TABLE image_signings (
  image_id       INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  profile_arn    TEXT NOT NULL,
  status         TEXT NOT NULL, -- IN_PROGRESS, COMPLETE or FAILED
  failure_code   TEXT,
  failure_reason TEXT,
  PRIMARY KEY (image_id, profile_arn)
);
`
