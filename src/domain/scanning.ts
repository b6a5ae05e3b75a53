import { DOCKER_CONFIG, DOCKER_MANIFEST, OCI_CONFIG, OCI_MANIFEST } from '../rules/media-types.ts'
import type { Registry } from '../rules/registry.ts'
import {
  DEFAULT_SCANNING,
  type RepositoryScanning,
  type ScanningConfiguration,
  type ScanType,
  scanningOf,
} from '../rules/scanning.ts'
import type { Image, Reads, Repository, Writes } from '../store/database.ts'
import { accountSetting } from './account-settings.ts'
import type { Domain } from './domain.ts'
import { enqueue } from './jobs.ts'

const SETTING = 'scanningConfiguration'

export async function findScanning(tx: Reads, registry: Registry): Promise<ScanningConfiguration> {
  return (await tx.registrySettings.get<ScanningConfiguration>(registry, SETTING)) ?? DEFAULT_SCANNING
}

/** How the images of a repository are scanned now. */
export async function findScanningOf(tx: Reads, repository: Repository): Promise<RepositoryScanning> {
  return scanningOf(await findScanning(tx, repository.registry), repository)
}

/**
 * The type of the scans that descriptions of images sum up, which is the one in use: of basic scans only those of Clair,
 * as those of AWS's own engine are told by DescribeImageScanFindings alone (ECR user guide, "Basic scanning").
 */
export async function findSummedUp(tx: Reads, registry: Registry): Promise<ScanType | undefined> {
  const { scanType } = await findScanning(tx, registry)
  if (scanType === 'ENHANCED') return scanType
  const version = await accountSetting(tx, registry, 'BASIC_SCAN_TYPE_VERSION')
  return version === 'CLAIR' ? scanType : undefined
}

/** Chooses how a registry is scanned; what that means for the images that are there follows beside requests. */
export async function putScanning(
  tx: Writes,
  domain: Domain,
  registry: Registry,
  configuration: ScanningConfiguration,
): Promise<void> {
  const previous = await findScanning(tx, registry)
  await tx.registrySettings.put(registry, SETTING, configuration)
  await enqueue(tx, domain, 'applyScanning', {
    registry,
    payload: { previous, configuration },
    dueAt: domain.clock.now(),
  })
}

/** Whether an image is one of a container, for one platform: scanners look into nothing else. */
export function isScannable({ mediaType, artifactType }: Image): boolean {
  const isManifest = mediaType === OCI_MANIFEST || mediaType === DOCKER_MANIFEST
  return isManifest && (artifactType === OCI_CONFIG || artifactType === DOCKER_CONFIG)
}
