/** Jobs that others must not wait for. */
export const jobLanes = `
ALTER TABLE jobs ADD COLUMN lane TEXT NOT NULL DEFAULT 'main';
UPDATE jobs SET lane = 'scans' WHERE kind = 'scanImage';
DROP INDEX jobs_by_due;
CREATE INDEX jobs_by_due ON jobs (lane, due_at, id);
`
