import type { KeyObject } from 'node:crypto'
import type { BlobStore } from '../blob/blob-store.ts'
import type { KeyedLock } from '../rules/keyed-lock.ts'
import type { Registry } from '../rules/registry.ts'
import type { Signal } from '../rules/signal.ts'
import type { Database, Reads, Repository } from '../store/database.ts'
import type { Background } from './background.ts'
import type { Clock } from './clock.ts'
import { Refused } from './errors.ts'
import type { Quotas } from './quotas.ts'

/** What the verbs of this folder work on. */
export interface Domain {
  readonly database: Database
  readonly blobs: BlobStore
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
}

/** Who calls, and where they are at home. */
export interface Caller {
  readonly accountId: string
  readonly region: string
  readonly principalArn: string
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
