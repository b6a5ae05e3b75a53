/** Pages of images by status, by artifact type, and with or without a tag, each in the order of first push. */
export const imagePages = `
DROP INDEX images_by_artifact_type;
CREATE INDEX images_by_artifact_type ON images (repository_id, status, artifact_type, id);
CREATE INDEX images_tagged ON images (repository_id, status, id) WHERE tag_count > 0;
CREATE INDEX images_untagged ON images (repository_id, status, id) WHERE tag_count = 0;
`
