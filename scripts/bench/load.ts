import { Connection } from './http/connection.ts'
import { processorSeconds } from './process-figures.ts'
import type { Server } from './server.ts'

/** Does, over one connection, what is counted as one; fails where anything is answered but what it should be. */
export type Operation = (connection: Connection, index: number) => Promise<void>

export interface Load {
  readonly clients: number
  readonly seconds: number
  /** Ends the load before its time. */
  readonly atMost?: number | undefined
  readonly operation: Operation
  /** The index of the next operation: no two of a scenario are the same. */
  readonly next: () => number
}

export interface Loaded {
  readonly seconds: number
  /** Milliseconds that each operation took. */
  readonly latencies: readonly number[]
  /** Seconds of processor time that the server used. */
  readonly processorSeconds: number
  /** Seconds of processor time that the load itself used. */
  readonly loadSeconds: number
}

/** Lets clients, each on a connection of its own, do one operation after another; what has begun is brought to its end. */
export async function load(
  server: Server,
  { clients, seconds, atMost, operation, next }: Load,
): Promise<Loaded> {
  const connections = await Promise.all(Array.from({ length: clients }, () => Connection.open(server.port)))
  const latencies: number[] = []
  let begun = 0
  const used = processorSeconds(server.pid)
  const ownUsed = process.cpuUsage()
  const startedAt = performance.now()
  const endAt = startedAt + seconds * 1000

  async function work(connection: Connection): Promise<void> {
    for (let now = startedAt; now < endAt && begun < (atMost ?? Number.POSITIVE_INFINITY); ) {
      begun += 1
      await operation(connection, next())
      const then = performance.now()
      latencies.push(then - now)
      now = then
    }
  }

  try {
    await Promise.all(connections.map(work))
    const took = (performance.now() - startedAt) / 1000
    const own = process.cpuUsage(ownUsed)
    return {
      seconds: took,
      latencies,
      processorSeconds: processorSeconds(server.pid) - used,
      loadSeconds: (own.user + own.system) / 1e6,
    }
  } finally {
    for (const connection of connections) connection.close()
  }
}
