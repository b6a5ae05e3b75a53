import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  BatchDeleteImageCommand,
  DeleteRepositoryCommand,
  type ECRClient,
  StartImageScanCommand,
} from '@aws-sdk/client-ecr'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { OCI_MANIFEST } from '../../src/rules/media-types.ts'
import { anImage, aRepository, type StoredManifest } from '../support/content.ts'
import { dataDirectory, loseManifest } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import { registryClient } from '../support/registry.ts'
import {
  COMPLETE,
  configureScanning,
  describeFindings,
  eventsOf,
  GRYPE_REPORT,
  scan,
  TRIVY_REPORT,
} from '../support/scanning.ts'
import { pushSha512Image } from '../support/sha512.ts'

const directory = mkdtempSync(join(tmpdir(), 'ecr-local-test-'))
const noted = (name: string) => join(directory, name)
afterAll(() => rmSync(directory, { recursive: true }))

/** Writes a program that stands for a scanner, in place of the one before. */
function write(program: string, script: string): void {
  writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
}

/** A script that prints a report. */
function printing(report: object): string {
  writeFileSync(noted('report.json'), JSON.stringify(report))
  return `cat ${noted('report.json')}`
}

/** A script that notes how it was called and copies what it was given, then prints a report. */
function noting(report: object, layout: string): string {
  const copied = noted('layout')
  rmSync(copied, { recursive: true, force: true })
  return `printf '%s\\n' "$@" > ${noted('args')}\ncp -r "${layout}" ${copied}\n${printing(report)}`
}

const read = (...path: string[]) => readFileSync(join(directory, ...path), 'utf8')

