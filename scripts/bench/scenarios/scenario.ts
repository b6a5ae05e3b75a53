import type { Filling } from '../filling.ts'
import type { Operation } from '../load.ts'
import type { Door } from '../peers/peer.ts'
import type { Server } from '../server.ts'

/** What is measured of each server, round by round. */
export interface Scenario<Kind extends string = string> {
  readonly name: string
  /** Which of the stage's kinds of work its clients do. */
  readonly work: Kind
  readonly clients: number
  /** That an operation moves: where it is given, the speed is in MiB a second and not in operations a second. */
  readonly mebibytes?: number
  /** Operations of a round, where its time is not what ends it. */
  readonly atMost?: number
  /** Whether the disk is synced after each round, for no server to pay for what was written to another. */
  readonly writes?: boolean
}

export interface Work {
  readonly operation: Operation
  /** Done before each round, and not measured. */
  readonly beforeRound?: () => Promise<void> | void
  /** Fails unless what the rounds wrote is there. */
  readonly check?: () => Promise<void>
  /** What a reader of the figures has to know. */
  readonly note?: () => string | undefined
}

/** Scenarios that share a server and what was pushed to it before: each stage has a server of each peer to itself. */
export interface Stage<Kind extends string = string> {
  readonly door: Door
  readonly scenarios: readonly Scenario<Kind>[]
  /** What is in the servers before anything is measured. */
  readonly filling?: () => Filling
  prepare(server: Server): Promise<Readonly<Record<Kind, Work>>>
}
