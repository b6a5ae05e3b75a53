import { registry } from './001-registry.ts'
import { eventsAndJobs } from './002-events-and-jobs.ts'
import { policiesAndTemplates } from './003-policies-and-templates.ts'
import { signing } from './004-signing.ts'

/** The schema's versions in order: the script at index n leads from version n to n + 1. */
export const migrations: readonly string[] = [registry, eventsAndJobs, policiesAndTemplates, signing]
