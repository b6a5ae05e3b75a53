import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOf } from '../../src/rules/digest.ts'
import { OCI_MANIFEST } from '../../src/rules/media-types.ts'
import type { Database, ImageScan, Writes } from '../../src/store/database.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { bareRepository } from '../support/bare-repository.ts'
import { dataDirectory } from '../support/data-directory.ts'

const registry = { accountId: '000000000000', region: 'eu-west-1' }

describe('imageScans', () => {
  const { path } = dataDirectory()
  let database: Database
  beforeAll(() => {
    database = openSqlite({ file: join(path, 'metadata.sqlite'), durable: false })
  })
  afterAll(() => database.close())

  async function addImage(tx: Writes, text: string): Promise<number> {
    const repository =
      (await tx.repositories.find(registry, 'repository')) ??
      (await tx.repositories.insert(bareRepository(registry, 'repository')))
    const manifest = Buffer.from(text)
    const image = {
      repositoryId: repository.id,
      digest: digestOf(manifest),
      mediaType: OCI_MANIFEST,
      artifactType: undefined,
      manifestBytes: manifest.length,
      sizeInBytes: 1,
      subject: undefined,
      annotations: undefined,
      pushedAt: 1,
    }
    return (await tx.images.insert(image, { manifest, blobs: [], children: [] })).id
  }

  const active: Omit<ImageScan, 'imageId'> = {
    scanType: 'ENHANCED',
    status: 'ACTIVE',
    description: undefined,
    requestedAt: 1,
    completedAt: 1,
    sourceUpdatedAt: undefined,
    severityCounts: {},
  }

  it.each([0, 1, 2, 99, 100, 101, 250])('finds the scans of %d images, of one type only', async (count) => {
    await database.write(async (tx) => {
      const ids: number[] = []
      for (let index = 0; index < count; index += 1) ids.push(await addImage(tx, `${count}: ${index}`))
      const other = await addImage(tx, `${count}: other`)
      const scanned = ids.filter((_, index) => index % 2 === 0)
      for (const imageId of [...scanned, other]) await tx.imageScans.put({ ...active, imageId })
      for (const imageId of ids) await tx.imageScans.put({ ...active, imageId, scanType: 'BASIC' })
      const found = await tx.imageScans.findAll(ids, 'ENHANCED')
      expect(new Map(found)).toEqual(new Map(scanned.map((imageId) => [imageId, { ...active, imageId }])))
      for (const imageId of [...ids, other])
        await tx.imageScans.put({ ...active, imageId, status: 'PENDING' })
    })
  })

  it('lists what is scanned continuously, without what was asked for or ended in a period', async () => {
    const listed = await database.write(async (tx) => {
      const scans: [text: string, times: object][] = [
        ['before', { requestedAt: 10, completedAt: 10 }],
        ['ended', { requestedAt: 10, completedAt: 11 }],
        ['asked for', { requestedAt: 10, completedAt: 10 }],
        ['later', { requestedAt: 21, completedAt: 21 }],
        ['under way', { status: 'PENDING', completedAt: undefined }],
      ]
      const ids: Record<number, string> = {}
      for (const [text, times] of scans) {
        const imageId = await addImage(tx, text)
        ids[imageId] = text
        await tx.imageScans.put({ ...active, ...times, imageId })
        if (text === 'asked for') await tx.imageScans.setRequestedAt(imageId, 'ENHANCED', 20)
      }
      const list = async (page: object): Promise<(string | undefined)[]> =>
        (await tx.imageScans.listContinuous({ after: 0, limit: 9, ...page })).map(
          ({ imageId }) => ids[imageId],
        )
      return [await list({}), await list({ except: { after: 10, until: 20 } })]
    })
    expect(listed).toEqual([
      ['before', 'ended', 'asked for', 'later'],
      ['before', 'later'],
    ])
  })
})