describe.each([
  [
    'trivy',
    '$3',
    [
      ...['image', '--input', 'DIR', '--format', 'json', '--output', '', '--scanners', 'vuln'],
      ...['--exit-code', '0', '--exit-on-eol', '0', '--no-progress', '--timeout', '60s'],
    ],
    TRIVY_REPORT,
    'CVE-2026-1111',
  ],
  [
    'grype',
    '$(echo "$1" | cut -c 9-)',
    ['oci-dir:DIR', '--output', 'json', '--file', '', '--fail-on', ''],
    GRYPE_REPORT,
    'CVE-2026-2222',
  ],
] as const)('--scanner %s', (name, layout, args, report, finding) => {
  const scanner = noted(name)
  const ecr = emulator({ scanner, scannerTimeout: 60 })
  let client: ECRClient
  let repositoryName: string
  beforeEach(async () => {
    client = ecr.client()
    repositoryName = await aRepository(client)
  })
  const anImageScanned = async (push = () => anImage(client, repositoryName)) => {
    const image = await push()
    return { image, ...(await scan(ecr, client, repositoryName, image.digest)) }
  }

  it('finds what the program says of the image as an OCI directory, which is gone afterwards', async () => {
    write(scanner, noting(report, layout))
    const { image, imageScanStatus, imageScanFindings } = await anImageScanned()

    expect(imageScanStatus).toEqual(COMPLETE)
    expect(imageScanFindings?.findings?.[0]?.name).toBe(finding)
    const lines = read('args').split('\n').slice(0, -1)
    const given = lines.find((line) => line.includes(tmpdir()))?.replace('oci-dir:', '') ?? ''
    expect(lines.map((line) => line.replace(given, 'DIR'))).toEqual(args)
    expect(existsSync(given)).toBe(false)
    expectLayout(image)
  })

  it('is given an image of SHA-512 as one', async () => {
    write(scanner, noting(report, layout))
    const { image } = await anImageScanned(() => pushSha512Image(registryClient(ecr), repositoryName))
    expectLayout(image)
  })

  function expectLayout({ digest, size, text, config, layers }: StoredManifest): void {
    expect(JSON.parse(read('layout', 'oci-layout'))).toEqual({ imageLayoutVersion: '1.0.0' })
    expect(JSON.parse(read('layout', 'index.json'))).toEqual({
      schemaVersion: 2,
      manifests: [{ mediaType: OCI_MANIFEST, digest, size }],
    })
    expect(read('layout', 'blobs', digest.replace(':', '/'))).toBe(text)
    for (const blob of [config, ...layers])
      expect(readFileSync(noted(`layout/blobs/${blob.digest.replace(':', '/')}`))).toHaveLength(blob.size)
  }

  it.each([
    // In colour, as Grype complains even where nobody looks.
    [
      'ends badly',
      `printf '\\033[31mno database\\033[0m\\n' >&2; exit 3`,
      `${name} ended with 3: no database`,
    ],
    ['is killed', 'kill -9 $$', `${name} ended with a signal: `],
    ['prints no JSON', 'echo hello', `${name} printed no JSON`],
    [
      'prints another report',
      'echo "[]"',
      `${name} printed another report: ✖ Invalid input: expected object, received array`,
    ],
  ])('fails when the program %s', async (_how, script, description) => {
    write(scanner, script)
    const { imageScanStatus, imageScanFindings } = await anImageScanned()
    expect(imageScanStatus).toEqual({ status: 'FAILED', description })
    expect(imageScanFindings).toBeUndefined()
    const [event] = await eventsOf(ecr, 'ECR Image Scan', repositoryName)
    expect(event.detail['scan-status']).toBe('FAILED')
  })

  it('keeps the beginning of a long complaint', async () => {
    const member = name === 'grype' ? 'matches' : 'Results'
    write(scanner, printing({ SchemaVersion: 2, [member]: Array(1000).fill(0) }))
    const { imageScanStatus } = await anImageScanned()
    expect(imageScanStatus?.description).toMatch(
      /^\w+ printed another report: ✖ Invalid input: expected object/,
    )
    expect(imageScanStatus?.description?.length).toBeLessThan(600)
  })

  it('fails when there is no such program', async () => {
    rmSync(scanner, { force: true })
    const { imageScanStatus } = await anImageScanned()
    expect(imageScanStatus).toEqual({
      status: 'FAILED',
      description: `${name} cannot be run: spawn ${scanner} ENOENT`,
    })
  })

  it('is not asked for what is planted', async () => {
    write(scanner, 'exit 1')
    await ecr.server.findings([{ repository: repositoryName, imageScanFindings: {} }])
    expect((await anImageScanned()).imageScanStatus).toEqual(COMPLETE)
  })
})

describe('a scanner that does not end', () => {
  const scanner = noted('trivy-slow')
  const ecr = emulator({ scanner, scannerTimeout: 1 })

  it('is killed with all that it started, and the scan fails', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client)
    // The child holds the output open: were it left alone, the scan would not end.
    write(scanner, `echo $$ > ${noted('pid')}\nsleep 3600 & wait`)
    const { imageScanStatus } = await scan(
      ecr,
      client,
      repositoryName,
      (await anImage(client, repositoryName)).digest,
    )
    expect(imageScanStatus).toEqual({
      status: 'FAILED',
      description: 'trivy-slow did not end within 1 seconds',
    })
    expect(() => process.kill(Number(read('pid')), 0)).toThrow('ESRCH')
  })
})

