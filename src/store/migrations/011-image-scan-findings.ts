/** Findings one by one, so that a page of them costs what the page holds. Scans are no longer counted by their times. */
export const imageScanFindings = `
CREATE TABLE image_scan_findings (
  image_id  INTEGER NOT NULL,
  scan_type TEXT NOT NULL,
  position  INTEGER NOT NULL, -- from 0
  finding   TEXT NOT NULL, -- JSON, in the shape of the type of scan
  PRIMARY KEY (image_id, scan_type, position),
  FOREIGN KEY (image_id, scan_type) REFERENCES image_scans (image_id, scan_type) ON DELETE CASCADE
);
INSERT INTO image_scan_findings (image_id, scan_type, position, finding)
  SELECT image_id, scan_type, key, value FROM image_scans, json_each(image_scans.findings);
ALTER TABLE image_scans DROP COLUMN findings;
DROP INDEX image_scans_by_request;
`
