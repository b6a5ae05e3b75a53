import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Filling } from '../filling.ts'

export type Door = 'registry' | 'api'

/** A server that is measured. */
export interface Peer {
  readonly name: string
  readonly doors: readonly Door[]
  /** Answers 200 as soon as it serves. */
  readonly readyPath: string
  /** What it syncs before it answers a push, as its source has it. */
  readonly durability: string
  /** Undefined where it is installed, else why it is not. */
  missing(): string | undefined
  version(): string
  /** What to run for it to keep its data in a directory, which exists, and to serve at a port of 127.0.0.1. */
  command(directory: string, port: number): Command
  /** Writes a repository into its directory before it runs, where what it keeps there is known: pushes take too long. */
  readonly fill?: (directory: string, filling: Filling) => Promise<void> | void
  /** Whether a repository is made before anything is pushed to it. */
  readonly makesRepositories?: boolean
  /** Whether the registry wants the token that its API gives out. */
  readonly wantsLogin?: boolean
}

export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly variables?: Readonly<Record<string, string>>
}

const { ECR_LOCAL_TEST_CLIENTS, XDG_CACHE_HOME } = process.env

/** Where scripts/bench/install-peers.sh puts things. */
const installed =
  ECR_LOCAL_TEST_CLIENTS || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'ecr-local/clients')

export function installedProgram(name: string): string {
  return join(installed, 'bin', name)
}

export function whyMissing(name: string): string | undefined {
  return existsSync(installedProgram(name))
    ? undefined
    : 'not installed: scripts/bench/install-peers.sh installs it'
}

export function installedVersion(name: string): string {
  return readFileSync(join(installed, 'versions', name), 'utf8').trim()
}
