/** What else an upload is known by: ECR tells the size of its first part, and its bytes are hashed as they come. */
export const uploadDetails = `
ALTER TABLE uploads ADD COLUMN first_part_bytes BIGINT NOT NULL DEFAULT 0;
ALTER TABLE uploads ADD COLUMN digest_algorithm TEXT NOT NULL DEFAULT 'sha256'; -- or sha512
`
