import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { makeDirectory, removeDirectory } from './directories.ts'
import type { Filling } from './filling.ts'
import { callApi } from './http/api.ts'
import { Connection } from './http/connection.ts'
import { encode } from './http/request.ts'
import type { Peer } from './peers/peer.ts'

const READY_WITHIN_MILLISECONDS = 60_000
const POLL_MILLISECONDS = 2
/** Then a server that does not end when it is asked to is killed. */
const END_WITHIN_MILLISECONDS = 5000

const DATA = 'data'

const running = new Set<Server>()

/** However this program ends, no server outlives it, nor writes to its directory when that is removed. */
process.prependListener('exit', () => {
  for (const server of running) server.kill()
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))

/** A peer that runs, with a fresh directory for its data. */
export class Server {
  readonly peer: Peer
  readonly port: number
  /** From the start of the process to its first 200. */
  startMilliseconds = 0
  /** The header of registry requests that says who asks, where the peer wants to know. */
  login: Readonly<Record<string, string>> = {}
  readonly #process: ChildProcess
  readonly #directory: string

  private constructor(peer: Peer, port: number, directory: string) {
    this.peer = peer
    this.port = port
    this.#directory = directory
    const { program, args, variables } = peer.command(this.dataDirectory, port)
    const log = openSync(this.#logFile, 'w')
    const { PATH = '', HOME = '' } = process.env
    const env = { PATH, HOME, ...variables }
    this.#process = spawn(program, args, { env, stdio: ['ignore', log, log], cwd: this.#directory })
    closeSync(log)
    running.add(this)
  }

  /** Runs a peer until it serves; one that can be filled has the filling then. */
  static async start(peer: Peer, filling?: Filling): Promise<Server> {
    const directory = makeDirectory()
    mkdirSync(join(directory, DATA))
    if (filling) await peer.fill?.(join(directory, DATA), filling)
    const port = await freePort()
    const startedAt = performance.now()
    const server = new Server(peer, port, directory)
    await server.#untilReady(startedAt)
    server.startMilliseconds = performance.now() - startedAt
    if (peer.wantsLogin) {
      const { authorizationData } = await callApi(server, 'GetAuthorizationToken', {})
      server.login = { Authorization: `Basic ${authorizationData[0].authorizationToken}` }
    }
    return server
  }

  get host(): string {
    return `127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.#process.pid as number
  }

  get dataDirectory(): string {
    return join(this.#directory, DATA)
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, 'exit')
      this.#process.kill('SIGTERM')
      await Promise.race([ended, setTimeout(END_WITHIN_MILLISECONDS, undefined, { ref: false })])
    }
    this.#process.kill('SIGKILL')
    running.delete(this)
    await removeDirectory(this.#directory)
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }

  async #untilReady(startedAt: number): Promise<void> {
    const request = encode(this.host, { method: 'GET', path: this.peer.readyPath })
    const failed = once(this.#process, 'error').then(([error]) => Promise.reject(error))
    while (performance.now() - startedAt < READY_WITHIN_MILLISECONDS) {
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) break
      if (await Promise.race([failed, this.#answers(request)])) return
      await setTimeout(POLL_MILLISECONDS)
    }
    const log = readFileSync(this.#logFile, 'utf8').slice(-2000)
    await this.stop()
    throw new Error(`${this.peer.name} did not start: ${log}`)
  }

  async #answers(request: Buffer): Promise<boolean> {
    try {
      const connection = await Connection.open(this.port)
      const { status } = await connection.send(request)
      connection.close()
      return status === 200
    } catch {
      return false // not yet
    }
  }

  get #logFile(): string {
    return join(this.#directory, 'log')
  }
}

/** A port that was free a moment ago: not every peer can be asked to take any. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
