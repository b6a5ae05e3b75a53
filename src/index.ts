import { type Config, readOptions } from './config.ts'
import type { Quotas } from './domain/quotas.ts'
import { type RunningServer, startServer as start } from './server.ts'

/** What can be chosen of a server in a test; everything has a default. */
export type ServerOptions = Partial<Omit<Config, 'logLevel'>> & {
  /** Nothing is printed unless this is set. */
  readonly logLevel?: Config['logLevel']
  /** Lower quotas, to see what happens at their edge. */
  readonly quotas?: Partial<Quotas>
}

/**
 * Starts ECR in this process: any free port and nothing kept, unless the options say otherwise.
 *
 * @throws UnusableConfig naming an option that can't be taken; and when the port is taken or the data directory
 *   can't be used
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const { quotas, ...choices } = options
  const inMemory = choices.inMemory ?? choices.dataDir === undefined
  const config = readOptions({ port: 0, logLevel: 'silent', ...choices, inMemory })
  return start(config, { quotas })
}

export type { Quotas, RunningServer }
