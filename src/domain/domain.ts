import type { KeyObject } from 'node:crypto'
import type { BlobStore } from '../blob/blob-store.ts'
import type { KeyedLock } from '../rules/keyed-lock.ts'
import type { Registry } from '../rules/registry.ts'
import type { Signal } from '../rules/signal.ts'
import type { Database, Reads, Repository } from '../store/database.ts'
import type { Secrets } from '../upstream/secrets.ts'
import type { Upstreams } from '../upstream/upstream.ts'
import type { Background } from './background.ts'
import type { BegunUploads } from './begun-uploads.ts'
import type { Clock } from './clock.ts'
import type { Connection } from './connection.ts'
import { Refused } from './errors.ts'
import type { Imports } from './imports.ts'
import type { PlantedFindingsOfServer } from './planted-findings.ts'
import type { Quotas } from './quotas.ts'
import type { Scanner } from './scanner.ts'

/** What the verbs of this folder work on. */
export interface Domain {
  readonly database: Database
  readonly blobs: BlobStore
  readonly begunUploads: BegunUploads
  /** Which tests may move. */
  readonly clock: Clock
  readonly background: Background
  /** Notified when events were stored. */
  readonly eventsChanged: Signal
  readonly quotas: Quotas
  /** A fresh UUID. */
  readonly newId: () => string
  /** Signs manifests of schema 1 (P-256): clients check that a signature fits, not whose it is. */
  readonly manifestKey: KeyObject
  /** Held by digest while bytes and the row that owns them change together. */
  readonly digestLock: KeyedLock
  /** Held by upload id while an upload changes. */
  readonly uploadLock: KeyedLock
  /** Held by repository id while its lifecycle policy, or the preview of one, is evaluated. */
  readonly lifecycleLock: KeyedLock
  /** From where images come that are not here. */
  readonly upstreams: Upstreams
  /** Logins of upstreams. */
  readonly secrets: Secrets
  /** Images that are coming. */
  readonly imports: Imports
  readonly plantedFindings: PlantedFindingsOfServer
  /** Looks into images for which nothing is planted. */
  readonly scanner: Scanner | undefined
}

/** Who calls, and where they are at home. */
export interface Caller {
  readonly accountId: string
  readonly region: string
  readonly principalArn: string
  /** What GetCallerIdentity shows as UserId. */
  readonly userId?: string | undefined
  /** How the request came. */
  readonly connection?: Connection | undefined
}

/** A principal as the caller of a request: every member by its name, as requests are many (docs/speed.md). */
export function callerOf(principal: Omit<Caller, 'connection'>, connection: Connection): Caller {
  const { accountId, region, principalArn, userId } = principal
  return { accountId, region, principalArn, userId, connection }
}

/** A repository as callers name it. */
export interface RepositoryReference {
  readonly registry: Registry
  readonly repositoryName: string
}

/** @throws Refused RepositoryUnknown */
export async function findRepository(tx: Reads, reference: RepositoryReference): Promise<Repository> {
  const repository = await tx.repositories.find(reference.registry, reference.repositoryName)
  if (!repository) throw new Refused('RepositoryUnknown', inRepository(reference))
  return repository
}

/** The two members by which refusals name a repository. */
export function inRepository({ registry, repositoryName }: RepositoryReference): {
  registryId: string
  repositoryName: string
} {
  return { registryId: registry.accountId, repositoryName }
}
