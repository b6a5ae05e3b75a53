import { metadataFile } from '../../src/blob/path.ts'
import { digestOf } from '../../src/rules/digest.ts'
import { OCI_MANIFEST } from '../../src/rules/media-types.ts'
import type { Registry } from '../../src/rules/registry.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { bareRepository } from './bare-repository.ts'

export interface Filling {
  readonly registry: Registry
  readonly repositoryName: string
  readonly imageCount: number
  /** JSON. */
  readonly lifecyclePolicy?: string
  /** Of the image with this index, the oldest first. */
  readonly tagsOf?: (index: number) => readonly string[]
  readonly artifactTypeOf?: (index: number) => string
  /** By default a text that nobody could pull by. */
  readonly manifestOf?: (index: number) => Buffer
  /** Epoch milliseconds. */
  readonly pushedAt?: (index: number) => number
}

/** Writes a repository of many images into a data directory that no server has open: to push so many takes too long. */
export async function fillRepository(dataDirectory: string, filling: Filling): Promise<void> {
  const { registry, repositoryName, imageCount, tagsOf = () => [], pushedAt = () => 1 } = filling
  const database = openSqlite({ file: metadataFile(dataDirectory), durable: false })
  await database.write(async (tx) => {
    const repository = await tx.repositories.insert(bareRepository(registry, repositoryName))
    await tx.repositories.setLifecyclePolicy(repository.id, filling.lifecyclePolicy)
    for (let index = 0; index < imageCount; index += 1) {
      const manifest = filling.manifestOf?.(index) ?? Buffer.from(`${repositoryName} ${index}`)
      const image = await tx.images.insert(
        {
          repositoryId: repository.id,
          digest: digestOf(manifest),
          mediaType: OCI_MANIFEST,
          artifactType: filling.artifactTypeOf?.(index),
          manifestBytes: manifest.length,
          sizeInBytes: 1,
          subject: undefined,
          annotations: undefined,
          pushedAt: pushedAt(index),
        },
        { manifest, blobs: [], children: [] },
      )
      for (const tag of tagsOf(index)) await tx.images.tag(image, tag)
    }
  })
  await database.close()
}
