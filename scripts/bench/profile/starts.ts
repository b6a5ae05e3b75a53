import type { Peer } from '../peers/peer.ts'
import { Server } from '../server.ts'
import type { CpuProfile } from './cpu-profile.ts'
import { endRecording, recordable } from './recording.ts'

/** The profile of one start, from the first module of the program to the first 200, on an empty directory. */
export async function profileStart(peer: Peer): Promise<CpuProfile> {
  // The call for a login would be in the profile.
  const server = await Server.start({ ...recordable(peer, true), wantsLogin: false })
  try {
    return await endRecording(server)
  } finally {
    await server.stop()
  }
}
