import {
  DescribeImageScanFindingsCommand,
  type DescribeImageScanFindingsCommandInput,
  type DescribeImageScanFindingsCommandOutput,
  type ECRClient,
  PutRegistryScanningConfigurationCommand,
  type ScanFrequency,
  type ScanType,
  StartImageScanCommand,
} from '@aws-sdk/client-ecr'
import type { Emulator } from './emulator.ts'
import { DEFAULT_ACCOUNT, refusal } from './refusals.ts'

/** What a scan is described by when nothing tells it what is in an image. */
export const NO_SOURCE =
  'No findings source is configured: plant findings (--findings, PUT /_ecr-local/findings) or name a --scanner.'

export const COMPLETE = { status: 'COMPLETE', description: 'The scan was completed successfully.' }
export const ACTIVE = { status: 'ACTIVE', description: 'Continuous scan is selected for image.' }

/** Chooses how the registry of `client` is scanned: filters by the frequency that they are for. */
export function configureScanning(
  client: ECRClient,
  scanType: ScanType,
  filters: { [Frequency in ScanFrequency]?: string[] } = {},
): Promise<unknown> {
  const rules = Object.entries(filters).map(([scanFrequency, names]) => ({
    scanFrequency: scanFrequency as ScanFrequency,
    repositoryFilters: names.map((filter) => ({ filter, filterType: 'WILDCARD' as const })),
  }))
  return client.send(new PutRegistryScanningConfigurationCommand({ scanType, rules }))
}

export function describeFindings(
  client: ECRClient,
  input: DescribeImageScanFindingsCommandInput,
): Promise<DescribeImageScanFindingsCommandOutput> {
  return client.send(new DescribeImageScanFindingsCommand(input))
}

/** Scans an image, and answers with what was found when that is done. */
export async function scan(
  ecr: Emulator,
  client: ECRClient,
  repositoryName: string,
  imageDigest: string,
): Promise<DescribeImageScanFindingsCommandOutput> {
  const imageId = { imageDigest }
  await client.send(new StartImageScanCommand({ repositoryName, imageId }))
  await ecr.server.clock()
  return describeFindings(client, { repositoryName, imageId })
}

/** How an image that was not scanned is told from one that is not there. */
export function scanNotFound(repositoryName: string, imageDigest: string): ReturnType<typeof refusal> {
  return refusal(
    'ScanNotFoundException',
    `Image scan does not exist for the image with '{imageDigest:'${imageDigest}', imageTag:'null'}' in the repository with name '${repositoryName}' in the registry with id '${DEFAULT_ACCOUNT}'`,
  )
}

/** Details of the events of one kind that name a repository, or its ARN. */
export async function eventsOf(
  ecr: Emulator,
  detailType: string,
  repositoryName: string,
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of it
): Promise<any[]> {
  const events = await ecr.server.events()
  return events.filter(
    (event) => event['detail-type'] === detailType && JSON.stringify(event).includes(`/${repositoryName}`),
  )
}

/** A vulnerability as Trivy reports it: of libssl3 in Debian, fixed. */
export const TRIVY_REPORT = {
  SchemaVersion: 2,
  CreatedAt: '2026-11-20T10:00:00.123456789Z',
  ArtifactName: 'image',
  Results: [
    {
      Target: 'image (debian 12.8)',
      Class: 'os-pkgs',
      Type: 'debian',
      Vulnerabilities: [
        {
          VulnerabilityID: 'CVE-2026-1111',
          PkgName: 'libssl3',
          InstalledVersion: '3.0.15-1',
          FixedVersion: '3.0.16-1',
          Layer: { Digest: `sha256:${'1'.repeat(64)}` },
          SeveritySource: 'nvd',
          PrimaryURL: 'https://avd.aquasec.com/nvd/cve-2026-1111',
          DataSource: { ID: 'debian', Name: 'Debian Security Tracker' },
          Title: 'openssl: reads too far',
          Description: 'Reads beyond a buffer.',
          Severity: 'CRITICAL',
          CVSS: { nvd: { V3Vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', V3Score: 9.8 } },
          References: ['https://example.com/advisory'],
          PublishedDate: '2026-10-01T00:00:00Z',
          LastModifiedDate: '2026-10-02T00:00:00Z',
        },
      ],
    },
    {
      Target: 'app/package-lock.json',
      Class: 'lang-pkgs',
      Type: 'npm',
      Vulnerabilities: [{ VulnerabilityID: 'GHSA-aaaa-bbbb-cccc', PkgName: 'left-pad', Severity: 'UNKNOWN' }],
    },
    { Target: 'app/go.sum', Class: 'lang-pkgs', Type: 'gomod' },
  ],
}

/** A vulnerability as Grype reports it, with its scores at the advisory that it relates to. */
export const GRYPE_REPORT = {
  matches: [
    {
      vulnerability: {
        id: 'CVE-2026-2222',
        dataSource: 'https://security-tracker.debian.org/tracker/CVE-2026-2222',
        namespace: 'debian:distro:debian:12',
        severity: 'Negligible',
        urls: [],
        cvss: [],
        fix: { versions: ['1.36.2'], state: 'fixed' },
      },
      relatedVulnerabilities: [
        {
          id: 'CVE-2026-2222',
          description: 'Writes beyond a buffer.',
          cvss: [
            {
              source: 'nvd',
              version: '2.0',
              vector: 'AV:N/AC:M/Au:N/C:P/I:N/A:N',
              metrics: { baseScore: 4.3 },
            },
          ],
        },
        { id: 'GHSA-dddd-eeee-ffff' },
      ],
      matchDetails: [{ type: 'exact-direct-match' }],
      artifact: {
        name: 'busybox',
        version: '1.36.1',
        type: 'deb',
        locations: [{ path: '/var/lib/dpkg/status', layerID: `sha256:${'2'.repeat(64)}` }],
      },
    },
  ],
  descriptor: { name: 'grype', timestamp: '2026-11-21T10:00:00Z' },
}
