import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { Fault } from './faults.ts'

/** A request that is to have no answer: the door ends its connection. */
export class ConnectionCut extends Error {
  override readonly name = 'ConnectionCut'
}

/**
 * Lets a request suffer what a planted fault has for its connection: the delay, then the cut. Nothing is done for
 * who hangs up meanwhile.
 *
 * @throws ConnectionCut
 */
export async function suffer({ delayMilliseconds, cut }: Fault, socket: Socket): Promise<void> {
  if (delayMilliseconds !== undefined) await passWhileOpen(socket, delayMilliseconds)
  if (cut) throw new ConnectionCut()
}

async function passWhileOpen(socket: Socket, milliseconds: number): Promise<void> {
  const closed = new AbortController()
  const abort = () => closed.abort()
  socket.once('close', abort)
  try {
    await wait(milliseconds, undefined, { signal: closed.signal })
  } catch {
    throw new ConnectionCut()
  } finally {
    socket.off('close', abort)
  }
}
