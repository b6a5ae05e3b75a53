import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Peer } from '../peers/peer.ts'
import type { Server } from '../server.ts'
import type { CpuProfile } from './cpu-profile.ts'

const RECORDER = new URL('./recorder.js', import.meta.url).href

const WITHIN_MILLISECONDS = 30_000
const POLL_MILLISECONDS = 2

/** A build of this program that can be recorded while it runs, or that is from its start on. */
export function recordable(peer: Peer, isFromStart = false): Peer {
  return {
    ...peer,
    command(directory, port) {
      const { args, ...others } = peer.command(directory, port)
      return { ...others, args: ['--import', RECORDER + (isFromStart ? '?from-start' : ''), ...args] }
    },
  }
}

/** Answers when the recording has begun. */
export async function beginRecording(server: Server): Promise<void> {
  process.kill(server.pid, 'SIGUSR2')
  await untilThere(fileOf(server, 'recording'))
}

export async function endRecording(server: Server): Promise<CpuProfile> {
  process.kill(server.pid, 'SIGUSR2')
  const file = fileOf(server, 'profile.json')
  await untilThere(file)
  const profile = JSON.parse(readFileSync(file, 'utf8'))
  rmSync(file)
  rmSync(fileOf(server, 'recording'))
  return profile
}

/** A server runs in the directory that has its data in it, where the recorder writes. */
function fileOf({ dataDirectory }: Server, name: string): string {
  return join(dirname(dataDirectory), name)
}

async function untilThere(file: string): Promise<void> {
  const endAt = performance.now() + WITHIN_MILLISECONDS
  while (!existsSync(file)) {
    if (performance.now() > endAt) throw new Error(`The server did not write ${file}`)
    await setTimeout(POLL_MILLISECONDS)
  }
}
