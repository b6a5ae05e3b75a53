import type { Config } from '../config.ts'
import type { RepeatedAnswers } from '../distribution/repeated-answers.ts'
import type { MovableClock } from '../domain/clock.ts'
import type { Domain } from '../domain/domain.ts'
import type { Faults } from '../domain/faults.ts'
import type { StaticCredentials } from '../protocol/credentials-file.ts'
import type { Registry } from '../rules/registry.ts'

/** Of what the doors of a server are made. */
export interface ServerContext {
  readonly config: Config
  readonly domain: Domain
  readonly clock: MovableClock
  readonly faults: Faults
  readonly answers: RepeatedAnswers
  /** The machine's own time, by which clients sign, whatever the server's clock says; epoch milliseconds. */
  readonly machine: () => number
  /** The secret of the data directory, from which keys are derived. */
  readonly key: Uint8Array
  /** Of the file of `--credentials`, by access key. */
  readonly credentials: ReadonlyMap<string, StaticCredentials>
  /** Who is served when a caller names no account, or no region. */
  readonly defaults: Registry
  readonly version: string
  readonly port: number
  /** Host and port, as clients on this machine reach it. */
  readonly ownHost: string
  /** The certificate, in PEM, of the CA that clients are to trust, where the server has one. */
  readonly authority: string | undefined
  readonly reset: (registry?: Registry) => Promise<void>
  readonly onFault: (error: unknown) => void
}
