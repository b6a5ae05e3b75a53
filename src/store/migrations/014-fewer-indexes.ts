/**
 * Each index of a row is a page that a push writes. Uploads that are open are few, and are looked for among all as fast;
 * few images have a subject.
 */
export const fewerIndexes = `
DROP INDEX uploads_by_repository;
DROP INDEX uploads_by_start;
DROP INDEX images_by_subject;
CREATE INDEX images_by_subject ON images (repository_id, subject, id) WHERE subject IS NOT NULL;
`
