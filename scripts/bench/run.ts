import { execFileSync } from 'node:child_process'
import { fillByApi } from './filling.ts'
import { Connection } from './http/connection.ts'
import { type Loaded, load } from './load.ts'
import type { Plan } from './options.ts'
import { absence, type Outcome, resultOf } from './outcome.ts'
import type { Peer } from './peers/peer.ts'
import { forgetPeak, peakMemory } from './process-figures.ts'
import type { Scenario, Stage, Work } from './scenarios/scenario.ts'
import { Server } from './server.ts'

export type Tell = (outcome: Outcome) => void

/** Lets a round of a scenario take place, with something about it. */
export type Around = (scenario: Scenario, server: Server, round: () => Promise<Loaded>) => Promise<Loaded>

/** That it may take until each client has been answered once. */
const ROUND_SECONDS_AT_MOST = 6

interface Contestant {
  readonly server: Server
  readonly works: Readonly<Record<string, Work>>
}

/**
 * Starts a server of each peer, fills them, and measures them scenario by scenario, in rounds that take turns: what slows
 * the machine down for a while slows them all.
 */
export async function runStage(
  stage: Stage,
  peers: readonly Peer[],
  plan: Plan,
  tell: Tell,
  around: Around = (_scenario, _server, round) => round(),
): Promise<void> {
  const contestants: Contestant[] = []
  const filling = stage.filling?.()
  for (const peer of peers) {
    let server: Server | undefined
    try {
      server = await Server.start(peer, filling)
      if (filling && !peer.fill) await fillByApi(server, filling)
      contestants.push({ server, works: await stage.prepare(server) })
    } catch (error) {
      for (const scenario of stage.scenarios) tell(absence(scenario.name, peer.name, error))
      await server?.stop()
    }
  }
  for (const scenario of stage.scenarios) await runScenario(scenario, contestants, plan, tell, around)
  await Promise.all(contestants.map(({ server }) => server.stop()))
}

async function runScenario(
  scenario: Scenario,
  contestants: readonly Contestant[],
  plan: Plan,
  tell: Tell,
  around: Around,
): Promise<void> {
  const turns: Turn[] = []
  for (const { server, works } of contestants) {
    const turn = new Turn(scenario, server, works[scenario.work] as Work, plan.seconds)
    await turn.try(() => turn.warmUp(), tell)
    turns.push(turn)
  }
  for (let round = 0; round < plan.rounds; round += 1)
    for (const turn of turns) await turn.try(() => turn.round(around), tell)
  for (const turn of turns) await turn.try(() => turn.end(tell), tell)
}

/** A scenario at one server. */
class Turn {
  readonly #scenario: Scenario
  readonly #server: Server
  readonly #work: Work
  readonly #seconds: number
  readonly #rounds: Loaded[] = []
  #clients: number
  #index = 0
  #hasFailed = false

  constructor(scenario: Scenario, server: Server, work: Work, seconds: number) {
    this.#scenario = scenario
    this.#server = server
    this.#work = work
    this.#seconds = seconds
    this.#clients = scenario.clients
  }

  /** Does a step; a step that fails is the last one. */
  async try(step: () => Promise<void>, tell: Tell): Promise<void> {
    if (this.#hasFailed) return
    try {
      await step()
    } catch (error) {
      this.#hasFailed = true
      tell(absence(this.#scenario.name, this.#server.peer.name, error))
    }
  }

  /**
   * One operation, and then a fifth of a round. Where it would take too long to answer all clients of the scenario, fewer
   * ask: a server that is busy all the time answers no more when more ask.
   */
  async warmUp(): Promise<void> {
    const { operation, beforeRound } = this.#work
    await beforeRound?.()
    const connection = await Connection.open(this.#server.port)
    const startedAt = performance.now()
    await operation(connection, this.#next())
    const seconds = (performance.now() - startedAt) / 1000
    connection.close()
    const feasible = Math.max(1, Math.floor(ROUND_SECONDS_AT_MOST / seconds))
    this.#clients = Math.min(this.#scenario.clients, feasible)
    if (this.#scenario.atMost === undefined && seconds < this.#seconds) await this.#load(this.#seconds / 5)
    forgetPeak(this.#server.pid)
  }

  async round(around: Around): Promise<void> {
    await this.#work.beforeRound?.()
    this.#rounds.push(await around(this.#scenario, this.#server, () => this.#load(this.#seconds)))
    if (this.#scenario.writes) execFileSync('sync', ['-f', this.#server.dataDirectory])
  }

  async end(tell: Tell): Promise<void> {
    const peak = peakMemory(this.#server.pid)
    await this.#work.check?.()
    const { clients } = this.#scenario
    const fewer =
      this.#clients < clients && `${this.#clients} of ${clients} clients, as one answer takes so long`
    const note = [this.#work.note?.(), fewer].filter(Boolean).join('; ')
    const result = resultOf(this.#scenario, this.#server.peer.name, this.#rounds)
    tell({ ...result, peak, ...(note && { note }) })
  }

  #load(seconds: number): Promise<Loaded> {
    const { atMost } = this.#scenario
    const { operation } = this.#work
    return load(this.#server, {
      clients: this.#clients,
      seconds,
      atMost,
      operation,
      next: () => this.#next(),
    })
  }

  #next(): number {
    this.#index += 1
    return this.#index
  }
}
