import { aRepository } from './content.ts'
import { type Emulator, emulator } from './emulator.ts'
import { type RegistryClient, registryClient } from './registry.ts'

export interface Side extends RegistryClient {
  readonly server: Emulator
  /** A repository of its own. */
  readonly name: string
  /** Scheme and host. */
  readonly origin: string
}

export interface Wires {
  readonly servers: { readonly ecr: Emulator; readonly spec: Emulator }
  /** What a server with ECR's wire does, beside what one with the default does that is asked the same. */
  onBoth<Result>(ask: (side: Side) => Promise<Result>): Promise<{ ecr: Result; spec: Result }>
}

/** A server with each wire, for the tests of one file. */
export function bothWires(): Wires {
  const servers = { ecr: emulator({ wire: 'ecr' }), spec: emulator() }
  return {
    servers,
    async onBoth(ask) {
      const on = async (server: Emulator) => {
        const name = await aRepository(server.client())
        return ask({ ...registryClient(server), server, name, origin: server.server.url })
      }
      return { ecr: await on(servers.ecr), spec: await on(servers.spec) }
    },
  }
}