describe('a scan that takes long', () => {
  const scanner = noted('trivy-long')
  const ecr = emulator({ scanner, scannerTimeout: 3600 })
  let client: ECRClient
  let repositoryName: string
  let imageDigest: string
  beforeEach(async () => {
    client = ecr.client()
    repositoryName = await aRepository(client)
    imageDigest = (await anImage(client, repositoryName)).digest
    rmSync(noted('go'), { force: true })
    rmSync(noted('begun'), { force: true })
    const wait = `echo > ${noted('begun')}\nuntil [ -e ${noted('go')} ]; do sleep 0.02; done`
    write(scanner, `${wait}\n${printing(TRIVY_REPORT)}`)
    await client.send(new StartImageScanCommand({ repositoryName, imageId: { imageDigest } }))
    await vi.waitFor(() => expect(existsSync(noted('begun'))).toBe(true), { timeout: 20_000, interval: 20 })
  })

  it('holds up no other work beside requests, which waits for it only where it is asked to', async () => {
    const elsewhere = ecr.client({ region: 'eu-west-2' })
    const other = await aRepository(elsewhere)
    await configureScanning(elsewhere, 'ENHANCED', { SCAN_ON_PUSH: ['*'] })
    const changes = () => eventsOf(ecr, 'ECR Scan Resource Change', other)
    await vi.waitFor(async () => expect(await changes()).toHaveLength(1), { timeout: 20_000, interval: 20 })
    const statusOf = async () =>
      (await describeFindings(client, { repositoryName, imageId: { imageDigest } })).imageScanStatus?.status
    expect(await statusOf()).toBe('IN_PROGRESS')

    const settled = ecr.server.clock()
    writeFileSync(noted('go'), '')
    await settled
    expect(await statusOf()).toBe('COMPLETE')
  })

  it.each<[string, () => Promise<unknown>]>([
    [
      'image',
      () => client.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageDigest }] })),
    ],
    ['repository', () => client.send(new DeleteRepositoryCommand({ repositoryName, force: true }))],
    ['registry', () => ecr.server.reset()],
  ])('comes to nothing when its %s goes, and the next one is done', async (_what, remove) => {
    await remove()
    writeFileSync(noted('go'), '')
    await ecr.server.clock()
    expect(await eventsOf(ecr, 'ECR Image Scan', repositoryName)).toEqual([])

    const other = await aRepository(client)
    const { digest } = await anImage(client, other)
    expect((await scan(ecr, client, other, digest)).imageScanStatus).toEqual(COMPLETE)
  })
})

describe('a scan that this server itself fails to do', () => {
  const scanner = noted('trivy-unused')
  const data = dataDirectory()
  const ecr = emulator({ scanner, dataDir: data.path })

  it('is tried five times, and then given up as failed', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client)
    const { digest: imageDigest } = await anImage(client, repositoryName)
    loseManifest(data, imageDigest)
    const statuses = [(await scan(ecr, client, repositoryName, imageDigest)).imageScanStatus]
    for (let tries = 2; tries <= 5; tries += 1) {
      await ecr.server.clock({ advance: 'PT1M' })
      const { imageScanStatus } = await describeFindings(client, { repositoryName, imageId: { imageDigest } })
      statuses.push(imageScanStatus)
    }
    expect(statuses).toEqual([
      ...Array(4).fill({ status: 'IN_PROGRESS' }),
      { status: 'FAILED', description: 'The scan was given up; the log of the server says why.' },
    ])
    const events = await eventsOf(ecr, 'ECR Image Scan', repositoryName)
    expect(events.map(({ detail }) => detail['scan-status'])).toEqual(['FAILED'])
  })
})

describe('a scan that the end of the server cuts short', () => {
  const scanner = noted('trivy-cut')
  const ecr = emulator({ scanner, scannerTimeout: 3600, dataDir: noted('data') })

  it('is in progress until it is done after the next start', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client)
    const imageId = { imageDigest: (await anImage(client, repositoryName)).digest }
    write(scanner, `echo "$3" > ${noted('begun')}\nsleep 3600`)
    await client.send(new StartImageScanCommand({ repositoryName, imageId }))
    await vi.waitFor(() => expect(read('begun')).toMatch('\n'), { timeout: 20_000, interval: 20 })
    const { imageScanStatus, imageScanFindings } = await describeFindings(client, { repositoryName, imageId })
    expect(imageScanStatus).toEqual({ status: 'IN_PROGRESS' })
    expect(imageScanFindings).toBeUndefined()

    await ecr.restart(() => {
      expect(existsSync(read('begun').trim())).toBe(false)
      write(scanner, printing(TRIVY_REPORT))
    })
    await ecr.server.clock()
    expect((await describeFindings(ecr.client(), { repositoryName, imageId })).imageScanStatus).toEqual(
      COMPLETE,
    )
  })
})
