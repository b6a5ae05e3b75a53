import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startServer } from '../../src/index.ts'
import { anImage, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { operate } from '../support/operator.ts'
import { GRYPE_REPORT, scan, TRIVY_REPORT } from '../support/scanning.ts'

const PLANTED = [
  { repository: 'trivy', trivy: TRIVY_REPORT },
  { repository: 'grype', grype: GRYPE_REPORT },
  { repository: 'own', imageScanFindings: { findings: [{ name: 'CVE-1', severity: 'LOW' as const }] } },
]

const directory = mkdtempSync(join(tmpdir(), 'ecr-local-test-'))
afterAll(() => rmSync(directory, { recursive: true }))

function aFile(name: string, content: unknown): string {
  const file = join(directory, name)
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

describe('/_ecr-local/findings', () => {
  const ecr = emulator({ dataDir: join(directory, 'data') })
  const put = (findings: unknown) => operate(ecr, 'PUT', 'findings', findings)
  const get = () => operate(ecr, 'GET', 'findings')

  it('refuses what it cannot read, and says where, and keeps what was there', async () => {
    await put(PLANTED)
    expect(await put([{ repository: 'a', trivy: { SchemaVersion: 1 } }])).toEqual({
      status: 400,
      body: { error: '✖ Invalid input: expected 2\n  → at [0].trivy.SchemaVersion' },
    })
    expect((await put({})).status).toBe(400)
    expect((await put(undefined)).status).toBe(400)
    expect((await get()).body).toEqual(PLANTED)
  })

  it('refuses what is nested too deep to be told again', async () => {
    await put(PLANTED)
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
    const trivy = JSON.stringify(TRIVY_REPORT).replace(/}$/, `,"Metadata":${deep}}`)
    const { status, body } = await put(`[{"repository":"deep","trivy":${trivy}}]`)
    // Node 26 writes whatever it reads.
    if (status === 200) expect(body).toHaveLength(1)
    else
      expect({ status, body }).toEqual({ status: 400, body: { error: '✖ The findings are nested too deep' } })
  })

  it('answers with what is planted, as the server object does', async () => {
    expect(await put(PLANTED)).toEqual({ status: 200, body: PLANTED })
    expect(await get()).toEqual({ status: 200, body: PLANTED })
    expect(await ecr.server.findings()).toEqual(PLANTED)
  })

  it.each([
    ['trivy', ['CVE-2026-1111', 'GHSA-aaaa-bbbb-cccc'], '2026-11-20T10:00:00.123Z'],
    ['grype', ['CVE-2026-2222'], '2026-11-21T10:00:00.000Z'],
    ['own', ['CVE-1'], undefined],
    ['other', [], undefined],
  ])('lets scans find what %s says', async (repositoryName, names, updatedAt) => {
    await put(PLANTED)
    const client = ecr.client()
    await aRepository(client, { repositoryName })
    const { imageScanStatus, imageScanFindings } = await scan(
      ecr,
      client,
      repositoryName,
      (await anImage(client, repositoryName)).digest,
    )
    expect(imageScanStatus?.description).toBe('The scan was completed successfully.')
    expect(imageScanFindings?.findings?.map(({ name }) => name)).toEqual(names)
    expect(imageScanFindings?.vulnerabilitySourceUpdatedAt?.toISOString()).toBe(updatedAt)
  })

  it('outlasts a restart, and ends with a reset of everything', async () => {
    await put(PLANTED)
    await ecr.restart()
    expect((await get()).body).toEqual(PLANTED)
    await ecr.server.reset({ accountId: '000000000000', region: 'eu-west-1' })
    expect((await get()).body).toEqual(PLANTED)
    await ecr.server.reset()
    expect((await get()).body).toEqual([])
  })
})

describe('--findings', () => {
  const file = aFile('findings.json', PLANTED)
  const ecr = emulator({ findings: file, dataDir: join(directory, 'seeded') })

  it('plants what is in a file at every start, and after a reset', async () => {
    expect(await ecr.server.findings()).toEqual(PLANTED)
    await ecr.server.findings([])
    await ecr.server.reset()
    expect(await ecr.server.findings()).toEqual(PLANTED)
    await ecr.server.findings([])
    await ecr.restart(() => aFile('findings.json', PLANTED.slice(1)))
    expect(await ecr.server.findings()).toEqual(PLANTED.slice(1))
  })

  it.each([
    ['bad.json', '[', 'Unexpected end of JSON input'],
    ['wrong.json', [{ status: 'GONE' }], '✖ Invalid option: expected one of "FAILED"'],
  ])('refuses the file %s', async (name, content, reason) => {
    const findings = aFile(name, content)
    await expect(startServer({ findings })).rejects.toMatchObject({
      name: 'UnusableFindings',
      message: expect.stringContaining(`${findings}: ${reason}`),
    })
  })

  it('refuses a file that is nested too deep to be told again', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
    const file = aFile(
      'deep.json',
      `[{"repository":"deep","status":"FAILED","description":"","more":${deep}}]`,
    )
    await expect(startServer({ findings: file, inMemory: true, port: 0 })).rejects.toMatchObject({
      name: 'UnusableFindings',
    })
  })

  it('refuses a file that is not there', async () => {
    await expect(startServer({ findings: join(directory, 'missing.json') })).rejects.toMatchObject({
      name: 'UnusableFindings',
      message: expect.stringContaining('no such file'),
    })
  })
})
