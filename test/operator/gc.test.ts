import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BatchDeleteImageCommand } from '@aws-sdk/client-ecr'
import { afterAll, describe, expect, it } from 'vitest'
import { aLayer, anImage, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { operate } from '../support/operator.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'ecr-local-gc-'))
afterAll(() => rmSync(dataDir, { recursive: true }))

/** Digests of the blobs whose bytes are on the disk. */
function blobsOnDisk(): string[] {
  return readdirSync(join(dataDir, 'blobs', 'sha256'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.includes('/'))
    .map((path) => `sha256:${path.split('/')[1]}`)
    .sort()
}

describe('POST /_ecr-local/gc', () => {
  const ecr = emulator({ dataDir })
  const gc = (body?: unknown) => operate(ecr, 'POST', 'gc', body)

  it.each([
    [{ graceSeconds: -1 }, '✖ Too small: expected number to be >=0\n  → at graceSeconds'],
    [{ graceSeconds: '0' }, '✖ Invalid input: expected number, received string\n  → at graceSeconds'],
    [{ grace: 0 }, '✖ Unrecognized key: "grace"'],
  ])('refuses %j', async (body, error) => {
    expect(await gc(body)).toEqual({ status: 400, body: { error } })
  })

  it('leaves alone what came within the last day, and what images name', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client)
    const { digest } = await aLayer(client, repositoryName)
    const image = await anImage(client, repositoryName)
    expect(await gc()).toEqual({ status: 200, body: { layers: 0, uploads: 0, blobs: 0 } })
    const kept = [image.config.digest, image.layers[0]?.digest ?? '']
    expect(blobsOnDisk()).toEqual([digest, ...kept].sort())

    expect((await gc({ graceSeconds: 0 })).body).toEqual({ layers: 1, uploads: 0, blobs: 1 })
    expect(blobsOnDisk()).toEqual(kept.sort())
  })

  it('lets the bytes go when the last repository has let go of them', async () => {
    const client = ecr.client()
    const names = [await aRepository(client), await aRepository(client)] as const
    const before = blobsOnDisk()
    const bytes = Buffer.from('shared by two')
    for (const name of names) await aLayer(client, name, bytes)
    const shared = (await aLayer(client, await aRepository(client), bytes)).digest
    expect(blobsOnDisk()).toEqual([...before, shared].sort())

    for (const repositoryName of names) await ecr.call('DeleteRepository', { repositoryName, force: true })
    await gc()
    expect(blobsOnDisk()).toContain(shared)
    await gc({ graceSeconds: 0 })
    expect(blobsOnDisk()).toEqual(before)
  })

  it('lets the layers of a deleted image go', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client)
    const { digest, config } = await anImage(client, repositoryName)
    await client.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageDigest: digest }] }))
    await gc({ graceSeconds: 0 })
    expect(blobsOnDisk()).not.toContain(config.digest)
  })
})
