import type { Registry } from '../rules/registry.ts'
import type { CreationTemplateReads, CreationTemplateWrites } from './contract/creation-templates.ts'
import type { EventReads, EventWrites } from './contract/events.ts'
import type { ImageScanReads, ImageScanWrites } from './contract/image-scans.ts'
import type { ImageReads, ImageWrites } from './contract/images.ts'
import type { JobReads, JobWrites } from './contract/jobs.ts'
import type { LayerReads, LayerWrites } from './contract/layers.ts'
import type { LifecyclePreviewReads, LifecyclePreviewWrites } from './contract/lifecycle-previews.ts'
import type { PolicyReads } from './contract/policies.ts'
import type {
  PullThroughRuleReads,
  PullThroughRuleWrites,
  UpstreamCheckReads,
  UpstreamCheckWrites,
} from './contract/pull-through.ts'
import type { RegistrySettingReads, RegistrySettingWrites } from './contract/registry-settings.ts'
import type { BackfillReads, BackfillWrites } from './contract/replication-backfills.ts'
import type { ReplicationStatusReads, ReplicationStatusWrites } from './contract/replication-statuses.ts'
import type { RepositoryReads, RepositoryWrites } from './contract/repositories.ts'
import type { SessionReads, SessionWrites } from './contract/sessions.ts'
import type { SettingReads, SettingWrites } from './contract/settings.ts'
import type { SigningReads, SigningWrites } from './contract/signings.ts'
import type { SmallBlobReads, SmallBlobWrites } from './contract/small-blobs.ts'
import type { UploadReads, UploadWrites } from './contract/uploads.ts'

export type * from './contract/creation-templates.ts'
export type * from './contract/events.ts'
export type * from './contract/image-scans.ts'
export type * from './contract/images.ts'
export type * from './contract/jobs.ts'
export type * from './contract/layers.ts'
export type * from './contract/lifecycle-previews.ts'
export type * from './contract/name-list.ts'
export type * from './contract/policies.ts'
export type * from './contract/pull-through.ts'
export type * from './contract/registry-settings.ts'
export type * from './contract/replication-backfills.ts'
export type * from './contract/replication-statuses.ts'
export type * from './contract/repositories.ts'
export type * from './contract/sessions.ts'
export type * from './contract/settings.ts'
export type * from './contract/signings.ts'
export type * from './contract/small-blobs.ts'
export type * from './contract/uploads.ts'

/**
 * The contract of the metadata store; that of each aggregate is a file of `contract/`, which the file of the same
 * name beside this one fulfils. It is asynchronous because a database across a network fits it as well as SQLite
 * does. Inside `read` and `write` nothing may be awaited but the transaction itself: a read that waits for a change
 * waits for ever. When the disk is full, what was to be written throws an error that `isDiskFull` knows; when it is
 * gone, StorageMissing.
 */
export interface Database {
  /** Runs `work` over one consistent state; other reads are not held up by it, but the next change is. */
  read<Result>(work: (tx: Reads) => Promise<Result>): Promise<Result>
  /**
   * Runs `work` alone; all of its changes are durable when the promise resolves, none when it rejects. Those that are
   * not synced outlast the process, but not a loss of power, unless a later change that is synced does.
   */
  write<Result>(work: (tx: Writes) => Promise<Result>, how?: { isSynced?: boolean }): Promise<Result>
  /** Another number after every change: what was read under the same one is still so. */
  version(): number
  /** Forgets everything of one registry, or of all. */
  clear(registry?: Registry): Promise<void>
  close(): Promise<void>
}

export interface Reads {
  readonly repositories: RepositoryReads
  readonly layers: LayerReads
  readonly smallBlobs: SmallBlobReads
  readonly uploads: UploadReads
  readonly images: ImageReads
  readonly sessions: SessionReads
  readonly settings: SettingReads
  readonly registrySettings: RegistrySettingReads
  readonly policies: PolicyReads
  readonly creationTemplates: CreationTemplateReads
  readonly events: EventReads
  readonly jobs: JobReads
  readonly lifecyclePreviews: LifecyclePreviewReads
  readonly replicationStatuses: ReplicationStatusReads
  readonly backfills: BackfillReads
  readonly pullThroughRules: PullThroughRuleReads
  readonly upstreamChecks: UpstreamCheckReads
  readonly signings: SigningReads
  readonly imageScans: ImageScanReads
}

export interface Writes extends Reads {
  readonly repositories: RepositoryReads & RepositoryWrites
  readonly layers: LayerReads & LayerWrites
  readonly smallBlobs: SmallBlobReads & SmallBlobWrites
  readonly uploads: UploadReads & UploadWrites
  readonly images: ImageReads & ImageWrites
  readonly sessions: SessionReads & SessionWrites
  readonly settings: SettingReads & SettingWrites
  readonly registrySettings: RegistrySettingReads & RegistrySettingWrites
  readonly creationTemplates: CreationTemplateReads & CreationTemplateWrites
  readonly events: EventReads & EventWrites
  readonly jobs: JobReads & JobWrites
  readonly lifecyclePreviews: LifecyclePreviewReads & LifecyclePreviewWrites
  readonly replicationStatuses: ReplicationStatusReads & ReplicationStatusWrites
  readonly backfills: BackfillReads & BackfillWrites
  readonly pullThroughRules: PullThroughRuleReads & PullThroughRuleWrites
  readonly upstreamChecks: UpstreamCheckReads & UpstreamCheckWrites
  readonly signings: SigningReads & SigningWrites
  readonly imageScans: ImageScanReads & ImageScanWrites
  /** Runs `work` once the transaction is committed, and never when it rejects. */
  afterCommit(work: () => void): void
}
