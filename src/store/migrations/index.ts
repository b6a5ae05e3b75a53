import { registry } from './001-registry.ts'

/** The schema's versions in order: the script at index n leads from version n to n + 1. */
export const migrations: readonly string[] = [registry]
