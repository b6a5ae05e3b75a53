import { setTimeout } from 'node:timers/promises'
import type { Plan } from './options.ts'
import { absence, type Start, startResult } from './outcome.ts'
import type { Peer } from './peers/peer.ts'
import { currentMemory, processorSeconds } from './process-figures.ts'
import type { Tell } from './run.ts'
import { Server } from './server.ts'

export const START = 'start to the first 200'

/** Then a server has done what it puts off until it has started. */
const REST_MILLISECONDS = 2000

/** Starts each server as often as there are rounds, on an empty directory, and looks at it again when it has rested. */
export async function runStarts(peers: readonly Peer[], { rounds }: Plan, tell: Tell): Promise<void> {
  const starts = new Map<Peer, Start[]>(peers.map((peer) => [peer, []]))
  for (let round = 0; round < rounds; round += 1) {
    const servers: { server: Server; processor: number }[] = []
    for (const peer of starts.keys())
      try {
        const server = await Server.start(peer)
        servers.push({ server, processor: processorSeconds(server.pid) * 1000 })
      } catch (error) {
        starts.delete(peer)
        tell(absence(START, peer.name, error))
      }
    await setTimeout(REST_MILLISECONDS)
    for (const { server, processor } of servers) {
      const { peer, startMilliseconds: milliseconds, pid } = server
      starts.get(peer)?.push({ milliseconds, processor, idle: currentMemory(pid) })
    }
    await Promise.all(servers.map(({ server }) => server.stop()))
  }
  for (const [peer, ofPeer] of starts) tell(startResult(START, peer.name, ofPeer))
}
