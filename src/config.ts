import { z } from 'zod'

/** Everything that can be chosen about a server. Every default is in this schema. */
export const configSchema = z.strictObject({
  /** 0 takes any free port. */
  port: z.int().min(0).max(65_535).default(3270),
  host: z.string().min(1).default('127.0.0.1'),
  dataDir: z.string().min(1).default('.ecr-local'),
  /** Keep nothing: the data directory is a temporary one that goes with the process. */
  inMemory: z.boolean().default(false),
  accountId: z
    .string()
    .regex(/^[0-9]{12}$/)
    .default('000000000000'),
  region: z
    .string()
    .regex(/^[a-z0-9-]{2,25}$/)
    .default('us-east-1'),
  auth: z.enum(['open', 'strict']).default('open'),
  /** An AWS shared-credentials file. */
  credentials: z.string().min(1).optional(),
  anonymous: z.enum(['nothing', 'pull', 'push']).default('nothing'),
  /** The host of `repositoryUri`, with `{account}`, `{region}` and `{port}`; by default the caller's own. */
  registryHost: z.string().min(1).optional(),
  wire: z.enum(['spec', 'ecr']).default('spec'),
  logFormat: z.enum(['pretty', 'json']).default('pretty'),
  logLevel: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
})

export type Config = z.output<typeof configSchema>
