/* What can be chosen about a server: read from flags and environment, or given as options of the library. */
export { describeFlags } from './config/flags.ts'
export { readOptions } from './config/options.ts'
export { readConfig } from './config/read.ts'
export { type Config, configMembers, UnusableConfig } from './config/schema.ts'
export { suggest } from './config/suggest.ts'
