import { registry } from './001-registry.ts'
import { eventsAndJobs } from './002-events-and-jobs.ts'
import { policiesAndTemplates } from './003-policies-and-templates.ts'
import { lifecyclePreviews } from './004-lifecycle-previews.ts'
import { imageScans } from './005-image-scans.ts'
import { replication } from './006-replication.ts'
import { pullThrough } from './007-pull-through.ts'
import { signing } from './008-signing.ts'
import { jobLanes } from './009-job-lanes.ts'
import { imagePages } from './010-image-pages.ts'
import { imageScanFindings } from './011-image-scan-findings.ts'
import { uploadDetails } from './012-uploads.ts'
import { smallBlobs } from './013-small-blobs.ts'
import { fewerIndexes } from './014-fewer-indexes.ts'
import { rowsInTheirKey } from './015-rows-in-their-key.ts'

/** The schema's versions in order: the script at index n leads from version n to n + 1. */
export const migrations: readonly string[] = [
  registry,
  eventsAndJobs,
  policiesAndTemplates,
  lifecyclePreviews,
  imageScans,
  replication,
  pullThrough,
  signing,
  jobLanes,
  imagePages,
  imageScanFindings,
  uploadDetails,
  smallBlobs,
  fewerIndexes,
  rowsInTheirKey,
]
